"""Marks on a person: a decision in, the mark and its place in the change log out.

A mark says how a person may be treated: objects to profiling, or has asked that their data be left
alone. Both forbid sends, so they are set under the locks the gate takes.
"""

from rulecast.profile.marks.set_marks import Marks, set_marks

__all__ = ["Marks", "set_marks"]
