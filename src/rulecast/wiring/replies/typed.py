"""What a person of the business types goes to one person, through the same gate and sender as every message."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from rulecast.account import BusinessNumber
from rulecast.account.store import list_numbers
from rulecast.conversation import WindowRow, service_window
from rulecast.conversation.open_windows import SEALED_WAMID
from rulecast.conversation.store import find_windows
from rulecast.database import Connection
from rulecast.deliver.transport import Transport
from rulecast.gate.prepare import SEALED_REPLY
from rulecast.gate.reply_terms import OPERATOR_RULE, REPLY_STEP
from rulecast.gate.typed_content import TypedContent, typed_message, write_typed
from rulecast.rule.book.store import save_rule
from rulecast.rule.language import Rule, parse_rule
from rulecast.template.messages import MediaHandle
from rulecast.template.messages.media import MediaKind
from rulecast.values.ids import ContactId, RunId
from rulecast.values.purpose import Purpose
from rulecast.wiring.look_up import look_up
from rulecast.wiring.read_receipts import (
    NothingToReadError,
    ReceiptNotTakenError,
    mark_conversation_read,
)
from rulecast.wiring.replies import store
from rulecast.wiring.replies.errors import NothingToReactToError, ReplyUnfitError, WindowClosedError
from rulecast.wiring.replies.keep_typed_file import keep_typed_file
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
class SealedReply:
    """What somebody typed, sealed for who gets it; `files` as `keep_typed_file` returns them."""

    form: str
    sealed: bytes = field(repr=False)
    files: Mapping[str, Any] = field(default_factory=dict)


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
    said: str | TypedContent,
    *,
    file: Path | None = None,
    number: str | None = None,
    transport: Transport | None = None,
) -> TypedReply:
    """Let the sender answer a person, named by number or contact id, from the number they wrote to last.

    `file` is the file of this machine that goes with it. With a `transport` their message is marked as read first, and
    they see somebody type. A reaction without a message is put under the newest of theirs.

    Raises:
        PersonUnknownError: nobody of this number or id is known.
        WindowClosedError: they have not written to the number within 24 hours.
        MessageInvalidError: a text is empty or too long, or does not go with the file.
        NothingToReactToError: they have written nothing that a reaction could stand under.
        MediaFetchError, MediaRefusedError, FileRefusedError: the file cannot be had, or is none that WhatsApp takes.
    """
    typed = TypedContent(text=said) if isinstance(said, str) else said
    _check(typed, file)
    person = await look_up(workspace, asked, actor=workspace.actor)
    async with workspace.database.connection() as connection:
        from_number, closes_at, window = await _open_number(connection, workspace, person.contact_id, number)
    typed = await _with_wamid(workspace, typed, window)
    files = {} if file is None else await keep_typed_file(workspace, file, _kind(typed))
    if transport is not None:
        # The answer matters more than the ticks above it.
        with contextlib.suppress(NothingToReadError, ReceiptNotTakenError):
            await mark_conversation_read(
                workspace, person.contact_id, transport=transport, number=from_number.name, is_typing=True
            )
    sealed = await workspace.vault.seal(person.contact_id, SEALED_REPLY, write_typed(typed))
    async with workspace.database.transaction() as connection:
        run_id = await write_typed_reply(
            connection,
            workspace,
            person.contact_id,
            reply=SealedReply(form=typed.form, sealed=sealed, files=files),
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
    reply: SealedReply,
    business_number_id: str,
    send_until: datetime,
) -> RunId:
    """Write one message of what was typed in the caller's transaction; it is sealed as `SEALED_REPLY`.

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
        typed=reply.form,
        files=reply.files,
    )
    run = await open_reply_run(connection, workspace, new)
    await store.insert_typed(
        connection, run.run_id, contact_id, sealed_text=reply.sealed, typed_by=workspace.actor, now=now
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


def _check(typed: TypedContent, file: Path | None) -> None:
    """Refuse what WhatsApp would refuse before anything is asked, kept or written."""
    if typed.has_file != (file is not None):
        raise ReplyUnfitError("A file and the way it is shown go together.")
    if typed.form == "reaction" and not typed.wamid:
        # Its message is looked for later: any will do for the look at the emoji.
        typed = replace(typed, wamid="wamid")
    typed_message(typed, MediaHandle(media_id="1"))


def _kind(typed: TypedContent) -> MediaKind:
    assert typed.has_file, "it was checked"
    return cast("MediaKind", typed.form)


async def _with_wamid(workspace: Workspace, typed: TypedContent, window: WindowRow) -> TypedContent:
    """Return a reaction to the newest message of the person where it names none; everything else as it is."""
    if typed.form != "reaction" or typed.wamid:
        return typed
    opened = (
        None
        if window.sealed_last_wamid is None
        else await workspace.vault.open(ContactId(window.contact_id), SEALED_WAMID, window.sealed_last_wamid)
    )
    if opened is None:
        raise NothingToReactToError
    return replace(typed, wamid=opened.decode())


async def _open_number(
    connection: Connection, workspace: Workspace, contact_id: ContactId, name: str | None
) -> tuple[BusinessNumber, datetime, WindowRow]:
    """Return the number whose window for the person closes last, when, and the window."""
    numbers = [one for one in await list_numbers(connection) if name in {None, one.name}]
    by_id = {str(one.business_number_id): one for one in numbers}
    windows = await find_windows(connection, [(number_id, contact_id) for number_id in by_id])
    now = workspace.clock.now()
    closing = [(closes_at, row) for row in windows if (closes_at := service_window(row, now)) is not None]
    if not closing:
        raise WindowClosedError(f"Contact {contact_id} has no open window{f' at {name}' if name else ''}.")
    closes_at, window = max(closing, key=itemgetter(0))
    return by_id[window.business_number_id], closes_at, window
