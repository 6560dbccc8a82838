"""Spoils the answer to a message request as a fault asks: what networks and proxies do, not Meta."""

import asyncio
import gzip

from cloud_api_simulator.clock import wait_until
from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.faults import Fault
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.quirks import error_data_as_text
from cloud_api_simulator.world import World

STATUS_BEFORE_RESPONSE_SECONDS = 2.0
"""Real seconds an answer waits for the acknowledgement of a status that must come first."""
_HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
_NO_ID = {"messaging_product": "whatsapp", "contacts": [], "messages": []}


def accepted_body(message: Message, status: str = "accepted") -> JsonObject:
    """Return Meta's answer to an accepted message (Cloud API docs: messages, success response)."""
    contact = {"input": message.to, "wa_id": message.person.wa_id}
    if message.addressed_by_user_id:
        contact = {"input": message.to, "user_id": message.person.user_id}
    row: JsonObject = {"id": message.wamid}
    if message.template is not None:
        row["message_status"] = status
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [row]}


def error_body(world: World, error: ApiError) -> JsonObject:
    """Return the body of a refusal, its `error_data` as text where the quirks say so."""
    body = error.body()
    return {"error": error_data_as_text(body["error"])} if world.quirks.error_data_as_string else body


async def spoiled_answer(world: World, request: Request, message: Message, fault: Fault) -> Response | None:
    """Return the answer a fault makes of an accepted or refused message, or None when there is to be none."""
    if fault.kind == "reset" and request.connection is not None:
        request.connection.reset()
    if fault.kind in ("stall", "reset"):
        return None
    if fault.kind == "slow":
        await _write_slowly(request, json_response(accepted_body(message)), fault.seconds)
        return None
    if fault.kind == "status_before_response":
        await wait_until(
            lambda: message.watched_update_id not in world.sender.watched,
            seconds=STATUS_BEFORE_RESPONSE_SECONDS,
        )
        world.sender.watched.discard(message.watched_update_id)
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
    return _whole_answer(world, message, fault)


def _whole_answer(world: World, message: Message, fault: Fault) -> Response:  # noqa: PLR0911 - one line per kind
    match fault.kind:
        case "error":
            error = ApiError(fault.code)
            return json_response(error_body(world, error), status=fault.status or error.http_status)
        case "bad_gateway":
            return Response(status=fault.status or 502, body=_HTML, content_type="text/html")
        case "no_id":
            return json_response(_NO_ID)
        case "gzip":
            packed = gzip.compress(b"0" * fault.bytes_count, 1)
            return Response(body=packed, headers=(("content-encoding", "gzip"),))
        case "oversized":
            return Response(body=b'{"padding":"' + b"x" * fault.bytes_count + b'"}')
        case "held":
            return json_response(accepted_body(message, "held_for_quality_assessment"))
        case _:
            return json_response(accepted_body(message))


async def _write_slowly(request: Request, response: Response, seconds_per_byte: float) -> None:
    for byte in response.encode(keep_alive=False):
        if request.connection is None or request.connection.transport is None:
            return
        request.connection.transport.write(bytes([byte]))
        await asyncio.sleep(seconds_per_byte)
    if request.connection is not None and request.connection.transport is not None:
        request.connection.transport.close()
