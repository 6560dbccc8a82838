"""Whose each word of a group of webhooks is: of a number that changed hands, who had it when the word was said."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from rulecast.database import Connection
from rulecast.values.ids import ContactId
from rulecast.vault import Vault
from rulecast.wiring.senders import Sender, find_senders
from rulecast.wiring.webhook_group import Group


async def find_people_of_words(
    connection: Connection, vault: Vault, group: Group, now: datetime
) -> dict[Sender, ContactId]:
    """Return who is known of those a group names; what has no time is told of now.

    What was said before a change of number and is told after it, or again, is the same person's. Words of one sender
    that are another person's than its newest one get a sender of their own in the group, with their instant.
    """
    newest: dict[Sender, datetime] = {}
    earlier: dict[Sender, datetime] = {}
    words = [word for word in _words(group, now) if word[0].identities]
    for sender, at in words:
        newest[sender] = max(at, newest.get(sender, at))
    if not newest:
        return {}
    for sender, at in words:
        if at < newest[sender]:
            earlier[replace(sender, said_at=at)] = at
    found = await find_senders(connection, vault, {**newest, **earlier})
    people = {sender: found[sender] for sender in newest if sender in found}
    parted = {
        sender: found[sender]
        for sender in earlier
        if sender in found and found[sender] != people.get(replace(sender, said_at=None))
    }
    if parted:

        def whose(sender: Sender, at: datetime | None) -> Sender:
            dated = replace(sender, said_at=at or now)
            return dated if dated in parted else sender

        _part(group, whose)
    return people | parted


def _words(group: Group, now: datetime) -> Iterator[tuple[Sender, datetime]]:
    """Yield of everybody who is named when they were told of."""
    yield from ((said.sender, said.message.occurred_at) for said in group.said)
    for facts in (group.preferences, group.refused, group.entry_answers, group.echoes):
        yield from ((sender, fact.occurred_at) for fact, sender in facts)
    yield from ((sender, fact.occurred_at or now) for fact, sender in group.clicks)


def _part(group: Group, whose: Callable[[Sender, datetime | None], Sender]) -> None:
    """Give each word the sender it is of."""
    group.said = [replace(one, sender=whose(one.sender, one.message.occurred_at)) for one in group.said]
    group.preferences = [(fact, whose(sender, fact.occurred_at)) for fact, sender in group.preferences]
    group.refused = [(fact, whose(sender, fact.occurred_at)) for fact, sender in group.refused]
    group.entry_answers = [(fact, whose(sender, fact.occurred_at)) for fact, sender in group.entry_answers]
    group.echoes = [(fact, whose(sender, fact.occurred_at)) for fact, sender in group.echoes]
    group.clicks = [(fact, whose(sender, fact.occurred_at)) for fact, sender in group.clicks]
