"""The doctor's look at Meta: token, subscriptions, health of numbers, and the age of the reading of templates."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from rulecast.template.registry.store import list_account_readings
from rulecast.wiring.connect import judge, store
from rulecast.wiring.connect.connect_number import callback_of, inspect_token
from rulecast.wiring.connect.errors import GraphUnreachableError
from rulecast.wiring.connect.explain import explain
from rulecast.wiring.connect.graph import GraphDoor
from rulecast.wiring.connect.records import Outcome, Step
from rulecast.wiring.connect.store import ConnectionRow
from rulecast.wiring.connect.subscribe import find_gaps
from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.template_health import READING_AGE_MAX
from rulecast.wiring.workspace import Workspace

TIMEOUT_SECONDS = 10.0
"""A person waits for the doctor; Meta answers within a second."""
HEALTHS = {Outcome.DONE: Health.GOOD, Outcome.NOTE: Health.NOTE, Outcome.WAITING: Health.NOTE}


async def examine_connections(workspace: Workspace) -> list[Finding]:
    """Look at what Meta says of every connected number; without a connected one there is nothing to look at."""
    async with workspace.database.connection() as connection:
        rows = await store.list_connections(connection)
        readings = await list_account_readings(connection)
    if not rows or not workspace.settings.access_token:
        return []
    now = workspace.clock.now()
    found = [_template_sync({one.waba_id: one.read_at for one in readings}, rows, now)]
    try:
        async with GraphDoor.open(workspace.settings, timeout_seconds=TIMEOUT_SECONDS) as door:
            answer = await inspect_token(door, workspace.settings)
            if answer.error is not None:
                what, what_to_do = explain(answer.error)
                return [
                    *found,
                    Finding(name="token", health=Health.PROBLEM, what=what, what_to_do=what_to_do),
                ]
            found.append(_finding(judge.judge_token(judge.read_token(answer.body), now)))
            for row in rows:
                found += [await _subscription(workspace, door, row), await _health(door, row)]
    except GraphUnreachableError as error:
        found.append(Finding(name="Cloud API", health=Health.NOTE, what=error.what, what_to_do=error.hint))
    return found


async def _subscription(workspace: Workspace, door: GraphDoor, row: ConnectionRow) -> Finding:
    name = f"webhooks of {row.business_number_id}"
    if not workspace.settings.app_secret or row.subscribed_at is None:
        return Finding(
            name=name,
            health=Health.NOTE,
            what="never subscribed",
            what_to_do="Go on with `rulecast connect`.",
        )
    callback = callback_of(workspace.settings, row.callback_url, row.app_id, row.waba_id)
    gaps = await find_gaps(door, callback)
    if gaps:
        return Finding(
            name=name, health=Health.PROBLEM, what="; ".join(gaps), what_to_do="Run `rulecast connect` again."
        )
    return Finding(name=name, health=Health.GOOD, what="app and account are subscribed")


async def _health(door: GraphDoor, row: ConnectionRow) -> Finding:
    name = f"health of {row.business_number_id}"
    answer = await door.ask("GET", row.business_number_id, query={"fields": judge.NUMBER_FIELDS})
    if answer.error is not None:
        what, what_to_do = explain(answer.error)
        return Finding(name=name, health=Health.PROBLEM, what=what, what_to_do=what_to_do)
    worst = judge.judge_health(answer.body.get("health_status") or {}, name=name)
    number = judge.judge_number(answer.body)
    if worst.outcome is Outcome.DONE:
        return _finding(
            Step(name=name, outcome=number.outcome, what=number.what, what_to_do=number.what_to_do)
        )
    return _finding(worst)


def _template_sync(read: dict[str, datetime | None], rows: Iterable[ConnectionRow], now: datetime) -> Finding:
    ages = [None if (at := read.get(row.waba_id)) is None else now - at for row in rows]
    if any(age is None or age > READING_AGE_MAX for age in ages):
        return Finding(
            name="template sync",
            health=Health.NOTE,
            what="Meta's listing was not read for a day",
            what_to_do="Run `rulecast template sync`.",
        )
    hours = max((age for age in ages if age is not None), default=timedelta()) // timedelta(hours=1)
    return Finding(name="template sync", health=Health.GOOD, what=f"Meta's listing was read {hours} h ago")


def _finding(step: Step) -> Finding:
    return Finding(
        name=step.name,
        health=HEALTHS.get(step.outcome, Health.PROBLEM),
        what=step.what,
        what_to_do=step.what_to_do,
    )
