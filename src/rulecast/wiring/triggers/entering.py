"""Who enters an audience: people are looked at when something about them changed, and when time alone may have."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from rulecast.database import Connection
from rulecast.plan.store import read_people
from rulecast.rule.engine import PersonFacts, evaluate
from rulecast.rule.engine.next_flip import next_flip
from rulecast.values.catalogue import Catalogue
from rulecast.values.ids import ContactId, EventId, RuleVersionId
from rulecast.wiring.plan_audience import EVER
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.audience_block import NEVER, AudienceBlock, block_of
from rulecast.wiring.triggers.listening import events_bearing_on
from rulecast.wiring.triggers.records import Arrival, Firing, ListeningRule

LOG = structlog.get_logger("triggers")

# A wake-up that does not lie ahead would be looked at for ever.
SOONEST = timedelta(seconds=1)
AFTER_DEFECT = timedelta(hours=1)
BlockKey = tuple[RuleVersionId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One person to be looked at for one rule; a silent one never fires.

    What arrived with an instant ahead of our clock is not to be seen before `latest_at`.
    """

    rule: ListeningRule
    contact_id: ContactId
    is_silent: bool = False
    latest_at: datetime | None = None

    @property
    def block(self) -> BlockKey:
        """Return the block the person is kept in."""
        return self.rule.rule_version_id, block_of(self.contact_id)


@dataclass(slots=True)
class Change:
    """What arrived about one person: the events' names, an empty one for the person itself; silent if all of it is."""

    names: set[str] = field(default_factory=set)
    is_silent: bool = True
    latest_at: datetime | None = None

    def concerns(self, events: frozenset[str]) -> bool:
        """Return whether it can move somebody into or out of an audience on which these events bear."""
        return "" in self.names or not events.isdisjoint(self.names)


def changes_in(arrivals: Iterable[Arrival]) -> dict[ContactId, Change]:
    """Return what arrived, by person."""
    found: dict[ContactId, Change] = {}
    for one in arrivals:
        change = found.setdefault(one.contact_id, Change())
        change.names.add(one.name)
        change.is_silent = change.is_silent and one.is_silent
        change.latest_at = max(change.latest_at or one.occurred_at, one.occurred_at)
    return found


async def look_at_changed(
    connection: Connection,
    rules: Sequence[ListeningRule],
    changed: Mapping[ContactId, Change],
    *,
    catalogue: Catalogue,
    now: datetime,
) -> list[Firing]:
    """Look at people about whom something changed, for the rules that it concerns; an import alone fires nothing.

    Blocks whose silent baseline has not been taken yet are left to it. People beyond every block are new.
    """
    looks = [
        Look(rule=rule, contact_id=contact_id, is_silent=change.is_silent, latest_at=change.latest_at)
        for rule in rules
        for contact_id, change in changed.items()
        if change.concerns(events_bearing_on(rule.checked))
    ]
    if not looks:
        return []
    blocks = await store.lock_blocks(connection, sorted({look.block for look in looks}))
    for look in looks:
        blocks.setdefault(look.block, AudienceBlock(*look.block, is_baselined=True))
    ready = [look for look in looks if blocks[look.block].is_baselined]
    return await _look(connection, ready, blocks, catalogue=catalogue, now=now)


async def sweep_block(
    connection: Connection,
    rules: Mapping[RuleVersionId, ListeningRule],
    due: Sequence[BlockKey],
    *,
    catalogue: Catalogue,
    now: datetime,
    until: datetime,
) -> list[Firing]:
    """Look at those of one block whom time may have moved by an instant; for a baseline at everybody, silently."""
    blocks = await store.lock_blocks(connection, due)
    looks = []
    for (version, _number), block in blocks.items():
        people: Iterable[int] = block.due_people(until) if block.is_baselined else block.people
        looks += [
            Look(rule=rules[version], contact_id=ContactId(one), is_silent=not block.is_baselined)
            for one in people
        ]
        block.is_baselined = True
    return await _look(connection, looks, blocks, catalogue=catalogue, now=now)


async def _look(
    connection: Connection,
    looks: Sequence[Look],
    blocks: Mapping[BlockKey, AudienceBlock],
    *,
    catalogue: Catalogue,
    now: datetime,
) -> list[Firing]:
    """Evaluate, note who is a member and when to look again, store the blocks, and return who entered."""
    living = await store.list_living(connection, sorted({look.contact_id for look in looks}))
    people = await read_people(
        connection,
        living,
        catalogue=catalogue,
        events_read=frozenset[str]().union(*(look.rule.checked.events_read for look in looks)),
        valid_until=now,
        known_until=EVER,
    )
    entered = await asyncio.to_thread(_evaluate, looks, blocks, people, now)
    await store.store_blocks(connection, [block for _, block in sorted(blocks.items()) if block.is_baselined])
    return await _firings(connection, entered, now)


def _evaluate(
    looks: Sequence[Look],
    blocks: Mapping[BlockKey, AudienceBlock],
    people: Mapping[int, PersonFacts],
    now: datetime,
) -> list[Look]:
    entered = []
    for look in looks:
        person, block = people.get(look.contact_id), blocks[look.block]
        if person is None:
            block.put(look.contact_id, is_member=False, look_again_at=None)
            continue
        was_member = block.holds(look.contact_id)
        is_member, again = _look_once(look, person, was_member=was_member, now=now)
        if is_member and not was_member and not look.is_silent:
            entered.append(look)
        block.put(look.contact_id, is_member=is_member, look_again_at=again)
    return entered


def _look_once(
    look: Look, person: PersonFacts, *, was_member: bool, now: datetime
) -> tuple[bool, datetime | None]:
    """Return whether a person is a member now, and when to look again; a defect leaves them as they were."""
    condition = look.rule.checked.condition
    try:
        is_member, again = evaluate(condition, person, now), next_flip(condition, person, now)
    except Exception:
        LOG.exception("a person could not be looked at", rule=look.rule.rule_name)
        return was_member, now + AFTER_DEFECT
    if look.latest_at is not None and look.latest_at >= now:
        again = min(again or NEVER, look.latest_at + SOONEST)
    return is_member, None if again is None else max(again, now + SOONEST)


async def _firings(connection: Connection, entered: Sequence[Look], now: datetime) -> list[Firing]:
    firings = []
    for version in sorted({look.rule.rule_version_id for look in entered}):
        own = [look for look in entered if look.rule.rule_version_id == version]
        again = await store.list_entered_before(connection, version, [look.contact_id for look in own])
        firings += [
            Firing(
                rule=look.rule,
                contact_id=look.contact_id,
                event_id=EventId(0),
                occurred_at=now,
                is_effect=look.contact_id in again,
            )
            for look in own
        ]
    return firings
