"""The pure parts of a plan: the draw, the calendar, the budget, people folded from their history."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rulecast.account.ramp import USUAL_BATCHES
from rulecast.account.warm_up import WarmUpTerms, begin
from rulecast.plan import Start, content_hash, draw, forecast
from rulecast.plan.audience_copy import HEADER, ROW, TRAILER, audience_blocks
from rulecast.plan.budget import budget_e4
from rulecast.plan.calendar import PORTFOLIO, WARM_UP, Limits, RollingLimit
from rulecast.plan.combine import local_day
from rulecast.plan.draw import band_number, strength
from rulecast.plan.errors import BudgetCurrencyError
from rulecast.plan.person_facts import fold_people, names_to_read, read_value
from rulecast.rule.language.document import Band, Budget, Priority, Variant
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition
from rulecast.values.ids import PlanId

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
FAR = NOW + timedelta(days=3)
KEY = bytes(range(32))
CATALOGUE = Catalogue.of(
    attributes=[Attribute(name="points", type=AttributeType.INTEGER)],
    events=[EventDefinition(name="purchase", properties={"amount": AttributeType.DECIMAL})],
)


def held_out(percent: str, rule: str = "winback", people: range = range(1, 20_001)) -> set[int]:
    drawn = draw(people, rule_name=rule, key=KEY, holdout_percent=Decimal(percent))
    return {contact_id for contact_id, is_held_out, _order, _variant in drawn if is_held_out}


def test_the_draw_holds_out_the_share_it_is_asked_for() -> None:
    assert 0.09 < len(held_out("10")) / 20_000 < 0.11
    assert held_out("0") == set()
    assert len(held_out("100")) == 20_000


def test_a_person_stays_on_their_side_whoever_else_is_there() -> None:
    assert held_out("10", people=range(1, 5_001)) == {one for one in held_out("10") if one <= 5_000}
    assert held_out("10") <= held_out("20")


def test_two_rules_draw_apart() -> None:
    both = held_out("10") & held_out("10", rule="other")
    assert 100 < len(both) < 320


SHARES = {"a": Decimal(50), "b": Decimal(30), "c": Decimal(20)}
# Of a chi-square with two degrees of freedom, one in ten thousand is larger.
CHI_SQUARE_MAX = 18.42


def arms(rule: str = "winback", people: range = range(1, 6_001), holdout: str = "10") -> dict[int, str]:
    drawn = draw(
        people,
        rule_name=rule,
        key=KEY,
        holdout_percent=Decimal(holdout),
        variants=[Variant(name=name, percent=percent) for name, percent in SHARES.items()],
    )
    return {contact_id: variant for contact_id, is_held_out, _order, variant in drawn if not is_held_out}


def chi_square(found: Counter[str]) -> float:
    whole = sum(found.values())
    expected = {name: whole * float(percent) / 100 for name, percent in SHARES.items()}
    return sum((found[name] - count) ** 2 / count for name, count in expected.items())


def test_variants_share_who_is_not_held_out_as_they_were_told() -> None:
    found = arms()
    assert chi_square(Counter(found.values())) < CHI_SQUARE_MAX
    assert set(found) == set(range(1, 6_001)) - held_out("10", people=range(1, 6_001))


def test_the_variant_has_nothing_to_do_with_the_place_in_the_order() -> None:
    """Whoever a budget reaches first is as mixed as everybody."""
    places = {
        contact_id: order
        for contact_id, _held, order, _arm in draw(
            range(1, 6_001), rule_name="winback", key=KEY, holdout_percent=None
        )
    }
    found = arms(holdout="0")
    first = sorted(found, key=lambda contact_id: places[contact_id])[:2_000]
    assert chi_square(Counter(found[one] for one in first)) < CHI_SQUARE_MAX


def test_a_person_keeps_their_variant_whoever_else_is_there() -> None:
    alone = arms(people=range(77, 78), holdout="0")
    assert alone == {77: arms(holdout="0")[77]}
    other = arms(rule="other", holdout="0")
    same = sum(1 for contact_id, name in arms(holdout="0").items() if other[contact_id] == name)
    assert 0.33 < same / 6_000 < 0.43


def test_shares_of_thirds_leave_nobody_without_a_variant() -> None:
    thirds = [Variant(name=name, percent=Decimal("33.33")) for name in "abc"]
    drawn = draw(range(1, 20_001), rule_name="w", key=KEY, holdout_percent=None, variants=thirds)
    assert {variant for *_, variant in drawn} == {"a", "b", "c"}


def test_the_band_decides_before_the_number() -> None:
    weakest_of_strong = Priority(band=Band.LIFECYCLE, number=0)
    strongest_of_weak = Priority(band=Band.PROMOTION, number=100)
    assert strength(weakest_of_strong) > strength(strongest_of_weak)
    assert [band_number(Priority(band=band, number=1)) for band in Band] == [0, 1, 2, 3]


def test_an_audience_is_written_as_postgresql_reads_it() -> None:
    blocks = list(audience_blocks(PlanId(7), [(1, True, -5, ""), (2, False, 2**62, "é")]))
    assert blocks[0] == HEADER
    assert blocks[-1] == TRAILER
    assert (
        b"".join(blocks[1:-1])
        == ROW.pack(5, 8, 7, 8, 1, 1, True, 8, -5, 0)
        + ROW.pack(5, 8, 7, 8, 2, 1, False, 8, 2**62, 2)
        + "é".encode()
    )


@pytest.mark.parametrize(
    ("starts", "batch_every", "people_max", "binding", "seconds", "late"),
    [
        # The steady rate keeps a little below the limit of a second.
        ([(0, 8000, 0)], None, None, "throughput", 105, 0),
        ([(0, 80, 0), (600, 80, 1), (1200, 80, 2)], 600, None, "batch spacing", 1201, 0),
        ([(3600, 80, 0)], None, None, "quiet hours or sending window", 3601, 0),
        # A day and a minute later everybody has left it.
        ([(0, 160, 0)], None, 80, "portfolio limit of people in 24 hours", 86_461, 0),
        ([(0, 80, 0), (86_460, 80, 0)], None, 80, "portfolio limit of people in 24 hours", 86_461, 0),
        ([(0, 80 * 3600 * 80, 0)], None, None, "throughput", 3 * 86_400, 80 * 3600 * 80 - 19_748_571),
    ],
)
def test_the_calendar_names_the_limit_that_binds(
    starts: list[tuple[int, int, int]],
    batch_every: int | None,
    people_max: int | None,
    binding: str,
    seconds: int,
    late: int,
) -> None:
    found = forecast(
        [
            Start(send_from=NOW + timedelta(seconds=after), send_until=FAR, batch=batch, messages=messages)
            for after, messages, batch in starts
        ],
        Limits(
            per_second=80,
            rolling=() if people_max is None else (RollingLimit(name=PORTFOLIO, people_max=people_max),),
        ),
        evaluated_at=NOW,
        batch_every=None if batch_every is None else timedelta(seconds=batch_every),
    )
    assert found is not None
    assert found.binding_limit == binding
    assert (found.finishes_at - NOW).total_seconds() == pytest.approx(seconds, abs=2)
    assert found.messages_too_late == pytest.approx(late, abs=80)


def test_nobody_has_no_calendar() -> None:
    assert forecast([], Limits(per_second=80), evaluated_at=NOW) is None


@pytest.mark.parametrize(
    ("messages", "hours"), [(500, 0), (501, 1), (2_500, 1), (2_501, 2), (12_501, 3), (10**6, 3)]
)
def test_the_batches_of_a_large_plan_take_three_hours(messages: int, hours: int) -> None:
    start = Start(send_from=NOW, send_until=FAR, batch=0, messages=messages)
    found = forecast([start], Limits(per_second=100_000, template_batches=USUAL_BATCHES), evaluated_at=NOW)
    assert found is not None
    assert found.finishes_at - NOW == pytest.approx(timedelta(hours=hours), abs=timedelta(seconds=15))


def test_what_the_portfolio_has_counted_leaves_when_its_day_is_over() -> None:
    """Sixty of eighty are taken, fifty of them for another six hours."""
    limit = RollingLimit(
        name=PORTFOLIO,
        people_max=80,
        counted=[(NOW - timedelta(hours=18), 50), (NOW - timedelta(hours=1), 10)],
    )
    start = Start(send_from=NOW, send_until=FAR, batch=0, messages=70)
    found = forecast([start], Limits(per_second=80, rolling=[limit]), evaluated_at=NOW)
    assert found is not None
    assert found.finishes_at - NOW == pytest.approx(timedelta(hours=6, minutes=1), abs=timedelta(seconds=2))


def test_a_young_number_reaches_more_people_every_day_as_long_as_nothing_is_wrong() -> None:
    terms = WarmUpTerms(start=100, step=500, until=2_000)
    limit = RollingLimit(name=WARM_UP, people_max=0, warm_up=(begin(terms, NOW), terms))
    start = Start(send_from=NOW, send_until=FAR, batch=0, messages=1_800)
    found = forecast([start], Limits(per_second=80, rolling=[limit]), evaluated_at=NOW)
    assert found is not None
    assert found.binding_limit == WARM_UP
    # 100, then 600 a day, then 1,100: the day before has to leave the rolling window each time.
    assert timedelta(days=2) <= found.finishes_at - NOW <= timedelta(days=2, hours=1)


def test_a_budget_is_compared_in_the_billing_currency() -> None:
    rates = {"MAD": Decimal("0.10")}
    assert budget_e4(None, billing_currency="USD", rates=rates) is None
    assert (
        budget_e4(Budget(amount=Decimal(800), currency="MAD"), billing_currency="USD", rates=rates)
        == 80_000_000
    )
    assert (
        budget_e4(Budget(amount=Decimal("1.50"), currency="USD"), billing_currency="USD", rates={})
        == 1_500_000
    )
    with pytest.raises(BudgetCurrencyError):
        budget_e4(Budget(amount=Decimal(1), currency="EUR"), billing_currency="USD", rates=rates)


def test_the_content_hash_follows_document_and_decisions() -> None:
    base = content_hash({"a": 1, "b": "é"}, bytes(32))
    assert base == content_hash({"b": "é", "a": 1}, bytes(32))
    assert (
        len({base, content_hash({"a": 2, "b": "é"}, bytes(32)), content_hash({"a": 1, "b": "é"}, bytes(31))})
        == 3
    )


def change(kind: str, payload: dict[str, object], day: int) -> tuple[int, str, str, datetime]:
    return 1, kind, json.dumps(payload), datetime(2026, 11, day, tzinfo=UTC)


def test_a_person_is_folded_from_their_history() -> None:
    changes = [
        change("contact", {}, 1),
        change("attributes", {"city": "rabat", "points": 3, "unheard_of": 1}, 1),
        change("tag_added", {"tag": "vip"}, 2),
        change("tag_added", {"tag": "new"}, 2),
        change("consent", {"purpose": "marketing", "status": "granted", "proven": True}, 3),
        change("attributes", {"city": "", "birth_date": "1990-04-02"}, 4),
        change("tag_removed", {"tag": "new"}, 4),
        change("consent", {"purpose": "marketing", "status": "withdrawn", "proven": False}, 5),
        change("consent", {"purpose": "marketing", "status": "granted", "proven": True}, 5),
    ]
    events = [
        (1, "purchase", datetime(2026, 11, 6, tzinfo=UTC), '{"amount": 12.5}'),
        (1, "message_received", datetime(2026, 11, 7, tzinfo=UTC), '{"kind": "text"}'),
    ]
    person = fold_people(changes, events, CATALOGUE)[1]
    assert person.attributes == {
        "city": None,
        "points": 3,
        "birth_date": date(1990, 4, 2),
        "last_inbound_at": datetime(2026, 11, 7, tzinfo=UTC),
    }
    assert person.tags == {"vip"}
    assert person.first_seen_at == datetime(2026, 11, 1, tzinfo=UTC)
    # Said on the same day, the withdrawal stands: a tie is a stop (F52).
    assert not person.consents["marketing"].granted
    assert person.events[0].properties == {"amount": Decimal("12.5")}
    assert names_to_read({"purchase"}) == ["message_received", "purchase"]


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        ("7", AttributeType.INTEGER, 7),
        ("x", AttributeType.INTEGER, None),
        (1.25, AttributeType.DECIMAL, Decimal("1.25")),
        (True, AttributeType.BOOLEAN, True),
        ("false", AttributeType.BOOLEAN, False),
        ("2026-13-01", AttributeType.DATE, None),
        ("2026-11-17T18:55:00", AttributeType.INSTANT, NOW),
        (["a", "b"], AttributeType.TEXT_LIST, ("a", "b")),
        ([], AttributeType.TEXT_LIST, None),
        (None, AttributeType.TEXT, None),
    ],
)
def test_a_stored_value_is_read_as_its_type_or_is_missing(
    value: object, kind: AttributeType, read: object
) -> None:
    assert read_value(value, kind) == read


@pytest.mark.parametrize("minutes", [30, 59, 61, 119])
def test_a_clock_that_is_set_back_over_midnight_shows_the_earlier_day(minutes: int) -> None:
    """In Beirut the last Sunday of October begins at 23:00 of Saturday once more; two readings have no order."""
    before_midnight = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
    day = local_day(
        clock_zone="Asia/Beirut", at=before_midnight + timedelta(minutes=minutes), workspace_zone="UTC"
    )
    assert day == date(2026, 10, 24)
