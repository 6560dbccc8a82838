"""Answers `/_control/`: what a test or a demo sets, asks and waits for."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec

from cloud_api_simulator.chats import Line
from cloud_api_simulator.course import prefer, say, tap
from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.faults import read_fault
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.ledger import ROWS_PER_PAGE_MAX
from cloud_api_simulator.limits import PairRate
from cloud_api_simulator.outcome import is_stop_text
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.people import PHONE_DIGITS_MAX, PHONE_DIGITS_MIN
from cloud_api_simulator.templates import STATUSES, read_template
from cloud_api_simulator.world import World

SAID_CHARACTERS_MAX = 4096
"""Longest text a visitor may type into a phone, as WhatsApp's own."""
WAIT_SECONDS_MAX = 600.0
"""Longest wait of `/_control/wait_idle`."""
IDLE_POLL_SECONDS = 0.01

JsonObject = dict[str, Any]
Answer = Response | Awaitable[Response | None]


class ControlError(Exception):
    """A control request that cannot be done; the text names the field."""


def handle_control(world: World, request: Request) -> Answer:
    """Answer one control request; a wrong one gets 400 with the reason and changes nothing."""
    parts = [unquote(part) for part in request.path.split("/")[2:]]
    try:
        match request.method, parts:
            case "POST", ["phones", phone, "say" | "tap" | "prefer" as act]:
                return _phone_act(world, request, phone, act)
            case method, [name] if (method, name) in _ROUTES:
                return _ROUTES[method, name](world, request)
            case _:
                return json_response({"error": "no such control"}, status=404)
    except (ControlError, ValueError, TypeError) as error:
        return json_response({"error": str(error)}, status=400)


def _json(request: Request) -> Any:
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"body: not valid JSON ({type(error).__name__})"
        raise ControlError(message) from None


def _object(request: Request) -> JsonObject:
    value = _json(request)
    if not isinstance(value, dict):
        message = "body: expected a JSON object"
        raise ControlError(message)
    return value


def _rows(request: Request) -> Iterator[tuple[int, Any]]:
    """Yield numbered rows of a JSON list, an object, or JSON Lines."""
    body = request.body.lstrip()
    if body.startswith(b"["):
        yield from enumerate(_json(request), start=1)
        return
    for line_number, line in enumerate(body.splitlines(), start=1):
        if line.strip():
            try:
                yield line_number, msgspec.json.decode(line)
            except msgspec.DecodeError:
                message = f"line {line_number}: not valid JSON"
                raise ControlError(message) from None


def _objects(request: Request) -> list[tuple[int, JsonObject]]:
    rows = list(_rows(request))
    for position, row in rows:
        if not isinstance(row, dict):
            message = f"row {position}: expected an object"
            raise ControlError(message)
    return rows


def _people(world: World, request: Request) -> Answer:
    count = 0
    for position, row in _objects(request):
        try:
            world.people.describe(row)
        except ValueError as error:
            message = f"row {position}: {error} ({count} people before it were kept)"
            raise ControlError(message) from None
        count += 1
    return json_response({"people": count})


def _templates(world: World, request: Request) -> Answer:
    value = _json(request)
    rows = value if isinstance(value, list) else [value]
    ids: list[str] = []
    for row in rows:
        if not isinstance(row, dict):
            message = "templates: expected objects"
            raise ControlError(message)
        known = world.templates.find(str(row.get("name")), str(row.get("language")))
        world.template_count += known is None
        template_id = known.template_id if known is not None else str(594425479261000 + world.template_count)
        world.templates.put(read_template(row, template_id=template_id, status="APPROVED"))
        ids.append(template_id)
    return json_response({"templates": len(ids), "ids": ids})


def _template_list(world: World, request: Request) -> Answer:
    del request
    return json_response({"data": [template.as_json() for template in world.templates]})


def _template_status(world: World, request: Request) -> Answer:
    """Change status or category of a template and emit Meta's webhook (Cloud API docs: template webhooks)."""
    row = _object(request)
    template = world.templates.find(str(row.get("name")), str(row.get("language")))
    if template is None:
        message = "name, language: no such template"
        raise ControlError(message)
    named = {
        "message_template_id": int(template.template_id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }
    status = row.get("status", template.status)
    if status not in STATUSES:
        message = f"status: expected one of {', '.join(sorted(STATUSES))}"
        raise ControlError(message)
    category = str(row.get("category", template.category))
    world.templates.put(replace(template, status=status, category=category))
    if status != template.status:
        emit_management(world, "message_template_status_update", {"event": status, **named, "reason": "NONE"})
    if category != template.category:
        emit_management(
            world,
            "template_category_update",
            {**named, "previous_category": template.category, "new_category": category},
        )
    return json_response({"status": status, "category": category})


def _faults(world: World, request: Request) -> Answer:
    row = _object(request)
    unknown = set(row) - {"requests", "webhooks"}
    if unknown:
        message = f"unknown fields: {', '.join(sorted(unknown))}"
        raise ControlError(message)
    if "requests" in row:
        world.faults.replace([read_fault(fault, position) for position, fault in enumerate(row["requests"])])
    if "webhooks" in row:
        world.sender.settings = replace(world.sender.settings, **row["webhooks"])
    return _fault_list(world, request)


def _fault_list(world: World, request: Request) -> Answer:
    del request
    return json_response({"requests": world.faults.as_json(), "webhooks": asdict(world.sender.settings)})


def _behaviour(world: World, request: Request) -> Answer:
    world.behaviour = replace(world.behaviour, **_object(request))
    world.people.behaviour = world.behaviour
    return json_response(asdict(world.behaviour))


def _account(world: World, request: Request) -> Answer:
    """Put the account, or one number, into an error such as 190, 368, 131031 or 131042; null heals it."""
    row = _object(request)
    code = row.get("code")
    if code is not None and not isinstance(code, int):
        message = "code: expected an error code or null"
        raise ControlError(message)
    number_id = row.get("number")
    if number_id is None:
        world.account_error = code
    elif code is None:
        world.number_errors.pop(str(number_id), None)
    else:
        world.number_errors[str(number_id)] = code
    return json_response({"account": world.account_error, "numbers": world.number_errors})


def _webhook(world: World, request: Request) -> Answer:
    row = _object(request)
    if not isinstance(row.get("field"), str) or not isinstance(row.get("value"), dict):
        message = "field, value: expected a field name and an object"
        raise ControlError(message)
    emit_management(world, row["field"], row["value"])
    return json_response({"emitted": world.update_count})


def _webhook_url(world: World, request: Request) -> Answer:
    world.sender.url = _object(request).get("url")
    return json_response({"url": world.sender.url})


def _reset(world: World, request: Request) -> Answer:
    """Forget people, templates, faults, limits, chats and everything scheduled; the ledger stays and says so."""
    del request
    world.scheduler.clear()
    world.sender.forget()
    world.sender.settings = world.settings.webhooks
    world.people.forget()
    world.templates.clear()
    world.chats.clear()
    world.faults.replace([])
    world.pairs = PairRate()
    world.account_error = None
    world.number_errors.clear()
    world.behaviour = world.people.behaviour = world.settings.behaviour
    world.ledger.write("reset", {})
    return json_response({"reset": True})


def _state(world: World, request: Request) -> Answer:
    del request
    return json_response(state_of(world))


def state_of(world: World) -> JsonObject:
    """Return counts and whether anything is still to happen."""
    return {
        "idle": world.is_idle,
        "scheduled": len(world.scheduler),
        "undelivered": world.sender.undelivered,
        "link_fetches": world.link_fetches,
        "virtual": world.clock.now(),
        "speed": world.clock.speed,
        "seed": world.settings.seed,
        "people": len(world.people),
        "templates": sum(1 for _ in world.templates),
        "counts": dict(world.ledger.counts),
    }


def _query(request: Request) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(request.query).items()}


async def _wait_idle(world: World, request: Request) -> Response:
    timeout = min(float(_query(request).get("timeout", "30")), WAIT_SECONDS_MAX)
    deadline = time.monotonic() + timeout
    while not world.is_idle and time.monotonic() < deadline:
        await asyncio.sleep(IDLE_POLL_SECONDS)
    world.ledger.flush()
    return json_response(state_of(world))


def _ledger(world: World, request: Request) -> Answer:
    query = _query(request)
    after, limit = int(query.get("after", "0")), min(int(query.get("limit", "1000")), ROWS_PER_PAGE_MAX)
    rows, line_number = world.ledger.rows(kind=query.get("kind"), after=after, limit=limit)
    return json_response(
        {
            "counts": dict(world.ledger.counts),
            "rows": rows,
            "after": line_number,
            "path": str(world.ledger.path),
        }
    )


def _phone_act(world: World, request: Request, phone: str, act: str) -> Answer:
    wa_id = "".join(character for character in phone if character.isascii() and character.isdigit())
    if not PHONE_DIGITS_MIN <= len(wa_id) <= PHONE_DIGITS_MAX:
        message = "phone: expected a number in digits"
        raise ControlError(message)
    row = _object(request)
    if act == "say":
        text = row.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= SAID_CHARACTERS_MAX:
            message = f"text: expected 1 to {SAID_CHARACTERS_MAX} characters"
            raise ControlError(message)
        say(world, _partner(world, wa_id, row), text, is_stop=is_stop_text(text), at_once=True)
    elif act == "prefer":
        value = row.get("value")
        if value not in ("stop", "resume"):
            message = "value: expected stop or resume"
            raise ControlError(message)
        prefer(world, _partner(world, wa_id, row), value, at_once=True)
    else:
        _tap(world, wa_id, row)
    return json_response({"done": act})


def _partner(world: World, wa_id: str, row: JsonObject) -> Message:
    """Return the latest message of the phone, or a stand-in to the first number when it never got one."""
    latest = world.chats.last_template_message(wa_id)
    number = world.numbers.get(str(row["number"])) if "number" in row else None
    if latest is not None and number is None:
        return latest
    number = number or next(iter(world.numbers.values()))
    return Message(
        wamid="",
        number=number.settings,
        person=world.people.find(wa_id),
        accepted_at=world.clock.now(),
        to=wa_id,
    )


def _tap(world: World, wa_id: str, row: JsonObject) -> None:
    wamid = row.get("wamid")
    messages = [
        line.message
        for line in world.chats.of(wa_id)
        if line.message is not None and line.message.template is not None
    ]
    if wamid is not None:
        messages = [message for message in messages if message.wamid == wamid]
    if not messages:
        error = "wamid: this phone has no such template message"
        raise ControlError(error)
    message = messages[-1]
    buttons = message.template.buttons if message.template is not None else ()
    payload = row.get("payload")
    for index, button in enumerate(buttons):
        if index == row.get("index") or (
            payload is not None and payload in (message.parameters.payloads.get(index), button.text)
        ):
            if button.kind == "URL":
                world.chats.add(wa_id, Line(at=world.clock.now(), text=f"(opened {button.text})"))
            tap(world, message, index, at_once=True)
            return
    error = "index, payload: the message has no such button"
    raise ControlError(error)


_ROUTES: dict[tuple[str, str], Callable[[World, Request], Answer]] = {
    ("POST", "people"): _people,
    ("POST", "templates"): _templates,
    ("GET", "templates"): _template_list,
    ("POST", "template_status"): _template_status,
    ("POST", "faults"): _faults,
    ("GET", "faults"): _fault_list,
    ("POST", "behaviour"): _behaviour,
    ("POST", "account"): _account,
    ("POST", "webhook"): _webhook,
    ("POST", "webhook_url"): _webhook_url,
    ("POST", "reset"): _reset,
    ("GET", "state"): _state,
    ("POST", "wait_idle"): _wait_idle,
    ("GET", "ledger"): _ledger,
}
