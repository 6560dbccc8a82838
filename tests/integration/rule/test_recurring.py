"""Recurring rules run by themselves, once a day: seen at the simulator, over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.planning import Person, create_people, planning_workspace, rule_text
from tests.simulated import NUMBER, TOKEN, Bench, bench

from cloud_api_simulator.clock import real_seconds
from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.deliver.stop_watch import StopWatch
from rulecast.deliver.store import Claim, claim_messages
from rulecast.rule.book import RuleState
from rulecast.template.errors import TemplateInUseError
from rulecast.values.clock import ManualClock, VirtualClock
from rulecast.values.ids import PlanId
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.recurring import run_due_rules
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_steps import (
    Offer,
    activate_rule,
    approve_rule,
    archive_rule,
    pause_rule,
    read_rule,
    resume_rule,
)
from rulecast.wiring.sender import run_sender
from rulecast.wiring.standing import HeldBack, Launched, launch_under_standing_approval
from rulecast.wiring.template_acts import delete_template
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.workspace import Workspace

EVERY_EVENING = "every day at 20:00..22:00 local time of the contact; drop the rest"
OFFER = Offer(people_per_run=3, people_per_day=3, cost_per_run=Decimal(1), until=date(2026, 12, 31))
ASHA, BILAL, CHITRA, DEEPA, FATIMA, HICHAM = (Person(phone=f"+21261200000{one}") for one in range(1, 7))
LIMIT_SECONDS = 30


def evening(day: int, minutes: int = 0) -> datetime:
    """Return the instant of 19:45 in Casablanca on a day of November, and so many minutes later."""
    return datetime(2026, 11, day, 19 + (45 + minutes) // 60, (45 + minutes) % 60, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A workspace that sends to a simulator, and a clock to turn."""

    workspace: Workspace
    clock: ManualClock
    bench: Bench

    async def outcomes(self) -> list[tuple[int, str]]:
        """Return day of the month and outcome of every run by schedule, in order."""
        async with self.workspace.database.connection() as connection:
            rows = await fetch_all(
                connection, "SELECT run_day, outcome FROM rule.scheduled_run ORDER BY run_day, taken_at"
            )
        return [(day.day, outcome) for day, outcome in rows]

    async def send(self, at: datetime) -> None:
        """Send what is due at an instant, with a clock that runs from there."""
        self.clock.set(at)
        running = VirtualClock(start=at, real_start_seconds=real_seconds(), speed=1.0)
        workspace = replace(self.workspace, clock=running)
        await asyncio.wait_for(
            run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), LIMIT_SECONDS
        )

    async def waits(self, at: datetime) -> bool:
        """Return whether a sender that reads its stops at an instant leaves every message where it is."""
        self.clock.set(at)
        watch = StopWatch(self.workspace.database, time.monotonic, self.workspace.clock)
        await watch.read()
        async with self.workspace.database.transaction() as connection:
            claimed = await claim_messages(
                connection,
                NUMBER,
                Claim(count_max=10, stopped_rules=sorted(watch.stopped_rules)),
                epoch=1,
                now=at,
            )
        return not claimed

    async def states(self) -> dict[str, int]:
        """Return how many messages stand in each state, with the reason where there is one."""
        async with self.workspace.database.connection() as connection:
            rows = await fetch_all(
                connection, "SELECT trim(state || ' ' || reason), count(*) FROM deliver.message GROUP BY 1"
            )
        return dict(rows)

    def reached(self) -> list[str]:
        """Return the last digit of each number the simulator accepted a message for, in order."""
        return [row["to"][-1] for row in self.bench.ledger() if row.get("outcome") == "accepted"]


@asynccontextmanager
async def shop(
    settings: Settings,
    clock: ManualClock,
    tmp_path: Path,
    *,
    people: Sequence[Person],
    clauses: str,
    offer: Offer = OFFER,
) -> AsyncIterator[Shop]:
    """Open a shop with one active rule."""
    clock.set(evening(17, -60))
    async with bench(tmp_path / "simulator") as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN, lease_seconds=2)
        async with planning_workspace(pointed, clock) as workspace:
            await push_templates(workspace)
            await create_people(workspace, people)
            await keep_rule(workspace, rule_text(clauses=clauses))
            await approve_rule(workspace, "winback", offer, approved_by="badr")
            await activate_rule(workspace, "winback")
            yield Shop(workspace=workspace, clock=clock, bench=running)


async def test_two_evenings_send_by_themselves_each_once_and_the_third_is_outside_the_validity(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    clauses = f"valid from 2026-11-17 until 2026-11-18\n{EVERY_EVENING}"
    async with shop(settings, clock, tmp_path, people=[ASHA, BILAL], clauses=clauses) as open_shop:
        workspace = open_shop.workspace
        assert await run_due_rules(workspace) == []
        for day in (17, 18):
            clock.set(evening(day))
            ran = await asyncio.gather(*(run_due_rules(workspace) for _ in range(3)))
            assert [run.outcome for runs in ran for run in runs] == ["launched"]
            await open_shop.send(evening(day, 20))
            assert await run_due_rules(workspace) == []
        clock.set(evening(19))
        await run_due_rules(workspace)
        assert await open_shop.outcomes() == [(17, "launched"), (18, "launched"), (19, "skipped")]
        assert sorted(open_shop.reached()) == ["1", "1", "2", "2"]


async def test_limits_per_person_hold_over_days_and_a_growing_audience_leaves_the_envelope(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    clauses = f"{EVERY_EVENING}\nlimit this rule to 1 per person per 14 days"
    offer = replace(OFFER, people_per_run=2, people_per_day=2)
    async with shop(
        settings, clock, tmp_path, people=[ASHA, BILAL], clauses=clauses, offer=offer
    ) as open_shop:
        workspace = open_shop.workspace
        clock.set(evening(17))
        await run_due_rules(workspace)
        await open_shop.send(evening(17, 20))
        await create_people(workspace, [CHITRA])
        clock.set(evening(18))
        await run_due_rules(workspace)
        await open_shop.send(evening(18, 20))
        assert open_shop.reached()[2:] == ["3"]
        clock.set(evening(19))
        assert [run.outcome for run in await run_due_rules(workspace)] == ["nobody"]
        await create_people(workspace, [DEEPA, FATIMA, HICHAM])
        clock.set(evening(20))
        (run,) = await run_due_rules(workspace)
        assert run.detail == "people_per_run: 3 people, 2 signed"
        (kept,) = await read_rule(workspace, "winback")
        assert (kept.state, kept.reason) == (RuleState.HELD, "people_per_run")
        assert await run_due_rules(workspace) == []
        await open_shop.send(evening(20, 20))
        assert len(open_shop.reached()) == 3
        await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        await resume_rule(workspace, "winback")
        assert [run.outcome for run in await run_due_rules(workspace)] == ["launched"]
        await open_shop.send(evening(20, 30))
        assert sorted(open_shop.reached()[3:]) == ["4", "5", "6"]


async def test_nothing_of_a_paused_rule_leaves_and_a_missed_evening_stays_missed(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with shop(settings, clock, tmp_path, people=[ASHA, BILAL], clauses=EVERY_EVENING) as open_shop:
        workspace = open_shop.workspace
        clock.set(evening(17))
        await run_due_rules(workspace)
        await pause_rule(workspace, "winback", why="the shop is closed")
        assert await open_shop.waits(evening(17, 20))
        await resume_rule(workspace, "winback")
        await open_shop.send(evening(17, 30))
        assert sorted(open_shop.reached()) == ["1", "2"]
        clock.set(evening(20, 60))
        await run_due_rules(workspace)
        assert await open_shop.outcomes() == [
            (17, "launched"),
            (18, "missed"),
            (19, "missed"),
            (20, "launched"),
        ]
        await archive_rule(workspace, "winback")
        await open_shop.send(evening(20, 70))
        assert await open_shop.states() == {"accepted": 2, "cancelled rule_archived": 2}
        assert len(open_shop.reached()) == 2
        clock.set(evening(21))
        assert await run_due_rules(workspace) == []


async def test_a_rule_that_fails_stands_in_nobody_elses_way(
    settings: Settings, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.set(evening(17, -60))
    launches = launch_under_standing_approval

    async def fail_first(workspace: Workspace, plan_id: PlanId) -> Launched | HeldBack:
        if plan_id == 1:
            raise ZeroDivisionError
        return await launches(workspace, plan_id)

    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, [ASHA])
        for name in ("first", "second"):
            await keep_rule(workspace, rule_text(name, clauses=EVERY_EVENING))
            await approve_rule(workspace, name, OFFER, approved_by="badr")
            await activate_rule(workspace, name)
        clock.set(evening(17))
        with monkeypatch.context() as patched:
            patched.setattr("rulecast.wiring.recurring.launch_under_standing_approval", fail_first)
            with pytest.raises(ZeroDivisionError):
                await run_due_rules(workspace)
        async with workspace.database.connection() as connection:
            launched = await fetch_all(connection, "SELECT rule_name FROM deliver.run")
        assert launched == [("second",)]
        assert [(run.rule_name, run.outcome) for run in await run_due_rules(workspace)] == [
            ("first", "launched")
        ]


async def test_a_run_whose_process_died_is_taken_up_again_and_launched_once(
    settings: Settings, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(settings, clock, tmp_path, people=[ASHA], clauses=EVERY_EVENING) as open_shop:
        workspace = open_shop.workspace
        clock.set(evening(17))
        for step in ("ask_engine", "launch_under_standing_approval", "_end"):
            with monkeypatch.context() as patched:
                patched.setattr(f"rulecast.wiring.recurring.{step}", _die)
                with pytest.raises(ProcessDeathError):
                    await run_due_rules(workspace)
        assert await open_shop.outcomes() == [(17, "launched")]
        await keep_rule(workspace, rule_text(clauses=EVERY_EVENING, priority=41))
        await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        await activate_rule(workspace, "winback")
        assert await run_due_rules(workspace) == []
        with pytest.raises(TemplateInUseError, match="rules in force: winback"):
            await delete_template(workspace, "winback")
        async with workspace.database.connection() as connection:
            counted = await fetch_all(
                connection, "SELECT (SELECT count(*) FROM deliver.run), (SELECT count(*) FROM plan.plan)"
            )
    assert counted == [(1, 1)]


async def test_each_zone_gets_the_window_of_the_same_date_and_a_late_run_leaves_out_who_had_theirs(
    settings: Settings, clock: ManualClock
) -> None:
    clauses = "every tuesday at 09:00..12:00 local time of the contact; drop the rest"
    people = [
        replace(ASHA, phone="+819012345671", country="jp", zone="asia/tokyo"),
        ASHA,
        replace(ASHA, phone="+16045550171", country="ca", zone="america/vancouver"),
    ]
    planned_at, late = datetime(2026, 11, 16, 23, 45, tzinfo=UTC), datetime(2026, 11, 24, 4, tzinfo=UTC)
    clock.set(planned_at - timedelta(days=1))
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, people)
        await keep_rule(workspace, rule_text(clauses=clauses))
        await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        await activate_rule(workspace, "winback")
        clock.set(planned_at - timedelta(seconds=1))
        assert await run_due_rules(workspace) == []
        found = []
        for at in (planned_at, late):
            clock.set(at)
            (run,) = await run_due_rules(workspace)
            async with workspace.database.connection() as connection:
                found.append(
                    await fetch_all(
                        connection,
                        "SELECT reason_number, CASE WHEN reason_number = 0 THEN send_from END FROM plan.member"
                        " WHERE plan_id = %(plan_id)s ORDER BY contact_id",
                        {"plan_id": run.plan_id},
                    )
                )
        # British Columbia keeps its summer time from 2026 on.
        windows = [datetime(2026, 11, 17, hour, tzinfo=UTC) for hour in (0, 9, 16)]
    assert found[0] == [(0, window) for window in windows]
    week = timedelta(days=7)
    assert found[1] == [
        (NUMBERS[Reason.OUTSIDE_WINDOW], None),
        (0, windows[1] + week),
        (0, windows[2] + week),
    ]


async def test_a_rule_that_this_release_cannot_read_or_check_is_held(
    settings: Settings, clock: ManualClock
) -> None:
    clock.set(evening(17, -60))
    unreadable = rule_text("older", clauses=EVERY_EVENING).replace("purpose marketing", "aim marketing")
    async with planning_workspace(settings, clock) as workspace:
        await keep_rule(
            workspace, rule_text(clauses=EVERY_EVENING).replace("city in", "points > 3 and city in")
        )
        await approve_rule(workspace, "winback", OFFER, approved_by="badr")
        await activate_rule(workspace, "winback")
        async with workspace.database.transaction() as connection:
            await connection.execute(
                "WITH kept AS (INSERT INTO rule.rule_version"
                " (rule_name, version, text, content_hash, author, created_at)"
                " VALUES ('older', 1, %s, sha256('older'), 'amal', %s) RETURNING rule_version_id)"
                " INSERT INTO rule.current_state (rule_version_id, rule_name, state, since, activated_at)"
                " SELECT rule_version_id, 'older', 'active', %s, %s FROM kept",
                (unreadable, clock.now(), clock.now(), clock.now()),
            )
            await connection.execute("UPDATE public.workspace SET catalogue = '{}'")
        clock.set(evening(17))
        await run_due_rules(workspace)
        kept = [(await read_rule(workspace, name))[0] for name in ("older", "winback")]
    assert [(one.state, one.reason) for one in kept] == [(RuleState.HELD, "rule_invalid")] * 2


class ProcessDeathError(BaseException):
    """Stands for the end of the process: nothing after it runs."""


async def _die(*_: object, **__: object) -> None:
    raise ProcessDeathError
