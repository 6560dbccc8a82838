"""Read a group of webhook bodies into facts about senders: what each person said, and whether it asks for silence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from rulecast.collect.parse_webhook import describe_unread
from rulecast.collect.webhook_facts import InboundMessage, ParsedWebhook, PreferenceFact, StatusFact
from rulecast.database import Connection
from rulecast.profile.suppression import OptOutMatch, match_opt_out
from rulecast.profile.suppression.match_opt_out import match_button
from rulecast.wiring.senders import Portfolios, Sender

# Meta repeats a webhook for seven days at most; what is older than this is a replay and changes nothing.
REPLAY_AGE = timedelta(days=8)
# Error 131050: the person stopped marketing inside WhatsApp (Cloud API error codes).
PERSON_STOPPED_CODE = 131050
# These say something about an earlier message; they answer none.
NO_ANSWERS = frozenset({"reaction", "revoke", "edit", "unsupported", "unknown"})


class WebhookPost(NamedTuple):
    """One signed body, what it tells, and when it came."""

    body: bytes
    parsed: ParsedWebhook
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An inbound message with its sender and what it asks for."""

    message: InboundMessage
    sender: Sender
    match: OptOutMatch
    is_button: bool

    @property
    def is_opt_out(self) -> bool:
        """Return whether it asks for silence, surely or likely."""
        return self.match is not OptOutMatch.NOT

    @property
    def is_answer(self) -> bool:
        """Return whether it can answer a message of ours."""
        return self.message.kind not in NO_ANSWERS


@dataclass(slots=True)
class Group:
    """The facts of a group of bodies that are young enough to be acted upon."""

    statuses: list[StatusFact] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    preferences: list[tuple[PreferenceFact, Sender]] = field(default_factory=list)
    refused: list[tuple[StatusFact, Sender]] = field(default_factory=list)


class GroupReader:
    """Reads groups for one workspace; `stop_payloads` are the button payloads that mean stop."""

    def __init__(self, stop_payloads: Collection[str]) -> None:
        """Keep the payloads."""
        self._stop_payloads = frozenset(stop_payloads)
        self._portfolios = Portfolios()

    async def read(self, connection: Connection, posts: Sequence[WebhookPost], now: datetime) -> Group:
        """Collect the facts of all bodies that are no replays."""
        oldest = now - REPLAY_AGE
        group = Group()
        for post in posts:
            group.statuses.extend(one for one in post.parsed.statuses if one.occurred_at >= oldest)
        messages = [one for post in posts for one in post.parsed.messages if one.occurred_at >= oldest]
        preferences = [one for post in posts for one in post.parsed.preferences if one.occurred_at >= oldest]
        refused = [one for one in group.statuses if one.error_code == PERSON_STOPPED_CODE]
        numbers = {
            *(one.business_number_id for one in messages),
            *(one.business_number_id for one in preferences),
            *(one.business_number_id for one in refused),
        }
        if not numbers:
            return group
        await self._portfolios.refresh(connection, numbers)
        group.said.extend(self._read(one) for one in messages)
        group.preferences.extend(
            (one, self._sender(one.phone, one.bsuid, one.business_number_id)) for one in preferences
        )
        group.refused.extend(
            (one, self._sender(one.recipient_phone, one.recipient_bsuid, one.business_number_id))
            for one in refused
        )
        return group

    def _sender(self, phone: str | None, bsuid: str | None, business_number_id: str) -> Sender:
        return Sender(phone=phone, bsuid=bsuid, portfolio_id=self._portfolios.of(business_number_id))

    def _read(self, message: InboundMessage) -> Said:
        is_button = message.payload is not None
        if is_button:
            is_stop = match_button(message.payload, message.text, self._stop_payloads)
            match = OptOutMatch.EXACT if is_stop else OptOutMatch.NOT
        else:
            match = match_opt_out(message.text) if message.text else OptOutMatch.NOT
        sender = self._sender(message.sender_phone, message.sender_bsuid, message.business_number_id)
        return Said(message=message, sender=sender, match=match, is_button=is_button)


def describe_post(post: WebhookPost) -> str:
    """Return what of a body nothing is done with, replays included."""
    parsed = post.parsed
    oldest = post.received_at - REPLAY_AGE
    instants = (
        *(one.occurred_at for one in parsed.statuses),
        *(one.occurred_at for one in parsed.messages),
        *(one.occurred_at for one in parsed.preferences),
    )
    replayed = sum(instant < oldest for instant in instants)
    unread = describe_unread(parsed)
    if not replayed:
        return unread
    return f"{replayed} replayed after more than 8 days{'; ' + unread if unread else ''}"[:500]
