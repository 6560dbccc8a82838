"""Real public data: imported by the example mappings, asked by the example rules, counted again in plain Python.

Each rule is matched as of a day inside its data; the audience must be the very people whom an independent count
over the raw files finds, and the reference evaluator must agree person by person.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.real_data import customers, households
from tests.real_data.agreements import EARLY, agreed_at, write_agreements
from tests.real_data.shop import EXAMPLES, File, Shop, data_folder, example, imported, name_people

from rulecast.cli.app import run_command
from rulecast.database import fetch_all, fetch_value
from rulecast.rule.language import Rule, format_rule, parse_rule
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.plan import plan_rules

SAMPLE_SIZE = 200
# An import holds batches, not files; most of this is Python with its libraries and what the tests keep themselves.
MEMORY_MIB_MAX = 1_000
AGREEMENTS = Path(__file__).resolve().parents[1] / "real_data" / "agreements.toml"

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def known_households() -> dict[int, households.Household]:
    return households.read_households(data_folder("completejourney"))


@pytest.fixture(scope="module")
def grocer(tmp_path_factory, known_households) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("completejourney")
    agreements = write_agreements(home / "agreements.csv", known_households)
    files = (
        example("contacts", "completejourney/demographics.parquet", "households.toml"),
        example("events", "completejourney/campaigns.parquet", "campaigns.toml"),
        example("events", "completejourney/coupon_redemptions.parquet", "coupon_redemptions.toml"),
        example("events", "completejourney/transactions.parquet", "transactions.toml"),
        File(kind="contacts", path=agreements, mapping=AGREEMENTS),
    )
    with imported("completejourney", files, home, zone=households.ZONE) as shop:
        name_people(shop, known_households)
        yield shop


@pytest.fixture(scope="module")
def counted_customers() -> tuple[dict[int, customers.Customer], customers.Counts]:
    return customers.read_customers(data_folder("online_retail"))


@pytest.fixture(scope="module")
def known_customers(counted_customers) -> dict[int, customers.Customer]:
    return counted_customers[0]


@pytest.fixture(scope="module")
def retailer(tmp_path_factory, known_customers) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("online_retail")
    files = (example("events", "online_retail/online_retail.csv.gz", "invoices.toml"),)
    with imported("online_retail", files, home, zone=customers.ZONE) as shop:
        name_people(shop, known_customers)
        yield shop


async def events_by_name(shop: Shop) -> dict[str, int]:
    async with shop.workspace.database.connection() as connection:
        rows = await fetch_all(
            connection, "SELECT name, count(*) FROM collect.event GROUP BY name ORDER BY name", {}
        )
    return dict(rows)


async def value_of(shop: Shop, statement: str) -> Any:
    async with shop.workspace.database.connection() as connection:
        return await fetch_value(connection, statement, {})


def members(shop: Shop, plan_id: int) -> dict[Reason | None, set[int]]:
    """Return the people of a plan by the reason why they are out; None holds those who are in."""
    statement = "SELECT contact_id, reason_number FROM plan.member WHERE plan_id = %(plan_id)s"

    async def read() -> list[tuple[int, int]]:
        async with shop.workspace.database.connection() as connection:
            return await fetch_all(connection, statement, {"plan_id": plan_id})

    reasons = {number: reason for reason, number in NUMBERS.items()}
    found: dict[Reason | None, set[int]] = defaultdict(set)
    for contact_id, number in shop.run(read()):
        found[reasons[number] if number else None].add(shop.numbers[contact_id])
    return dict(found)


@pytest.mark.xdist_group("completejourney")
def test_every_household_and_every_line_of_the_grocer_is_stored_once(grocer: Shop, known_households) -> None:
    assert grocer.run(events_by_name(grocer)) == {
        "campaign_received": 2_466,
        "coupon_redeemed": 538,
        "purchase": 728_336,
    }
    assert [report.counts.rows_rejected for report in grocer.reports.values()] == [0] * 5
    assert set(grocer.numbers.values()) == set(known_households)
    assert grocer.run(value_of(grocer, "SELECT count(*) FROM profile.contact")) == len(known_households)
    cents = sum(one.cents for household in known_households.values() for one in household.purchases)
    amount = grocer.run(value_of(grocer, "SELECT sum((properties ->> 'amount')::numeric) FROM collect.event"))
    assert amount == Decimal(cents) / 100
    assert grocer.memory_mib < MEMORY_MIB_MAX


@pytest.mark.xdist_group("completejourney")
def test_two_thirds_of_the_households_have_no_profile_and_miss_its_values(
    grocer: Shop, known_households
) -> None:
    with_income = grocer.run(
        value_of(grocer, "SELECT count(*) FROM profile.contact WHERE attributes ? 'income'")
    )
    assert with_income == 801
    owners = sum(bool(one.profile.get("home_ownership")) for one in known_households.values())
    with_owner = grocer.run(
        value_of(grocer, "SELECT count(*) FROM profile.contact WHERE attributes ? 'home_ownership'")
    )
    assert with_owner == owners == 568


@pytest.mark.xdist_group("completejourney")
def test_the_category_that_campaign_8_stands_for_is_the_one_its_coupons_were_used_in(
    grocer: Shop, known_households
) -> None:
    category = households.category_of_campaign(known_households, households.CAMPAIGN)
    assert f'"{category}"' in grocer.rule_path("campaign_8_without_coupon").read_text(encoding="utf-8")


@pytest.mark.xdist_group("completejourney")
@pytest.mark.parametrize("rule", households.RULES)
def test_an_audience_of_households_is_the_one_counted_by_hand(
    grocer: Shop, known_households, rule: str
) -> None:
    now, counts = households.RULES[rule]
    by_hand = {number for number, one in known_households.items() if counts(one, now)}
    audience = grocer.audience(rule, now)
    assert audience == by_hand
    assert audience
    sample = grocer.sample(audience, SAMPLE_SIZE)
    assert grocer.audience_by_reference(rule, now, sample) == audience & sample


@pytest.mark.xdist_group("online_retail")
def test_the_retailer_keeps_every_line_that_names_a_customer_and_refuses_the_others(
    retailer: Shop, counted_customers
) -> None:
    known, counted = counted_customers
    assert (counted.lines, counted.without_customer, counted.cancelled) == (541_909, 135_080, 9_288)
    assert retailer.run(events_by_name(retailer)) == {
        "cancellation": sum(len(one.cancellations) for one in known.values()),
        "purchase": sum(len(one.purchases) for one in known.values()),
    }
    (report,) = retailer.reports.values()
    assert report.reject_codes == {"RC-IMPORT-102": 135_080}
    assert len(retailer.numbers) == len(known) == 4_372
    assert retailer.memory_mib < MEMORY_MIB_MAX


@pytest.mark.xdist_group("online_retail")
def test_a_customer_of_two_countries_is_of_the_one_named_last(retailer: Shop, known_customers) -> None:
    statement = "SELECT contact_id, attributes ->> 'country' FROM profile.contact"

    async def read() -> list[tuple[int, str | None]]:
        async with retailer.workspace.database.connection() as connection:
            return await fetch_all(connection, statement, {})

    stored = {retailer.numbers[contact_id]: country for contact_id, country in retailer.run(read())}
    mapping = tomllib.loads((EXAMPLES / "online_retail" / "invoices.toml").read_text(encoding="utf-8"))
    codes = mapping["attributes"]["country"]["map"]
    assert stored == {
        number: codes[one.country].lower() if one.country in codes else None
        for number, one in known_customers.items()
    }


@pytest.mark.xdist_group("online_retail")
def test_the_usual_cleaning_gives_the_published_figures_from_the_stored_events(
    retailer: Shop, counted_customers
) -> None:
    _known, counted = counted_customers
    by_hand = (counted.clean_lines, len(counted.clean_customers), round(counted.clean_amount, 2))
    assert by_hand == (397_884, 4_338, Decimal("8911407.90"))
    cleaned = retailer.run(
        value_of(
            retailer,
            "SELECT ARRAY[count(*), count(DISTINCT contact_id), round(sum((properties ->> 'amount')::numeric), 2)]"
            " FROM collect.event WHERE name = 'purchase' AND (properties ->> 'quantity')::bigint > 0"
            " AND (properties ->> 'unit_price')::numeric > 0",
        )
    )
    assert tuple(cleaned) == by_hand


@pytest.mark.xdist_group("online_retail")
@pytest.mark.parametrize("rule", customers.RULES)
def test_an_audience_of_customers_is_the_one_counted_by_hand(
    retailer: Shop, known_customers, rule: str
) -> None:
    now, counts = customers.RULES[rule]
    by_hand = {number for number, one in known_customers.items() if counts(one, now)}
    audience = retailer.audience(rule, now)
    assert audience == by_hand
    assert audience
    sample = retailer.sample(audience, SAMPLE_SIZE)
    assert retailer.audience_by_reference(rule, now, sample) == audience & sample


@pytest.mark.xdist_group("completejourney")
def test_two_rules_planned_as_of_a_past_day_compete_for_those_who_had_agreed_by_then(
    grocer: Shop, known_households
) -> None:
    now = datetime(2017, 6, 1, tzinfo=UTC)
    rules = ("campaign_8_without_coupon", "regulars_without_profile")
    audiences = [
        {number for number, one in known_households.items() if households.RULES[rule][1](one, now)}
        for rule in rules
    ]
    texts = [grocer.rule_path(rule).read_text(encoding="utf-8") for rule in rules]
    # The second rule is stronger: whom both want, it gets.
    texts[1] = texts[1].replace("promotion/40", "promotion/60")
    plans = grocer.run(plan_rules(grocer.workspace, texts, as_of=now))
    agreed = [{one for one in audience if agreed_at(one) == EARLY} for audience in audiences]
    shared = agreed[0] & agreed[1]
    assert [plan.document["audience"] for plan in plans] == [len(one) for one in audiences]
    assert members(grocer, plans[0].plan_id) == {
        None: agreed[0] - shared,
        Reason.LOST_TO_RULE: shared,
        Reason.NO_CONSENT: audiences[0] - agreed[0],
    }
    assert members(grocer, plans[1].plan_id) == {None: agreed[1], Reason.NO_CONSENT: audiences[1] - agreed[1]}
    assert shared


@pytest.mark.xdist_group("completejourney")
@pytest.mark.parametrize(
    ("rule", "now"),
    [
        ("steady_then_silent", datetime(2017, 6, 15, tzinfo=UTC)),
        ("nearly_every_day", datetime(2017, 6, 29, tzinfo=UTC)),
    ],
)
def test_the_command_plans_a_rule_as_of_a_day_of_the_data(
    grocer: Shop, known_households, capsys, rule: str, now: datetime
) -> None:
    path = grocer.rule_path(rule)
    code = run_command(["plan", str(path), "--as-of", now.isoformat(), "--json"], grocer.environment)
    printed = capsys.readouterr()
    assert code == 0, printed.err
    (plan,) = json.loads(printed.out)["plans"]
    audience = {number for number, one in known_households.items() if households.RULES[rule][1](one, now)}
    agreed = {number for number in audience if (at := agreed_at(number)) is not None and at <= now}
    assert (plan["audience"], plan["planned"]) == (len(audience), len(agreed))
    assert {one["reason"]: one["count"] for one in plan["exclusions"]} == {
        "no_consent": len(audience) - len(agreed)
    }
    assert members(grocer, plan["plan_id"])[None] == agreed


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.rule")), ids=lambda path: path.stem)
def test_an_example_rule_stands_in_its_canonical_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rule = parse_rule(text)
    assert isinstance(rule, Rule)
    assert format_rule(rule) == text
