"""Clauses whose effect other tests see in plans and tables alone, seen here where it counts: at the simulator."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.moments import REMINDER, moment_rule, moment_shop
from tests.planning import exclusions, rule_text
from tests.spec.problem_case import RULE
from tests.spec.tables import CATALOGUE, NOW
from tests.street import Street, neighbour, street
from tests.triggering import a_loud_import, happens, put_in_force, settle, triggered_rule

from rulecast.config import Settings
from rulecast.profile import ConsentEntry, record_consents
from rulecast.rule.language import CheckedRule, check_rule, explain_rule
from rulecast.values.clock import ManualClock
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.recurring import run_due_rules
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_steps import Offer, activate_rule, approve_rule

OFFER = Offer(people_per_run=9, people_per_day=9, cost_per_run=Decimal(5), until=date(2026, 12, 31))
DAY_SECONDS = 86_400
NEWS = """
[[templates]]
name = "account_news"
category = "utility"

[[templates.languages]]
language = "fr"
status = "approved"
body = "Bonjour, votre compte a changé."
"""


async def text_on_phone(here: Street, number: int) -> str:
    """Return the page of a person's phone."""
    async with here.bench.client.get(f"{here.bench.url}/phones/2126120000{number:02d}") as answer:
        return await answer.text()


def of_city(rule: str, city: str) -> str:
    """Return the rule for the people of one city."""
    return rule.replace('city in ("Casablanca", "Rabat", "Lyon", "Tunis")', f'city = "{city}"')


async def trigger(here: Street) -> None:
    """Let the triggers run, then the sender."""
    await settle(here.workspace)
    await here.send()


async def test_batches_leave_one_after_the_other(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with street(settings, clock, tmp_path, people=[neighbour(one) for one in range(5)]) as here:
        (plan,) = await here.plan(rule_text(clauses="batch 2 every 10 minutes"))
        await here.start(plan)
        counts = []
        for _ in range(4):
            await here.send()
            counts.append(len(here.reached()))
            clock.advance(600)
        assert counts == [2, 4, 5, 5]


async def test_what_does_not_fit_into_the_window_goes_out_later_or_never(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    leftovers = (
        "drop the rest",
        "carry over for 2 days",
        "carry over until friday",
        "carry over until 2026-11-20",
    )
    people = [neighbour(one, city=f"city {one // 2}") for one in range(8)]
    window = "once at 18:30..19:15 local time of the contact"
    async with street(settings, clock, tmp_path, people=people) as here:
        for number, leftover in enumerate(leftovers):
            clauses = f"{window}; {leftover}\nbatch 1 every 30 minutes"
            (plan,) = await here.plan(of_city(rule_text(f"rule_{number}", clauses=clauses), f"city {number}"))
            await here.start(plan)
        counts = []
        for seconds in (1_800, DAY_SECONDS - 1_800, 0):
            await here.send()
            counts.append(
                [
                    sum(one in here.people[2 * number :][:2] for one in here.reached_people())
                    for number in range(4)
                ]
            )
            clock.advance(seconds)
        assert counts == [[1, 1, 1, 1], [1, 1, 1, 1], [1, 2, 2, 2]]


async def test_a_launched_rule_waits_for_a_day_of_its_window(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    window = "at 09:00..20:00 local time of the contact; carry over for 4 days"
    clock.set(datetime(2026, 11, 21, 10, 0, tzinfo=UTC))
    async with street(settings, clock, tmp_path, people=[neighbour(0), neighbour(1, city="rabat")]) as here:
        asha, bilal = here.people
        working = rule_text("working", clauses=f"once on weekdays {window}")
        sunday = rule_text("sunday", clauses=f"once on sunday, tuesday {window}")
        for rule in (of_city(working, "casablanca"), of_city(sunday, "rabat")):
            (plan,) = await here.plan(rule)
            await here.start(plan)
        reached = []
        for _ in range(3):
            await here.send()
            reached.append(here.reached_people())
            clock.advance(DAY_SECONDS)
        assert reached == [[], [bilal], [asha, bilal]]


async def test_everybody_gets_their_language_and_their_name_as_the_rule_says(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    people = [
        neighbour(0),
        neighbour(1, language="ar", first_name=""),
        neighbour(2, language="de", first_name="Chitra"),
        neighbour(3, city="rabat", first_name="Imane"),
        neighbour(4, city="rabat", language="de"),
        neighbour(5, city="rabat", first_name=""),
        neighbour(6, city="lyon"),
    ]
    send = "send template winback in {language} (name: {name}) from casablanca_main"
    rules = {
        "casablanca": ("the contact's language (fr, ar; else fr)", 'first_name or "client"'),
        "rabat": ("the contact's language (fr, ar; else skip)", "first_name"),
        "lyon": ("en", '"neighbour"'),
    }
    async with street(settings, clock, tmp_path, people=people) as here:
        for city, (language, name) in rules.items():
            clause = send.format(language=language, name=name)
            (plan,) = await here.plan(f'rule {city} purpose marketing when city = "{city}" {clause}')
            await here.start(plan)
        await here.send()
        assert here.reached_people() == [here.people[one] for one in (0, 1, 2, 3, 6)]
        texts = [await text_on_phone(here, one) for one in range(7)]
    assert "Bonjour Asha, 20 %" in texts[0]
    assert "مرحبا client" in texts[1]
    assert "Bonjour Chitra, 20 %" in texts[2]
    assert "Bonjour Imane, 20 %" in texts[3]
    assert "Hello neighbour, 20% off" in texts[6]


async def test_a_purpose_reaches_those_who_consented_to_it(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    people = [neighbour(0), neighbour(1, status=None), neighbour(2, status=None), neighbour(3, status=None)]
    async with street(settings, clock, tmp_path, people=people, declarations=NEWS) as here:
        now = clock.now()
        async with here.workspace.database.transaction() as connection:
            said = [
                ConsentEntry(
                    contact_id=here.people[number],
                    purpose=purpose,
                    status=ConsentStatus.GRANTED,
                    occurred_at=now - timedelta(days=3),
                    method="form",
                    wording_version="v1",
                    source="import",
                )
                for number, purpose in ((1, Purpose.SERVICE), (2, Purpose.TRANSACTIONAL))
            ]
            await record_consents(connection, here.workspace.vault, said, now)
        reached = []
        for purpose in ("marketing", "service", "transactional"):
            template = "account_news in fr" if purpose != "marketing" else 'winback in fr (name: "vous")'
            (plan,) = await here.plan(
                f"rule about_{purpose} purpose {purpose} when everybody send template {template} from casablanca_main"
            )
            await here.start(plan)
            await here.send()
            reached.append([here.people.index(one) for one in here.reached_people()])
            clock.advance(2 * DAY_SECONDS)
        assert reached == [[0], [0, 1], [0, 1, 2]]


async def test_a_budget_per_run_pays_for_no_more_messages(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with street(settings, clock, tmp_path, people=[neighbour(one) for one in range(5)]) as here:
        for expected in (2, 4):
            (plan,) = await here.plan(rule_text(clauses="budget 0.10 USD per run"))
            await here.start(plan)
            await here.send()
            assert len(here.reached()) == expected
            clock.advance(7 * DAY_SECONDS)


async def test_a_limit_of_the_rule_holds_for_its_days_and_lets_go_after_them(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    rule = rule_text(clauses="limit this rule to 1 per person per 7 days")
    async with street(settings, clock, tmp_path, people=[neighbour(0)]) as here:
        (first,) = await here.plan(rule)
        await here.start(first)
        await here.send()
        clock.advance(6 * DAY_SECONDS)
        (second,) = await here.plan(rule)
        assert exclusions(second) == {"limit": 1}
        clock.advance(DAY_SECONDS + 60)
        (third,) = await here.plan(rule)
        await here.start(third)
        await here.send()
        assert here.reached_people() == [here.people[0]] * 2


async def test_late_imported_and_delayed_events_fire_where_rule_or_import_says_so(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    people = [neighbour(one) for one in range(4)]
    clock.advance(-5 * 3600)
    async with street(settings, clock, tmp_path, people=people) as here:
        asha, bilal, chitra, deepa = here.people
        await put_in_force(
            here.workspace,
            triggered_rule("strict", "on purchase where (amount < 50)"),
            triggered_rule(
                "patient", "on purchase where (amount >= 200)\n  ignore events older than 6 hours"
            ),
            triggered_rule("open", "on purchase where (amount between 50 and 60)"),
            triggered_rule("slow", "on purchase where (amount = 100)\n  after 2 hours"),
        )
        await trigger(here)
        clock.advance(2 * 3600)
        late = timedelta(minutes=70)
        loud = await a_loud_import(here.workspace)
        await happens(here.workspace, asha, properties={"amount": 10}, ago=late)
        await happens(here.workspace, asha, properties={"amount": 10}, source="import")
        await happens(here.workspace, bilal, properties={"amount": 200}, ago=late)
        await happens(here.workspace, chitra, properties={"amount": 55}, source="import", import_id=loud)
        await happens(here.workspace, deepa, properties={"amount": 100})
        await trigger(here)
        assert here.reached_people() == [bilal, chitra]
        clock.advance(2 * 3600)
        await trigger(here)
        assert here.reached_people() == [bilal, chitra, deepa]


async def test_a_trigger_waits_for_its_decision_and_then_for_its_sending_window(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    by_day = "decide within 120 seconds\nalways on weekdays at 09:00..18:00 local time of the contact"
    async with street(settings, clock, tmp_path, people=[neighbour(0), neighbour(1)]) as here:
        asha, bilal = here.people
        await put_in_force(
            here.workspace,
            triggered_rule("by_day", "on purchase where (amount < 50)", clauses=by_day),
            triggered_rule(
                "at_once", "on purchase where (amount >= 50)", clauses="decide within 120 seconds"
            ),
        )
        await trigger(here)
        clock.advance(1)
        await happens(here.workspace, asha, properties={"amount": 10})
        await happens(here.workspace, bilal, properties={"amount": 100})
        hours = (3_600, [bilal]), (14 * 3_600, [asha, bilal])
        for seconds, reached in ((0, []), (100, []), (21, [bilal]), *hours):
            clock.advance(seconds)
            await trigger(here)
            assert here.reached_people() == reached


@pytest.mark.parametrize(
    ("days", "looked_at", "expected"),
    [
        ("every month on 19, 31", (18, 19, 29, 30), [19, 30]),
        ("every friday", (19, 20, 21), [20]),
        ("every weekday", (20, 21, 22, 23), [20, 23]),
    ],
)
async def test_a_recurring_rule_sends_on_its_days(
    settings: Settings,
    clock: ManualClock,
    tmp_path: Path,
    days: str,
    looked_at: tuple[int, ...],
    expected: list[int],
) -> None:
    clock.set(datetime(2026, 11, looked_at[0] - 1, 21, 0, tzinfo=UTC))
    clauses = f"{days} at 18:00..20:00 local time of the contact; drop the rest"
    async with street(settings, clock, tmp_path, people=[neighbour(0)]) as here:
        await keep_rule(here.workspace, rule_text(clauses=clauses))
        await approve_rule(here.workspace, "winback", OFFER, approved_by="badr")
        await activate_rule(here.workspace, "winback")
        sent = []
        for day in looked_at:
            clock.set(datetime(2026, 11, day, 17, 50, tzinfo=UTC))
            await run_due_rules(here.workspace)
            clock.set(datetime(2026, 11, day, 18, 30, tzinfo=UTC))
            before = len(here.reached())
            await here.send()
            sent += [day] * (len(here.reached()) - before)
        assert sent == expected


async def test_a_step_follows_what_was_read(settings: Settings, clock: ManualClock, tmp_path: Path) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, bilal, *_ = shop.people
        await shop.launch(moment_rule(f"after 1 day if read and not clicked {REMINDER}"), [asha, bilal])
        for person in (asha, bilal):
            await shop.status(person, "delivered")
        await shop.status(asha, "read")
        shop.later(days=1, minutes=1)
        await shop.step()
        assert shop.reached()[2:] == [("1", "reminder")]


async def test_a_step_leaves_out_who_has_already_bought(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    clauses = ("test success purchase within 3 days", f"after 1 day if not succeeded {REMINDER}")
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, bilal, *_ = shop.people
        await shop.launch(moment_rule(*clauses), [asha, bilal])
        await happens(shop.workspace, asha)
        shop.later(days=1, minutes=1)
        await shop.step()
        assert shop.reached()[2:] == [("2", "reminder")]


def test_a_remark_is_told_to_whoever_asks_what_the_rule_does() -> None:
    checked = check_rule(RULE + '  about "People who are missed."\n', CATALOGUE, now=NOW)
    assert isinstance(checked, CheckedRule)
    assert "People who are missed." in " ".join(explain_rule(checked.rule))
