"""From what the transport saw to what it means for the message; pure, and never optimistic."""

import re
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from typing_extensions import override

from rulecast.deliver.error_code import CodeAction, CodeOutcome, describe_error_code
from rulecast.deliver.regain import regain_minutes
from rulecast.deliver.transport import Answered, Lost, NotSent
from rulecast.values.quickly_made import quickly_made

HTTP_OK = 200
HTTP_SERVER_ERROR = 500
# A connection that could not be made is tried again after this time; the circuit handles a longer failure.
CONNECT_RETRY_SECONDS = 2
WAMID_LENGTH_MAX = 256
INVALID_PARAMETER = 100
NO_OBJECT = 33

_DIGITS = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
_NO_DIGITS = re.compile(r"[^0-9]", re.ASCII)


class _Message(msgspec.Struct):
    id: str = ""
    message_status: str = "accepted"


class _Error(msgspec.Struct):
    code: int
    error_subcode: object = None


class _Success(msgspec.Struct):
    messages: list[_Message]
    # In whatever shape: nothing in it turns an acceptance into a doubt.
    contacts: object = None


class _Failure(msgspec.Struct):
    error: _Error


_SUCCESS = msgspec.json.Decoder(_Success)
_FAILURE = msgspec.json.Decoder(_Failure)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Meta took the message; `is_held` while it holds it for a quality assessment of the template.

    `spelling` is the number as WhatsApp writes it, with its plus sign, where that is not the number dialled.
    """

    wamid: str
    is_held: bool = False
    spelling: str = ""

    @override
    def __repr__(self) -> str:
        """Hide the wamid: it contains the number of the person."""
        return f"Accepted(is_held={self.is_held})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The message was not taken in this attempt; `outcome` says what becomes of it and `action` what happens beside."""

    outcome: CodeOutcome
    action: CodeAction
    code: int
    cause: str
    wait_seconds: int


Outcome: TypeAlias = Accepted | Rejected


def classify(result: Answered | NotSent | Lost) -> Outcome:
    """Say what a result means; whatever is not surely one thing is unknown."""
    match result:
        case NotSent(cause=cause):
            return Rejected(
                outcome=CodeOutcome.AGAIN,
                action=CodeAction.RETRY_AFTER,
                code=0,
                cause=cause,
                wait_seconds=CONNECT_RETRY_SECONDS,
            )
        case Lost(cause=cause):
            return _unknown(cause)
        case Answered(status=status, body=body, usage=usage):
            if body is None:
                return _unknown("answer_unreadable")
            return _classify_success(body) if status == HTTP_OK else _classify_failure(status, body, usage)


def _unknown(cause: str, code: int = 0) -> Rejected:
    return Rejected(
        outcome=CodeOutcome.UNKNOWN, action=CodeAction.NONE, code=code, cause=cause, wait_seconds=0
    )


def _classify_success(body: bytes) -> Outcome:
    try:
        success = _SUCCESS.decode(body)
    except msgspec.MsgspecError:
        # A Graph error in a 200 answer is outside the contract: nobody knows, so nothing is repeated.
        return _unknown("answer_malformed")
    messages = success.messages
    if len(messages) != 1 or not 0 < len(messages[0].id) <= WAMID_LENGTH_MAX:
        return _unknown("answer_without_id")
    # `paused` is taken and paused: it will not go out, and the status `failed` may follow with 132015 (F11).
    is_held = messages[0].message_status in {"held_for_quality_assessment", "paused"}
    return Accepted(wamid=messages[0].id, is_held=is_held, spelling=_spelling(success.contacts))


def _spelling(contacts: object) -> str:
    """Return the number as WhatsApp writes it where it is another than the one dialled (Cloud API, `wa_id`)."""
    match contacts:
        case [{"input": str(dialled), "wa_id": str(wa_id)}] if _DIGITS.fullmatch(wa_id):
            return "" if wa_id == _NO_DIGITS.sub("", dialled) else f"+{wa_id}"
        case _:
            return ""


def code_behind(code: int, subcode: object) -> int:
    """Return the code that tells the cause: 100 is about the request, but for its subcode 33.

    Then the number does not exist, or the token may not use it (Graph API, error 100).
    """
    return NO_OBJECT if (code, subcode) == (INVALID_PARAMETER, NO_OBJECT) else code


def _classify_failure(status: int, body: bytes, usage: str) -> Outcome:
    try:
        error = _FAILURE.decode(body).error
    except msgspec.MsgspecError:
        return _unknown(f"http_{status}")
    code = code_behind(error.code, error.error_subcode)
    row = describe_error_code(code)
    # Any 5xx is in doubt whatever its body says; what the code tells about the number still counts.
    outcome = CodeOutcome.UNKNOWN if status >= HTTP_SERVER_ERROR else row.outcome
    # Of too many calls Meta knows best when it takes the next one.
    regain_seconds = 60 * regain_minutes(usage) if row.action is CodeAction.RETRY_AFTER else 0
    return Rejected(
        outcome=outcome,
        action=row.action,
        code=code,
        cause=f"code_{code}",
        wait_seconds=max(row.wait_seconds, regain_seconds),
    )
