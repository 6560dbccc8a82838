"""Whether the rates of a new card may be kept beside those that hold; pure."""

from collections.abc import Sequence
from datetime import date

from rulecast.account.errors import RateCardInvalidError
from rulecast.account.rate_card import (
    CURRENCIES,
    SOURCE_LENGTH_MAX,
    Rate,
    RateCard,
    known_markets,
    read_rate_cards,
)


def new_rates(name: str, text: str, *, known: RateCard, today: date) -> Sequence[Rate]:
    """Return the rates of a card that are not known yet; `today` is the account's day.

    Raises:
        RateCardInvalidError: a line cannot be read, names a market or currency that does not exist, or would change
            what a message cost that may have been sent.
    """
    card = read_rate_cards({name: text})
    rates = [rate for found in card.rates.values() for rate in found]
    if not rates:
        raise RateCardInvalidError(f"{name} has no rates.")
    return [rate for rate in rates if _is_new(rate, name, known=known, today=today)]


def _is_new(rate: Rate, name: str, *, known: RateCard, today: date) -> bool:
    what = f"{name}: {rate.category} in {rate.market} from {rate.effective_from}"
    if rate.market not in known_markets():
        raise RateCardInvalidError(f"{what}: there is no such market.")
    if rate.currency not in CURRENCIES:
        raise RateCardInvalidError(f"{what}: Meta does not bill in {rate.currency[:10]}.")
    if not 0 < len(rate.source) <= SOURCE_LENGTH_MAX:
        raise RateCardInvalidError(f"{what}: the source must say where the price comes from.")
    before = known.rates.get((rate.market, rate.category, rate.currency), ())
    same = [
        one for one in before if (one.effective_from, one.tier_from) == (rate.effective_from, rate.tier_from)
    ]
    if same and same[0].price_e4 == rate.price_e4:
        return False
    if same or (rate.effective_from <= today and any(one.effective_from <= today for one in before)):
        raise RateCardInvalidError(
            f"{what}: another price holds already, and messages may have been sent at it."
        )
    return True
