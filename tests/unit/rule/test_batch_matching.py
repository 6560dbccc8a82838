"""How the batch matcher gets to its answer: what it shares, what it asks for, what it leaves alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rulecast.rule.engine import EventFact, PersonFacts, evaluate
from rulecast.rule.engine.instants import Bounds
from rulecast.rule.engine.matcher import (
    CompiledRules,
    EventsAsked,
    HistoryInMemory,
    TriggeredRule,
    TriggerEvent,
)
from rulecast.rule.engine.matcher.columns import NumberedColumn, masks_of
from rulecast.rule.engine.matcher.count_test import Compared, Times, count_test
from rulecast.rule.engine.matcher.counters import DayCounts, Reading, Series, WindowReader, tally
from rulecast.rule.engine.matcher.normal_form import ALTERNATIVES_MAX, AllOf, AnyOf, alternatives
from rulecast.rule.engine.matcher.pair_document import pair_from_text, pair_of, pair_to_text
from rulecast.rule.engine.matcher.places import places
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType as T
from rulecast.values.ids import RuleVersionId

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
CITY = c.Field(name="city", type=T.TEXT)
LINK = c.Field(name="link", type=T.TEXT)
RABAT = c.Comparison(field=CITY, operator="=", value=c.Constant(value="rabat"))
PROMO = c.Comparison(field=LINK, operator="=", value=c.Constant(value="promo"))
CLICK = c.EventPattern(event="click")
PROMO_CLICK = c.EventPattern(event="click", where=PROMO)
WEEK = c.LastWindow(duration=c.Duration(amount=7, unit="days"))
TWICE = c.Did(pattern=PROMO_CLICK, minimum=2, window=WEEK)


def compiled(*rules: tuple[c.EventPattern, c.Condition]) -> CompiledRules:
    return CompiledRules.of(
        {
            RuleVersionId(number): TriggeredRule(pattern=pattern, condition=condition)
            for number, (pattern, condition) in enumerate(rules)
        }
    )


def clicked(*, contact_id: int = 1, link: str = "promo", **attributes: object) -> TriggerEvent:
    person = PersonFacts(contact_id=contact_id, attributes=attributes)  # type: ignore[arg-type]  # values of tests
    event = EventFact(name="click", occurred_at=NOW - timedelta(seconds=1), properties={"link": link})
    return TriggerEvent(event=event, person=person)


def test_an_atom_of_many_rules_is_one_predicate() -> None:
    rules = compiled(
        *((CLICK, c.And(parts=(RABAT, c.Not(part=c.HasTag(tag=tag))))) for tag in ("a", "b", "c"))
    )
    assert len(rules.table.predicates) == 4


def test_atoms_that_differ_in_type_alone_are_two_predicates() -> None:
    as_text = c.Presence(field=CITY, is_set=True)
    as_list = c.Presence(field=c.Field(name="city", type=T.TEXT_LIST), is_set=True)
    assert as_text == as_list
    assert len(compiled((CLICK, as_text), (CLICK, as_list)).table.predicates) == 2


def test_a_property_of_the_trigger_routes_its_rules() -> None:
    rules = compiled((PROMO_CLICK, c.Everybody()), (CLICK, c.Everybody()))
    batch = [clicked(link="home"), clicked(link="promo")]
    assert rules.match(batch, NOW) == [(1, 0), (0, 1), (1, 1)]
    assert [one.atom for one in rules.table.predicates] == [c.Everybody()]
    assert rules.event_names == {"click"}


def test_an_event_that_no_rule_waits_for_fires_nothing() -> None:
    event = EventFact(name="visit", occurred_at=NOW)
    batch = [TriggerEvent(event=event, person=PersonFacts(contact_id=1))]
    assert compiled((CLICK, c.Everybody())).match(batch, NOW) == []
    assert compiled().match(batch, NOW) == []
    assert compiled((CLICK, c.Everybody())).match([], NOW) == []


def test_the_past_is_asked_for_only_where_everything_cheaper_holds() -> None:
    rules = compiled((CLICK, c.And(parts=(RABAT, TWICE))))
    matching = rules.begin([clicked(contact_id=1, city="rabat"), clicked(contact_id=2, city="fes")], NOW)
    ((pair, people),) = matching.counters_asked().items()
    assert pair == pair_of(PROMO_CLICK)
    assert people == {1}
    matching.use_counters({pair.hash: {}})
    assert matching.events_asked() == EventsAsked()
    assert matching.matches() == []


def test_events_are_read_only_when_the_edge_of_the_window_decides() -> None:
    rules = compiled((CLICK, TWICE))
    edge = NOW - timedelta(days=7)
    events = [
        EventFact(name="click", occurred_at=edge + timedelta(hours=hours), properties={"link": "promo"})
        for hours in (-2, 1, 3)
    ]
    (pair,) = rules.pairs(NOW)
    days = {pair.hash: {1: Series.of(tally(pair, events)), 2: Series.of(tally(pair, events[:2]))}}
    matching = rules.begin([clicked(contact_id=1), clicked(contact_id=2)], NOW)
    matching.use_counters(days)
    # The second person did it twice on that day, once before the window: no event is needed to know.
    assert matching.events_asked() == EventsAsked(
        contact_ids=frozenset({1}), names=frozenset({"click"}), since=edge
    )
    matching.use_events({1: events})
    assert matching.matches() == [(0, 0)]


def test_people_whose_counters_are_not_believed_are_matched_by_their_events() -> None:
    rules = compiled((CLICK, c.Did(pattern=CLICK, window=WEEK)))
    (pair,) = rules.pairs(NOW)
    matching = rules.begin([clicked(contact_id=1), clicked(contact_id=2)], NOW)
    matching.use_counters({pair.hash: {1: None}})
    assert matching.events_asked().contact_ids == {1}


def test_the_last_message_counts_as_known_only_where_it_is_brought_along() -> None:
    field = c.Field(name="last_inbound_at", type=T.INSTANT)
    recent = c.Ago(field=field, direction="after", duration=c.Duration(amount=2, unit="days"))
    rules = compiled((CLICK, recent), (CLICK, c.Not(part=recent)))
    wrote = EventFact(name="message_received", occurred_at=NOW - timedelta(days=1))
    batch = [clicked(contact_id=1), clicked(contact_id=2, last_inbound_at=None)]
    matching = rules.begin(batch, NOW)
    assert matching.events_asked() == EventsAsked(
        contact_ids=frozenset({1}), names=frozenset({"message_received"})
    )
    matching.use_events({1: [wrote]})
    assert matching.matches() == [(0, 0), (1, 1)]


def test_a_condition_of_too_many_alternatives_is_kept_as_a_formula() -> None:
    pairs = [
        c.Or(parts=(c.HasTag(tag=f"a{number}"), c.HasTag(tag=f"b{number}"), TWICE)) for number in range(7)
    ]
    condition = c.And(parts=tuple(pairs))
    rules = compiled((CLICK, condition))
    assert rules.table.routes["click"].others.formulas
    events = [
        EventFact(name="click", occurred_at=NOW - timedelta(days=day), properties={"link": "promo"})
        for day in (1, 2)
    ]
    history = HistoryInMemory(events_by_contact={1: events, 2: events[:1]})
    for contact_id, tags in ((1, {"a0"}), (2, {"a0"}), (2, {f"b{number}" for number in range(7)})):
        person = PersonFacts(contact_id=contact_id, tags=frozenset(tags))
        batch = [TriggerEvent(event=events[0], person=person)]
        whole = PersonFacts(
            contact_id=contact_id, tags=frozenset(tags), events=events if contact_id == 1 else events[:1]
        )
        assert bool(rules.match(batch, NOW, history=history)) is evaluate(condition, whole, NOW)


def test_alternatives_leave_out_contradictions_and_end_at_a_bound() -> None:
    assert alternatives(AllOf((AnyOf((0, 2)), AnyOf((1, 4))))) == [
        frozenset({0, 4}),
        frozenset({2, 1}),
        frozenset({2, 4}),
    ]
    assert alternatives(AllOf((0, 1))) == []
    doubled = tuple(AnyOf((4 * number, 4 * number + 2)) for number in range(6))
    assert len(alternatives(AllOf(doubled)) or ()) == ALTERNATIVES_MAX
    assert alternatives(AllOf((*doubled, AnyOf((100, 102))))) is None


@pytest.mark.parametrize("mask", [0, 1, 0b1011 << 200, (1 << 300) | 1, (1 << 64) - 1])
def test_the_places_of_a_mask_are_those_of_its_bits(mask: int) -> None:
    assert places(mask) == [place for place in range(400) if mask >> place & 1]


def test_pairs_are_known_by_a_hash_that_covers_types_and_survive_storage() -> None:
    near = c.Near(
        field=c.Field(name="at", type=T.PLACE),
        amount=Decimal("1.5"),
        unit="km",
        latitude=Decimal(33),
        longitude=Decimal(-7),
    )
    where = c.And(
        parts=(
            PROMO,
            c.Not(part=near),
            c.Between(
                field=c.Field(name="due_on", type=T.DATE),
                low=c.Constant(value=date(2026, 1, 1)),
                high=c.Constant(value=date(2026, 2, 1)),
            ),
            c.Comparison(
                field=c.Field(name="occurred_at", type=T.INSTANT), operator=">=", value=c.Constant(value=NOW)
            ),
        )
    )
    pair = pair_of(c.EventPattern(event="click", where=where), c.Field(name="worth", type=T.DECIMAL))
    again = pair_from_text(pair_to_text(pair))
    assert again == pair
    assert again.pattern == pair.pattern
    assert again.property == pair.property
    other = pair_of(c.EventPattern(event="click", where=where), c.Field(name="worth", type=T.INTEGER))
    assert other != pair


def test_only_conditions_that_time_leaves_alone_are_counted() -> None:
    aged = c.Ago(
        field=c.Field(name="paid_at", type=T.INSTANT),
        direction="after",
        duration=c.Duration(amount=1, unit="days"),
    )
    week = c.CalendarWindow(amount=1, unit="weeks")
    assert count_test(c.Did(pattern=PROMO_CLICK)) is not None
    assert count_test(c.Did(pattern=c.EventPattern(event="click", where=aged))) is None
    assert count_test(c.Did(pattern=CLICK, window=week)) is None
    average = c.Aggregate(kind="average", pattern=CLICK, property=c.Field(name="worth", type=T.DECIMAL))
    assert count_test(c.Measure(left=average, operator=">", right=c.Constant(value=1))) is None


def test_a_number_on_the_left_turns_the_comparison_round() -> None:
    clicks = c.Aggregate(kind="count", pattern=CLICK)
    found = count_test(c.Measure(left=c.Constant(value=3), operator="<", right=clicks))
    assert found is not None
    assert found.test == Compared(measure="count", operator=">", value=3)


@pytest.mark.parametrize(
    ("test", "low", "high", "truth"),
    [
        (Times(minimum=2, maximum=None), 2, 5, True),
        (Times(minimum=2, maximum=None), 1, 2, None),
        (Times(minimum=0, maximum=3), 1, 3, True),
        (Times(minimum=0, maximum=3), 2, 4, None),
        (Times(minimum=2, maximum=2), 3, 4, False),
        (Compared(measure="count", operator="=", value=2), 1, 3, None),
        (Compared(measure="count", operator="!=", value=7), 1, 3, True),
        (Compared(measure="count", operator="<", value=Decimal("3.5")), 1, 3, True),
        (Compared(measure="count", operator="<", value=2), 1, 3, None),
        (Compared(measure="sum", operator=">", value=1), 2, 2, None),
    ],
)
def test_a_reading_decides_only_what_every_possible_number_agrees_on(
    test: Times | Compared, low: int, high: int, truth: bool | None
) -> None:
    assert test.decide(Reading(low, high, None)) is truth


def test_a_window_is_read_exactly_or_as_the_bounds_of_what_is_possible() -> None:
    instants = [NOW - timedelta(hours=hours) for hours in (1, 2, 26, 30, 31, 33, 50, 51, 75)]
    events = [EventFact(name="click", occurred_at=at, properties={"worth": Decimal(2)}) for at in instants]
    pair = pair_of(CLICK, c.Field(name="worth", type=T.DECIMAL))
    series = Series.of(tally(pair, events))
    exact = 0
    for start_hours in range(0, 90, 1):
        for length_hours in (0, 1, 5, 24, 48, 100):
            start = NOW - timedelta(hours=start_hours, minutes=30)
            bounds = Bounds(start=start, end=start + timedelta(hours=length_hours))
            true = sum(bounds.holds(at) for at in instants)
            reading = WindowReader(bounds, adds_up=True).read(series)
            assert reading.low <= true <= reading.high
            assert reading.total in {None, Decimal(2 * true)}
            exact += reading.low == reading.high
    assert exact > 400


def test_a_day_adds_up_whatever_the_order() -> None:
    day = NOW.date()
    early = DayCounts(day, 1, Decimal("0.5"), NOW - timedelta(hours=3), NOW - timedelta(hours=3))
    late = DayCounts(day, 2, Decimal(-1), NOW - timedelta(hours=1), NOW)
    assert early.plus(late) == late.plus(early) == DayCounts(day, 3, Decimal("-0.5"), early.first_at, NOW)


COLUMNS = [
    [None, "rabat", "", "fes", "rabat", None],
    [3, None, 1, 2, 2, 5],
    [True, False, None, True],
    [Decimal("1.5"), 1, None, 2, Decimal("1.50")],
    [NOW, None, NOW - timedelta(days=1), NOW + timedelta(hours=1), NOW],
    [date(2026, 2, 28), date(2024, 2, 29), None],
    [None, None],
    [None, ""],
    [7],
]


@pytest.mark.parametrize("values", [*COLUMNS, [*range(400), *range(0, 800, 2)], ["x"] * 600])
def test_numbered_columns_answer_as_masks_do(values: list[object]) -> None:
    bits = [1 << place for place in range(len(values))]
    numbered, masks = NumberedColumn(values), masks_of(values, bits)
    assert numbered.present == masks.present
    assert dict(numbered.items()) == dict(masks.items())
    for value in [one for one in values if one not in {None, ""}]:
        assert numbered.equal(value) == masks.equal(value)
        assert numbered.less(value) == masks.less(value)
        assert numbered.at_most(value) == masks.at_most(value)
    assert numbered.equal("elsewhere") == masks.equal("elsewhere") == 0


def test_large_batches_match_as_small_ones_do() -> None:
    rules = compiled(
        (PROMO_CLICK, RABAT),
        (CLICK, c.Not(part=RABAT)),
        (CLICK, TWICE),
        (CLICK, c.Presence(field=CITY, is_set=True)),
    )
    cities = ["rabat", "fes", None, ""]
    people = [
        PersonFacts(contact_id=number, attributes={"city": cities[number % 4]} if number % 5 else {})
        for number in range(7)
    ]
    batch = [
        TriggerEvent(
            event=EventFact(
                name="click", occurred_at=NOW, properties={"link": "promo"} if number % 3 else {}
            ),
            person=people[number % 7],
        )
        for number in range(1_100)
    ]
    days = (DayCounts(NOW.date(), 2, Decimal(0), NOW - timedelta(hours=2), NOW - timedelta(hours=1)),)
    pair = pair_of(PROMO_CLICK)
    history = HistoryInMemory(kept={pair.hash: {1: Series.of(days), 2: Series.of(days)}})
    whole = rules.match(batch, NOW, history=history)
    single = [
        (place, rule)
        for place in range(len(batch))
        for _, rule in rules.match(batch[place : place + 1], NOW, history=history)
    ]
    assert sorted(whole) == sorted(single)
    assert {rule for _, rule in whole} == {0, 1, 2, 3}
