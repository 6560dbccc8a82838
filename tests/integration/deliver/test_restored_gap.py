"""What may have happened in the gap a restore leaves does not happen again: steps, replies, answers, codes (F98)."""

from datetime import timedelta

from tests.graph_stub import Exchange, GraphStub
from tests.integration.coupons.test_sending_codes import (
    POOL,
    Codes,
    fill,
    launched,
    people_of,
    reasons,
    send_all_that_can_go,
)
from tests.integration.deliver.test_resend import a_minute_later, confirm, give_up, opt_out
from tests.integration.deliver.test_restore_guard import set_life
from tests.integration.deliver.test_sender import planned, send_all, value_of
from tests.sending import launch, prepare_number, prepare_people, states

from rulecast.database import execute, fetch_all
from rulecast.gate.coupons import free_coupons
from rulecast.gate.coupons.free_coupons import REST
from rulecast.values.reason import Reason
from rulecast.wiring.accept_restored import accept
from rulecast.wiring.coupons import put_back_coupons, show_coupons
from rulecast.wiring.moments import store as moments
from rulecast.wiring.restore import admit
from rulecast.wiring.workspace import Workspace

STEPS = (
    "INSERT INTO deliver.follow_up (first_run_id, contact_id, step, rule_version_id, after_message_id,"
    " first_accepted_at, due_at, state, plan_id, decided_at)"
    " SELECT m.run_id, m.contact_id, 2, p.rule_version_id, m.message_id, %(now)s, %(now)s + d.after, d.state,"
    " CASE d.state WHEN 'planned' THEN p.plan_id END, CASE d.state WHEN 'planned' THEN %(now)s END"
    " FROM (SELECT *, row_number() OVER (ORDER BY message_id) AS place FROM deliver.message) AS m"
    " JOIN deliver.run AS r USING (run_id) JOIN plan.plan AS p USING (plan_id)"
    " JOIN (VALUES (1, interval '-1 minute', 'waiting'), (2, interval '-1 minute', 'planned'),"
    " (3, interval '1 hour', 'waiting')) AS d (place, after, state) USING (place)"
)
REPLIES = (
    "INSERT INTO deliver.reply (after_message_id, position, answered_run_id, contact_id, asked_at)"
    " SELECT message_id, 1, run_id, contact_id, %(now)s FROM deliver.message ORDER BY 1 LIMIT 1"
)
ANSWERS = (
    "INSERT INTO deliver.opt_out_answer (contact_id, asked_at, kind, business_number_id, language)"
    " SELECT contact_id, %(now)s, 'confirmation', business_number_id, 'fr' FROM deliver.message ORDER BY 1 LIMIT 2"
)

PRICE_E4 = 41_400
LIVE = "SELECT count(*) FROM gate.permit WHERE released_at IS NULL"
BUDGETED = (
    "UPDATE plan.plan SET document = document || jsonb_build_object('budget_e4', %(budget_e4)s::bigint,"
    " 'budget_per', %(per)s::text)"
)


async def doubts_of_a_gap(
    workspace: Workspace, count: int, *, per: str = "month", budget_e4: int = 10**7
) -> list[int]:
    """Return messages that may have been sent in a gap, unresolved; their rule has a budget."""
    run = await planned(workspace, count, clauses=f"  budget 100.00 USD per {per}\n")
    async with workspace.database.transaction() as connection:
        await execute(connection, BUDGETED, {"budget_e4": budget_e4, "per": per})
    await admit(workspace)
    await set_life(workspace, "1/00000001/1")
    assert (await accept(workspace, because="the disk died")).doubted == count
    await give_up(workspace, count=count)
    assert await states(workspace, run.run_id) == {"unresolved": count}
    async with workspace.database.connection() as connection:
        found = await fetch_all(connection, "SELECT message_id FROM deliver.message ORDER BY 1")
    return [row[0] for row in found]


async def told_of(workspace: Workspace) -> list[str]:
    """Return state and reason of the messages of the first run."""
    async with workspace.database.connection() as connection:
        found = await fetch_all(
            connection,
            "SELECT trim(state || ' ' || reason) FROM deliver.message"
            " WHERE run_id = (SELECT min(run_id) FROM deliver.run) ORDER BY message_id",
        )
    return [row[0] for row in found]


ASK_AGAIN = (
    "UPDATE deliver.message SET state = 'planned', send_from = now() - interval '9 years'"
    " WHERE state = 'deferred'"
)


async def test_steps_replies_and_answers_of_the_gap_end_and_those_of_later_stay_f98(
    workspace: Workspace, graph: GraphStub
) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 4)
        run = await launch(workspace, connection, people)
    await send_all(workspace)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        for text in (STEPS, REPLIES, ANSWERS):
            await execute(connection, text, {"now": now})
    await set_life(workspace, "1/00000001/1")
    decision = await accept(workspace, because="the disk died")
    assert (decision.ended, decision.doubted, decision.codes_doubted) == (5, 0, 0)
    async with workspace.database.connection() as connection:
        steps = await fetch_all(
            connection, "SELECT state, why FROM deliver.follow_up ORDER BY after_message_id"
        )
        assert steps == [("ended", "restored"), ("ended", "restored"), ("waiting", "")]
        for table in ("reply", "opt_out_answer"):
            settled = await fetch_all(connection, f"SELECT DISTINCT state, why FROM deliver.{table}")
            assert settled == [("ended", "restored")]
    # A message of the gap that a late status calls accepted had its step in the gap as well, or has it still to come.
    async with workspace.database.transaction() as connection:
        await execute(connection, "DELETE FROM deliver.follow_up")
        long_ago = timedelta(days=2)
        await execute(connection, "UPDATE deliver.message SET accepted_at = %(at)s", {"at": now - long_ago})
        await moments.note_steps(
            connection,
            [(run.run_id, people[0], timedelta(days=1)), (run.run_id, people[1], timedelta(days=3))],
        )
        steps = await fetch_all(connection, "SELECT state, why FROM deliver.follow_up ORDER BY contact_id")
    assert steps == [("ended", "restored"), ("waiting", "")]


async def test_no_code_that_may_have_been_given_in_the_gap_is_given_until_a_person_says_so_f98(
    workspace: Workspace, graph: GraphStub
) -> None:
    codes = Codes(graph)
    await fill(workspace, 6)
    await launched(workspace, await people_of(workspace, 2))
    await send_all(workspace)
    codes.refuse = 132005
    await launched(workspace, await people_of(workspace, 1, first=2))
    await send_all(workspace)
    rested = set(codes.all[2:])
    await set_life(workspace, "1/00000001/1")
    decision = await accept(workspace, because="the disk died")
    # Three are free, and the refused one would be free again, and may have been before: to somebody else.
    assert decision.codes_doubted == 4
    stock = await show_coupons(workspace, POOL)
    assert (stock.free, stock.given, stock.in_doubt) == (0, 2, 4)
    async with workspace.database.transaction() as connection:
        assert await free_coupons(connection, now=workspace.clock.now() + 2 * REST) == 1
    codes.refuse = 0
    run = await launched(workspace, await people_of(workspace, 3, first=10))
    await send_all_that_can_go(workspace, run)
    assert await reasons(workspace, run) == {("deferred", Reason.COUPON_POOL_LOW.value): 3}
    await fill(workspace, 1, first=100)
    async with workspace.database.transaction() as connection:
        await execute(connection, ASK_AGAIN)
    await send_all_that_can_go(workspace, run)
    assert codes.all[3:] == ["RC-000100"]
    # Only a person can know that none was given in between.
    assert await put_back_coupons(workspace, POOL, because="no campaign ran that night") == 4
    async with workspace.database.transaction() as connection:
        await execute(connection, ASK_AGAIN)
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 3}
    assert len(set(codes.all) - rested) + len(rested) == len(set(codes.all))
    assert await value_of(workspace, "SELECT count(*) FROM gate.coupon WHERE doubted_at IS NOT NULL") == 0


async def test_in_a_long_gap_a_code_whose_message_nobody_got_may_be_somebody_elses_f98(
    workspace: Workspace, graph: GraphStub
) -> None:
    await fill(workspace, 3)
    await launched(workspace, await people_of(workspace, 2))
    await send_all(workspace)
    async with workspace.database.transaction() as connection:
        await execute(
            connection,
            "UPDATE deliver.message SET delivered_at = now()"
            " WHERE contact_id = (SELECT min(contact_id) FROM deliver.message)",
        )
        await execute(connection, "UPDATE deliver.life SET beaten_at = now() - interval '25 hours'")
    await set_life(workspace, "1/00000001/1")
    assert (await accept(workspace, because="the backup of yesterday")).codes_doubted == 2
    held = "SELECT count(*) FROM gate.coupon WHERE contact_id IS NOT NULL AND doubted_at IS NOT NULL"
    assert await value_of(workspace, held) == 1


async def test_a_doubt_of_the_gap_is_sent_once_more_and_nothing_else_waits_for_it_f98(
    workspace: Workspace, graph: GraphStub
) -> None:
    doubts = await doubts_of_a_gap(workspace, 3)
    # Within the month of the account nobody can have spent less than what may have left.
    assert await value_of(workspace, "SELECT spent_e4 FROM gate.month_budget") == 3 * PRICE_E4
    await confirm(workspace, doubts[0])
    async with workspace.database.transaction() as connection:
        others = await launch(workspace, connection, await prepare_people(workspace, connection, 2, first=50))
    await send_all(a_minute_later(workspace))
    assert await states(workspace, others.run_id) == {"accepted": 2}
    assert await told_of(workspace) == ["accepted", "unresolved restored", "unresolved restored"]
    assert await value_of(workspace, LIVE) == 5
    assert await value_of(workspace, "SELECT spent_e4 FROM gate.month_budget") == 3 * PRICE_E4


async def test_a_doubt_of_the_gap_that_is_not_sent_once_more_stays_one_and_counts_f98(
    workspace: Workspace, graph: GraphStub
) -> None:
    doubts = await doubts_of_a_gap(workspace, 3)
    for message in doubts:
        await confirm(workspace, message)
    contact = await value_of(workspace, "SELECT contact_id FROM deliver.message ORDER BY message_id LIMIT 1")
    await opt_out(workspace, int(str(contact)))
    async with workspace.database.transaction() as connection:
        late = {"message": doubts[1]}
        await execute(
            connection,
            "UPDATE deliver.message SET send_until = send_from WHERE message_id = %(message)s",
            late,
        )

    async def refuse(exchange: Exchange) -> None:
        await exchange.refuse(132005)

    graph.handle = refuse
    await send_all(a_minute_later(workspace))
    assert len(graph.asked) == 1
    assert await told_of(workspace) == [
        "unresolved suppressed",
        "unresolved outside_window",
        "unresolved code_132005",
    ]
    assert await value_of(workspace, LIVE) == 3
    assert await value_of(workspace, "SELECT spent_e4 FROM gate.month_budget") == 3 * PRICE_E4
    # Two people may decide again.
    await confirm(workspace, doubts[2])


async def test_what_the_gap_may_have_cost_is_charged_to_its_run_as_far_as_the_budget_goes_f98(
    workspace: Workspace, graph: GraphStub
) -> None:
    await doubts_of_a_gap(workspace, 3, per="run", budget_e4=2 * PRICE_E4)
    assert await value_of(workspace, "SELECT spent_e4 FROM gate.budget") == 2 * PRICE_E4
    assert await value_of(workspace, "SELECT count(*) FROM gate.month_budget") == 0


async def test_a_doubt_of_somebody_who_had_withdrawn_stays_one_f98(
    workspace: Workspace, graph: GraphStub
) -> None:
    run = await planned(workspace, 1)
    await admit(workspace)
    await opt_out(workspace, int(run.contact_ids[0]))
    await set_life(workspace, "1/00000001/1")
    await accept(workspace, because="the disk died")
    await give_up(workspace)
    await confirm(workspace, int(str(await value_of(workspace, "SELECT message_id FROM deliver.message"))))
    await send_all(workspace)
    assert await told_of(workspace) == ["unresolved suppressed"]
    assert await value_of(workspace, "SELECT count(*) FROM gate.permit") == 0


async def test_what_nobody_sent_since_a_planned_move_stays_as_it_was(
    workspace: Workspace, graph: GraphStub
) -> None:
    await fill(workspace, 3)
    run = await launched(workspace, await people_of(workspace, 1))
    await admit(workspace)
    async with workspace.database.transaction() as connection:
        for text in (REPLIES, ANSWERS):
            await execute(connection, text, {"now": workspace.clock.now()})
    await set_life(workspace, "1/00000001/1")
    decision = await accept(workspace, because="another disk", nothing_was_sent=True)
    assert (decision.ended, decision.doubted, decision.codes_doubted) == (0, 0, 0)
    assert await value_of(workspace, "SELECT count(*) FROM deliver.reply WHERE state = 'waiting'") == 1
    await send_all(workspace)
    assert await states(workspace, run.run_id) == {"accepted": 1}
    assert (await show_coupons(workspace, POOL)).free == 2
