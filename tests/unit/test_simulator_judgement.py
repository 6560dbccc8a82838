"""What Meta counts and decides, as pure parts: limits, caps, quality, prices, identities, subscribers."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.simulated import CERTAIN, promo

from cloud_api_simulator import Behaviour, NumberSettings
from cloud_api_simulator.account_state import AccountState
from cloud_api_simulator.chance import Chance
from cloud_api_simulator.divergences import MARKS, as_markdown, divergences
from cloud_api_simulator.errors import ApiError, status_error
from cloud_api_simulator.limits import MarketingCount, PortfolioLimit
from cloud_api_simulator.outcome import Circumstances, decide_outcome, time_to_live
from cloud_api_simulator.people import People
from cloud_api_simulator.pricing import price_of
from cloud_api_simulator.quality import Health
from cloud_api_simulator.quirks import Quirks, error_data_as_text
from cloud_api_simulator.samples import dashboard_value, samples
from cloud_api_simulator.subscriptions import App, Endpoint, Subscriptions
from cloud_api_simulator.templates import Template, read_template

ASHA = "212600000101"
NUMBER = "106540352242922"
DAY = 86_400.0
BEFORE_OCTOBER = datetime(2026, 9, 30, 23, tzinfo=UTC).timestamp()
AFTER_OCTOBER = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
README = Path(__file__).resolve().parents[2] / "src" / "cloud_api_simulator" / "README.md"


def template_of(category: str = "MARKETING") -> Template:
    return read_template(promo(category=category), template_id="1", status="APPROVED")


@pytest.mark.parametrize(
    ("category", "circumstances", "person", "code"),
    [
        (None, {}, {}, 131047),
        (None, {"window_is_open": True}, {}, None),
        (None, {"blocked_by_business": True}, {}, 131047),
        (None, {"window_is_open": True, "blocked_by_business": True}, {}, 130403),
        ("MARKETING", {"blocked_by_business": True}, {"stopped": True}, 131050),
        ("UTILITY", {"blocked_by_business": True}, {"stopped": True}, 130403),
        ("UTILITY", {"blocked_by_person": True}, {}, 131026),
        ("UTILITY", {"refusal": 131053}, {"has_whatsapp": False}, 131026),
        ("MARKETING", {"marketing_count": 12}, {}, 131049),
        ("MARKETING", {"marketing_count": 12, "window_is_open": True}, {}, None),
        ("MARKETING", {"marketing_count": 12}, {"country": "FR"}, None),
        ("UTILITY", {"marketing_count": 12}, {}, None),
        ("MARKETING", {"is_punished": True}, {}, 131049),
        ("MARKETING", {"is_punished": True, "refusal": 131053}, {}, 131049),
        ("MARKETING", {"refusal": 131053}, {}, 131053),
    ],
)
def test_later_refusals_come_in_the_order_of_the_platform(
    category: str | None, circumstances: dict[str, Any], person: dict[str, Any], code: int | None
) -> None:
    behaviour = replace(CERTAIN, marketing_cap_min=2, marketing_cap_max=4)
    people = People(Chance(1), behaviour)
    somebody = replace(people.find(ASHA), **person)
    outcome = decide_outcome(
        somebody,
        template_of(category) if category else None,
        behaviour,
        Chance(1),
        circumstances=Circumstances(**circumstances),
    )
    assert outcome.failure_code == code


def test_engagement_decides_how_much_marketing_somebody_bears() -> None:
    behaviour = replace(CERTAIN, marketing_cap_min=2, marketing_cap_max=5)
    people = People(Chance(1), behaviour)
    borne = []
    for engagement in (0.0, 0.3, 0.6, 0.99):
        somebody = replace(people.find(ASHA), engagement=engagement)
        codes = [
            decide_outcome(
                somebody,
                template_of(),
                behaviour,
                Chance(1),
                circumstances=Circumstances(marketing_count=count),
            ).failure_code
            for count in range(8)
        ]
        borne.append(codes.index(131049))
    assert borne == [2, 3, 4, 5]


def test_marketing_is_counted_in_a_moving_window_and_refusals_last_a_day() -> None:
    counted = MarketingCount()
    for at in (0.0, 100.0, 200.0):
        counted.count(ASHA, at, DAY)
    assert counted.of(ASHA, 300.0, DAY) == 3
    assert counted.of(ASHA, DAY + 150.0, DAY) == 1
    assert counted.of("212600000102", 300.0, DAY) == 0
    counted.refuse(ASHA, 300.0)
    assert not counted.is_punished(ASHA, 300.0)
    assert counted.is_punished(ASHA, 301.0)
    assert not counted.is_punished(ASHA, 300.0 + DAY)


def test_the_portfolio_counts_distinct_users_of_a_moving_day() -> None:
    limit = PortfolioLimit("TIER_250")
    for person in range(250):
        assert limit.admits(str(person), 0.0)
        limit.count(str(person), 0.0)
    assert not limit.admits("new", 1.0)
    assert limit.admits("7", 1.0)
    limit.count("7", 10.0)
    assert limit.used(DAY) == 1
    assert limit.admits("new", DAY)


def test_a_portfolio_that_uses_half_its_limit_grows_by_one_tier_every_six_hours() -> None:
    limit = PortfolioLimit("TIER_250")
    assert limit.grow(0.0) is None
    for person in range(125):
        limit.count(str(person), 0.0)
    assert limit.grow(3600.0) is None
    assert limit.grow(6 * 3600.0) == "TIER_2K"
    assert limit.grow(12 * 3600.0) is None


def test_quality_follows_blocks_and_reports_and_forgets_them_after_seven_days() -> None:
    health, behaviour = Health(), Behaviour()
    for _ in range(100):
        health.deliver(0.0)
    for _ in range(3):
        health.complain(0.0, is_report=False)
    assert health.judge(0.0, behaviour) == "YELLOW"
    health.complain(0.0, is_report=True)
    assert health.judge(0.0, behaviour) == "RED"
    for _ in range(100):
        health.deliver(8 * DAY)
    assert health.judge(8 * DAY, behaviour) == "GREEN"


def test_too_few_deliveries_leave_a_rating_alone() -> None:
    health = Health()
    health.deliver(0.0)
    health.complain(0.0, is_report=True)
    assert health.judge(0.0, Behaviour()) == "GREEN"


@pytest.mark.parametrize(
    ("category", "now", "more", "kind", "billable"),
    [
        ("service", BEFORE_OCTOBER, {}, "free_customer_service", False),
        ("utility", BEFORE_OCTOBER, {"window_is_open": True}, "free_customer_service", False),
        ("utility", BEFORE_OCTOBER, {}, "regular", True),
        ("utility", AFTER_OCTOBER, {"window_is_open": True}, "regular", True),
        ("service", AFTER_OCTOBER, {"free_left": True}, "free_customer_service", False),
        ("service", AFTER_OCTOBER, {}, "regular", True),
        ("marketing", AFTER_OCTOBER, {"window_is_open": True}, "regular", True),
        ("marketing", AFTER_OCTOBER, {"entry_point_is_open": True}, "free_entry_point", False),
        ("service", BEFORE_OCTOBER, {"entry_point_is_open": True}, "free_entry_point", False),
    ],
)
def test_a_price_follows_category_window_and_date(
    category: str, now: float, more: dict[str, bool], kind: str, billable: bool
) -> None:
    places = {"window_is_open": False, "entry_point_is_open": False, "free_left": False, **more}
    price = price_of(category, now=now, behaviour=Behaviour(), **places)
    assert (price.kind, price.is_billable) == (kind, billable)
    assert price.category == ("referral_conversion" if kind == "free_entry_point" else category)


def test_an_undelivered_authentication_message_lives_ten_minutes() -> None:
    assert time_to_live(template_of("AUTHENTICATION")) == 600
    assert time_to_live(template_of()) == time_to_live(None) == 30 * DAY
    late = replace(CERTAIN, late_rate=1.0, late_seconds_median=1200.0, late_sigma=0.01)
    person = People(Chance(1), late).find(ASHA)
    assert decide_outcome(person, template_of("AUTHENTICATION"), late, Chance(1)).delivered_after is None
    arrived = decide_outcome(person, template_of("UTILITY"), late, Chance(1)).delivered_after
    assert arrived is not None
    assert 1000 < arrived < 1500


@pytest.mark.parametrize(
    ("described", "now", "shown"),
    [
        ({}, 0.0, True),
        ({"username": "asha"}, 0.0, False),
        ({"username": "asha", "in_contact_book": True}, 0.0, True),
    ],
)
def test_a_user_with_a_username_is_named_by_phone_only_when_known(
    described: dict[str, Any], now: float, shown: bool
) -> None:
    person = People(Chance(1), Behaviour()).describe({"phone": ASHA, **described})
    assert person.shows_phone(NUMBER, now) is shown


def test_a_contact_by_phone_shows_it_for_thirty_days() -> None:
    person = People(Chance(1), Behaviour()).describe({"phone": ASHA, "username": "asha"})
    person.last_by_phone[NUMBER] = 0.0
    assert person.shows_phone(NUMBER, 29 * DAY)
    assert not person.shows_phone(NUMBER, 31 * DAY)
    assert not person.shows_phone("1", 1.0)


def test_a_new_phone_has_a_new_user_id_and_the_old_one_leads_nowhere() -> None:
    people = People(Chance(1), replace(Behaviour(), parent_user_ids=True))
    person = people.find(ASHA)
    assert person.parent_user_id is not None
    assert people.find_user(person.parent_user_id) == person
    moved = people.move(person, "212600000999")
    assert moved.user_id != person.user_id
    assert people.find_user(person.user_id) is None
    assert people.find_user(moved.user_id) is moved
    assert not people.find(ASHA).has_whatsapp


def test_the_free_entry_point_opens_with_an_answer_within_a_day_for_three() -> None:
    person = People(Chance(1), Behaviour()).find(ASHA)
    person.referred_at[NUMBER] = 0.0
    person.answer_referral(NUMBER, 3600.0)
    assert person.entry_point_is_open(NUMBER, 3600.0 + 72 * 3600 - 1)
    assert not person.entry_point_is_open(NUMBER, 3600.0 + 72 * 3600)
    person.answered_at.clear()
    person.referred_at[NUMBER] = 0.0
    person.answer_referral(NUMBER, DAY)
    assert not person.entry_point_is_open(NUMBER, DAY)


@pytest.mark.parametrize(
    ("state", "message", "code"),
    [
        ({}, {}, None),
        ({"ban": "DISABLE"}, {}, 131031),
        ({"ban": "SCHEDULE_FOR_DISABLE"}, {}, None),
        ({"restrictions": {"RESTRICTED_BIZ_INITIATED_MESSAGING": 9.0}}, {}, 368),
        ({"restrictions": {"RESTRICTED_BIZ_INITIATED_MESSAGING": 9.0}}, {"window_is_open": True}, None),
        ({"restrictions": {"RESTRICTED_BIZ_INITIATED_MESSAGING": 1.0}}, {}, None),
        ({"restrictions": {"RESTRICTED_CUSTOMER_INITIATED_MESSAGING": 9.0}}, {"window_is_open": True}, 368),
        ({"restrictions": {"RESTRICTED_UTILITY_TEMPLATES": 9.0}}, {"category": "UTILITY"}, 368),
        ({"restrictions": {"RESTRICTED_UTILITY_TEMPLATES": 9.0}}, {}, None),
        (
            {"restrictions": {"RATE_LIMITED_UTILITY_TEMPLATE_MESSAGING": 9.0}},
            {"category": "UTILITY"},
            131064,
        ),
        ({"barred_countries": frozenset({"MA"})}, {}, 130497),
        ({"barred_countries": frozenset({"TN"})}, {}, None),
    ],
)
def test_a_restriction_refuses_what_it_names_until_it_ends(
    state: dict[str, Any], message: dict[str, Any], code: int | None
) -> None:
    account = AccountState(**state)
    asked = {"category": "MARKETING", "window_is_open": False, "country": "MA", "now": 2.0, **message}
    if code is None:
        account.check(**asked)
        return
    with pytest.raises(ApiError) as refused:
        account.check(**asked)
    assert refused.value.code == code


def test_an_override_of_a_number_goes_before_the_account_and_the_app() -> None:
    app, account, number = (Endpoint(url=url, secret=b"s") for url in ("app", "account", "number"))
    first = App(app_id="1", endpoint=app)
    subscriptions = Subscriptions(first)

    def urls(field: str, number_id: str | None = NUMBER) -> list[str | None]:
        return [endpoint.url for endpoint in subscriptions.endpoints(field, number_id)]

    assert urls("messages") == ["app"]
    first.account_override = account
    subscriptions.changed()
    assert (urls("messages"), urls("account_update", None)) == (["account"], ["app"])
    first.number_overrides[NUMBER] = number
    subscriptions.changed()
    assert (urls("messages"), urls("messages", "1")) == (["number"], ["account"])
    subscriptions.put(App(app_id="2", endpoint=account, fields=frozenset({"messages"})))
    assert (urls("messages"), urls("security", None)) == (["number", "account"], ["app"])
    first.is_subscribed = False
    subscriptions.changed()
    assert urls("messages") == ["account"]
    subscriptions.forget()
    assert urls("messages") == ["app"]


def test_a_coexistence_number_is_slow_whatever_was_asked() -> None:
    settings = NumberSettings(phone_number_id="1", throughput_per_second=1000, is_coexistent=True)
    assert settings.throughput_per_second == 20


def test_quirks_drop_optional_keys_alone() -> None:
    quirks = Quirks(missing_keys_rate=1.0)
    status = {"id": "w", "status": "sent", "timestamp": "1", "recipient_id": ASHA, "pricing": {}}
    dropped = set()
    for place in range(60):
        spoiled, _ = quirks.spoil(status, None, Chance(1), (str(place),))
        dropped |= set(status) - set(spoiled)
    assert dropped == {"pricing"}
    assert error_data_as_text(status_error(131049))["error_data"].startswith("In order to")
    with pytest.raises(ValueError, match=r"quirks\.null_text_rate"):
        Quirks(null_text_rate=2)


def test_every_field_of_the_reference_has_a_sample_and_a_test_event_with_dummies() -> None:
    told = samples()
    assert {
        *("messages", "user_preferences", "user_id_update", "message_template_status_update"),
        *("message_template_quality_update", "template_category_update", "account_update", "account_alerts"),
        *("message_template_components_update", "account_review_update", "business_capability_update"),
        *("phone_number_quality_update", "phone_number_name_update", "security", "flows"),
        *("business_username_updates", "account_settings_update", "smb_message_echoes", "history"),
    } <= set(told)
    assert len(told["message_template_status_update"]) >= 14
    for field in told:
        assert NUMBER not in json.dumps(dashboard_value(field))


def test_every_difference_is_told_in_the_readme_with_a_way_to_check_it() -> None:
    rows = divergences()
    assert len({row.id for row in rows}) == len(rows)
    assert {row.mark for row in rows} <= set(MARKS)
    assert all(row.check and row.section for row in rows)
    # What one request tells is tried; of everything else the list says what it takes.
    assert [row.id for row in rows if (row.probe is None) == (row.why_no_probe == "")] == []
    assert as_markdown() in README.read_text("utf-8")
