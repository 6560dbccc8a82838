"""Control requests about people: who they are, and what a visitor does with their phones."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cloud_api_simulator.acts import prefer, say, send_any, tap
from cloud_api_simulator.chats import Line
from cloud_api_simulator.control_request import ControlError, JsonObject, read_object, read_objects
from cloud_api_simulator.feedback import complain
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.identity_change import change_number, change_user_id, change_username
from cloud_api_simulator.inbound import AD, SENT_KINDS, choices_of, context_of
from cloud_api_simulator.outcome import is_stop_text
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.people import PHONE_DIGITS_MAX, PHONE_DIGITS_MIN
from cloud_api_simulator.world import World

SAID_CHARACTERS_MAX = 4096
"""Longest text a visitor may type into a phone, as WhatsApp's own."""
_NOTHING: JsonObject = {}


def describe_people(world: World, request: Request) -> Response:
    """Keep people as described, one object each."""
    count = 0
    for position, row in read_objects(request):
        try:
            world.people.describe(row)
        except (ValueError, TypeError) as error:
            raise ControlError(f"row {position}: {error} ({count} people before it were kept)") from None
        count += 1
    return json_response({"people": count})


def act_on_phone(world: World, request: Request, phone: str, act: str) -> Response:
    """Do something on a phone; its webhook leaves at once."""
    wa_id = _digits(phone, "phone")
    done = _ACTS.get(act)
    if done is None:
        raise ControlError(f"act: expected one of {', '.join(_ACTS)}")
    row = read_object(request) if request.body else _NOTHING
    said = done(world, wa_id, row)
    return json_response({"done": act, **(said or {})})


def show_phone(world: World, phone: str) -> Response:
    """Show what is known of the person behind a phone, with the latest lines of the chat."""
    wa_id = _digits(phone, "phone")
    person, now = world.people.find(wa_id), world.clock.now()
    first = next(iter(world.numbers))
    return json_response(
        {
            "phone": person.wa_id,
            "bsuid": person.user_id,
            "parent_bsuid": person.parent_user_id,
            "username": person.username,
            "name": person.name,
            "country": person.country,
            "has_whatsapp": person.has_whatsapp,
            "stopped": person.stopped,
            "blocked": sorted(person.blocked),
            "engagement": round(person.engagement, 6),
            "in_contact_book": person.in_contact_book,
            "shows_phone": person.shows_phone(first, now),
            "window_is_open": {number: person.window_is_open(number, now) for number in world.numbers},
            "entry_point_is_open": {
                number: person.entry_point_is_open(number, now) for number in world.numbers
            },
            "chat": [_line_json(line) for line in world.chats.of(wa_id)],
        }
    )


def _line_json(line: Line) -> JsonObject:
    if line.message is None:
        return {"at": line.at, "text": line.text}
    message = line.message
    return {
        "at": line.at,
        "wamid": message.wamid,
        "type": message.kind,
        "template": message.template_name or None,
        "status": message.status,
        "code": message.failure_code,
    }


def _digits(phone: object, name: str) -> str:
    text = str(phone)
    digits = "".join(character for character in text if character.isascii() and character.isdigit())
    if not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX:
        raise ControlError(f"{name}: expected a number in digits")
    return digits


def _partner(world: World, wa_id: str, row: JsonObject) -> Message:
    """Return the latest message of the phone, or a stand-in from the named or the first number."""
    latest = world.chats.last_message(wa_id)
    if latest is not None and "number" not in row:
        # Whoever changed the number since is somebody else in the webhooks.
        return replace(latest, person=world.people.find(wa_id))
    number = world.numbers.get(str(row.get("number", next(iter(world.numbers)))))
    if number is None:
        raise ControlError("number: no such business number")
    person = world.people.find(wa_id)
    return Message(wamid="", number=number.settings, person=person, accepted_at=world.clock.now(), to=wa_id)


def _say(world: World, wa_id: str, row: JsonObject) -> None:
    """Type a text; `context` is the wamid it answers, `referral` true or the object of an advertisement."""
    text = row.get("text")
    if not isinstance(text, str) or not 0 < len(text) <= SAID_CHARACTERS_MAX:
        raise ControlError(f"text: expected 1 to {SAID_CHARACTERS_MAX} characters")
    partner = _partner(world, wa_id, row)
    more = _more(partner, row)
    say(world, partner, text, is_stop=is_stop_text(text), at_once=True, more=more)


def _more(partner: Message, row: JsonObject) -> JsonObject:
    more: JsonObject = {}
    if row.get("referral"):
        more["referral"] = AD if row["referral"] is True else dict(row["referral"])
    context = row.get("context")
    if context is not None:
        more["context"] = context if isinstance(context, dict) else context_of(partner.number, str(context))
    return more


def _send(world: World, wa_id: str, row: JsonObject) -> JsonObject:
    """Send a message of any type: `type` and the type's own object, as in Meta's webhook."""
    kind = row.get("type")
    if kind not in SENT_KINDS:
        raise ControlError(f"type: expected one of {', '.join(sorted(SENT_KINDS))}")
    partner = _partner(world, wa_id, row)
    names = set(row) - {"type", "number", "context", "referral"}
    content = {name: row[name] for name in names} | _more(partner, row)
    if kind == "unsupported" and "errors" not in content:
        details = {"details": "Message type is currently not supported."}
        error = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}
        content["errors"] = [{**error, "error_data": details}]
    return {"wamid": send_any(world, partner, str(kind), content)}


def _prefer(world: World, wa_id: str, row: JsonObject) -> None:
    value = row.get("value")
    if value not in ("stop", "resume", "signup"):
        raise ControlError("value: expected stop, resume or signup")
    more = {"signup_id": str(row.get("signup_id", "1"))} if value == "signup" else {}
    prefer(world, _partner(world, wa_id, row), value, at_once=True, **more)


def _complain(grievance: str) -> Callable[[World, str, JsonObject], None]:
    def act(world: World, wa_id: str, row: JsonObject) -> None:
        complain(world, _partner(world, wa_id, row), grievance, world.clock.now())

    return act


def _unblock(world: World, wa_id: str, row: JsonObject) -> None:
    person = world.people.find(wa_id)
    number = row.get("number")
    person.blocked = person.blocked - {str(number)} if number is not None else frozenset()
    world.people.keep(person)


def _change_number(world: World, wa_id: str, row: JsonObject) -> JsonObject:
    digits = _digits(row.get("to"), "to")
    person = world.people.find(wa_id)
    moved = change_number(world, person, _partner(world, wa_id, row).number, digits)
    return {"phone": moved.wa_id, "bsuid": moved.user_id}


def _change_user_id(world: World, wa_id: str, row: JsonObject) -> JsonObject:
    person = world.people.find(wa_id)
    number = _partner(world, wa_id, row).number
    return {"bsuid": change_user_id(world, person, number, row.get("bsuid")).user_id}


def _username(world: World, wa_id: str, row: JsonObject) -> None:
    username = row.get("username")
    if username is not None and not isinstance(username, str):
        raise ControlError("username: expected a name or null")
    person = world.people.find(wa_id)
    person.in_contact_book = bool(row.get("in_contact_book", person.in_contact_book))
    change_username(world, person, username)


def _tap(world: World, wa_id: str, row: JsonObject) -> None:
    """Tap a button or a list row by `index`, `payload`, id or title, of the named or the latest message."""
    wamid = row.get("wamid")
    for line in reversed(world.chats.of(wa_id)):
        message = line.message
        if message is None or (wamid is not None and message.wamid != wamid):
            continue
        if message.status == "failed":
            # Nobody taps what never arrived.
            continue
        names = _names(message)
        if not names:
            continue
        index = _index(names, row)
        button = message.template.buttons[index] if message.template is not None else None
        if button is not None and button.kind == "URL":
            world.chats.add(wa_id, Line(at=world.clock.now(), text=f"Opened {button.text}", is_notice=True))
        tap(world, message, index, at_once=True)
        return
    raise ControlError("wamid: this phone has no such message with buttons")


def _names(message: Message) -> list[tuple[Any, ...]]:
    """Return what names each button or row of a message."""
    if message.template is not None:
        return [
            (message.parameters.payloads.get(index), button.text)
            for index, button in enumerate(message.template.buttons)
        ]
    return [(reply["id"], reply["title"]) for _, reply in choices_of(message)]


def _index(names: list[tuple[Any, ...]], row: JsonObject) -> int:
    payload = row.get("payload")
    for index, known in enumerate(names):
        if index == row.get("index") or (payload is not None and payload in known):
            return index
    raise ControlError("index, payload: the message has no such button")


_ACTS: dict[str, Callable[[World, str, JsonObject], JsonObject | None]] = {
    "say": _say,
    "tap": _tap,
    "send": _send,
    "prefer": _prefer,
    "block": _complain("block"),
    "report": _complain("report"),
    "unblock": _unblock,
    "change_number": _change_number,
    "change_user_id": _change_user_id,
    "username": _username,
}
