"""Who a group of webhooks stops, locked in one order and recorded."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from rulecast.account.facts import find_signups
from rulecast.account.records import Signup
from rulecast.collect.webhook_facts import PreferenceFact, StatusFact
from rulecast.database import Connection
from rulecast.profile.suppression import (
    JournalEntry,
    OptOutMatch,
    Stop,
    SuppressionAction,
    SuppressionCause,
    suppress,
)
from rulecast.profile.suppression.choice import stops_of_choice
from rulecast.values.ids import ContactId
from rulecast.values.purpose import Purpose
from rulecast.vault import Vault
from rulecast.wiring.senders import Sender, find_receivers
from rulecast.wiring.webhook_group import Group, Said


async def stop_people(
    connection: Connection, vault: Vault, group: Group, *, people: Mapping[Sender, ContactId], now: datetime
) -> list[JournalEntry]:
    """Lock everybody the group stops, in one order, record their stops, and return what the journal must hold."""
    stops = [
        stop for said in group.said for stop in _stops_of_words(said, vault, people.get(said.sender), now)
    ]
    declared = await find_signups(connection, [fact.signup_id for fact, _ in group.signups])
    stops.extend(
        replace(
            _stop_of_preference(fact, sender, vault, contact_id=people.get(sender), now=now),
            is_dated=_is_dated(fact, group, now),
        )
        for fact, sender in group.preferences
        if fact.value != "signup" or _is_to_marketing(declared.get(fact.signup_id))
    )
    receivers = await find_receivers(
        connection, vault, [(fact.wamid, fact.opaque_id) for fact, _ in group.refused]
    )
    stops.extend(
        replace(
            _stop_of_refusal(
                fact, sender, vault, contact_id=receivers.get(place, people.get(sender)), now=now
            ),
            is_dated=_is_dated(fact, group, now),
        )
        for place, (fact, sender) in enumerate(group.refused)
    )
    return await suppress(connection, stops, now)


def _stops_of_words(said: Said, vault: Vault, contact_id: ContactId | None, now: datetime) -> list[Stop]:
    if not said.is_opt_out and said.choice is None:
        return []
    stop = Stop(
        contact_id=contact_id,
        suppression_indexes=said.sender.suppression_indexes(vault),
        occurred_at=min(said.message.occurred_at, now),
        cause=SuppressionCause.STOP_BUTTON if said.is_button else SuppressionCause.STOP_WORD,
        level="likely" if said.match is OptOutMatch.LIKELY else "exact",
        is_dated=not said.is_incomplete and said.message.occurred_at <= now,
    )
    if said.choice is None:
        return [stop]
    is_surely_theirs = stop.is_dated and not said.is_of_group
    return stops_of_choice(said.choice, stop, is_surely_theirs=is_surely_theirs)


def _is_dated(fact: PreferenceFact | StatusFact, group: Group, now: datetime) -> bool:
    """Return whether the time of a fact is its own, and none that has still to come."""
    return fact.occurred_at <= now and fact not in group.arrived


def _is_to_marketing(signup: Signup | None) -> bool:
    """Return whether a sign-up lifts what was stopped inside WhatsApp: one that is declared as marketing."""
    return signup is not None and signup.purpose == Purpose.MARKETING


def _stop_of_preference(
    fact: PreferenceFact, sender: Sender, vault: Vault, *, contact_id: ContactId | None, now: datetime
) -> Stop:
    return Stop(
        contact_id=contact_id,
        suppression_indexes=sender.suppression_indexes(vault),
        occurred_at=min(fact.occurred_at, now),
        cause=SuppressionCause.USER_PREFERENCES,
        action=SuppressionAction.STOP if fact.value == "stop" else SuppressionAction.RESUME,
    )


def _stop_of_refusal(
    fact: StatusFact, sender: Sender, vault: Vault, *, contact_id: ContactId | None, now: datetime
) -> Stop:
    return Stop(
        contact_id=contact_id,
        suppression_indexes=sender.suppression_indexes(vault),
        occurred_at=min(fact.occurred_at, now),
        cause=SuppressionCause.ERROR_131050,
    )
