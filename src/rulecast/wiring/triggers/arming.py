"""Versions begin to listen: what they wait for is watched, what was missed is read, baselines are begun."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.database import Connection
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.listening import Listening
from rulecast.wiring.triggers.matching import EventRules, match_events
from rulecast.wiring.triggers.records import ArmedVersion, ListeningRule
from rulecast.wiring.workspace import Workspace

MISSED_AT_ONCE = 2_000
"""Events of a page: after a long stop of the engine there may be millions."""


async def arm_new(workspace: Workspace, listening: Listening) -> None:
    """Watch what the rules in force wait for, and let those begin anew that are new, resumed or of another catalogue.

    People whom a person has let go on after a mass entry are decided from here on.
    """
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await store.put_watches(connection, listening.watches())
        armed = await store.list_armed(connection)
        anew = [
            rule
            for rule in listening.rules.values()
            if _begins_anew(rule, armed.get(rule.rule_version_id), listening.signature)
        ]
        await store.arm(connection, anew, signature=listening.signature, now=now)
        await store.disarm_others(connection, listening.rules)
        await store.release_held(connection, listening.rules, now=now)
        await store.let_go(connection, now=now)


def _begins_anew(rule: ListeningRule, armed: ArmedVersion | None, signature: bytes) -> bool:
    return (
        armed is None
        or armed.kind != rule.kind
        or armed.since != rule.since
        or (rule.kind == "entering" and bytes(armed.signature) != signature)
    )


async def complete(workspace: Workspace, listening: Listening) -> None:
    """Read what new versions missed, and begin baselines, once every transaction is over that could not know of them.

    A transaction that began before a version was watched notes nothing for it: its events are read here, and whom it
    changed is seen by the baseline. What is found twice fires once. `listening.arming` holds who has to wait on.
    """
    async with workspace.database.transaction() as connection:
        horizon = await store.read_horizon(connection)
        armed = await store.list_armed(connection)
        waiting = [
            one for one in armed.values() if not one.is_complete and one.rule_version_id in listening.rules
        ]
        ready = [listening.rules[one.rule_version_id] for one in waiting if one.watch_xid < horizon]
        by_event: dict[str, list[ListeningRule]] = {}
        for rule in ready:
            if rule.pattern is not None:
                by_event.setdefault(rule.pattern.event, []).append(rule)
            else:
                await store.begin_baseline(connection, rule.rule_version_id)
        for name, rules in by_event.items():
            await _fire_missed(connection, workspace, listening, name=name, rules=rules, watch_xid=horizon)
        await store.complete_arming(connection, [rule.rule_version_id for rule in ready])
    done = {rule.rule_version_id for rule in ready}
    listening.arming = frozenset(one.rule_version_id for one in waiting) - done


async def _fire_missed(
    connection: Connection,
    workspace: Workspace,
    listening: Listening,
    *,
    name: str,
    rules: Sequence[ListeningRule],
    watch_xid: int,
) -> None:
    """Fire for the events of one name since the first of these rules began; each takes only those since its own."""
    assert listening.catalogue is not None
    now: datetime = workspace.clock.now()
    since = min(rule.since for rule in rules)
    only, after = EventRules.of(rules), (since, -1)
    while events := await store.list_missed_events(
        connection, name, since=since, watch_xid=watch_xid, after=after, page=MISSED_AT_ONCE
    ):
        firings = await match_events(connection, only, events, catalogue=listening.catalogue, now=now)
        await store.fire(connection, firings, now=now)
        after = events[-1].occurred_at, events[-1].event_id
