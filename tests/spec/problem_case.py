"""What a case of a problem is: a text, and where the problem is found."""

from dataclasses import dataclass
from typing import Literal

RULE = """rule hello
  purpose marketing
  when city = "Rabat"
  send template winback in fr (name: first_name or "client") from casablanca_main
"""


@dataclass(frozen=True, kw_only=True)
class ProblemCase:
    """A text with a problem; `shown` False keeps texts too long for the manual out of it.

    A case of the kind `book` has several rules, parted by an empty line.
    """

    code: str
    text: str
    kind: Literal["condition", "rule", "json", "book"] = "condition"
    line: int = 1
    column: int = 1
    shown: bool = True
