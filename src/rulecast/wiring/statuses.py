"""The book of sent messages as the receiver's door uses it, with the rule's actions bound to each moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from typing_extensions import override

from rulecast.collect.plain_statuses import PlainStatuses
from rulecast.collect.webhook_facts import StatusFact
from rulecast.database import Connection
from rulecast.deliver.statuses import (
    AnswerFact,
    MessageDirectory,
    MessageMoment,
    StatusesApplied,
    apply_click,
    apply_opt_outs,
    apply_replies,
    apply_statuses,
    take_plain,
)
from rulecast.profile.suppression import JournalEntry
from rulecast.template.words import heed_billed_categories
from rulecast.wiring.message_book import Answer, LinkClick, MessageBook, PlainBody
from rulecast.wiring.moments import MomentActions
from rulecast.wiring.settle_billed import settle_billed
from rulecast.wiring.webhook_accounts import tell_template_news
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusesTaken:
    """What a list of statuses came to; opt-outs among them are the door's, so there is nothing for the journal."""

    applied: StatusesApplied
    journal_entries: Sequence[JournalEntry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts(MessageBook):
    """Joins what comes back to messages, people and rules; one a process."""

    directory: MessageDirectory
    actions: MomentActions
    currency: str
    zone: str

    @classmethod
    def of(cls, workspace: Workspace) -> Self:
        """Return the book of a workspace."""
        return cls(
            directory=MessageDirectory(workspace.vault),
            actions=MomentActions(workspace),
            currency=workspace.billing_currency,
            zone=workspace.settings.default_timezone,
        )

    @override
    async def apply_statuses(
        self, connection: Connection, statuses: Sequence[StatusFact], now: datetime
    ) -> StatusesTaken:
        """Merge statuses and run the rule's actions; the door keeps the opt-outs among them before."""
        applied = await apply_statuses(connection, self.directory, statuses, now)
        await self._act(connection, applied.moments, now)
        if applied.priced:
            await settle_billed(connection, applied.priced, currency=self.currency, zone=self.zone)
        if applied.billed:
            await tell_template_news(
                connection, await heed_billed_categories(connection, applied.billed, now)
            )
        return StatusesTaken(applied=applied)

    @override
    async def apply_plain(self, connection: Connection, bodies: Sequence[PlainBody], now: datetime) -> None:
        """Merge ordinary statuses in one statement, and what it leaves as all others are merged."""
        statuses = PlainStatuses()
        for body in bodies:
            statuses.extend(body.statuses)
        taken = await take_plain(
            connection, self.directory, statuses, listening=self.actions.listening, now=now
        )
        if taken.left:
            await self.apply_statuses(connection, _picked(bodies, taken.left), now)
            # The next group then takes in one statement what was unknown in this one.
            await self.actions.learn(connection, self.directory.recent_runs())
        await self._act(connection, taken.moments, now)
        await self.actions.count_delivered(connection, taken.delivered, now)

    @override
    async def apply_reply(self, connection: Connection, answers: Sequence[Answer], now: datetime) -> None:
        moments = await apply_replies(connection, self.directory, _facts(answers), now)
        await self._act(connection, moments, now)

    @override
    async def apply_opt_out(self, connection: Connection, answers: Sequence[Answer], now: datetime) -> None:
        moments = await apply_opt_outs(connection, self.directory, _facts(answers), now)
        await self._act(connection, moments, now)

    @override
    async def apply_click(self, connection: Connection, click: LinkClick, now: datetime) -> bool:
        moments = await apply_click(
            connection,
            self.directory,
            opaque_id=click.opaque_id,
            link=click.link,
            occurred_at=click.occurred_at,
            now=now,
        )
        if moments is None:
            return False
        await self._act(connection, moments, now)
        return True

    async def _act(self, connection: Connection, moments: Iterable[MessageMoment], now: datetime) -> None:
        await self.actions.run(connection, list(moments), now)


def _picked(bodies: Sequence[PlainBody], places: Sequence[int]) -> list[StatusFact]:
    """Return the statuses at these places among those of all bodies."""
    wanted, found, first = set(places), list[StatusFact](), 0
    for body in bodies:
        last = first + len(body.statuses)
        if not wanted.isdisjoint(range(first, last)):
            found.extend(fact for place, fact in enumerate(body.facts(), first) if place in wanted)
        first = last
    return found


def _facts(answers: Sequence[Answer]) -> list[AnswerFact]:
    return [
        AnswerFact(contact_id=one.contact_id, occurred_at=one.occurred_at, context_wamid=one.context_wamid)
        for one in answers
    ]
