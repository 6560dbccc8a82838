"""Real public data: imported by the example mappings, asked by the example rules, counted again in plain Python.

Each rule is matched as of a day inside its data; the audience must be the very people whom an independent count
over the raw files finds, and the reference evaluator must agree person by person.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.real_data import households
from tests.real_data.agreements import EARLY, agreed_at, write_agreements
from tests.real_data.part import IS_WHOLE
from tests.real_data.shop import EXAMPLES, File, Shop, data_folder, example, imported, name_people

from rulecast.cli.app import run_command
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


def members(shop: Shop, plan_id: int) -> dict[Reason | None, set[int]]:
    """Return the people of a plan by the reason why they are out; None holds those who are in."""
    statement = f"SELECT contact_id, reason_number FROM plan.member WHERE plan_id = {plan_id}"
    reasons = {number: reason for reason, number in NUMBERS.items()}
    found: dict[Reason | None, set[int]] = defaultdict(set)
    for contact_id, number in shop.rows(statement):
        found[reasons[number] if number else None].add(shop.numbers[contact_id])
    return dict(found)


def test_every_household_and_every_line_of_the_grocer_is_stored_once(grocer: Shop, known_households) -> None:
    counted = {
        "campaign_received": sum(len(one.campaigns) for one in known_households.values()),
        "coupon_redeemed": sum(len(one.redemptions) for one in known_households.values()),
        "purchase": sum(len(one.purchases) for one in known_households.values()),
    }
    assert grocer.events_by_name() == counted
    assert not IS_WHOLE or list(counted.values()) == [2_466, 538, 728_336]
    assert [report.counts.rows_rejected for report in grocer.reports.values()] == [0] * 5
    assert set(grocer.numbers.values()) == set(known_households)
    assert grocer.value("SELECT count(*) FROM profile.contact") == len(known_households)
    cents = sum(one.cents for household in known_households.values() for one in household.purchases)
    amount = grocer.value("SELECT sum((properties ->> 'amount')::numeric) FROM collect.event")
    assert amount == Decimal(cents) / 100
    assert grocer.memory_mib < MEMORY_MIB_MAX


def test_two_thirds_of_the_households_have_no_profile_and_miss_its_values(
    grocer: Shop, known_households
) -> None:
    with_income = grocer.value("SELECT count(*) FROM profile.contact WHERE attributes ? 'income'")
    assert with_income == sum(bool(one.profile.get("income")) for one in known_households.values())
    assert not IS_WHOLE or with_income == 801
    owners = sum(bool(one.profile.get("home_ownership")) for one in known_households.values())
    with_owner = grocer.value("SELECT count(*) FROM profile.contact WHERE attributes ? 'home_ownership'")
    assert with_owner == owners
    assert not IS_WHOLE or owners == 568


# Of a part of the households another category may be ahead.
@pytest.mark.soak
def test_the_category_that_campaign_8_stands_for_is_the_one_its_coupons_were_used_in(
    grocer: Shop, known_households
) -> None:
    category = households.category_of_campaign(known_households, households.CAMPAIGN)
    assert f'"{category}"' in grocer.rule_path("campaign_8_without_coupon").read_text(encoding="utf-8")


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
    assert members(grocer, plan["plan_id"]).get(None, set()) == agreed


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.rule")), ids=lambda path: path.stem)
def test_an_example_rule_stands_in_its_canonical_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    rule = parse_rule(text)
    assert isinstance(rule, Rule)
    assert format_rule(rule) == text
