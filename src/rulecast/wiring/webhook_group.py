"""Read a group of webhook bodies into facts about senders: what each person said, and whether it asks for silence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from rulecast.collect.parse_webhook import describe_unread, parse_webhook
from rulecast.collect.plain_statuses import PlainStatuses, parse_plain
from rulecast.collect.webhook_facts import (
    AccountFact,
    ClickFact,
    EchoFact,
    IdentityChange,
    InboundMessage,
    IncompleteFact,
    ParsedWebhook,
    PreferenceFact,
    ProblemFact,
    StatusFact,
    TemplateFact,
    UnreadFact,
)
from rulecast.database import Connection
from rulecast.profile.suppression import OptOutMatch, match_opt_out
from rulecast.profile.suppression.choice import Choice, choice_of
from rulecast.profile.suppression.match_opt_out import match_button
from rulecast.profile.suppression.match_resume import match_resume
from rulecast.wiring.senders import Portfolios, Sender

# Meta repeats a webhook for seven days at most; what is older than this is a replay and changes nothing.
REPLAY_AGE = timedelta(days=8)
# Error 131050: the person stopped marketing inside WhatsApp (Cloud API error codes).
PERSON_STOPPED_CODE = 131050
# The price of a message that a click on an advertisement made free (Cloud API: pricing in statuses).
FREE_ENTRY_POINT = "free_entry_point"
PersonFact = StatusFact | InboundMessage | PreferenceFact | IdentityChange | EchoFact | ClickFact
# These say something about an earlier message; they answer none.
NO_ANSWERS = frozenset({"reaction", "revoke", "edit", "unsupported", "unknown"})


class WebhookPost(NamedTuple):
    """One signed body, what it tells, and when it came."""

    body: bytes
    parsed: ParsedWebhook
    received_at: datetime


class PlainPost(NamedTuple):
    """One signed body that holds nothing but ordinary statuses of the last days, and when it came."""

    body: bytes
    statuses: PlainStatuses
    received_at: datetime

    def facts(self) -> Sequence[StatusFact]:
        """Return the statuses with everything that is told of them."""
        return parse_webhook(self.body).statuses

    def read_wholly(self) -> WebhookPost:
        """Return the body as any other one."""
        return WebhookPost(self.body, parse_webhook(self.body), self.received_at)


def read_post(body: bytes, received_at: datetime) -> WebhookPost | PlainPost:
    """Read a signed body, by the quicker of two ways where that tells the same."""
    plain = parse_plain(body)
    if plain is None or min(plain.seconds) < (received_at - REPLAY_AGE).timestamp():
        return WebhookPost(body, parse_webhook(body), received_at)
    return PlainPost(body, plain, received_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An inbound message with its sender and what it asks for.

    An incomplete one came without a readable id or time: it can only stop. `choice` is the answer to a question of
    ours about messages; `asks_again` says that its words ask for offers again.
    """

    message: InboundMessage
    sender: Sender
    match: OptOutMatch
    is_button: bool
    is_incomplete: bool = False
    choice: Choice | None = None
    asks_again: bool = False

    @property
    def is_opt_out(self) -> bool:
        """Return whether it asks for silence, surely or likely."""
        return self.match is not OptOutMatch.NOT

    @property
    def is_answer(self) -> bool:
        """Return whether it can answer a message of ours."""
        return self.message.kind not in NO_ANSWERS and not self.is_of_group

    @property
    def is_of_group(self) -> bool:
        """Return whether it was written to a group: that is no talk between this person and the number."""
        return self.message.group_id is not None


@dataclass(slots=True)
class Group:
    """The facts of a group of bodies that are young enough to be acted upon."""

    statuses: list[StatusFact] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    preferences: list[tuple[PreferenceFact, Sender]] = field(default_factory=list)
    refused: list[tuple[StatusFact, Sender]] = field(default_factory=list)
    entry_answers: list[tuple[StatusFact, Sender]] = field(default_factory=list)
    identity_changes: list[tuple[IdentityChange, str]] = field(default_factory=list)
    echoes: list[tuple[EchoFact, Sender]] = field(default_factory=list)
    clicks: list[tuple[ClickFact, Sender]] = field(default_factory=list)
    account_facts: list[AccountFact] = field(default_factory=list)
    template_facts: list[TemplateFact] = field(default_factory=list)
    problems: list[ProblemFact] = field(default_factory=list)
    unread: list[UnreadFact] = field(default_factory=list)
    # What has no time of its own, and with it the one of its arrival.
    arrived: list[IncompleteFact] = field(default_factory=list)

    @property
    def signups(self) -> list[tuple[PreferenceFact, Sender]]:
        """Return who signed up inside WhatsApp."""
        return [one for one in self.preferences if one[0].value == "signup"]

    @property
    def is_about_accounts(self) -> bool:
        """Return whether anything but people is told of."""
        return bool(self.account_facts or self.template_facts or self.problems or self.unread)


class GroupReader:
    """Reads groups for one workspace; `stop_payloads` are the button payloads that mean stop."""

    def __init__(self, stop_payloads: Collection[str]) -> None:
        """Keep the payloads."""
        self._stop_payloads = frozenset(stop_payloads)
        self._portfolios = Portfolios()

    async def read(self, connection: Connection, posts: Sequence[WebhookPost], now: datetime) -> Group:
        """Collect the facts of all bodies that are no replays; a group of statuses alone asks nothing."""
        oldest = now - REPLAY_AGE
        group = Group()
        others: list[ParsedWebhook] = []
        for post in posts:
            parsed = post.parsed
            group.statuses.extend(one for one in parsed.statuses if one.occurred_at >= oldest)
            if not is_statuses_only(parsed):
                others.append(parsed)
            group.arrived.extend(replace(one, occurred_at=post.received_at) for one in parsed.incomplete)
        refused = [one for one in group.statuses if one.error_code == PERSON_STOPPED_CODE]
        free = [one for one in group.statuses if one.pricing_type == FREE_ENTRY_POINT]
        if others or refused or free:
            numbers, accounts = _places_of(others, [*refused, *free])
            await self._portfolios.refresh(connection, numbers, accounts)
        group.refused.extend((one, self._recipient(one)) for one in refused)
        group.entry_answers.extend((one, self._recipient(one)) for one in free)
        for parsed in others:
            self._collect(group, parsed, oldest)
        for fact in group.arrived:
            self._collect_stop(group, fact)
        return group

    def _collect_stop(self, group: Group, fact: IncompleteFact) -> None:
        """Keep of what has no id or no time of its own only a wish for silence, as old as its arrival."""
        match fact:
            case StatusFact():
                if fact.error_code == PERSON_STOPPED_CODE:
                    group.refused.append((fact, self._recipient(fact)))
            case PreferenceFact():
                if fact.value == "stop":
                    group.preferences.append((fact, self._chooser(fact)))
            case InboundMessage():
                said = self._read(fact, is_incomplete=True)
                if said.is_opt_out:
                    group.said.append(said)

    def _collect(self, group: Group, parsed: ParsedWebhook, oldest: datetime) -> None:
        group.said.extend(self._read(one) for one in parsed.messages if one.occurred_at >= oldest)
        group.preferences.extend(
            (one, self._chooser(one)) for one in parsed.preferences if one.occurred_at >= oldest
        )
        group.identity_changes.extend(
            (one, self._portfolios.of(one.business_number_id, one.waba_id))
            for one in parsed.identity_changes
            if one.occurred_at >= oldest
        )
        group.echoes.extend(
            (one, self._sender(one, one.recipient_phone, one.recipient_bsuid))
            for one in parsed.echoes
            if one.occurred_at >= oldest
        )
        group.clicks.extend(
            (one, self._sender(one, one.sender_phone, one.sender_bsuid))
            for one in parsed.clicks
            if (one.occurred_at or oldest) >= oldest
        )
        group.account_facts.extend(
            one for one in parsed.account_facts if (one.occurred_at or oldest) >= oldest
        )
        group.template_facts.extend(
            one for one in parsed.template_facts if (one.occurred_at or oldest) >= oldest
        )
        group.problems.extend(parsed.problems)
        group.unread.extend(parsed.unread)

    def _chooser(self, chosen: PreferenceFact) -> Sender:
        return self._sender(chosen, chosen.phone, chosen.bsuid, chosen.parent_bsuid)

    def _recipient(self, status: StatusFact) -> Sender:
        return self._sender(
            status, status.recipient_phone, status.recipient_bsuid, status.recipient_parent_bsuid
        )

    def _sender(
        self, fact: PersonFact, phone: str | None, bsuid: str | None, parent_bsuid: str | None = None
    ) -> Sender:
        """Return who a fact is about; where it names no number of ours its account tells the portfolio."""
        return Sender(
            phone=phone,
            bsuid=bsuid,
            parent_bsuid=parent_bsuid,
            portfolio_id=self._portfolios.of(fact.business_number_id, fact.waba_id),
        )

    def _read(self, message: InboundMessage, *, is_incomplete: bool = False) -> Said:
        is_button = message.payload is not None
        choice = choice_of(message.payload)
        if choice is not None:
            match = OptOutMatch.EXACT if choice.is_stop else OptOutMatch.NOT
        elif is_button:
            is_stop = match_button(message.payload, message.text, self._stop_payloads)
            match = OptOutMatch.EXACT if is_stop else OptOutMatch.NOT
        else:
            match = match_opt_out(message.text) if message.text else OptOutMatch.NOT
        sender = self._sender(message, message.sender_phone, message.sender_bsuid, message.parent_bsuid)
        is_plain = match is OptOutMatch.NOT and not is_button
        return Said(
            message=message,
            sender=sender,
            match=match,
            is_button=is_button,
            is_incomplete=is_incomplete,
            choice=choice,
            asks_again=is_plain and message.text is not None and match_resume(message.text),
        )


def is_statuses_only(parsed: ParsedWebhook) -> bool:
    """Return whether a body told of nothing but statuses, as most do."""
    return not (
        parsed.messages
        or parsed.preferences
        or parsed.identity_changes
        or parsed.account_facts
        or parsed.template_facts
        or parsed.problems
        or parsed.echoes
        or parsed.clicks
        or parsed.unread
        or parsed.incomplete
    )


def _places_of(others: Sequence[ParsedWebhook], statuses: Sequence[StatusFact]) -> tuple[set[str], set[str]]:
    """Return the numbers whose portfolio tells who somebody is, and the accounts where no number is named."""
    facts: list[PersonFact] = list(statuses)
    for parsed in others:
        facts += parsed.messages
        facts += parsed.preferences
        facts += parsed.identity_changes
        facts += parsed.echoes
        facts += parsed.clicks
        facts += parsed.incomplete
    numbers = {one.business_number_id for one in facts}
    return numbers, {one.waba_id for one in facts if not one.business_number_id}


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
