"""What rests when a plan is made stands in it, and is over where a person resumes."""

import io
from datetime import timedelta

from rich.console import Console
from tests.planning import Person, create_people, planning_workspace, rule_text

from rulecast.account.facts import put_hold
from rulecast.account.reactions import HoldWord
from rulecast.account.store import list_numbers
from rulecast.cli.plan_tables import render_plan
from rulecast.config import Settings
from rulecast.deliver.report_code import report_code
from rulecast.plan.records import Plan
from rulecast.values.clock import ManualClock
from rulecast.wiring.incidents import read_incidents
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.stop import StopTarget, resume


def shown(plan: Plan) -> str:
    console = Console(file=io.StringIO(), width=400, record=True)
    console.print(*render_plan(plan, zone="UTC", mode="simulated"))
    return " ".join(console.export_text().split())


async def test_a_plan_tells_what_is_held_now_and_a_resumed_number_has_no_incident(
    settings: Settings, clock: ManualClock
) -> None:
    now, day = clock.now(), timedelta(days=1)
    async with planning_workspace(settings, clock) as workspace:
        await create_people(workspace, [Person(phone="+212612000001")])
        async with workspace.database.transaction() as connection:
            (number,) = await list_numbers(connection)
            where = ("waba", number.waba_id)
            for word in (
                HoldWord(cause="restriction:A", kind="business_initiated", until=now + day),
                HoldWord(cause="restriction:B", kind="utility", until=now + day),
                HoldWord(cause="restriction:C", until=now - day),
            ):
                await put_hold(connection, word, scope="waba", scope_id=where[1], at=now - 2 * day)
            await connection.execute(
                "UPDATE account.business_number SET state = 'held', hold_reason = 'code_131042'"
            )
            for code in (131042, 368):
                await report_code(connection, code, number.business_number_id, now=now)
            # What Meta's own word holds is no matter of the number's: it stays, and so does its incident.
            still = HoldWord(cause="code:368")
            await put_hold(
                connection, still, scope="number", scope_id=number.business_number_id, at=now - day
            )
        (plan,) = await plan_rules(workspace, [rule_text()])
        causes = ["code:368", "code_131042", "restriction:A"]
        assert sorted(one["cause"] for one in plan.document["holds"]) == causes
        text = shown(plan)
        assert "held (restriction:A): business-initiated messages waited until Wed 18 Nov 2026" in text
        assert "held (code_131042): everything waited until somebody resumes it" in text
        assert "; begins when the hold below ends" in text
        await resume(workspace, StopTarget(scope="sender", name=number.name))
        found = await read_incidents(workspace, with_closed=True)
        assert {one.cause: one.closed_by for one in found.incidents} == {
            "code:131042": workspace.actor,
            "code:368": None,
        }
        (freed,) = await plan_rules(workspace, [rule_text()])
        assert sorted(one["cause"] for one in freed.document["holds"]) == ["code:368", "restriction:A"]
