"""What follows when a message reaches a moment.

Moments of messages come in, inside the transaction that stores them: actions are done, next steps noted, counts kept.
Loops of their own then plan and launch the steps that are due, hold rules whose stop conditions come true, and tell
recipients. Everything is kept in the database first, so that a crash at any point neither loses nor doubles it.
"""

from rulecast.wiring.moments.act import MomentActions
from rulecast.wiring.moments.stop_test import check_stop_tests

__all__ = ["MomentActions", "check_stop_tests"]
