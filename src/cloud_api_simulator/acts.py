"""What people do with their phones: type, tap, send anything, stop and resume, by themselves or by a visitor."""

import contextlib
from collections.abc import Mapping
from typing import Any

from cloud_api_simulator.chats import Line
from cloud_api_simulator.emit import emit_inbound, emit_preference
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.fetches import fetch_link
from cloud_api_simulator.inbound import any_item, choice_item, choices_of
from cloud_api_simulator.outcome import Fetch, Reaction, is_stop_text
from cloud_api_simulator.payloads import Message, button_item, preference_item, text_item
from cloud_api_simulator.world import World


def react(world: World, message: Message, reaction: Reaction) -> None:
    """Do what a reader was going to do with a message."""
    match reaction.kind:
        case "text":
            say(world, message, reaction.text, is_stop=reaction.is_stop)
        case "button":
            # A habit may name a row that this message does not have.
            with contextlib.suppress(IndexError):
                tap(world, message, reaction.button_index)
        case _:
            prefer(world, message, "stop")


def say(
    world: World,
    message: Message,
    text: str,
    *,
    is_stop: bool,
    at_once: bool = False,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Emit a typed text as an answer to the number of `message`; `more` are a context or a referral."""
    now = world.clock.now()
    wamid = world.next_wamid(message.person.wa_id, by_user=True)
    item = text_item(message.person, wamid, text, now)
    if more:
        item.update(more)
    world.chats.add(message.person.wa_id, Line(at=now, text=text))
    emit_inbound(
        world, message.person, message.number, item, opt_out="text" if is_stop else None, at_once=at_once
    )


def send_any(world: World, message: Message, kind: str, more: Mapping[str, Any]) -> str:
    """Emit a message of any type to the number of `message` and return its id; `more` holds its object."""
    now = world.clock.now()
    wamid = world.next_wamid(message.person.wa_id, by_user=True)
    item = any_item(message.person, wamid, now, kind=kind, more=more)
    text = more[kind].get("body", "") if kind == "text" and isinstance(more.get(kind), dict) else ""
    world.chats.add(message.person.wa_id, Line(at=now, text=text or f"[{kind}]"))
    stop = "text" if text and is_stop_text(text) else None
    emit_inbound(world, message.person, message.number, item, opt_out=stop, at_once=True)
    return wamid


def tap(world: World, message: Message, index: int, *, at_once: bool = False) -> None:
    """Emit the tap of a button or list row, or fetch the link of a URL button; raises IndexError."""
    template = message.template
    if template is None:
        _choose(world, message, index, at_once=at_once)
        return
    button = template.buttons[index]
    if button.kind == "URL":
        fetch_link(world, message, Fetch(button_index=index, after_seconds=0, by="person"))
        return
    now = world.clock.now()
    payload = message.parameters.payloads.get(index, "")
    wamid = world.next_wamid(message.person.wa_id, by_user=True)
    item = button_item(message, button, payload, wamid=wamid, at=now)
    opt_out = "button" if button.is_stop else None
    _emit_tap(world, message, item, button.text, opt_out=opt_out, at_once=at_once)


def _choose(world: World, message: Message, index: int, *, at_once: bool) -> None:
    """Answer an interactive message with one of its buttons or rows."""
    title = choices_of(message)[index][1]["title"]
    wamid = world.next_wamid(message.person.wa_id, by_user=True)
    item = choice_item(message, index, wamid, world.clock.now())
    _emit_tap(world, message, item, title, opt_out=None, at_once=at_once)


def _emit_tap(
    world: World, message: Message, item: JsonObject, title: str, *, opt_out: str | None, at_once: bool
) -> None:
    world.chats.add(message.person.wa_id, Line(at=world.clock.now(), text=title, is_tap=True))
    emit_inbound(world, message.person, message.number, item, opt_out=opt_out, at_once=at_once)


def prefer(world: World, message: Message, value: str, *, at_once: bool = False, **more: str) -> None:
    """Emit a stop, resume or signup of marketing messages chosen in WhatsApp's own menu."""
    now = world.clock.now()
    world.chats.add(message.person.wa_id, Line(at=now, text=f"{value} marketing messages", is_notice=True))
    emit_preference(
        world,
        message.person,
        message.number,
        preference_item(message.person, value, now, **more),
        at_once=at_once,
    )
