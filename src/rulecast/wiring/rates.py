"""Rate cards as a person keeps them: shown by day, and joined by newer ones."""

from dataclasses import dataclass
from datetime import date

from rulecast.account.import_rates import new_rates
from rulecast.account.rate_card import Rate
from rulecast.account.store import insert_rates, read_rate_card
from rulecast.observe.append_audit import append_audit
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesImported:
    """How many rates were new, from which day the first of them holds, and for which currencies."""

    new: int
    first_day: date | None
    currencies: tuple[str, ...]


async def import_rates(workspace: Workspace, name: str, text: str) -> RatesImported:
    """Keep the rates of a card; plans made from now on are priced by it from its day on.

    Raises:
        RateCardInvalidError: nothing of the card was kept.
    """
    now = workspace.clock.now()
    today = local_time(workspace.settings.default_timezone, now).date()
    async with workspace.database.transaction() as connection:
        rates = new_rates(name, text, known=await read_rate_card(connection), today=today)
        count = await insert_rates(connection, rates, by=workspace.actor, now=now) if rates else 0
        imported = RatesImported(
            new=count,
            first_day=min((one.effective_from for one in rates), default=None),
            currencies=tuple(sorted({one.currency for one in rates})),
        )
        if count:
            await append_audit(
                connection,
                actor=workspace.actor,
                action="rates import",
                subject=name[:200],
                details={"rates": count, "currencies": ", ".join(imported.currencies)},
                now=now,
            )
    return imported


async def list_rates(workspace: Workspace, *, currency: str | None, on: date | None) -> list[Rate]:
    """Return the rates of a currency that hold on a day of the account, tiers included, by market and category."""
    currency = currency or workspace.billing_currency
    on = on or local_time(workspace.settings.default_timezone, workspace.clock.now()).date()
    async with workspace.database.connection() as connection:
        card = await read_rate_card(connection)
    found = []
    for (_market, _category, kept), rates in sorted(card.rates.items()):
        days = [one.effective_from for one in rates if one.effective_from <= on]
        if kept == currency and days:
            found += [one for one in rates if one.effective_from == max(days)]
    return found
