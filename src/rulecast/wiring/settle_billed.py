"""What messages were billed, priced by the rate cards and brought to the budgets that paid the estimates."""

from collections.abc import Mapping

from rulecast.account.errors import RateUnknownError
from rulecast.account.rate_card import RateCard
from rulecast.account.store import list_billing_zones, read_rate_card
from rulecast.database import Connection
from rulecast.gate.rows import PermittedRow
from rulecast.gate.settle_prices import find_permitted, settle_prices
from rulecast.values.zone_offsets import local_time


async def settle_billed(
    connection: Connection, priced: Mapping[int, str], *, currency: str, zone: str
) -> int:
    """Keep the price of messages billed as another category, or as nothing, and return how many were news.

    `zone` is that of numbers whose account Meta has told no zone of.
    """
    permitted = await find_permitted(connection, sorted(priced))
    if not permitted:
        return 0
    card = await read_rate_card(connection)
    zones = await list_billing_zones(connection)
    billed = {
        row.message_id: price
        for row in permitted
        if (
            price := _price_e4(
                row,
                priced[row.message_id],
                card,
                currency=currency,
                zone=zones.get(row.business_number_id) or zone,
            )
        )
        is not None
    }
    return await settle_prices(connection, billed)


def _price_e4(row: PermittedRow, category: str, card: RateCard, *, currency: str, zone: str) -> int | None:
    """Return the price of a message as it was billed; None where no card knows it, or it is the estimate."""
    if not category:
        return 0
    if category == row.category:
        return row.price_e4
    try:
        rate = card.find(row.country, category, currency=currency, on=local_time(zone, row.at).date())
    except RateUnknownError:
        return None
    return rate.price_e4
