"""What the webhook door tells the messages that were sent: statuses, answers, opt-outs, clicks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from rulecast.collect.plain_statuses import PlainStatuses
from rulecast.collect.webhook_facts import StatusFact
from rulecast.database import Connection
from rulecast.values.ids import ContactId, OpaqueId


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A known person wrote; `context_wamid` names the message answered where the answer quotes one."""

    contact_id: ContactId
    context_wamid: str | None = field(repr=False)
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkClick:
    """A tracked link of one attempt was opened by a person."""

    opaque_id: OpaqueId
    link: str
    occurred_at: datetime


class PlainBody(Protocol):
    """A body that holds nothing but ordinary statuses."""

    @property
    def statuses(self) -> PlainStatuses:
        """Return its statuses as columns."""
        ...

    def facts(self) -> Sequence[StatusFact]:
        """Return the same statuses with everything that is told of them."""
        ...


class MessageBook(Protocol):
    """The sent messages, as the door sees them; every call belongs to the door's transaction."""

    async def apply_statuses(
        self, connection: Connection, statuses: Sequence[StatusFact], now: datetime
    ) -> object:
        """Merge statuses into the messages; repeats and any order come to the same.

        Opt-outs that failures tell of (131050) are the door's.
        """
        ...

    async def apply_plain(self, connection: Connection, bodies: Sequence[PlainBody], now: datetime) -> None:
        """Merge the statuses of bodies that hold nothing but ordinary ones; the outcome is that of `apply_statuses`."""
        statuses = [status for body in bodies for status in body.facts()]
        await self.apply_statuses(connection, statuses, now)

    async def apply_reply(self, connection: Connection, answers: Sequence[Answer], now: datetime) -> None:
        """Mark the messages that were answered."""
        ...

    async def apply_opt_out(self, connection: Connection, answers: Sequence[Answer], now: datetime) -> None:
        """Mark the messages whose readers asked for silence."""
        ...

    async def apply_click(self, connection: Connection, click: LinkClick, now: datetime) -> bool:
        """Mark the message whose link was opened; False where the attempt is unknown."""
        ...
