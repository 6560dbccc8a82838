"""What names mean at a place of a condition, and where problems gather."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.rule.language import condition as c
from rulecast.rule.language.problem import OTHER_PURPOSE, UNKNOWN_WORD, ProblemKind, RuleProblem
from rulecast.values.catalogue import Catalogue, EventDefinition, closest_name
from rulecast.values.purpose import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """A segment's condition as it was resolved, how many conditions that makes, and what is wrong with it."""

    condition: c.Condition | None
    size: int
    problems: tuple[RuleProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What names mean here; `event` is set inside `where`. Problems gather in the list.

    With `now`, windows of fixed dates are held against how long events are kept. `segments` are those whose
    conditions are being read, the outermost first; `expanded` keeps each segment once for the whole rule.
    """

    catalogue: Catalogue
    purpose: str
    problems: list[RuleProblem]
    now: datetime | None = None
    event: EventDefinition | None = None
    segments: tuple[str, ...] = ()
    expanded: dict[str, Expanded] = field(default_factory=dict)

    def report(self, kind: ProblemKind, message: str, span: c.Span, hint: str | None = None) -> None:
        """Add a problem."""
        self.problems.append(RuleProblem(kind=kind, message=message, span=span, hint=hint))

    def report_unknown(
        self, kind: ProblemKind, message: str, span: c.Span, *, name: str, known: Iterable[str]
    ) -> None:
        """Add a problem about a name nobody knows, with the nearest of the known ones as hint, else some of them."""
        self.report(kind, message, span, hint_of(name, known))


# More names than these are no help: `rulecast workspace show` prints them all.
NAMES_SHOWN_MAX = 8


def hint_of(name: str, known: Iterable[str]) -> str | None:
    """Return what might have been meant by a name that is not known."""
    names = list(known)
    near = closest_name(name, names)
    if near is not None:
        return f"did you mean {near}?"
    if not names:
        return None
    more = " ..." if len(names) > NAMES_SHOWN_MAX else ""
    return f"known: {', '.join(names[:NAMES_SHOWN_MAX])}{more}"


def check_purpose_word(purpose: str, span: c.Span, scope: Scope) -> None:
    """Report a purpose that is not in the closed list."""
    known = [member.value for member in Purpose]
    if purpose not in known:
        near = closest_name(purpose, known)
        scope.report(
            UNKNOWN_WORD,
            f"{purpose} is not one of the purposes {', '.join(known)}.",
            span,
            hint=f"did you mean {near}?" if near else None,
        )


def check_purpose(purpose: str | None, what: str, span: c.Span, scope: Scope) -> None:
    """Report what was collected for another purpose than the rule's."""
    if purpose is not None and purpose != scope.purpose:
        scope.report(
            OTHER_PURPOSE,
            f"{what} was collected for {purpose}; a rule for {scope.purpose} may not read it.",
            span,
        )
