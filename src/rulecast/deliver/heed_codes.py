"""Put in force what error codes demand beside their messages, whether an answer or a failed status told them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.account.facts import put_hold
from rulecast.account.facts.store import list_number_places
from rulecast.account.reactions import HoldKind, HoldScope, HoldWord
from rulecast.deliver import store
from rulecast.deliver.error_code import CodeAction, describe_error_code
from rulecast.deliver.media_uploads.store import doubt_own_uploads, doubt_uploads, renew_files
from rulecast.deliver.report_code import report_code
from rulecast.deliver.store import Connection
from rulecast.gate import stop_sending
from rulecast.gate.incidents.respond import FILE_CAUSE, REPLY_FILE_CAUSE
from rulecast.gate.rests import Failure, RestRule, keep_rests
from rulecast.gate.rests.store import find_countries

STOPPED_BY = "rulecast"
_RESTING = frozenset({CodeAction.REST_MARKETING, CodeAction.COUNT_UNDELIVERED})
_HELD_KINDS: dict[CodeAction, HoldKind] = {
    CodeAction.HOLD_MARKETING: "marketing",
    CodeAction.HOLD_UTILITY: "utility",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMet:
    """A code that a message met, what it demands there, and when Meta said so; 0 is no message."""

    code: int
    action: CodeAction
    contact_id: int
    template_id: int
    business_number_id: str
    at: datetime
    message_id: int = 0


async def heed_codes(connection: Connection, met: Sequence[CodeMet], now: datetime) -> None:
    """Hold, pause, stop or let rest; suppression is the door's, pace and waits are the courier's."""
    for one in met:
        match one.action:
            case CodeAction.PAUSE_NUMBER | CodeAction.HOLD:
                await store.hold_number(connection, one.business_number_id, reason=f"code_{one.code}")
                await report_code(connection, one.code, one.business_number_id, now=now)
            case CodeAction.STOP_ALL:
                await stop_sending(
                    connection, scope="all", target="", reason=f"code_{one.code}", by=STOPPED_BY, now=now
                )
                await report_code(connection, one.code, one.business_number_id, now=now)
            case _:
                pass
    await _hold_kinds(connection, met, now)
    await _hold_countries(connection, met, now)
    await _pause_templates(connection, met, now)
    await _renew_files(connection, met, now)
    await _let_rest(connection, met)


async def _renew_files(connection: Connection, met: Sequence[CodeMet], now: datetime) -> None:
    """Let nothing leave any more with a file Meta could not take along: its upload is gone, or shows nothing."""
    failed = [one for one in met if one.action is CodeAction.RENEW_FILES]
    of_templates = [one for one in failed if one.template_id]
    if of_templates:
        await _renew_template_files(connection, of_templates, now)
    replies = [one.message_id for one in failed if not one.template_id and one.message_id]
    if replies:
        for rule_name in await doubt_own_uploads(connection, replies, now):
            await report_code(
                connection, failed[0].code, rule_name, scope="rule", cause=REPLY_FILE_CAUSE, now=now
            )


async def _renew_template_files(connection: Connection, failed: Sequence[CodeMet], now: datetime) -> None:
    """Ask fresh files of templates, all of them: which file of which number it was is not told.

    What left before the last failure was met says nothing new; what fails with fresh files within a day waits for a
    person.
    """
    messages = [(one.template_id, one.message_id) for one in failed]
    places = await renew_files(connection, messages, now)
    for place in places:
        await report_code(connection, failed[0].code, place, scope="template", cause=FILE_CAUSE, now=now)
    await doubt_uploads(connection, [one.message_id for one in failed], now if places else None)


async def _pause_templates(connection: Connection, met: Sequence[CodeMet], now: datetime) -> None:
    """Pause templates, and tell their authors of those that were not paused before (F22)."""
    codes = {one.template_id: one.code for one in met if one.action is CodeAction.PAUSE_TEMPLATE}
    if not codes:
        return
    paused = await store.pause_templates(connection, sorted(codes), now=now)
    for template_id, place in sorted(paused.items()):
        await report_code(
            connection, codes[template_id], place, scope="template", cause="template:status", now=now
        )


async def _hold_kinds(connection: Connection, met: Sequence[CodeMet], now: datetime) -> None:
    """Hold one kind of message for the account a number belongs to."""
    held = [one for one in met if one.action in _HELD_KINDS]
    if not held:
        return
    accounts = {one.business_number_id: one.waba_id for one in await list_number_places(connection)}
    for one in held:
        account = accounts.get(one.business_number_id, "")
        if account:
            await _hold(connection, one, _HELD_KINDS[one.action], scope="waba", scope_id=account, now=now)


async def _hold_countries(connection: Connection, met: Sequence[CodeMet], now: datetime) -> None:
    """Hold everything to the country of a person whom the account may not write to there."""
    held = [one for one in met if one.action is CodeAction.HOLD_COUNTRY]
    if not held:
        return
    countries = await find_countries(connection, [one.contact_id for one in held])
    for one in held:
        country = countries.get(one.contact_id, "")
        if country:
            await _hold(connection, one, "all", scope="country", scope_id=country, now=now)


async def _hold(
    connection: Connection, met: CodeMet, kind: HoldKind, *, scope: HoldScope, scope_id: str, now: datetime
) -> None:
    word = HoldWord(cause=f"code:{met.code}", kind=kind)
    if await put_hold(connection, word, scope=scope, scope_id=scope_id, at=min(met.at, now)):
        await report_code(connection, met.code, scope_id, scope=scope, now=now)


async def _let_rest(connection: Connection, met: Sequence[CodeMet]) -> None:
    failures = [
        Failure(contact_id=one.contact_id, code=one.code, failed_at=one.at)
        for one in met
        if one.action in _RESTING
    ]
    await keep_rests(
        connection, failures, rules={one.code: _rule(one) for one in met if one.action in _RESTING}
    )


def _rule(met: CodeMet) -> RestRule:
    return RestRule(
        kind="all" if met.action is CodeAction.COUNT_UNDELIVERED else "marketing",
        waits_seconds=describe_error_code(met.code).waits_seconds,
    )
