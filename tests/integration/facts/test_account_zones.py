"""Prices, months and free answers change at midnight of the account, as Meta named its zone."""

from datetime import UTC, datetime

from tests.integration.facts.conftest import ACCOUNT, Door
from tests.integration.facts.test_people import digits, known, written
from tests.people import ASHA
from tests.sending import NUMBER

from rulecast.account.store import list_billing_zones, save_account_zone
from rulecast.wiring.doctor_money import look_at_zones
from rulecast.wiring.replies.typed import reply_to
from rulecast.wiring.report import make_report


async def test_the_zone_of_the_account_counts_and_the_workspace_s_stands_in_for_it(door: Door) -> None:
    workspace = door.workspace
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        assert await list_billing_zones(connection) == {NUMBER: ""}
        is_known, what = await look_at_zones(connection, workspace)
        assert (is_known, "1 numbers" in what) == (False, True)
        await save_account_zone(connection, ACCOUNT, "1", now)
        assert await list_billing_zones(connection) == {NUMBER: "America/Los_Angeles"}
        assert await look_at_zones(connection, workspace) == (True, "America/Los_Angeles")
        # A number that no table knows takes the zone away from nobody, and a person hears of it.
        await save_account_zone(connection, ACCOUNT, "0", now)
        assert await list_billing_zones(connection) == {NUMBER: "America/Los_Angeles"}
        is_known, what = await look_at_zones(connection, workspace)
        assert (is_known, "unknown zone 0" in what, "America/Los_Angeles" in what) == (False, True, True)
        await save_account_zone(connection, ACCOUNT, "1", now)
        assert await look_at_zones(connection, workspace) == (True, "America/Los_Angeles")
    report = await make_report(workspace, run_id=None, rule_name=None)
    assert [one.left for one in report.allowances] == [1_000]


async def test_an_answer_is_free_while_answers_of_the_month_are_and_costs_the_card_after(door: Door) -> None:
    workspace = door.workspace
    clock = workspace.clock
    october = datetime(2026, 10, 5, 12, tzinfo=UTC)
    clock.advance(max(0.0, (october - clock.now()).total_seconds()))  # type: ignore[attr-defined]  # a clock of tests
    asha = await known(door, ASHA.phone)
    async with workspace.database.transaction() as connection:
        await connection.execute('UPDATE profile.contact SET attributes = \'{"country": "MA"}\'')
    await door.say(written(door, {"from": digits(ASHA.phone)}, minutes=-5))
    prices = "SELECT price_e4 FROM plan.member ORDER BY plan_id"
    await reply_to(workspace, f"#{asha}", "Bonjour")
    assert await door.rows(prices) == [(0,)]
    # A thousand answers later in the same month it is the list price, and in an entry point nothing again.
    async with workspace.database.transaction() as connection:
        # Their messages are of no interest here.
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "INSERT INTO gate.permit (message_id, contact_id, rule_name, rule_version_id, business_number_id,"
            " category, purpose, granted_at) SELECT 1000000 + n, %s, 'typed', 1, %s, 'service', 'service', %s"
            " FROM generate_series(1, 1000) AS n",
            (asha, NUMBER, clock.now()),
        )
    await reply_to(workspace, f"#{asha}", "Toujours là ?")
    assert await door.rows(prices) == [(0,), (23_000,)]
    async with workspace.database.transaction() as connection:
        await connection.execute(
            "UPDATE conversation.window SET referral_at = last_inbound_at, entry_answered_at = last_inbound_at"
        )
    await reply_to(workspace, f"#{asha}", "Encore ?")
    assert await door.rows(prices) == [(0,), (23_000,), (0,)]
