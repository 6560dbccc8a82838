"""Who holds a code keeps it by the terms of its own pool, and waits where the pool gives nothing now."""

from tests.graph_stub import GraphStub
from tests.integration.coupons.test_sending_codes import (
    POOL,
    Codes,
    fill,
    launched,
    people_of,
    reasons,
    send_all_that_can_go,
    told,
)
from tests.integration.deliver.test_sender import send_all, value_of
from tests.integration.gate.test_opt_out_order import ask_gate, drafts_of
from tests.sending import launch, states

from rulecast.gate.coupons.declared import DeclaredPool
from rulecast.values.reason import Reason
from rulecast.wiring.coupons import import_coupons, retire_coupons, show_coupons
from rulecast.wiring.workspace import Workspace


async def test_a_code_is_judged_by_its_own_pool_whatever_other_pools_ask_for(
    workspace: Workspace, graph: GraphStub
) -> None:
    codes = Codes(graph)
    # Ten days of use: enough for this pool, not for the other one.
    for name, hours, text in (
        (POOL, 24, "code,expires\nRC-SHORT,2026-11-27\n"),
        ("long_codes", 720, "RC-LONG\n"),
    ):
        pool = DeclaredPool(name=name, valid_hours_min=hours)
        await import_coupons(workspace, pool, source="codes.csv", text=text)
    holder, other = await people_of(workspace, 2)
    await launched(workspace, [holder])
    await send_all(workspace)
    again = await launched(workspace, [holder])
    async with workspace.database.transaction() as connection:
        await launch(workspace, connection, [other], name="long", said="coupon from long_codes")
    await send_all(workspace)
    assert await states(workspace, again.run_id) == {"accepted": 1}
    assert sorted(codes.all) == ["RC-LONG", "RC-SHORT", "RC-SHORT"]


async def test_who_holds_a_code_waits_where_the_pool_is_retired_or_no_code_can_be_opened(
    workspace: Workspace, graph: GraphStub
) -> None:
    codes = Codes(graph)
    await fill(workspace, 3)
    people = await people_of(workspace, 2)
    await launched(workspace, people[:1])
    await send_all(workspace)
    run = await launched(workspace, people)
    # This gate has no vault. The pool has codes: nobody needs to import any.
    assert await ask_gate(workspace, await drafts_of(workspace, run)) == []
    said = "SELECT string_agg(DISTINCT reason, ' ') FROM gate.verdict WHERE outcome <> 'allowed'"
    assert await value_of(workspace, said) == Reason.COUPON_POOL_LOW.value
    assert (await show_coupons(workspace, POOL)).low_since is None
    await retire_coupons(workspace, POOL)
    await send_all_that_can_go(workspace, run)
    assert await reasons(workspace, run) == {("deferred", Reason.COUPON_POOL_LOW.value): 2}
    assert len(codes.all) == 1
    assert await told(workspace) == [(POOL, "note", True)]
