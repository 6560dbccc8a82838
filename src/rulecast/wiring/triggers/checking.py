"""Compares kept memberships with a full evaluation by the mart, and reports what differs."""

from collections.abc import Collection
from datetime import datetime

import structlog

from rulecast.database import Connection
from rulecast.plan.store import read_people
from rulecast.rule.engine import evaluate
from rulecast.rule.engine.mart import Frame, Mart
from rulecast.wiring.catch_up import catch_up
from rulecast.wiring.plan_audience import EVER, PEOPLE_PER_READ
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.audience_block import block_of
from rulecast.wiring.triggers.listening import Listening
from rulecast.wiring.triggers.records import AudienceDifference, ListeningRule
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("triggers")


async def check_audiences(workspace: Workspace, mart: Mart) -> list[AudienceDifference]:
    """Compare every rule on entering with the mart, store and log what was found, and return it.

    People whose change has not been looked at yet, and those whom time is about to move, are left out: for them the
    kept membership is not late, only not due. A difference counts where the reference evaluator confirms it.
    """
    listening = Listening()
    async with workspace.database.connection() as connection:
        await listening.refresh(connection, workspace)
        armed = await store.list_armed(connection)
        assert listening.catalogue is not None
        await catch_up(connection, mart, listening.catalogue)
    found = []
    for rule in listening.entering():
        state = armed.get(rule.rule_version_id)
        if state is not None and state.is_complete:
            found.append(await _check(workspace, mart, listening, rule))
    async with workspace.database.transaction() as connection:
        await store.keep_checks(connection, found, now=workspace.clock.now())
    return found


async def _check(
    workspace: Workspace, mart: Mart, listening: Listening, rule: ListeningRule
) -> AudienceDifference:
    now = workspace.clock.now()
    there = set(await mart.match(rule.checked.condition, Frame(now=now)))
    async with workspace.database.connection() as connection:
        members, settled = await store.list_members(connection, rule.rule_version_id, now=now)
        moving = await store.list_unmatched_people(connection)
        suspects = [
            one for one in sorted(there ^ members) if one not in moving and settled.get(block_of(one), True)
        ]
        wrong = await _confirm(connection, listening, rule, suspects=suspects, now=now)
    missing = len([one for one in wrong if one not in members])
    difference = AudienceDifference(
        rule_version_id=rule.rule_version_id,
        rule_name=rule.rule_name,
        people=len(there),
        missing=missing,
        surplus=len(wrong) - missing,
    )
    report = LOG.warning if wrong else LOG.info
    report(
        "memberships compared",
        rule=rule.rule_name,
        people=difference.people,
        missing=difference.missing,
        surplus=difference.surplus,
    )
    return difference


async def _confirm(
    connection: Connection,
    listening: Listening,
    rule: ListeningRule,
    *,
    suspects: Collection[int],
    now: datetime,
) -> list[int]:
    """Return those of whom the membership kept now is not what the reference evaluator says now."""
    assert listening.catalogue is not None
    wrong: list[int] = []
    asked = list(suspects)
    for start in range(0, len(asked), PEOPLE_PER_READ):
        page = await store.list_living(connection, asked[start : start + PEOPLE_PER_READ])
        people = await read_people(
            connection,
            page,
            catalogue=listening.catalogue,
            events_read=rule.checked.events_read,
            valid_until=now,
            known_until=EVER,
        )
        members, _ = await store.list_members(connection, rule.rule_version_id, now=now)
        moving = await store.list_unmatched_people(connection)
        wrong += [
            one
            for one, person in people.items()
            if one not in moving and evaluate(rule.checked.condition, person, now) is not (one in members)
        ]
    return wrong
