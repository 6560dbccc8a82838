"""Arms of an experiment: kept before anything filters, the same in every run, seen at the simulator and in facts."""

import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.integration.receiver.serving import SECRET, VERIFY_TOKEN, running
from tests.planning import Person, create_people, planning_workspace, rule_text
from tests.simulated import CERTAIN
from tests.street import neighbour, street

from rulecast.cli.plan_tables import render_plan
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.report import make_report
from rulecast.wiring.why import explain_person
from rulecast.wiring.workspace_file import apply_workspace_file

OTHER_TEMPLATE = """
[[templates]]
name = "winback_b"
category = "marketing"
links = { promo = "https://shop.example/promo" }

[[templates.languages]]
language = "fr"
status = "approved"
body = "Chez nous, {{name}}, vous manquez: {{points}} points vous attendent."
footer = "Répondez STOP pour ne plus recevoir nos offres"
buttons = [{ type = "URL", text = "Voir", link = "promo" }]
"""
EXPERIMENT = """test holdout 20%; variants a 50% b 50%
for variant b send template winback_b in fr (name: first_name or "client", points: points) from casablanca_main"""
# Of a chi-square with two degrees of freedom, one in ten thousand is larger.
CHI_SQUARE_MAX = 18.42
ARMS = (
    "SELECT contact_id, CASE WHEN in_holdout THEN 'holdout' ELSE variant END FROM plan.assignment ORDER BY 1"
)


async def test_each_arm_gets_its_own_message_and_nobody_who_is_held_out_any(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    people = [neighbour(one, extra={"points": 7} if one % 4 else {}) for one in range(20)]
    people += [neighbour(20, status=None), neighbour(21, status=None)]
    async with street(settings, clock, tmp_path, people=people, declarations=OTHER_TEMPLATE) as here:
        (plan,) = await here.plan(rule_text(clauses=EXPERIMENT))
        arms = dict(await here.rows(ARMS))
        # Everybody whom the condition found, whatever keeps them from being written to.
        assert set(arms) == set(here.people)
        assert set(arms.values()) == {"holdout", "a", "b"}
        lacking = {one for number, one in enumerate(here.people[:20]) if not number % 4 and arms[one] == "b"}
        expected = sorted(
            (one, {"a": "winback", "b": "winback_b"}[arms[one]])
            for one in here.people[:20]
            if arms[one] != "holdout" and one not in lacking
        )
        assert [one["audience"] for one in plan.document["arms"]] == [
            Counter(arms.values())[name] for name in ("a", "b", "holdout")
        ]
        assert {(one["variant"], one["template"]) for one in plan.document["messages"]} == {
            ("a", "winback"),
            ("b", "winback_b"),
        }
        assert {one["variant"] for one in plan.document["samples"]} == {"a", "b"}
        assert list(render_plan(plan, zone="Africa/Casablanca", mode="simulated"))
        await here.start(plan)
        await here.send()
        assert here.reached() == expected
        report = await make_report(here.workspace, run_id=None, rule_name=None)
        accepted = {one.key: one.accepted for one in report.by_variant}
        templates = Counter(template for _, template in expected)
        assert accepted == {"winback: a": templates["winback"], "winback: b": templates["winback_b"]}
        assert all(one.difference == 0 for one in report.by_variant)
        (in_b, _) = next(pair for pair in expected if pair[1] == "winback_b")
        why = await explain_person(here.workspace, in_b, plan.plan_id)
        assert (why.variant, why.reason) == ("b", None)
        # Days later the same people are in the same arms, and so are those who came since.
        clock.advance(3 * 86_400)
        late = await create_people(here.workspace, [neighbour(30, extra={"points": 1})])
        await here.plan(rule_text(clauses=EXPERIMENT))
        again = dict(await here.rows(ARMS))
        assert {one: again[one] for one in arms} == arms
        assert set(again) == {*arms, *late}


async def test_what_was_assigned_first_holds_whatever_is_drawn_later(
    settings: Settings, clock: ManualClock
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        (asha, bilal) = await create_people(
            workspace, [Person(phone="+212612000001"), Person(phone="+212612000002")]
        )
        rule = rule_text(clauses="test holdout 1%")
        (first,) = await plan_rules(workspace, [rule])
        async with workspace.database.transaction() as connection:
            # A key that was changed draws otherwise; what is kept stays.
            await connection.execute("ALTER TABLE plan.assignment DISABLE TRIGGER assignment_is_append_only")
            await connection.execute(
                "UPDATE plan.assignment SET in_holdout = true WHERE contact_id = %s", (asha,)
            )
            await connection.execute("ALTER TABLE plan.assignment ENABLE TRIGGER assignment_is_append_only")
        (second,) = await plan_rules(workspace, [rule])
        assert (first.document["planned"], second.document["planned"]) == (2, 1)
        with pytest.raises(psycopg.errors.RestrictViolation):
            async with workspace.database.transaction() as connection:
                await connection.execute(
                    "UPDATE plan.assignment SET in_holdout = true WHERE contact_id = %s", (bilal,)
                )


async def test_a_plan_of_the_past_assigns_nobody(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, [Person(phone="+212612000001")])
        await plan_rules(workspace, [rule_text(clauses="test holdout 10%")], as_of=clock.now())
        async with workspace.database.connection() as connection:
            assert await fetch_all(connection, ARMS) == []


async def test_thousands_of_people_are_divided_as_the_shares_say(
    settings: Settings, clock: ManualClock
) -> None:
    shares = {"holdout": 0.1, "a": 0.9 * 0.6, "b": 0.9 * 0.4}
    clauses = (
        EXPERIMENT.replace("20%", "10%")
        .replace("a 50% b 50%", "a 60% b 40%")
        .replace("points: points", 'points: points or "7"')
    )
    async with planning_workspace(settings, clock) as workspace:
        await apply_workspace_file(workspace, OTHER_TEMPLATE, source="workspace.toml")
        for start in range(0, 3_000, 1_000):
            await create_people(
                workspace, [Person(phone=f"+21261300{start + one:04d}") for one in range(1_000)]
            )
        (plan,) = await plan_rules(workspace, [rule_text(clauses=clauses)])
        async with workspace.database.connection() as connection:
            arms = Counter(arm for _, arm in await fetch_all(connection, ARMS))
    assert plan.document["audience"] == sum(arms.values()) == 3_000
    chi_square = sum((arms[name] - 3_000 * share) ** 2 / (3_000 * share) for name, share in shares.items())
    assert chi_square < CHI_SQUARE_MAX, arms


async def test_a_rule_leads_its_button_elsewhere_and_a_click_is_told_with_its_variant(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    """The simulated people tap the button: our signed address leads to the rule's own page and counts the click."""
    tapping = replace(CERTAIN, click_rate=1)
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    clauses = """test variants a 50% b 50%
for variant b send template winback_b in fr (name: "vous", points: "7") from casablanca_main link promo to "{b}"
"""
    rule = rule_text(clauses=clauses.format(b="https://shop.example/b"), name_value='"vous", points: "7"')
    rule = rule.replace("winback in the contact's language (fr, ar, en; else fr)", "winback_b in fr").replace(
        "from casablanca_main\n", 'from casablanca_main link promo to "https://shop.example/a"\n', 1
    )
    people = [neighbour(one) for one in range(6)]
    async with (
        street(
            replace(settings, public_base_url=address, app_secret=SECRET, verify_token=VERIFY_TOKEN),
            clock,
            tmp_path,
            people=people,
            declarations=OTHER_TEMPLATE,
            behaviour=tapping,
        ) as here,
        running(build_receiver(here.workspace), listener=listener) as door,
    ):
        (plan,) = await here.plan(rule)
        arms = {one["variant"] for one in plan.document["arms"]}
        assert arms == {"a", "b"}
        await here.start(plan)
        await here.send()
        await here.bench.settle()
        fetched = {row["url"]: row for row in here.bench.ledger() if row["kind"] == "fetch"}
        assert len(fetched) == 6
        assert {row["status"] for row in fetched.values()} == {302}
        targets = Counter()
        for url in fetched:
            assert url.startswith(f"{address}/l/")
            status, _, headers = await door.get(
                url.removeprefix(address), headers={"User-Agent": "Mozilla/5.0 Safari"}
            )
            targets[status, headers["location"]] += 1
        variants = await here.rows("SELECT contact_id, variant FROM deliver.message ORDER BY 1")
        told = await here.rows(
            "SELECT DISTINCT contact_id, properties ->> 'variant' FROM collect.event WHERE name = 'clicked' ORDER BY 1"
        )
    assert targets == Counter((302, f"https://shop.example/{variant}") for _, variant in variants)
    assert told == variants
