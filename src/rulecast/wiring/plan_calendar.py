"""The calendar of a plan: its messages by place, so that what a window leaves over waits for the next one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rulecast.database import Connection
from rulecast.plan import Calendar, Start, Terms, forecast
from rulecast.plan.calendar import Limits
from rulecast.plan.combine import window_of
from rulecast.plan.hours import OpenHours, count_starts_by_place
from rulecast.policy import local_clock
from rulecast.values.ids import PlanId

WITHIN_A_WINDOW = timedelta(minutes=1)
"""What goes out in so short a time needs no second window, but for the last minute of one."""
STARTS_MAX = 20_000
"""More groups of batch and place make a forecast slow: such a plan is foretold as if every hour were open."""


async def foretell(
    connection: Connection, terms: Terms, plan_id: PlanId, *, starts: Sequence[Start], limits: Limits
) -> Calendar | None:
    """Return the calendar of a stored plan, by the hours of its people where it takes longer than a moment."""
    every = None if terms.rule.batch is None else terms.rule.batch.every.length
    calendar = forecast(starts, limits, evaluated_at=terms.evaluated_at, batch_every=every)
    if calendar is None or (
        calendar.finishes_at - calendar.starts_at <= WITHIN_A_WINDOW and not calendar.messages_too_late
    ):
        return calendar
    rows = await count_starts_by_place(connection, plan_id, count_max=STARTS_MAX + 1)
    if len(rows) > STARTS_MAX:
        return calendar
    hours: dict[tuple[str, str, str], OpenHours] = {}
    placed = []
    for send_from, send_until, batch, country, zone, quiet_hours, messages in rows:
        place = (country, zone, quiet_hours)
        hours[place] = hours.get(place) or _hours_of(terms, *place)
        placed.append(
            Start(
                send_from=send_from,
                send_until=send_until,
                batch=batch,
                messages=messages,
                hours=hours[place],
            )
        )
    return forecast(placed, limits, evaluated_at=terms.evaluated_at, batch_every=every)


def last_send(starts: Sequence[Start], expires_at: datetime) -> datetime:
    """Return until when anything of a plan may be sent: what is carried over outlives the plan's own end."""
    return max([expires_at, *(start.send_until for start in starts)])


def _hours_of(terms: Terms, country: str, zone: str, quiet_hours: str) -> OpenHours:
    return OpenHours(
        local_clock(zone, country, workspace_zone=terms.workspace_zone),
        terms.policy.quiet_hours_for(terms.purpose, country, quiet_hours),
        window_of(terms, country=country, zone=zone),
    )
