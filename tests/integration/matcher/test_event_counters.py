"""Counters of behaviour in PostgreSQL: exact whatever arrives when, and never believed where they may be wrong."""

import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import md5

import pytest

from rulecast.collect import NewEvent, listeners, record_events
from rulecast.database import Connection, Database
from rulecast.rule.engine import EventFact, PersonFacts, evaluate
from rulecast.rule.engine.matcher import CompiledRules, TriggeredRule, TriggerEvent, store
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType as T
from rulecast.values.ids import ContactId, RuleVersionId

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
AMOUNT = c.Field(name="amount", type=T.DECIMAL)
CHANNEL = c.Field(name="channel", type=T.TEXT)
BUY = c.EventPattern(event="purchase")
SHOP = c.EventPattern(
    event="purchase", where=c.Comparison(field=CHANNEL, operator="=", value=c.Constant(value="shop"))
)
WEEK = c.LastWindow(duration=c.Duration(amount=7, unit="days"))
TWO_DAYS = c.LastWindow(duration=c.Duration(amount=36, unit="hours"))
BEFORE = c.AgoWindow(start=c.Duration(amount=20, unit="days"), end=c.Duration(amount=5, unit="days"))
CONDITIONS: list[c.Condition] = [
    *(
        c.Did(pattern=pattern, minimum=minimum, maximum=maximum, window=window)
        for pattern in (BUY, SHOP)
        for minimum, maximum in ((1, None), (2, 3), (0, 2))
        for window in (WEEK, TWO_DAYS, BEFORE, None)
    ),
    *(
        c.Measure(
            left=c.Aggregate(kind="sum", pattern=pattern, property=AMOUNT, window=window),
            operator=">",
            right=c.Constant(value=Decimal("25.5")),
        )
        for pattern in (BUY, SHOP)
        for window in (WEEK, BEFORE)
    ),
]
RULES = {
    RuleVersionId(number): TriggeredRule(pattern=BUY, condition=condition)
    for number, condition in enumerate(CONDITIONS)
}
COMPILED = CompiledRules.of(RULES)
ASHA, BILAL, CHITRA = 1, 2, 3


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "_LISTENERS", [store.COUNTERS])


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    """A connection on a database that knows three people; each test opens its own transactions on it."""
    async with database.connection() as connection:
        await connection.set_autocommit(True)
        await connection.execute(
            "INSERT INTO profile.contact (contact_id, first_seen_at, recorded_at, source)"
            " SELECT one, %s, %s, 'import' FROM generate_series(1, 3) AS one",
            (NOW - timedelta(days=400), NOW),
        )
        yield connection
        await connection.set_autocommit(False)


def bought(contact_id: int, *, ago: timedelta, amount: str = "10", channel: str = "shop") -> NewEvent:
    at = NOW - ago
    key = f"{contact_id}{at.isoformat()}{amount}{channel}".encode()
    return NewEvent(
        contact_id=ContactId(contact_id),
        name="purchase",
        occurred_at=at,
        event_key=md5(key, usedforsecurity=False).digest(),
        source="track",
        properties={"amount": Decimal(amount), "channel": channel},
    )


async def keep(connection: Connection, now: datetime = NOW) -> None:
    async with connection.transaction():
        await store.keep_pairs(connection, COMPILED.pairs(now), now)


async def fill(connection: Connection, people: int = 2) -> None:
    while True:
        async with connection.transaction():
            if not await store.fill_pairs(connection, people=people):
                return


async def save(connection: Connection, events: Iterable[NewEvent]) -> int:
    async with connection.transaction():
        return await record_events(connection, list(events), NOW)


def fact_of(event: NewEvent) -> EventFact:
    return EventFact(name=event.name, occurred_at=event.occurred_at, properties=dict(event.properties))  # type: ignore[arg-type]  # as decoded


async def matches_by_counters(
    connection: Connection, past: Mapping[int, Sequence[EventFact]], now: datetime = NOW
) -> tuple[set[tuple[int, int]], frozenset[int]]:
    """Return person and rule of each match, and the people whose events had to be read."""
    event = EventFact(name="purchase", occurred_at=now - timedelta(seconds=1), properties={})
    batch = [TriggerEvent(event=event, person=PersonFacts(contact_id=one)) for one in past]
    matching = COMPILED.begin(batch, now)
    matching.use_counters(await store.read_counters(connection, matching.counters_asked()))
    asked = matching.events_asked()
    matching.use_events(past)
    people = list(past)
    return {(people[place], rule) for place, rule in matching.matches()}, asked.contact_ids


def expected(past: Mapping[int, Sequence[EventFact]], now: datetime = NOW) -> set[tuple[int, int]]:
    return {
        (contact_id, rule)
        for contact_id, events in past.items()
        for rule, condition in enumerate(CONDITIONS)
        if evaluate(condition, PersonFacts(contact_id=contact_id, events=events), now)
    }


async def test_an_event_is_counted_in_its_transaction_on_its_own_day_and_once(connection: Connection) -> None:
    await keep(connection)
    await fill(connection)
    late = bought(ASHA, ago=timedelta(days=3, hours=2))
    assert await save(connection, [bought(ASHA, ago=timedelta(hours=1)), late]) == 2
    assert await save(connection, [late]) == 0
    past = {ASHA: [fact_of(late), fact_of(bought(ASHA, ago=timedelta(hours=1)))], BILAL: [], CHITRA: []}
    assert await matches_by_counters(connection, past) == (expected(past), frozenset())
    row = await (await connection.execute("SELECT count(*), sum(times) FROM rule.event_counter")).fetchone()
    # Two pairs and two that add up, two days each.
    assert row == (8, 8)


async def test_what_was_stored_before_a_pair_is_filled_in_and_nothing_twice(connection: Connection) -> None:
    before = [bought(one, ago=timedelta(days=days)) for one in (ASHA, BILAL, CHITRA) for days in (1, 6, 9)]
    await save(connection, before)
    await keep(connection)
    meanwhile = [bought(one, ago=timedelta(days=2), amount="7") for one in (ASHA, CHITRA)]
    await save(connection, meanwhile)
    past = {
        one: [fact_of(event) for event in (*before, *meanwhile) if event.contact_id == one]
        for one in (ASHA, BILAL, CHITRA)
    }
    found, asked = await matches_by_counters(connection, past)
    assert found == expected(past)
    assert asked == {ASHA, BILAL, CHITRA}
    await fill(connection)
    assert await matches_by_counters(connection, past) == (expected(past), frozenset())


async def test_a_transaction_under_way_holds_up_a_new_pair_and_is_filled_in(
    connection: Connection, database: Database
) -> None:
    async with database.transaction() as other:
        await record_events(other, [bought(ASHA, ago=timedelta(days=1))], NOW)
        await connection.execute("SET lock_timeout = '200ms'")
        with pytest.raises(Exception, match="lock timeout"):
            await keep(connection)
    await connection.execute("RESET lock_timeout")
    await keep(connection)
    await fill(connection)
    past = {ASHA: [fact_of(bought(ASHA, ago=timedelta(days=1)))]}
    assert await matches_by_counters(connection, past) == (expected(past), frozenset())


async def test_events_stored_without_counting_leave_a_gap_that_is_mended(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(connection)
    await fill(connection)
    await save(connection, [bought(BILAL, ago=timedelta(days=4))])
    with monkeypatch.context() as patch:
        patch.setattr(listeners, "_LISTENERS", [])
        await save(connection, [bought(BILAL, ago=timedelta(days=1))])
    past = {BILAL: [fact_of(bought(BILAL, ago=timedelta(days=days))) for days in (4, 1)], ASHA: []}
    assert await matches_by_counters(connection, past) == (expected(past), frozenset({BILAL}))
    async with connection.transaction():
        assert await store.mend_gaps(connection) == 1
    assert await matches_by_counters(connection, past) == (expected(past), frozenset())


async def test_erasure_forgets_the_counters_and_a_merge_counts_both_anew(connection: Connection) -> None:
    await keep(connection)
    await fill(connection)
    await save(connection, [bought(one, ago=timedelta(days=1)) for one in (ASHA, BILAL, CHITRA)])
    await connection.execute("UPDATE profile.contact SET erased_at = %s WHERE contact_id = 1", (NOW,))
    await connection.execute("DELETE FROM collect.event WHERE contact_id = 1")
    await connection.execute("UPDATE profile.contact SET merged_into = 3 WHERE contact_id = 2")
    await connection.execute("UPDATE collect.event SET contact_id = 3 WHERE contact_id = 2")
    left = await (await connection.execute("SELECT DISTINCT contact_id FROM rule.event_counter")).fetchall()
    assert left == [(CHITRA,)]
    both = [fact_of(bought(one, ago=timedelta(days=1))) for one in (BILAL, CHITRA)]
    past = {ASHA: [], BILAL: [], CHITRA: both}
    found, asked = await matches_by_counters(connection, past)
    assert found == expected(past)
    assert asked == {ASHA, BILAL, CHITRA}
    async with connection.transaction():
        assert await store.mend_gaps(connection) == 3
    assert await matches_by_counters(connection, past) == (expected(past), frozenset())


async def test_a_recount_finds_counters_that_are_wrong_and_has_them_mended(connection: Connection) -> None:
    await keep(connection)
    await fill(connection)
    await save(connection, [bought(one, ago=timedelta(days=1)) for one in (ASHA, BILAL)])
    await connection.execute(
        "UPDATE rule.event_counter SET times = 5, first_at = first_at - interval '1 s' WHERE contact_id = 2"
    )
    async with connection.transaction():
        found = await store.recount(connection, [ASHA, BILAL, CHITRA])
    assert found == store.Recount(people=3, different=frozenset({BILAL}))
    async with connection.transaction():
        await store.mend_gaps(connection)
        again = await store.recount(connection, [ASHA, BILAL, CHITRA])
    assert again == store.Recount(people=3, different=frozenset())


async def test_days_and_pairs_that_no_rule_asks_for_are_forgotten(connection: Connection) -> None:
    windowed = CompiledRules.of(
        {RuleVersionId(1): TriggeredRule(pattern=BUY, condition=c.Did(pattern=BUY, window=WEEK))}
    )
    async with connection.transaction():
        assert await store.keep_pairs(connection, windowed.pairs(NOW), NOW)
    await fill(connection)
    await save(connection, [bought(ASHA, ago=timedelta(days=days)) for days in (1, 30)])
    later = NOW + timedelta(days=20)
    async with connection.transaction():
        assert await store.keep_pairs(connection, windowed.pairs(later), later)
        assert not await store.keep_pairs(connection, windowed.pairs(later), later)
        assert await store.forget_unused(connection) == 1
        assert await store.keep_pairs(connection, {}, later)
        assert await store.forget_unused(connection) == 0


@pytest.mark.parametrize("seed", range(4))
async def test_counters_say_what_the_events_say_whatever_the_order(connection: Connection, seed: int) -> None:
    chance = random.Random(seed)
    edges = [timedelta(hours=36), timedelta(days=7), timedelta(days=5), timedelta(days=20)]
    near = [timedelta(), timedelta(microseconds=1), -timedelta(microseconds=1), timedelta(hours=3)]
    events = [
        bought(
            chance.choice((ASHA, BILAL, CHITRA)),
            ago=max(
                chance.choice(
                    (chance.choice(edges) + chance.choice(near), timedelta(hours=chance.randrange(600)))
                ),
                timedelta(seconds=2),
            ),
            amount=chance.choice(("10", "-4", "0.25")),
            channel=chance.choice(("shop", "web")),
        )
        for _ in range(60)
    ]
    third = len(events) // 3
    await save(connection, events[:third])
    await keep(connection)
    await save(connection, events[third : 2 * third])
    await fill(connection, people=1)
    for one in events[2 * third :]:
        await save(connection, [one])
    known = {(one.occurred_at, one.event_key): one for one in reversed(events)}
    past = {
        one: [fact_of(event) for event in known.values() if event.contact_id == one]
        for one in (ASHA, BILAL, CHITRA)
    }
    for now in (NOW, NOW + timedelta(days=1), NOW + timedelta(hours=5)):
        found, _ = await matches_by_counters(connection, past, now)
        assert found == expected(past, now)
    async with connection.transaction():
        assert (await store.recount(connection, list(past))).different == frozenset()
