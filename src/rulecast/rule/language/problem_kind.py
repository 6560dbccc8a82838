"""What a kind of problem is."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemKind:
    """One kind of problem: its stable code, its severity and the sentence of the manual."""

    code: str
    severity: Literal["error", "warning"]
    title: str
    explanation: str


def error(code: str, title: str, explanation: str) -> ProblemKind:
    """Return a kind that refuses the rule."""
    return ProblemKind(code=code, severity="error", title=title, explanation=explanation)


def warning(code: str, title: str, explanation: str) -> ProblemKind:
    """Return a kind that only tells the author."""
    return ProblemKind(code=code, severity="warning", title=title, explanation=explanation)
