"""What the answers a rule gives can cost, beside its messages; pure.

Nobody knows who will answer: the highest cost is that of everybody answering every time, after the free answers of
the month (whatsapp-platform 5.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from rulecast.account.rate_card import RateCard
from rulecast.account.service_price import service_price_e4


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """At most so many answers, how many of the number's month are still free, and what the rest costs at most."""

    count_max: int
    free_left: int
    high_e4: int


def answers_cost(listed: Mapping[int, int], *, replies: int, left: int) -> Answers:
    """Return the cost of answers from how many people have which price; the free ones go to the cheapest."""
    free, high_e4 = left, 0
    for price_e4, people in sorted(listed.items()):
        count = people * replies
        taken = min(free, count) if price_e4 else 0
        free -= taken
        high_e4 += (count - taken) * price_e4
    return Answers(count_max=sum(listed.values()) * replies, free_left=left, high_e4=high_e4)


def listed_prices(people: Mapping[str, int], card: RateCard, *, currency: str, on: date) -> dict[int, int]:
    """Return how many people have which price of an answer, from how many live in which country."""
    found: dict[int, int] = {}
    for country, count in people.items():
        price_e4 = service_price_e4(card, country, currency=currency, on=on)
        found[price_e4] = found.get(price_e4, 0) + count
    return found
