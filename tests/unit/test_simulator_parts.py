"""The simulator's parts that compute: clock, chance, limits, people, templates, bodies of webhooks."""

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulated import promo

from cloud_api_simulator import Behaviour, SimulatorSettings
from cloud_api_simulator.__main__ import parse_arguments
from cloud_api_simulator.calling_codes import country_of, has_us_area_code
from cloud_api_simulator.chance import Chance
from cloud_api_simulator.clock import SystemClock, VirtualClock, parse_clock, real_seconds
from cloud_api_simulator.ledger import Ledger
from cloud_api_simulator.limits import PairRate, ThroughputWindow
from cloud_api_simulator.outcome import decide_outcome, is_stop_text
from cloud_api_simulator.payloads import new_wamid
from cloud_api_simulator.people import People
from cloud_api_simulator.scheduler import Scheduler
from cloud_api_simulator.templates import fill, read_template
from cloud_api_simulator.webhook_body import Update, encode_webhook


def test_a_virtual_clock_runs_from_its_start_at_its_speed() -> None:
    clock = parse_clock("virtual:2026-11-17T19:55:00+01:00@1000x60")
    assert isinstance(clock, VirtualClock)
    assert clock.at(1000) == 1794941700
    assert clock.at(1010) == 1794941700 + 600
    assert parse_clock("system") == SystemClock()


@pytest.mark.parametrize(
    "spec", ["", "virtual:", "virtual:2026-11-17@5", "virtual:soon@5x1", "virtual:2026-11-17@5x0"]
)
def test_a_clock_that_cannot_be_read_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"clock|isoformat"):
        parse_clock(spec)


def test_chance_depends_on_seed_and_key_alone() -> None:
    assert Chance(1).draws("a", "b") == Chance(1).draws("a", "b")
    assert Chance(1).draws("a", "b") != Chance(2).draws("a", "b")
    assert Chance(1).draws("ab") != Chance(1).draws("a", "b")
    numbers = [Chance(1).uniform(str(index)) for index in range(2000)]
    assert 0 <= min(numbers) < max(numbers) < 1
    assert 0.47 < sum(numbers) / len(numbers) < 0.53


def test_throughput_counts_a_sliding_second_and_not_a_calendar_second() -> None:
    window = ThroughputWindow(2)
    for at in (0.9, 0.95):
        assert window.admits(at)
        window.count(at)
    assert not window.admits(1.05)
    assert not window.admits(1.89)
    assert window.admits(1.91)


def test_a_pair_may_borrow_a_burst_and_then_waits_for_its_time() -> None:
    pairs = PairRate()
    pair = ("number", "person")
    admitted = 0
    while pairs.admits(pair, 0.0):
        pairs.count(pair, 0.0)
        admitted += 1
    assert admitted == 45
    assert not pairs.admits(pair, 5.9)
    assert pairs.admits(pair, 6.0)
    assert pairs.admits(("number", "other"), 0.0)


@pytest.mark.parametrize(
    ("digits", "country", "is_us"),
    [
        ("212600000101", "MA", False),
        ("21620000000", "TN", False),
        ("33612345678", "FR", False),
        ("12125550123", "US", True),
        ("14165550123", "CA", False),
        ("18095550123", "AG", False),
        ("447700900123", "GB", False),
    ],
)
def test_a_number_belongs_to_the_country_of_its_code(digits: str, country: str, is_us: bool) -> None:
    assert country_of(digits) == country
    assert has_us_area_code(digits) is is_us


@given(st.integers(min_value=10**7, max_value=10**15 - 1))
def test_a_person_is_found_by_bsuid_without_having_been_described(number: int) -> None:
    people = People(Chance(7), Behaviour())
    person = people.find(str(number))
    found = people.find_user(person.user_id)
    assert found is not None
    assert found.wa_id == str(number)
    assert People(Chance(8), Behaviour()).find_user(person.user_id) is None


def test_half_of_the_brazilian_and_mexican_numbers_have_another_wa_id() -> None:
    people = People(Chance(1), Behaviour())
    brazil = [people.resolve(f"55119{index:08d}") for index in range(400)]
    mexico = [people.resolve(f"52{index:010d}") for index in range(400)]
    assert 130 < sum(len(wa_id) == 12 for wa_id in brazil) < 270
    assert 130 < sum(wa_id.startswith("521") and len(wa_id) == 13 for wa_id in mexico) < 270
    assert people.resolve("212600000101") == "212600000101"


def test_outcomes_follow_the_set_rates() -> None:
    people, chance = People(Chance(3), Behaviour()), Chance(3)
    template = read_template(promo(), template_id="1", status="APPROVED")
    outcomes = [
        decide_outcome(people.find(f"2126{index:08d}"), template, Behaviour(), chance)
        for index in range(5000)
    ]
    failed = [outcome.failure_code for outcome in outcomes if outcome.failure_code is not None]
    assert 20 < failed.count(131026) < 90
    assert 60 < failed.count(131049) < 150
    reached = [outcome for outcome in outcomes if outcome.delivered_after is not None]
    assert 0.95 < len(reached) / (len(outcomes) - len(failed)) < 0.99
    stops = [outcome for outcome in outcomes if outcome.reaction is not None and outcome.reaction.is_stop]
    assert 40 < len(stops) < 160
    assert {outcome.reaction.kind for outcome in stops if outcome.reaction} == {
        "text",
        "button",
        "preference",
    }
    assert all(0.2 <= outcome.sent_after <= 2 for outcome in outcomes)


def test_the_cap_does_not_apply_where_the_platform_has_none() -> None:
    capped = Behaviour(capped_rate=1, without_whatsapp_rate=0)
    people = People(Chance(3), capped)
    template = read_template(promo(), template_id="1", status="APPROVED")
    codes = [
        decide_outcome(people.find(phone), template, capped, Chance(3)).failure_code
        for phone in ("212600000101", "33612345678")
    ]
    assert codes == [131049, None]


@pytest.mark.parametrize("text", ["STOP", " stop. ", "ARRÊTER", "توقف"])
def test_a_plain_stop_is_known_for_the_ledger(text: str) -> None:
    assert is_stop_text(text)
    assert not is_stop_text(f"do not {text} me")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Promo!"}, "name"),
        ({"language": ""}, "language"),
        ({"category": "SPAM"}, "category"),
        ({"status": "FINE"}, "status"),
        ({"components": [{"type": "FOOTER", "text": "x"}]}, "components"),
        ({"components": "x"}, "components"),
    ],
)
def test_a_template_that_cannot_be_read_names_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}"):
        read_template({**promo(), **change}, template_id="1", status="APPROVED")


def test_a_value_that_looks_like_a_variable_is_not_filled_again() -> None:
    assert fill("{{1}} and {{ 2 }}", {"1": "{{2}}", "2": "two"}) == "{{2}} and two"


@given(st.text(), st.sampled_from(["value", "change", "entry"]))
def test_an_encoded_webhook_is_ascii_and_says_the_same(text: str, grouping: str) -> None:
    update = Update(update_id=1, field="account_update", part="", item={"event": text})
    body = encode_webhook("1", [update], grouping=grouping)
    assert body.isascii()
    assert not set(b"<@") & set(body)
    assert json.loads(body)["entry"][0]["changes"][0]["value"]["event"] == text


def test_message_ids_differ_and_hold_the_other_party() -> None:
    ids = {new_wamid("212600000101") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(one.startswith("wamid.HBgM") for one in ids)


async def test_scheduled_things_run_in_the_order_of_their_times() -> None:
    clock = VirtualClock(start=0, real_start=real_seconds(), speed=1000)
    scheduler = Scheduler(clock)
    done: list[int] = []
    finished = asyncio.Event()
    scheduler.at(60, finished.set)
    for at in (30, 10, 20):
        scheduler.at(at, done.append, at)
    scheduler.at(15, done.remove, 99)
    scheduler.at(10, done.append, 11)
    await asyncio.wait_for(finished.wait(), 10)
    assert done == [10, 11, 20, 30]
    assert len(scheduler) == 0


async def test_f44_a_ledger_cut_by_a_kill_goes_on_in_a_new_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, SystemClock())
    ledger.write("one", {})
    ledger.close()
    with ledger.path.open("ab") as file:
        file.write(b'{"kind":"torn')
    again = Ledger(tmp_path, SystemClock())
    again.write("two", {})
    rows, line_number = again.rows(kind=None, after=0, limit=10)
    again.close()
    assert [row["kind"] for row in rows] == ["one", "two"]
    assert line_number == 3


def test_the_command_line_becomes_settings(tmp_path: Path) -> None:
    settings = parse_arguments(
        [
            *(
                "--state-dir",
                str(tmp_path),
                "--app-secret",
                "s",
                "--number",
                "1:20:212522000000",
                "--number",
                "2",
            ),
            *(
                "--link-map",
                "https://go.example/=http://127.0.0.1:9/",
                "--seed",
                "7",
                "--updates-per-post",
                "1",
            ),
        ]
    )
    assert [(one.phone_number_id, one.throughput_per_second) for one in settings.numbers] == [
        ("1", 20),
        ("2", 80),
    ]
    assert settings.numbers[0].display_phone_number == "212522000000"
    assert settings.link_map == (("https://go.example/", "http://127.0.0.1:9/"),)
    assert settings.webhooks.updates_per_post_max == 1


def test_f32_an_empty_app_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="app_secret"):
        SimulatorSettings(state_dir=tmp_path, app_secret="")
