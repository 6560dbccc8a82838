"""Accepts or refuses one message request: Meta's synchronous checks in their order, then faults."""

import asyncio
import gzip
import hmac
import re
from collections.abc import Awaitable
from typing import Any

from cloud_api_simulator.chats import Line
from cloud_api_simulator.course import start_course
from cloud_api_simulator.emit import emit_status
from cloud_api_simulator.envelope import Asked, check_envelope, read_body
from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.faults import Fault
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.parameters import NO_PARAMETERS, check_parameters
from cloud_api_simulator.payloads import Message, new_wamid
from cloud_api_simulator.people import Person
from cloud_api_simulator.templates import Template
from cloud_api_simulator.world import Number, World

OLDEST_VERSION = 21
"""v20.0 was removed on 2026-09-24 (Cloud API docs: Graph API versions)."""
STATUS_BEFORE_RESPONSE_SECONDS = 2.0
"""Real seconds an answer waits for the acknowledgement of a status that must come first."""
_VERSION = re.compile(r"v(\d{1,2})\.\d{1,2}")
_HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def handle_message(
    world: World, request: Request, version: str, number_id: str, *, lite: bool = False
) -> Response | Awaitable[Response | None]:
    """Answer `POST /{version}/{phone_number_id}/messages`, writing one ledger row whatever happens."""
    virtual = world.clock.at(request.first_byte_real)
    asked = Asked()
    row: dict[str, Any] = {"real": request.first_byte_real, "virtual": round(virtual, 6), "number": number_id}
    try:
        check_token(world, request, number_id)
        number = check_number(world, version, number_id)
        asked = read_body(request.body)
        check_envelope(asked)
        check_account(world, number_id)
        if asked.read_message_id is not None:
            return json_response({"success": True})
        person = _recipient(world, asked)
        _check_rates(world, number, person, virtual)
        template, parameters = _check_template(world, asked, lite=lite)
    except ApiError as error:
        _write(world, row, asked, outcome="refused", code=error.code)
        return json_response(error.body(), status=error.http_status)
    message = Message(
        wamid=new_wamid(person.wa_id),
        number=number.settings,
        person=person,
        accepted_at=virtual,
        to=asked.to or asked.user_id or "",
        opaque=asked.opaque,
        template=template,
        parameters=parameters,
        text=asked.text,
        addressed_by_user_id=asked.to is None,
        lite=lite,
        key=(person.wa_id, template.name if template is not None else ""),
    )
    fault = world.faults.choose(person.wa_id, template.name if template is not None else "")
    if fault is not None and not fault.accepted:
        outcome = (
            {"outcome": "refused", "code": fault.code} if fault.kind == "error" else {"outcome": "fault"}
        )
        _write(world, row, asked, fault=fault.name, **outcome)
        return _faulty(world, request, message, fault)
    number.window.count(virtual)
    world.pairs.count((number_id, person.wa_id), virtual)
    world.chats.add(person.wa_id, Line(at=virtual, message=message))
    _write(
        world,
        row,
        asked,
        outcome="accepted",
        wamid=message.wamid,
        wa_id=person.wa_id,
        fault=fault.name if fault else None,
    )
    if fault is None:
        start_course(world, message)
        return json_response(_accepted(message))
    if fault.kind == "status_before_response":
        emit_status(world, message, "sent", at_once=True)
    start_course(
        world, message, held=("drop" if fault.dropped else "release") if fault.kind == "held" else None
    )
    return _faulty(world, request, message, fault)


def check_token(world: World, request: Request, number_id: str) -> None:
    """Check the bearer token and the token's permission; raises ApiError 190, 0 or 10 (Cloud API docs: error codes)."""
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
            "Object does not exist, cannot be loaded due to missing permissions, or does not support this operation",
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
        return world.people.find(asked.digits)
    person = world.people.find_user(asked.user_id or "")
    if person is None:
        # A BSUID of another portfolio fails (Cloud API docs: business-scoped user ids).
        raise ApiError(131009, "Parameter recipient does not belong to this business portfolio")
    return person


def _check_rates(world: World, number: Number, person: Person, now: float) -> None:
    if not number.window.admits(now):
        raise ApiError(130429)
    if not world.pairs.admits((number.settings.phone_number_id, person.wa_id), now):
        raise ApiError(131056)


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


def _accepted(message: Message, status: str = "accepted") -> JsonObject:
    contact = {"input": message.to, "wa_id": message.person.wa_id}
    if message.addressed_by_user_id:
        contact = {"input": message.to, "user_id": message.person.user_id}
    row: JsonObject = {"id": message.wamid}
    if message.template is not None:
        row["message_status"] = status
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [row]}


def _write(world: World, row: dict[str, Any], asked: Asked, **more: object) -> None:
    row.update(
        to=asked.to,
        recipient=asked.user_id,
        type=asked.kind,
        template=asked.template_name,
        language=asked.language,
        opaque=asked.opaque,
    )
    row.update((key, value) for key, value in more.items() if value is not None)
    outcome = str(row["outcome"])
    world.ledger.write(
        "request", row, count_as=f"request:{outcome}:{row['code']}" if "code" in row else f"request:{outcome}"
    )


async def _faulty(world: World, request: Request, message: Message, fault: Fault) -> Response | None:
    """Return the spoiled answer of a fault, or None when there is to be none."""
    match fault.kind:
        case "stall":
            return None
        case "reset":
            if request.connection is not None:
                request.connection.reset()
            return None
        case "error":
            error = ApiError(fault.code)
            return json_response(error.body(), status=fault.status or error.http_status)
        case "bad_gateway":
            return Response(status=fault.status or 502, body=_HTML, content_type="text/html")
        case "no_id":
            return json_response({"messaging_product": "whatsapp", "contacts": [], "messages": []})
        case "gzip":
            return Response(
                body=gzip.compress(b"0" * fault.bytes_count, 1), headers=(("content-encoding", "gzip"),)
            )
        case "oversized":
            return Response(body=b'{"padding":"' + b"x" * fault.bytes_count + b'"}')
        case "held":
            return json_response(_accepted(message, "held_for_quality_assessment"))
        case "slow":
            await _write_slowly(request, json_response(_accepted(message)), fault.seconds)
            return None
        case "status_before_response":
            await _until_acknowledged(world)
        case _:
            await asyncio.sleep(fault.seconds)
    return json_response(_accepted(message))


async def _write_slowly(request: Request, response: Response, seconds_per_byte: float) -> None:
    for byte in response.encode(keep_alive=False):
        if request.connection is None or request.connection.transport is None:
            return
        request.connection.transport.write(bytes([byte]))
        await asyncio.sleep(seconds_per_byte)
    if request.connection is not None and request.connection.transport is not None:
        request.connection.transport.close()


async def _until_acknowledged(world: World) -> None:
    deadline = asyncio.get_running_loop().time() + STATUS_BEFORE_RESPONSE_SECONDS
    while world.sender.undelivered and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.002)
