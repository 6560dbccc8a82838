"""Conditions on what a person did: events counted, measured, in sequence, and per key."""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from dataclasses import field as record_field
from typing import TYPE_CHECKING, Literal, TypeAlias

from rulecast.rule.language.terms import Constant, Duration, Field, Operator, PeriodUnit, Span, Window, place

if TYPE_CHECKING:
    from rulecast.rule.language.condition import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPattern:
    """An event by name and the condition on its properties."""

    event: str
    where: "Condition | None" = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """`did click where (link = "promo") at least 2 times in last 30 days`."""

    pattern: EventPattern
    minimum: int = 1
    window: Window | None = None
    negated: bool = False
    # `at most 2 times` has minimum 0; `exactly 2 times` has both alike.
    maximum: int | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class DidInPeriods:
    """`did purchase in at least 3 distinct months [of zone "Africa/Casablanca"]`: calendar periods of local time.

    Local time is the contact's unless `named_zone` says otherwise; `zone` is the workspace's, for contacts without
    one, filled in by the type pass. Weeks begin on Monday.
    """

    pattern: EventPattern
    minimum: int
    unit: PeriodUnit
    window: Window | None = None
    negated: bool = False
    zone: str | None = record_field(default=None, compare=False)
    named_zone: str | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class DidThen:
    """`did [first] A then [not] B within 14 days [for the same p]`: B in the time after A up to and with its end.

    `then not` holds once the time after A has passed without a B. The window holds A. With `first` only the person's
    first A (inside the window) counts.
    """

    first: EventPattern
    second: EventPattern
    then_not: bool
    within: Duration
    same: tuple[str, ...] = ()
    window: Window | None = None
    first_only: bool = False
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """`count(purchase)`, `sum|average|smallest|largest|distinct(purchase.amount) [where (...)] [window]`.

    Count, sum and number of distinct values of nothing are zero; average, smallest and largest are missing.
    A missing property adds nothing. Only `distinct` takes a property that is no number; `count` takes none.
    """

    kind: Literal["count", "sum", "average", "smallest", "largest", "distinct"]
    pattern: EventPattern
    property: Field | None = None
    window: Window | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arithmetic:
    """`left + right`, exact; a division, and an average, only stands at the top of a side, and by zero is missing."""

    operator: Literal["+", "-", "*", "/"]
    left: "Expression"
    right: "Expression"
    span: Span = place()


# A number, a numeric attribute of the contact, an aggregate, or arithmetic of these.
Expression: TypeAlias = Constant | Field | Aggregate | Arithmetic


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`count(purchase) in last 30 days > 2 * count(purchase) between 60 and 30 days ago`; missing is never true.

    Quotients are compared by cross-multiplication, so that nothing is ever rounded. Also `!=` is false when either
    side is missing: it is a comparison of two measured numbers.
    """

    left: Expression
    operator: Operator
    right: Expression
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeEvent:
    """`last purchase [where (...)] [window] has (amount >= 100 and occurred_at before 7 days ago)`.

    The first or last matching event by time (ties: by order of recording) fulfils the condition on its properties;
    without such an event it is false. `occurred_at` is a property of every event.
    """

    which: Literal["first", "last"]
    pattern: EventPattern
    has: "Condition"
    window: Window | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """`longest gap between purchase in last 365 days > 60 days`: time between consecutive matching events.

    `last` is the gap between the last two, `average` the whole stretch over the number of gaps. With fewer than two
    events there is no gap and the condition is false.
    """

    which: Literal["longest", "shortest", "average", "last"]
    pattern: EventPattern
    operator: Operator
    duration: Duration
    window: Window | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerKey:
    """`for some campaign (did receive and not did redeem)`: one value for which the condition holds.

    Keys are event properties, or `day`, the contact's local day. The values asked are those found on the events that
    the condition names, missing ones left out; inside, only those events count. Inside stand `did`, measures of
    aggregates without attributes, and `and`, `or`, `not` of these; no sequences, no windows of their own zone.
    """

    keys: tuple[str, ...]
    condition: "Condition"
    zone: str | None = record_field(default=None, compare=False)
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentFor:
    """`silent for 7 days`: known for longer, and no message from them in that time."""

    duration: Duration
    span: Span = place()
