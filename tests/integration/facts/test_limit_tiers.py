"""A tier that Meta names binds as the newest table reads it."""

from datetime import timedelta

import pytest
from tests.integration.facts.conftest import DISPLAYED, Door

from rulecast.account.errors import TierTableInvalidError
from rulecast.account.store import list_portfolios
from rulecast.wiring.limit_tiers import import_tiers, list_tiers, read_tiers_anew

HEAD = "tier,people,effective_from,source\n"


async def told(door: Door) -> int | None:
    async with door.workspace.database.connection() as connection:
        (portfolio,) = await list_portfolios(connection)
    return portfolio.told_people_per_day_max


async def test_limits_follow_the_table_of_tiers_and_a_newer_one_at_once(door: Door) -> None:
    workspace = door.workspace
    tier = {"max_daily_conversations_per_business": "TIER_2K"}
    quality = {"display_phone_number": DISPLAYED, "event": "UPGRADE", **tier}
    await door.tell(("business_capability_update", tier), minutes=-60)
    assert await told(door) == 2_000
    await door.tell(("phone_number_quality_update", {**quality, "current_limit": "TIER_10K"}), minutes=-50)
    assert await told(door) == 2_000
    # Meta is said to drop tiers: a newer table says what the word means from its day on.
    newer = HEAD + "TIER_2K,100000,2026-11-01,Meta\nTIER_3M,3000000,2027-01-01,Meta\n"
    first = await import_tiers(workspace, "newer.csv", newer)
    assert (first.new, first.portfolios_changed) == (2, 1)
    assert await told(door) == 100_000
    again = await import_tiers(workspace, "newer.csv", newer)
    assert (again.new, again.portfolios_changed) == (0, 0)
    with pytest.raises(TierTableInvalidError):
        await import_tiers(workspace, "wrong.csv", HEAD + "TIER_2K,5,2026-11-01,Meta\n")
    await door.tell(("business_capability_update", tier), minutes=-40)
    assert await told(door) == 100_000
    # A word nobody knew when it came holds as soon as a table knows it; what no table knows changes nothing.
    for minutes, word in ((-30, "TIER_5M"), (-20, "TIER_NOT_SET")):
        await door.tell(
            ("business_capability_update", {"max_daily_conversations_per_business": word}), minutes=minutes
        )
    assert await told(door) == 100_000
    last = await import_tiers(workspace, "last.csv", HEAD + "TIER_5M,5000000,2026-11-01,Meta\n")
    assert (last.new, last.portfolios_changed) == (1, 1)
    assert await told(door) == 5_000_000
    # A row dated ahead counts from its day on.
    day = (workspace.clock.now() + timedelta(days=3)).date()
    ahead = await import_tiers(workspace, "ahead.csv", HEAD + f"TIER_5M,6000000,{day},Meta\n")
    assert (ahead.new, ahead.portfolios_changed) == (1, 0)
    await read_tiers_anew(workspace)
    assert await told(door) == 5_000_000
    workspace.clock.advance(4 * 86_400)  # type: ignore[attr-defined]  # the clock of tests stands still
    await read_tiers_anew(workspace)
    assert await told(door) == 6_000_000
    listed = {one.tier: one.people for one in await list_tiers(workspace, on=None)}
    assert listed["TIER_2K"] == 100_000
    assert "TIER_3M" not in listed
    assert await door.rows("SELECT count(*) FROM observe.audit WHERE action = 'tiers import'") == [(3,)]


async def test_of_words_of_one_instant_the_smallest_stays_whatever_their_order(door: Door) -> None:
    quality = {"display_phone_number": DISPLAYED, "event": "UPGRADE"}
    business = "max_daily_conversations_per_business"
    # A word beside a greater one, a number beside a word, a word that only the reader of webhooks knows.
    pairs = (("TIER_250", "TIER_100K", 250), (750, "TIER_UNLIMITED", 750), ("TIER_7K", "TIER_10K", 7_000))
    for place, (smaller, greater, people) in enumerate(pairs):
        minutes = place - 60
        await door.tell(("business_capability_update", {business: smaller}), minutes=minutes)
        await door.tell(
            ("phone_number_quality_update", {**quality, "current_limit": greater}), minutes=minutes
        )
        assert await told(door) == people
        for first, second in ((0, 255), (255, 0)):
            async with door.workspace.database.transaction() as connection:
                # The key by which they are listed is a hash: either may come first.
                await connection.execute(
                    "UPDATE account.fact SET fact_key = set_byte(fact_key, 0, CASE WHEN details ? 'current_limit'"
                    " THEN %s ELSE %s END)",
                    (first, second),
                )
            await read_tiers_anew(door.workspace)
            assert await told(door) == people
