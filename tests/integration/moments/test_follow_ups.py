"""Steps after the first message: to whom they go, who gets none, once each, under what was approved."""

from pathlib import Path

from tests.moments import REMINDER, moment_rule, moment_shop

from rulecast.config import Settings
from rulecast.values.clock import ManualClock

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
