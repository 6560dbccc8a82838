"""When a plan that is launched long after it was made can be sent first: it competes on that day, not the old one."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from rulecast.database import Connection
from rulecast.plan import Plan, Terms, store
from rulecast.plan.combine import local_day, sending_span, window_of
from rulecast.plan.records import LateSend
from rulecast.policy import local_clock
from rulecast.rule.book.store import find_rule_version
from rulecast.wiring.plan_terms import DECISION_SECONDS_DEFAULT, make_terms
from rulecast.wiring.rule_terms import read_kept
from rulecast.wiring.workspace import Workspace

ON_TIME = timedelta(seconds=DECISION_SECONDS_DEFAULT)
"""A launch within the usual decision window of its plan moves nobody; a plan by hand is looked at for hours or days."""


async def find_late_sends(
    connection: Connection, workspace: Workspace, plan: Plan, *, now: datetime
) -> list[LateSend]:
    """Return by country, zone and own quiet hours when people can be written to who could have been earlier."""
    if now - plan.evaluated_at <= ON_TIME:
        return []
    places = await store.list_late_places(connection, plan.plan_id, now=now)
    if not places:
        return []
    version = await find_rule_version(connection, plan.rule_version_id)
    assert version is not None, "a plan refers to a kept version"
    day = plan.document.get("run_day")
    terms = await make_terms(
        connection,
        workspace,
        read_kept(version.text),
        evaluated_at=plan.evaluated_at,
        made_at=plan.created_at,
        expires_at=plan.expires_at,
        run_day=None if day is None else date.fromisoformat(day),
    )
    return [_late_send(replace(terms, evaluated_at=now), *place) for place in places]


def _late_send(terms: Terms, country: str, zone: str, quiet_hours: str) -> LateSend:
    clock = local_clock(zone, country, workspace_zone=terms.workspace_zone)
    send_from, _until, _reason = sending_span(
        terms,
        clock,
        window_of(terms, country=country, zone=zone),
        quiet_hours=terms.policy.quiet_hours_for(terms.purpose, country, quiet_hours),
    )
    day = local_day(clock_zone=clock.zones[0].zone, at=send_from, workspace_zone=terms.workspace_zone)
    return LateSend(
        country=country, zone=zone, quiet_hours=quiet_hours, send_from=send_from, decision_day=day
    )
