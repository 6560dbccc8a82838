"""Accepts or refuses one message request: Meta's synchronous checks in their order, then faults."""

import hmac
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from cloud_api_simulator.chats import Line
from cloud_api_simulator.course import start_course
from cloud_api_simulator.emit import emit_status
from cloud_api_simulator.envelope import Asked, check_envelope, read_body
from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.parameters import NO_PARAMETERS, check_parameters
from cloud_api_simulator.payloads import Message, new_wamid
from cloud_api_simulator.people import Person
from cloud_api_simulator.spoil import accepted_body, spoiled_answer
from cloud_api_simulator.templates import Template
from cloud_api_simulator.world import Number, World

OLDEST_VERSION = 21
"""v20.0 was removed on 2026-09-24 (Cloud API docs: Graph API versions)."""
_VERSION = re.compile(r"v(\d{1,2})\.\d{1,2}")


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """One request while it is being judged; `row` becomes its ledger row."""

    world: World
    request: Request
    number_id: str
    virtual: float
    row: dict[str, Any]
    asked: Asked = field(default_factory=Asked)

    def close(self, outcome: str, **more: object) -> None:
        """Write the ledger row."""
        asked = self.asked
        self.row.update(
            number=self.number_id,
            to=asked.to,
            recipient=asked.user_id,
            type=asked.kind,
            template=asked.template_name,
            language=asked.language,
            opaque=asked.opaque,
            outcome=outcome,
        )
        self.row.update((key, value) for key, value in more.items() if value is not None)
        code = f":{self.row['code']}" if "code" in self.row else ""
        self.world.ledger.write("request", self.row, count_as=f"request:{outcome}{code}")


def handle_message(
    world: World, request: Request, version: str, number_id: str, *, lite: bool = False
) -> Response | Awaitable[Response | None]:
    """Answer `POST /{version}/{phone_number_id}/messages`, writing one ledger row whatever happens."""
    virtual = round(world.clock.at(request.first_byte_real), 6)
    row: dict[str, Any] = {"real": round(request.first_byte_real, 6), "virtual": virtual}
    attempt = _Attempt(world=world, request=request, number_id=number_id, virtual=virtual, row=row)
    try:
        message = _judge(attempt, version, lite=lite)
    except ApiError as error:
        attempt.close("refused", code=error.code)
        return json_response(error.body(), status=error.http_status)
    if message is None:
        attempt.close("receipt")
        return json_response({"success": True})
    return _take(attempt, message)


def _judge(attempt: _Attempt, version: str, *, lite: bool) -> Message | None:
    """Return the message to accept, None for a read receipt; raises ApiError at the first failed check.

    The order is Meta's: token, version and number, form, account, throughput, pair, template (Cloud API docs:
    error codes).
    """
    world = attempt.world
    check_token(world, attempt.request, attempt.number_id)
    number = check_number(world, version, attempt.number_id)
    attempt.asked = asked = read_body(attempt.request.body)
    check_envelope(asked)
    check_account(world, attempt.number_id)
    if asked.read_message_id is not None:
        return None
    person = _recipient(world, asked)
    if not number.window.admits(attempt.virtual):
        raise ApiError(130429)
    if not world.pairs.admits((attempt.number_id, person.wa_id), attempt.virtual):
        raise ApiError(131056)
    template, parameters = _check_template(world, asked, lite=lite)
    return Message(
        wamid=new_wamid(person.wa_id),
        number=number.settings,
        person=person,
        accepted_at=attempt.virtual,
        to=asked.to or asked.user_id or "",
        opaque=asked.opaque,
        template=template,
        parameters=parameters,
        text=asked.text,
        addressed_by_user_id=asked.to is None,
        lite=lite,
    )


def _take(attempt: _Attempt, message: Message) -> Response | Awaitable[Response | None]:
    """Accept a message that passed every check, unless a fault refuses it, and answer as the fault wants."""
    world = attempt.world
    fault = world.faults.choose(message.person.wa_id, message.template_name)
    if fault is not None and not fault.accepted:
        if fault.kind == "error":
            attempt.close("refused", code=fault.code, fault=fault.name)
        else:
            attempt.close("fault", fault=fault.name)
        return spoiled_answer(world, attempt.request, message, fault)
    wa_id = message.person.wa_id
    world.numbers[attempt.number_id].window.count(attempt.virtual)
    world.pairs.count((attempt.number_id, wa_id), attempt.virtual)
    world.chats.add(wa_id, Line(at=attempt.virtual, message=message))
    attempt.close(
        "accepted", wamid=message.wamid, wa_id=wa_id, fault=fault.name if fault is not None else None
    )
    if fault is None:
        start_course(world, message)
        return json_response(accepted_body(message))
    if fault.kind == "status_before_response":
        update_id = emit_status(world, message, "sent", at_once=True)
        world.sender.watched.add(update_id)
        message.watched_update_id = update_id
    assessed = "drop" if fault.dropped else "release"
    start_course(world, message, held=assessed if fault.kind == "held" else None)
    return spoiled_answer(world, attempt.request, message, fault)


def check_token(world: World, request: Request, number_id: str) -> None:
    """Check the token and its permission; raises ApiError 190, 0 or 10 (Cloud API docs: error codes)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = world.settings.access_token
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), expected.encode()):
        raise ApiError(
            190,
            "Invalid OAuth access token - Cannot parse access token",
            message="Invalid OAuth access token",
        )
    for code in (world.account_error, world.number_errors.get(number_id)):
        if code in (0, 3, 10, 190, 200):
            raise ApiError(code)


def check_number(world: World, version: str, number_id: str) -> Number:
    """Return the number of a path; raises ApiError 100 or 33 (Cloud API docs: error codes)."""
    match = _VERSION.fullmatch(version)
    if match is None or int(match[1]) < OLDEST_VERSION:
        raise ApiError(100, f"Unknown or retired version {version[:12]!r}", subcode=33)
    number = world.numbers.get(number_id)
    if number is None:
        raise ApiError(
            100,
            "Object does not exist or cannot be loaded due to missing permissions",
            subcode=33,
            message="Unsupported post request. Object does not exist",
        )
    if world.number_errors.get(number_id) == 33:  # noqa: PLR2004 - Meta's code of a deleted number
        raise ApiError(33)
    return number


def check_account(world: World, number_id: str) -> None:
    """Raise the error that the account or the number is in: 368, 131031, 131042 or any other set one."""
    for code in (world.account_error, world.number_errors.get(number_id)):
        if code is not None:
            raise ApiError(code)


def _recipient(world: World, asked: Asked) -> Person:
    if asked.digits is not None:
        return world.people.find(world.people.resolve(asked.digits))
    person = world.people.find_user(asked.user_id or "")
    if person is None:
        # A BSUID of another portfolio fails (Cloud API docs: business-scoped user ids).
        raise ApiError(131009, "Parameter recipient does not belong to this business portfolio")
    return person


def _check_template(world: World, asked: Asked, *, lite: bool) -> tuple[Template | None, Any]:
    if asked.kind != "template":
        if lite:
            raise ApiError(131055)
        return None, NO_PARAMETERS
    name, language = asked.template_name or "", asked.language or ""
    template = world.templates.find(name, language)
    if template is None or template.status not in ("APPROVED", "PAUSED", "DISABLED"):
        raise ApiError(132001, f"template name ({name[:80]}) does not exist in {language[:20]}")
    if template.status == "PAUSED":
        raise ApiError(132015)
    if template.status == "DISABLED":
        raise ApiError(132016)
    if lite and not template.is_marketing:
        raise ApiError(134100)
    return template, check_parameters(template, asked.components)
