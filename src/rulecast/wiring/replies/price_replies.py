"""What replies cost: nothing in an entry point or within the month's allowance, else the card's price of answers."""

from collections.abc import Sequence

from rulecast.account.billing_zones import month_start
from rulecast.account.service_price import allowance_left, price_answers, service_price_e4
from rulecast.account.store import list_billing_zones, read_rate_card
from rulecast.conversation import entry_point_window
from rulecast.conversation.open_windows import find_windows
from rulecast.database import Connection
from rulecast.plan.cost.store import count_answered
from rulecast.values.ids import ContactId, RunId
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.replies import store
from rulecast.wiring.workspace import Workspace


async def price_replies(
    connection: Connection, workspace: Workspace, run_id: RunId, contact_ids: Sequence[ContactId]
) -> list[int]:
    """Return the price of one reply to each of these people, in 10^-4 minor units, in their order.

    Free answers of the month go first; what was let through counts, because a delivery is told later.
    """
    now = workspace.clock.now()
    number = await store.find_number(connection, run_id)
    zone = (await list_billing_zones(connection)).get(number) or workspace.settings.default_timezone
    card, day = await read_rate_card(connection), local_time(zone, now).date()
    left = allowance_left(await count_answered(connection, number, since=month_start(zone, now)))
    countries = await store.list_countries(connection, contact_ids)
    windows = await find_windows(connection, [(number, one) for one in contact_ids])
    return price_answers(
        [
            service_price_e4(card, countries.get(one, ""), currency=workspace.billing_currency, on=day)
            if entry_point_window(windows.get((number, one)), now) is None
            else 0
            for one in contact_ids
        ],
        left=left,
    )
