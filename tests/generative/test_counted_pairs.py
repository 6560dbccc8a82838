"""Whatever pairs are counted and whatever events come: looking pairs up finds the same counts as asking each one."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rulecast.rule.engine.matcher.counters import DayCounts
from rulecast.rule.engine.matcher.pair_document import pair_of
from rulecast.rule.engine.matcher.stored_event import PairIndex, PairReader, StoredEvent
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType as T

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
FIELDS = {
    "link": (T.TEXT, st.sampled_from(["promo", "news"])),
    "amount": (T.DECIMAL, st.sampled_from([Decimal(1), Decimal("2.50")])),
    "items": (T.INTEGER, st.integers(1, 3)),
    "is_gift": (T.BOOLEAN, st.booleans()),
    "due_on": (T.DATE, st.sampled_from([NOW.date(), NOW.date() - timedelta(days=1)])),
    "occurred_at": (T.INSTANT, st.sampled_from([NOW, NOW - timedelta(days=1)])),
}


@st.composite
def comparisons(draw: st.DrawFn) -> c.Condition:
    name = draw(st.sampled_from(sorted(FIELDS)))
    kind, values = FIELDS[name]
    operator = draw(st.sampled_from(["=", "=", "=", "!=", "<"])) if kind is not T.BOOLEAN else "="
    return c.Comparison(
        field=c.Field(name=name, type=kind), operator=operator, value=c.Constant(value=draw(values))
    )


@st.composite
def wheres(draw: st.DrawFn) -> c.Condition | None:
    parts = tuple(draw(st.lists(comparisons(), max_size=3)))
    if len(parts) < 2:
        return parts[0] if parts else None
    return c.And(parts=parts) if draw(st.booleans()) else c.Or(parts=parts)


def in_json(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | datetime) or hasattr(value, "isoformat") else value


@st.composite
def stored_events(draw: st.DrawFn) -> StoredEvent:
    known = {name: values for name, (_, values) in FIELDS.items() if name != "occurred_at"}
    properties = {
        name: in_json(draw(st.one_of(values, values, st.just(""), st.just(None), st.just("unreadable"))))
        for name, values in known.items()
        if draw(st.booleans())
    }
    return StoredEvent(
        contact_id=draw(st.integers(1, 2)),
        name=draw(st.sampled_from(["click", "order"])),
        occurred_at=NOW - timedelta(days=draw(st.integers(0, 1))),
        properties=json.dumps(properties),
    )


@given(st.lists(wheres(), min_size=1, max_size=8), st.lists(stored_events(), max_size=12))
def test_looking_pairs_up_counts_as_asking_each_does(
    conditions: list[c.Condition | None], events: list[StoredEvent]
) -> None:
    readers = {
        place: PairReader(pair_of(c.EventPattern(event="click", where=where)))
        for place, where in enumerate(conditions)
    }
    expected: dict[tuple[int, int, Any], DayCounts] = {}
    for event in events:
        for place, reader in readers.items():
            added = (
                reader.count(event, json.loads(event.properties, parse_float=Decimal))
                if event.name == "click"
                else None
            )
            if added is not None:
                key = event.contact_id, place, added.day
                expected[key] = added if key not in expected else expected[key].plus(added)
    assert PairIndex(readers).tally(events) == expected
