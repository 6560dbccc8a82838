"""When a plan's messages go out: the limit that binds, by name, and when the last one starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.account.pacing import sending_seconds
from rulecast.plan.records import Start

MOMENT = timedelta(seconds=1)
"""Waits shorter than this bind nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The forecast: first and last message, the binding limit, and how many would not fit before their windows end."""

    binding_limit: str
    starts_at: datetime
    finishes_at: datetime
    messages_too_late: int


def forecast(
    starts: Sequence[Start],
    *,
    evaluated_at: datetime,
    per_second: int,
    batch_every: timedelta | None,
    portfolio_days: int,
    template_rest: timedelta = timedelta(),
) -> Calendar | None:
    """Return the calendar of messages that may start at these instants, in order, at a throughput; None for nobody.

    `portfolio_days` is how many times 24 hours the portfolio's limit makes the last people wait, `template_rest`
    how long the batches of a new template do. The binding limit
    is the one that alone would take the longest.
    """
    if not starts:
        return None
    instant = starts[0].send_from
    late = 0
    for start in starts:
        begins = max(instant, start.send_from)
        room = max(0, int((start.send_until - begins).total_seconds() * per_second))
        late += max(0, start.messages - room)
        instant = begins + timedelta(seconds=sending_seconds(min(start.messages, room), per_second))
    messages = sum(start.messages for start in starts)
    batches = max(start.batch for start in starts)
    waits = {
        "throughput": timedelta(seconds=sending_seconds(messages, per_second)),
        "batch spacing": batches * (batch_every or timedelta()),
        "portfolio limit of people in 24 hours": portfolio_days * timedelta(hours=24),
        "batches of a new template": template_rest,
    }
    waits["quiet hours or sending window"] = max(start.send_from for start in starts) - evaluated_at
    if waits["quiet hours or sending window"] <= max(
        waits["batch spacing"], waits["portfolio limit of people in 24 hours"]
    ):
        # The instants already contain these two waits.
        del waits["quiet hours or sending window"]
    binding = max(waits, key=lambda name: waits[name])
    return Calendar(
        binding_limit=binding if waits[binding] > MOMENT else "throughput",
        starts_at=starts[0].send_from,
        # The batches fill while the rest waits: whichever takes longer is the end.
        finishes_at=max(instant, starts[0].send_from + template_rest),
        messages_too_late=late,
    )
