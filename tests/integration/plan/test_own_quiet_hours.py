"""The hours a person named for themselves, from the operator's word to the plan, the gate and the answer why."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.planning import Person, create_people, planning_workspace, printed, rule_text
from tests.standing import Peer, send_all, standing_settings

from ledger_check.promises import IN_OWN_QUIET_HOURS
from rulecast.cli.why_tree import render_why
from rulecast.config import Settings
from rulecast.database import fetch_all, fetch_value
from rulecast.gate.replay_verdict import replay_verdict
from rulecast.values.clock import ManualClock
from rulecast.wiring.approve import approve
from rulecast.wiring.import_run import ImportOrder
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.launch import launch
from rulecast.wiring.own_quiet_hours import ClockTimeInvalidError, set_own_quiet_hours
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.prepare_import import ImportRequest, prepare_import
from rulecast.wiring.why import explain_person

LISTED = """phone,city,language,quiet_from,quiet_until
+212612000004,Rabat,fr,18h,9:00
+212612000005,Rabat,fr,soon,09:00
"""
ASHA = Person(phone="+212612000001")
BILAL = Person(phone="+212612000002")
CHITRA = Person(phone="+33612000003", country="fr", zone="")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time in Casablanca, where clocks show UTC; Paris is an hour ahead."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


async def test_nobody_is_written_to_in_hours_they_asked_to_be_left_alone(
    settings: Settings, clock: ManualClock
) -> None:
    """It is 18:55 in Casablanca on the 17th; the workspace is quiet from 21:00 to 09:00."""
    async with planning_workspace(standing_settings(settings), clock) as workspace:
        asha, bilal, chitra = await create_people(workspace, [ASHA, BILAL, CHITRA])
        kept = await set_own_quiet_hours(workspace, ASHA.phone, quiet_from="18h", quiet_until="11:00")
        assert (kept.contact_id, kept.quiet_from, kept.is_changed) == (asha, "18:00", True)
        again = await set_own_quiet_hours(workspace, str(asha), quiet_from="18:00", quiet_until="11:00")
        assert not again.is_changed
        with pytest.raises(ClockTimeInvalidError):
            await set_own_quiet_hours(workspace, str(bilal), quiet_from="late", quiet_until="")
        (plan,) = await plan_rules(workspace, [rule_text()])
        why = await explain_person(workspace, asha, plan.plan_id)
        await approve(workspace, plan.plan_id, approved_by="lina")
        # A launch so late that everybody's first possible send is looked for again, each in hours of their own.
        clock.advance(120)
        run = await launch(workspace, plan.plan_id, launched_by="amal")
        # He says so while his message is waiting: the gate knows it at once.
        await set_own_quiet_hours(workspace, str(bilal), quiet_from="", quiet_until="12:00")
        await set_own_quiet_hours(workspace, str(chitra), quiet_from="19:30", quiet_until="")
        peer = Peer(expected=3)
        await send_all(workspace, peer)
        async with workspace.database.connection() as connection:
            sent = await fetch_all(
                connection,
                "SELECT contact_id, granted_at FROM gate.permit WHERE released_at IS NULL ORDER BY contact_id",
            )
            planned = await fetch_all(
                connection,
                "SELECT contact_id, send_from FROM plan.reservation WHERE plan_id = %(plan)s ORDER BY contact_id",
                {"plan": plan.plan_id},
            )
            verdicts = await fetch_all(
                connection,
                "SELECT facts::text, decided_at, outcome, reason FROM gate.verdict ORDER BY verdict_id",
            )
            audited = await fetch_value(
                connection, "SELECT count(*) FROM observe.audit WHERE action = 'contact.quiet_hours'"
            )
            broken = await fetch_value(connection, IN_OWN_QUIET_HOURS)
    assert run.is_new
    assert dict(planned)[asha] == local(18, 11)
    at = {one: granted_at.replace(second=0, microsecond=0) for one, granted_at in sent}
    assert at == {asha: local(18, 11), bilal: local(17, 18, 57), chitra: local(18, 8)}
    assert "They asked for quiet from 18:00 to 11:00." in printed(*render_why(why))
    for facts, decided_at, outcome, reason in verdicts:
        answer = replay_verdict(facts, decided_at)
        assert (answer.outcome, answer.reason) == (outcome, reason)
    assert {reason for *_, reason in verdicts} >= {"quiet_hours", ""}
    assert (audited, broken) == (3, 0)


async def test_own_hours_come_with_an_import_and_go_when_they_are_taken_back(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(LISTED, encoding="utf-8")
    async with planning_workspace(settings, clock) as workspace:
        request = ImportRequest(kind="contacts", file=file, default_region="MA")
        proposal = await prepare_import(workspace, request)
        rejects = tmp_path / "rejects.csv"
        await import_contacts(workspace, ImportOrder(proposal=proposal, rejects_path=rejects))
        kept = "SELECT quiet_hours FROM profile.contact"
        async with workspace.database.connection() as connection:
            assert await fetch_all(connection, kept) == [("18:00-09:00",)]
        await set_own_quiet_hours(workspace, "+212612000004", quiet_from="", quiet_until="")
        async with workspace.database.connection() as connection:
            assert await fetch_all(connection, kept) == [("",)]
    assert "quiet_from" in rejects.read_text(encoding="utf-8")
