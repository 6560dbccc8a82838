"""Turn the word a webhook has for a limit into people, by the table; pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from rulecast.account.limit_tiers.tiers import TierTable
from rulecast.collect.webhook_facts import AccountFact

UNLIMITED = -1
LIMIT = "messaging_limit"
"""What the reader of webhooks made of a limit, as people, -1 without limit."""
_WORD_KEYS = (
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "current_limit",
)


def limit_word(details: Mapping[str, object]) -> str:
    """Return the tier a fact names, or nothing where it tells a number, or no limit."""
    told = next((details[key] for key in _WORD_KEYS if details.get(key) is not None), None)
    return told if isinstance(told, str) else ""


def told_people(details: Mapping[str, object], tiers: TierTable, *, on: date) -> int | None:
    """Return the people a fact allows, -1 without limit: by the table, else as the reader of webhooks read it."""
    tier = tiers.find(limit_word(details), on=on)
    if tier is not None:
        return UNLIMITED if tier.people is None else tier.people
    read = details.get(LIMIT)
    return read if type(read) is int else None


def resolved(fact: AccountFact, tiers: TierTable, *, on: date) -> AccountFact:
    """Return a fact with its tier as people; a tier no table knows stays as the reader of webhooks read it."""
    people = told_people(fact.details, tiers, on=on)
    return fact if people is None else replace(fact, details={**fact.details, LIMIT: people})
