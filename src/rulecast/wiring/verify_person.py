"""Proving that a number is a person's own: a one-time code is sent to it and given back.

Asked for before somebody gets their data, an export of it, or another number in the place of the known one. The code
goes through plan, gate and sender like every message; it needs no consent, because the person asked for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.account import BusinessNumber
from rulecast.account.store import list_numbers
from rulecast.database import Connection
from rulecast.observe.append_audit import append_audit
from rulecast.profile.one_time_codes import CodeOutcome, CodePurpose, CodeRequest, check_code, store
from rulecast.profile.one_time_codes.ask_code import (
    CODES_PER_DAY_MAX,
    LIFETIME_DEFAULT,
    NONCE_BYTES,
    RESEND_AFTER,
)
from rulecast.template import MessageTemplate
from rulecast.template.store import list_templates
from rulecast.values.errors import RulecastError
from rulecast.values.ids import ContactId, RunId
from rulecast.wiring.look_up import look_up
from rulecast.wiring.try_message import write_listed_run
from rulecast.wiring.workspace import Workspace

RULE_NAME = "one_time_code"
RULE = """rule {name}
  version 1
  priority transactional/90
  purpose transactional
  when everybody
  send template {template} in the contact's language ({languages}; else {fallback}) (1: "000000") from {number}
"""
"""The digits stand for the code, which only the sender knows; a plan of this rule by hand sends nothing."""


class CodeNotPossibleError(RulecastError):
    """A code cannot be sent."""

    code = "RC-VERIFY-001"
    summary = "A one-time code cannot be sent."
    remedy = "Declare an authentication template with a code button, have it approved, and name number and template."


class CodeTooOftenError(RulecastError):
    """A person was sent a code a moment ago, or too many within a day."""

    code = "RC-VERIFY-002"
    summary = "A person was sent a code a moment ago, or too many within a day."
    remedy = (
        "Wait for the code that was sent; after five in a day prove the person's identity in another way."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    """A code on its way: the run that sends it and until when it holds."""

    contact_id: ContactId
    run_id: RunId
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTried:
    """What a try was worth, and how many are left."""

    contact_id: ContactId
    outcome: CodeOutcome
    tries_left: int


async def send_one_time_code(
    workspace: Workspace,
    asked: str,
    *,
    purpose: CodePurpose,
    random_bytes: Callable[[int], bytes],
    template: str | None = None,
    number: str | None = None,
) -> CodeSent:
    """Let the sender send a code to a person, named by number or contact id; an earlier one holds no longer.

    `template` and `number` may be left out where there is only one that can be meant.

    Raises:
        PersonUnknownError: nobody of this number or id is known.
        CodeNotPossibleError: there is no template or number, or several and none is named.
        CodeTooOftenError: the last code is younger than a minute, or it would be the sixth within a day.
    """
    person = await look_up(workspace, asked, actor=workspace.actor)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        place = await store.lock_person(connection, person.contact_id)
        await _refuse_haste(connection, person.contact_id, now)
        found = _templates(await list_templates(connection), template)
        text = _rule(found, _number(await list_numbers(connection), number))
        lifetime = _lifetime(found)
        listed = [(int(person.contact_id), place.country, place.language, place.zone)]
        trial = await write_listed_run(
            connection, workspace, text, listed, valid_for=lifetime, is_asked_for=True
        )
        request = CodeRequest(
            contact_id=person.contact_id,
            purpose=purpose,
            run_id=trial.run_id,
            nonce=random_bytes(NONCE_BYTES),
            asked_by=workspace.actor,
            asked_at=now,
            expires_at=now + lifetime,
        )
        await store.insert_code(connection, request)
        await _note(
            connection, workspace, person.contact_id, "one-time code asked for", purpose=purpose.value
        )
    return CodeSent(contact_id=person.contact_id, run_id=trial.run_id, expires_at=request.expires_at)


async def try_one_time_code(
    workspace: Workspace, asked: str, typed: str, *, purpose: CodePurpose
) -> CodeTried:
    """Check what a person gave back; the right code holds once, and five wrong tries end it.

    Raises:
        PersonUnknownError: nobody of this number or id is known.
    """
    person = await look_up(workspace, asked, actor=workspace.actor)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        live = await store.find_live_code(connection, person.contact_id, purpose)
        verdict = check_code(live, typed, sign=workspace.vault.sign, now=now)
        if live is not None:
            await store.settle_try(connection, live, verdict, now)
        await _note(
            connection,
            workspace,
            person.contact_id,
            "one-time code tried",
            purpose=purpose.value,
            outcome=verdict.outcome.value,
        )
    return CodeTried(contact_id=person.contact_id, outcome=verdict.outcome, tries_left=verdict.tries_left)


async def _refuse_haste(connection: Connection, contact_id: ContactId, now: datetime) -> None:
    before = await store.count_asked(connection, contact_id, now)
    if before.last_at is not None and now - before.last_at < RESEND_AFTER:
        raise CodeTooOftenError(f"Contact {contact_id} was sent a code less than a minute ago.")
    if before.count >= CODES_PER_DAY_MAX:
        raise CodeTooOftenError(f"Contact {contact_id} was sent {before.count} codes within a day.")


def _templates(offered: list[MessageTemplate], name: str | None) -> list[MessageTemplate]:
    """Return the template in each language in which it can be sent."""
    usable = [
        one
        for one in offered
        if one.category == "authentication" and one.is_sendable and name in {None, one.name}
    ]
    names = sorted({one.name for one in usable})
    if len(names) != 1:
        what = f"several could be meant: {', '.join(names)}" if names else "there is none that is approved"
        raise CodeNotPossibleError(f"No authentication template: {what}.")
    return usable


def _number(offered: list[BusinessNumber], name: str | None) -> BusinessNumber:
    usable = [one for one in offered if one.state == "active" and name in {None, one.name}]
    if len(usable) != 1:
        names = ", ".join(one.name for one in usable)
        what = f"several could be meant: {names}" if names else "there is none that is active"
        raise CodeNotPossibleError(f"No business number: {what}.")
    return usable[0]


def _rule(templates: list[MessageTemplate], number: BusinessNumber) -> str:
    languages = sorted(one.language for one in templates)
    fallback = "en" if "en" in languages else languages[0]
    return RULE.format(
        name=RULE_NAME,
        template=templates[0].name,
        languages=", ".join(languages),
        fallback=fallback,
        number=number.name,
    )


def _lifetime(templates: list[MessageTemplate]) -> timedelta:
    """Return how long a code holds: as long as its template says, in the most cautious language."""
    minutes = [one.parts.code_expiration_minutes for one in templates]
    given = [timedelta(minutes=one) for one in minutes if one]
    return min(given, default=LIFETIME_DEFAULT)


async def _note(
    connection: Connection, workspace: Workspace, contact_id: ContactId, action: str, **details: str
) -> None:
    await append_audit(
        connection,
        actor=workspace.actor,
        action=action,
        subject=f"contact {contact_id}",
        details=details,
        now=workspace.clock.now(),
    )
