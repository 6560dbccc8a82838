"""Sixteen senders at once: no code goes to two people, pools keep back what they shall, no budget is exceeded."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from tests.integration.coupons.test_sending_codes import POOL, fill
from tests.integration.gate.test_opt_out_order import ask_gate, drafts_of
from tests.integration.gate.test_shared_limits import GROUP, NUMBERS, SENDERS, Asked, prepare_numbers, wide
from tests.sending import launch, prepare_people

from rulecast.database import Database, execute, fetch_all
from rulecast.gate import Gate, release_permits
from rulecast.values.reason import Reason
from rulecast.wiring.coupons import show_coupons
from rulecast.wiring.workspace import Workspace

__all__ = ["wide"]

PRICE_E4 = 41_400
"""Of each message, in 10^-4 minor units: 4.14 centimes."""
PAID = 50


async def test_no_code_goes_to_two_people_and_what_is_kept_back_stays(
    workspace: Workspace, wide: Database
) -> None:
    await prepare_numbers(workspace, None)
    await fill(workspace, 60, low_stock=10)
    asked = Asked(workspace, wide)
    asked.gate = Gate(workspace_zone="Africa/Casablanca", vault=workspace.vault)
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, SENDERS * GROUP)
        run = await launch(workspace, connection, people, number=NUMBERS[0], said=f"coupon from {POOL}")
    drafts = await drafts_of(workspace, run)
    waiting = {number: await asked.freeze(drafts[one::SENDERS], number) for one, number in enumerate(NUMBERS)}
    found = await asyncio.gather(*(asked.send(mine, number) for number, mine in waiting.items()))
    permitted = [one for mine in found for one in mine]
    assert len(permitted) == len(set(permitted)) == 50
    assert asked.reasons == {Reason.COUPON_POOL_LOW: SENDERS * GROUP - 50}
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection, "SELECT contact_id FROM gate.coupon WHERE contact_id IS NOT NULL ORDER BY 1"
        )
    assert [row[0] for row in rows] == sorted(permitted)
    stock = await show_coupons(workspace, POOL)
    assert (stock.free, stock.reserved, stock.given_twice) == (10, 50, 0)


@pytest.mark.parametrize("per", ["run", "month"])
async def test_a_budget_is_never_exceeded_and_a_refused_message_gives_its_money_back(
    workspace: Workspace, wide: Database, per: str
) -> None:
    await prepare_numbers(workspace, None)
    asked = Asked(workspace, wide)
    euros = PAID * PRICE_E4 / 1_000_000
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, SENDERS * GROUP)
        clauses = f"  budget {euros:.2f} {workspace.billing_currency} per {per}\n"
        run = await launch(workspace, connection, people, number=NUMBERS[0], clauses=clauses)
    drafts = await drafts_of(workspace, run)
    waiting = {number: await asked.freeze(drafts[one::SENDERS], number) for one, number in enumerate(NUMBERS)}
    found = await asyncio.gather(*(asked.send(mine, number) for number, mine in waiting.items()))
    permitted = [one for mine in found for one in mine]
    assert len(permitted) == PAID
    assert asked.reasons == Counter({Reason.BUDGET: SENDERS * GROUP - PAID})
    async with workspace.database.transaction() as connection:
        refused = [one.message_id for one in drafts if one.contact_id in permitted[:3]]
        await release_permits(connection, refused, workspace.clock.now())
    left = [one for mine in waiting.values() for one in mine if one.draft.contact_id not in permitted]
    again = await asyncio.gather(*(asked.ask([one], NUMBERS[0]) for one in left))
    assert sum(map(len, again)) == 3


async def test_a_month_of_a_budget_begins_where_the_account_is_billed(
    workspace: Workspace, wide: Database
) -> None:
    await prepare_numbers(workspace, None)
    async with workspace.database.transaction() as connection:
        await execute(connection, "INSERT INTO account.waba VALUES ('77', '1', 'Pacific/Auckland', now())")
        people = await prepare_people(workspace, connection, 1)
        clauses = f"  budget 5 {workspace.billing_currency} per month\n"
        run = await launch(workspace, connection, people, number=NUMBERS[0], clauses=clauses)
        await execute(connection, "UPDATE plan.plan SET expires_at = '2027-01-01'")
    # Half past one at night on the first of December there, half past one in the afternoon before in Casablanca.
    now = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)
    assert len(await ask_gate(workspace, await drafts_of(workspace, run), number=NUMBERS[0], now=now)) == 1
    async with workspace.database.connection() as connection:
        rows = await fetch_all(connection, "SELECT month, spent_e4 FROM gate.month_budget")
    assert rows == [(date(2026, 12, 1), PRICE_E4)]
