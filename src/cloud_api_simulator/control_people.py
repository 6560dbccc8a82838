"""Control requests about people: who they are, and what a visitor does with their phones."""

from cloud_api_simulator.acts import prefer, say, tap
from cloud_api_simulator.chats import Line
from cloud_api_simulator.control_request import ControlError, JsonObject, read_object, read_objects
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.outcome import is_stop_text
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.people import PHONE_DIGITS_MAX, PHONE_DIGITS_MIN
from cloud_api_simulator.world import World

SAID_CHARACTERS_MAX = 4096
"""Longest text a visitor may type into a phone, as WhatsApp's own."""


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
    """Type a text, tap a button or choose stop or resume on a phone; the webhook leaves at once."""
    wa_id = "".join(character for character in phone if character.isascii() and character.isdigit())
    if not PHONE_DIGITS_MIN <= len(wa_id) <= PHONE_DIGITS_MAX:
        raise ControlError("phone: expected a number in digits")
    row = read_object(request)
    if act == "say":
        text = row.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= SAID_CHARACTERS_MAX:
            raise ControlError(f"text: expected 1 to {SAID_CHARACTERS_MAX} characters")
        say(world, _partner(world, wa_id, row), text, is_stop=is_stop_text(text), at_once=True)
    elif act == "prefer":
        value = row.get("value")
        if value not in ("stop", "resume"):
            raise ControlError("value: expected stop or resume")
        prefer(world, _partner(world, wa_id, row), value, at_once=True)
    else:
        _tap(world, wa_id, row)
    return json_response({"done": act})


def _partner(world: World, wa_id: str, row: JsonObject) -> Message:
    """Return the latest message of the phone, or a stand-in from the named or the first number."""
    latest = world.chats.last_template_message(wa_id)
    if latest is not None and "number" not in row:
        return latest
    number = world.numbers.get(str(row.get("number", next(iter(world.numbers)))))
    if number is None:
        raise ControlError("number: no such business number")
    person = world.people.find(wa_id)
    return Message(wamid="", number=number.settings, person=person, accepted_at=world.clock.now(), to=wa_id)


def _tap(world: World, wa_id: str, row: JsonObject) -> None:
    wamid = row.get("wamid")
    for line in reversed(world.chats.of(wa_id)):
        message = line.message
        if message is None or message.template is None or (wamid is not None and message.wamid != wamid):
            continue
        index = _button_index(message, row)
        button = message.template.buttons[index]
        if button.kind == "URL":
            world.chats.add(wa_id, Line(at=world.clock.now(), text=f"(opened {button.text})"))
        tap(world, message, index, at_once=True)
        return
    raise ControlError("wamid: this phone has no such template message")


def _button_index(message: Message, row: JsonObject) -> int:
    buttons = message.template.buttons if message.template is not None else ()
    payload = row.get("payload")
    for index, button in enumerate(buttons):
        if index == row.get("index"):
            return index
        if payload is not None and payload in (message.parameters.payloads.get(index), button.text):
            return index
    raise ControlError("index, payload: the message has no such button")
