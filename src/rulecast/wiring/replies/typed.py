"""What a person of the business types goes to one person, through the same gate and sender as every message."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from rulecast.account import BusinessNumber
from rulecast.account.store import list_numbers
from rulecast.conversation import service_window
from rulecast.conversation.store import find_windows
from rulecast.database import Connection
from rulecast.deliver.transport import Transport
from rulecast.gate.prepare import SEALED_REPLY
from rulecast.gate.reply_terms import OPERATOR_RULE, REPLY_STEP
from rulecast.rule.book.store import save_rule
from rulecast.rule.language import Rule, parse_rule
from rulecast.template.messages import text_message
from rulecast.values.ids import ContactId, RunId
from rulecast.values.purpose import Purpose
from rulecast.wiring.look_up import look_up
from rulecast.wiring.read_receipts import (
    NothingToReadError,
    ReceiptNotTakenError,
    mark_conversation_read,
)
from rulecast.wiring.replies import store
from rulecast.wiring.replies.errors import WindowClosedError
from rulecast.wiring.replies.open_run import NewReplyRun, open_reply_run
from rulecast.wiring.replies.price_replies import price_replies
from rulecast.wiring.workspace import Workspace

TYPED_RULE = f"""rule {OPERATOR_RULE}
  version 1
  priority service/90
  purpose service
  about "Answers that people of the business type; nothing is sent by this rule itself."
  when everybody
  send template none in en from any_number
"""
"""Gives typed replies a name in verdicts, reports and stops; its template does not exist, so it can send nothing."""
ENDED = frozenset({"accepted", "held", "refused", "unknown", "unresolved", "cancelled", "expired"})
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedReply:
    """A typed reply on its way, and until when it may leave."""

    contact_id: ContactId
    run_id: RunId
    business_number: str
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyOutcome:
    """Where a typed reply stands: the state of its message, the gate's reason, Meta's code."""

    state: str
    reason: str
    error_code: int

    @property
    def has_ended(self) -> bool:
        """Return whether nothing more is expected of the sender."""
        return self.state in ENDED


async def reply_to(
    workspace: Workspace,
    asked: str,
    text: str,
    *,
    number: str | None = None,
    transport: Transport | None = None,
) -> TypedReply:
    """Let the sender answer a person, named by number or contact id, from the number they wrote to last.

    With a `transport` their message is marked as read first, and they see somebody type.

    Raises:
        PersonUnknownError: nobody of this number or id is known.
        WindowClosedError: they have not written to the number within 24 hours.
        MessageInvalidError: the text is empty or too long.
    """
    text_message(text)
    person = await look_up(workspace, asked, actor=workspace.actor)
    async with workspace.database.connection() as connection:
        from_number, closes_at = await _open_number(connection, workspace, person.contact_id, number)
    if transport is not None:
        # The answer matters more than the ticks above it.
        with contextlib.suppress(NothingToReadError, ReceiptNotTakenError):
            await mark_conversation_read(
                workspace, person.contact_id, transport=transport, number=from_number.name, is_typing=True
            )
    sealed = await workspace.vault.seal(person.contact_id, SEALED_REPLY, text.encode())
    async with workspace.database.transaction() as connection:
        run_id = await write_typed_reply(
            connection,
            workspace,
            person.contact_id,
            sealed_text=sealed,
            business_number_id=str(from_number.business_number_id),
            send_until=closes_at,
        )
    return TypedReply(
        contact_id=person.contact_id,
        run_id=run_id,
        business_number=from_number.name,
        closes_at=closes_at,
    )


async def write_typed_reply(
    connection: Connection,
    workspace: Workspace,
    contact_id: ContactId,
    *,
    sealed_text: bytes,
    business_number_id: str,
    send_until: datetime,
) -> RunId:
    """Write one message of free text in the caller's transaction; its text is sealed as `SEALED_REPLY`.

    Its purpose is service: it also reaches who stopped marketing, and nobody who wants no message at all.
    """
    now = workspace.clock.now()
    rule = parse_rule(TYPED_RULE)
    assert isinstance(rule, Rule), "the text is ours"
    version = await save_rule(connection, rule, author="rulecast", now=now)
    new = NewReplyRun(
        rule_name=rule.name,
        rule_version_id=version.rule_version_id,
        business_number_id=business_number_id,
        purpose=Purpose.SERVICE,
        step=REPLY_STEP,
        answered_run_id=None,
        launched_by=workspace.actor,
        links={},
    )
    run = await open_reply_run(connection, workspace, new)
    await store.insert_typed(
        connection, run.run_id, contact_id, sealed_text=sealed_text, typed_by=workspace.actor, now=now
    )
    prices_e4 = await price_replies(connection, workspace, run.run_id, [contact_id])
    await store.write_messages(connection, run, [(contact_id, now, send_until)], prices_e4=prices_e4, now=now)
    return run.run_id


async def wait_for_outcome(workspace: Workspace, run_id: RunId, *, seconds: float) -> ReplyOutcome:
    """Return where a typed reply stands once its message has ended, or after so many real seconds."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        async with workspace.database.connection() as connection:
            found = await store.find_outcome(connection, run_id)
        assert found is not None, "the run was written with its message"
        outcome = ReplyOutcome(state=found[0], reason=found[1], error_code=found[2])
        if outcome.has_ended or asyncio.get_running_loop().time() >= deadline:
            return outcome
        await asyncio.sleep(POLL_SECONDS)


async def _open_number(
    connection: Connection, workspace: Workspace, contact_id: ContactId, name: str | None
) -> tuple[BusinessNumber, datetime]:
    """Return the number whose window for the person closes last, and when."""
    numbers = [one for one in await list_numbers(connection) if name in {None, one.name}]
    by_id = {str(one.business_number_id): one for one in numbers}
    windows = await find_windows(connection, [(number_id, contact_id) for number_id in by_id])
    now = workspace.clock.now()
    closing = [
        (closes_at, row.business_number_id)
        for row in windows
        if (closes_at := service_window(row, now)) is not None
    ]
    if not closing:
        raise WindowClosedError(f"Contact {contact_id} has no open window{f' at {name}' if name else ''}.")
    closes_at, number_id = max(closing, key=itemgetter(0))
    return by_id[number_id], closes_at
