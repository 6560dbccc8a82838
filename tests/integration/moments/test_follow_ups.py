"""Steps after the first message: to whom they go, who gets none, once each, under what was approved."""

import asyncio
from io import StringIO
from pathlib import Path

from rich.console import Console
from tests.moments import MORE, REMINDER, moment_rule, moment_shop
from tests.triggering import happens, put_in_force, settle, triggered_rule

from rulecast.cli.contact_tables import contact_tables
from rulecast.cli.report_tables import render_report
from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.wiring.contact_view import view_contact
from rulecast.wiring.moments.follow_up import plan_due_steps
from rulecast.wiring.moments.run import run_follow_ups
from rulecast.wiring.periodic import count_successes
from rulecast.wiring.report import make_report
from rulecast.wiring.rule_steps import archive_rule, pause_rule, resume_rule
from rulecast.wiring.triggers.listening import Listening
from rulecast.wiring.workspace_file import apply_workspace_file

AFTER_TWO_DAYS = f"after 2 days if not clicked and not replied {REMINDER}"


async def test_who_neither_clicked_nor_answered_gets_the_next_step(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, bilal, chitra, deepa = shop.people
        await shop.launch(moment_rule(AFTER_TWO_DAYS, "limit this rule to 1 per person per 14 days"))
        assert sorted(shop.reached()) == [(str(one), "winback") for one in (1, 2, 3, 4)]
        shop.later(hours=1)
        for person in shop.people:
            await shop.status(person, "delivered")
        await shop.click(bilal)
        await shop.reply(chitra)
        await shop.opt_out(deepa)
        await shop.step()
        assert len(shop.reached()) == 4
        shop.later(days=2)
        await shop.step()
        assert shop.reached()[4:] == [("1", "reminder")]
        assert await shop.fetch("SELECT contact_id, state, why FROM deliver.follow_up ORDER BY 1") == [
            (asha, "launched", ""),
            (bilal, "ended", "outcome"),
            (chitra, "ended", "replied"),
            (deepa, "ended", "opted_out"),
        ]
        # Nothing is repeated, whatever runs again.
        shop.later(hours=5)
        await shop.step()
        assert len(shop.reached()) == 5


async def test_steps_follow_each_other_and_success_ends_them(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    steps = (
        f"after 1 day if not clicked {REMINDER}",
        f"after 1 day if delivered and not clicked {REMINDER}",
        "test success purchase where (amount >= 100) within 6 hours",
    )
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, bilal, chitra, deepa = shop.people
        run_id = await shop.launch(moment_rule(*steps))
        await happens(shop.workspace, bilal, properties={"amount": 120})
        await happens(shop.workspace, chitra, properties={"amount": 20})
        await shop.status(deepa, "failed", code=131026)
        shop.later(days=1, minutes=1)
        await shop.step()
        assert sorted(shop.reached()[4:]) == [("1", "reminder"), ("3", "reminder")]
        await shop.status(asha, "delivered")
        # A success outside the window that is measured ends the steps too: nobody is asked to do what is done.
        await happens(shop.workspace, chitra, properties={"amount": 500})
        await shop.status(chitra, "delivered")
        shop.later(days=1, minutes=1)
        await shop.step()
        assert shop.reached()[6:] == [("1", "reminder")]
        shop.later(days=3)
        await shop.step()
        assert len(shop.reached()) == 7
        report = await make_report(shop.workspace, run_id=run_id, rule_name=None)
        assert [(one.step, one.state, one.why, one.people) for one in report.afterwards.steps] == [
            (2, "ended", "failed", 1),
            (2, "ended", "succeeded", 1),
            (2, "launched", "", 2),
            (3, "ended", "succeeded", 1),
            (3, "launched", "", 1),
        ]
        facts = "SELECT name, properties ->> 'step' FROM collect.event WHERE source = 'webhook' ORDER BY 1, 2"
        assert await shop.fetch(facts) == [("delivered", "2"), ("delivered", "2"), ("failed", "1")]
        view = await view_contact(shop.workspace, f"#{asha}", reveal=False)
        assert [(one.step, one.state) for one in view.moments.steps] == [(3, "launched"), (2, "launched")]
        shown = Console(file=StringIO(), width=140)
        shown.print(*render_report(report, is_simulated=True), *contact_tables(view))
        assert isinstance(shown.file, StringIO)
        assert "did what the rule calls success" in shown.file.getvalue()
        assert "Next steps, newest first" in shown.file.getvalue()


async def test_an_answer_after_the_step_was_planned_still_ends_it(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, bilal, *_ = shop.people
        await shop.launch(moment_rule(AFTER_TWO_DAYS), [asha, bilal])
        shop.later(days=2, minutes=1)
        await run_follow_ups(shop.workspace, stop_event=asyncio.Event(), until_idle=True)
        await shop.reply(asha)
        await shop.send()
        assert shop.reached()[2:] == [("2", "reminder")]
        ended = "SELECT contact_id, state, reason FROM deliver.message WHERE step = 2 ORDER BY contact_id"
        assert await shop.fetch(ended) == [
            (asha, "cancelled", "no_longer_matches"),
            (bilal, "accepted", ""),
        ]


async def test_a_process_that_dies_between_planning_and_launching_sends_each_step_once_f76(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        await shop.launch(moment_rule(AFTER_TWO_DAYS))
        shop.later(days=2, minutes=1)
        # It has planned, and is gone. Others come up and work at the same time.
        assert await plan_due_steps(shop.workspace) == 4
        await asyncio.gather(
            *(run_follow_ups(shop.workspace, stop_event=asyncio.Event(), until_idle=True) for _ in range(3))
        )
        await shop.step()
        assert sorted(shop.reached()[4:]) == [(str(one), "reminder") for one in (1, 2, 3, 4)]
        assert await shop.fetch("SELECT count(*) FROM deliver.run") == [(2,)]


async def test_steps_that_were_planned_wait_while_their_rule_rests(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    late = f"after 1 day if not clicked {REMINDER}"
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, *_ = shop.people
        await put_in_force(
            shop.workspace,
            triggered_rule("thanks", "on purchase", clauses=f"decide within 0 seconds\n{late}"),
        )
        await settle(shop.workspace)
        shop.later(seconds=5)
        await happens(shop.workspace, asha)
        await settle(shop.workspace)
        await shop.send()
        shop.later(days=1, minutes=1)
        # Planned, and then the process dies and a person pauses the rule.
        assert await plan_due_steps(shop.workspace) == 1
        await pause_rule(shop.workspace, "thanks", why="")
        await shop.step()
        assert await shop.fetch("SELECT state FROM deliver.follow_up") == [("planned",)]
        assert len(shop.reached()) == 1
        shop.later(days=1)
        await resume_rule(shop.workspace, "thanks", why="")
        await shop.step()
        assert await shop.fetch("SELECT state FROM deliver.follow_up") == [("launched",)]
        assert shop.reached()[1:] == [("1", "reminder")]


async def test_a_step_after_the_last_day_of_its_rule_sends_nothing(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        last_day = clock.now().date().isoformat()
        await shop.launch(moment_rule(AFTER_TWO_DAYS, f"valid until {last_day}"), shop.people[:2])
        shop.later(days=2, minutes=1)
        await shop.step()
        assert len(shop.reached()) == 2
        rows = await shop.fetch("SELECT state FROM deliver.follow_up ORDER BY contact_id")
        assert {state for (state,) in rows} <= {"excluded", "ended", "held_back"}


async def test_a_step_whose_template_was_changed_since_the_approval_is_held_back(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        await shop.launch(moment_rule(AFTER_TWO_DAYS), shop.people[:1])
        # Meta has approved an edit of it.
        edited = "UPDATE template.template SET components_hash = sha256('tout doit partir') WHERE name = 'reminder'"
        async with shop.workspace.database.transaction() as connection:
            await connection.execute(edited)
        shop.later(days=2, minutes=1)
        await shop.step()
        assert len(shop.reached()) == 1
        ((state, why),) = await shop.fetch("SELECT state, why FROM deliver.follow_up")
        assert (state, why) == ("held_back", "a template says something else than what was signed")


async def test_a_step_whose_new_text_is_not_approved_is_held_back(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        await shop.launch(moment_rule(AFTER_TWO_DAYS), shop.people[:1])
        changed = MORE.replace("encore deux jours", "tout doit partir")
        await apply_workspace_file(shop.workspace, changed, source="workspace.toml")
        shop.later(days=2, minutes=1)
        await shop.step()
        assert len(shop.reached()) == 1
        ((state, why),) = await shop.fetch("SELECT state, why FROM deliver.follow_up")
        assert (state, why) == ("held_back", "its template is not approved as it stands")


async def test_a_template_that_meta_rejects_later_ends_neither_counting_nor_listening(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, *_ = shop.people
        await put_in_force(shop.workspace, triggered_rule("thanks", "on purchase"))
        await shop.launch(moment_rule("success purchase within 3 days"), [asha])
        async with shop.workspace.database.transaction() as connection:
            await connection.execute("UPDATE template.template SET status = 'rejected'")
        await happens(shop.workspace, asha)
        await count_successes(shop.workspace)
        assert await shop.fetch("SELECT count(*) FROM observe.conversion") == [(1,)]
        listening = Listening()
        async with shop.workspace.database.connection() as connection:
            await listening.refresh(connection, shop.workspace)
        assert [rule.rule_name for rule in listening.rules.values()] == ["thanks"]


async def test_a_triggered_rule_sends_its_steps_under_its_standing_approval(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    clauses = f"decide within 0 seconds\nafter 2 days if not clicked {REMINDER}"
    async with moment_shop(settings, clock, tmp_path) as shop:
        asha, bilal, *_ = shop.people
        await put_in_force(shop.workspace, triggered_rule("thanks", "on purchase", clauses=clauses, limit=1))
        await settle(shop.workspace)
        clock.advance(1)
        for person in (asha, bilal):
            await happens(shop.workspace, person)
        await settle(shop.workspace)
        await shop.send()
        assert sorted(shop.reached()) == [("1", "winback"), ("2", "winback")]
        await pause_rule(shop.workspace, "thanks", why="a holiday")
        shop.later(days=2, minutes=1)
        await shop.step()
        assert len(shop.reached()) == 2
        await resume_rule(shop.workspace, "thanks")
        await shop.click(bilal)
        await shop.step()
        assert shop.reached()[2:] == [("1", "reminder")]
        archived = await archive_rule(shop.workspace, "thanks")
        assert archived
