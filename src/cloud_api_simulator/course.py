"""Plays the course of an accepted message: statuses, reactions and link fetches at their virtual times."""

import asyncio
import functools
from urllib.parse import urlsplit

from cloud_api_simulator.chats import Line
from cloud_api_simulator.emit import emit_inbound, emit_preference, emit_status
from cloud_api_simulator.outcome import Fetch, Outcome, Reaction, decide_outcome
from cloud_api_simulator.payloads import Message, button_item, new_wamid, preference_item, text_item
from cloud_api_simulator.templates import fill
from cloud_api_simulator.world import World

HELD_SECONDS = 1800.0
"""Virtual seconds a held message waits for the template's assessment (Cloud API docs: template pacing)."""
FETCH_TIMEOUT_SECONDS = 10.0
"""Real seconds a phone waits for a link before it gives up."""

_PHONES = (
    (
        "Mozilla/5.0 (Linux; Android 14; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/130.0.0.0 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.1 Mobile/15E148 Safari/604.1"
    ),
)
_BOTS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.24.20.89 A",
    "WhatsApp/2.23.18.78 i",
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def start_course(world: World, message: Message, *, held: str | None = None) -> None:
    """Schedule the first step; `held` is `release` or `drop` for a message under assessment."""
    outcome = decide_outcome(message.person, message.template, world.behaviour, world.chance)
    if message.template is None and not message.person.window_is_open(
        message.number.phone_number_id, message.accepted_at
    ):
        # Cloud API docs: customer service windows. The window is judged when the message is accepted.
        outcome = Outcome(failure_code=131047, sent_after=outcome.sent_after)
    due = message.accepted_at + outcome.sent_after
    if held == "drop":
        world.scheduler.at(due + HELD_SECONDS, functools.partial(_fail, world, message, 132015))
    else:
        wait = HELD_SECONDS if held == "release" else 0.0
        world.scheduler.at(due + wait, _sent, world, message, outcome, due + wait)


def _fail(world: World, message: Message, code: int) -> None:
    emit_status(world, message, "failed", failure_code=code)


def _sent(world: World, message: Message, outcome: Outcome, at: float) -> None:
    if outcome.failure_code is not None:
        _fail(world, message, outcome.failure_code)
        return
    if message.status == "accepted":
        emit_status(world, message, "sent")
    for fetch in outcome.fetches:
        if fetch.by == "preview_bot":
            world.scheduler.at(at + fetch.after_seconds, _fetch, world, message, fetch)
    if outcome.delivered_after is not None:
        due = at + outcome.delivered_after
        world.scheduler.at(due, _delivered, world, message, outcome, due)


def _delivered(world: World, message: Message, outcome: Outcome, at: float) -> None:
    if not outcome.delivered_is_silent:
        emit_status(world, message, "delivered")
    if outcome.seen_after is not None:
        due = at + outcome.seen_after
        world.scheduler.at(due, _seen, world, message, outcome, due)


def _seen(world: World, message: Message, outcome: Outcome, at: float) -> None:
    if not outcome.read_is_silent:
        emit_status(world, message, "read")
    for fetch in outcome.fetches:
        if fetch.by == "person":
            world.scheduler.at(at + fetch.after_seconds, _fetch, world, message, fetch)
    if outcome.reaction is not None:
        world.scheduler.at(at + outcome.reaction.after_seconds, _react, world, message, outcome.reaction)


def _react(world: World, message: Message, reaction: Reaction) -> None:
    match reaction.kind:
        case "text":
            say(world, message, reaction.text, is_stop=reaction.is_stop)
        case "button":
            tap(world, message, reaction.button_index)
        case _:
            prefer(world, message, "stop")


def say(world: World, message: Message, text: str, *, is_stop: bool, at_once: bool = False) -> None:
    """Emit a typed text as an answer to the number of `message`."""
    now = world.clock.now()
    item = text_item(message.person, new_wamid(message.person.wa_id, by_user=True), text, now)
    world.chats.add(message.person.wa_id, Line(at=now, text=text))
    emit_inbound(
        world, message.person, message.number, item, opt_out="text" if is_stop else None, at_once=at_once
    )


def tap(world: World, message: Message, index: int, *, at_once: bool = False) -> None:
    """Emit the tap of a quick reply, or fetch the link of a URL button."""
    template = message.template
    if template is None:
        return
    button = template.buttons[index]
    if button.kind == "URL":
        _fetch(world, message, Fetch(button_index=index, after_seconds=0, by="person"))
        return
    now = world.clock.now()
    payload = message.parameters.payloads.get(index, "")
    item = button_item(message, button, payload, wamid=new_wamid(message.person.wa_id, by_user=True), at=now)
    world.chats.add(message.person.wa_id, Line(at=now, text=f"[{button.text}]"))
    emit_inbound(
        world,
        message.person,
        message.number,
        item,
        opt_out="button" if button.is_stop else None,
        at_once=at_once,
    )


def prefer(world: World, message: Message, value: str, *, at_once: bool = False) -> None:
    """Emit a stop or resume of marketing messages chosen in WhatsApp's own menu."""
    now = world.clock.now()
    world.chats.add(message.person.wa_id, Line(at=now, text=f"({value} marketing messages)"))
    emit_preference(
        world, message.person, message.number, preference_item(message.person, value, now), at_once=at_once
    )


def button_url(message: Message, index: int) -> str:
    """Return the link of a URL button with its suffix in place of the variable (Cloud API docs: buttons)."""
    if message.template is None:
        return ""
    button = message.template.buttons[index]
    return fill(button.url, {"1": message.parameters.suffixes.get(index, "")})


def _fetch(world: World, message: Message, fetch: Fetch) -> None:
    shown = button_url(message, fetch.button_index)
    target = shown
    for prefix, replacement in world.settings.link_map:
        if shown.startswith(prefix):
            target = replacement + shown.removeprefix(prefix)
            break
    agents = _PHONES if fetch.by == "person" else _BOTS
    agent = agents[int(world.chance.uniform("agent", *message.key) * len(agents))]
    row = {
        "by": fetch.by,
        "method": fetch.method,
        "url": shown,
        "user_agent": agent,
        "wamid": message.wamid,
        "phone": message.person.wa_id,
    }
    task = asyncio.create_task(_do_fetch(world, target, row))
    world.tasks.add(task)
    task.add_done_callback(world.tasks.discard)


async def _do_fetch(world: World, url: str, row: dict[str, str]) -> None:
    status = 0
    try:
        if _is_loopback(url):
            answer = await world.link_client.request(
                row["method"],
                url,
                headers=(("user-agent", row["user_agent"]),),
                timeout_seconds=FETCH_TIMEOUT_SECONDS,
            )
            status = answer.status
    except (OSError, TimeoutError, ValueError):
        status = 0
    finally:
        world.ledger.write("fetch", {**row, "status": status}, count_as=f"fetch:{row['by']}")


def _is_loopback(url: str) -> bool:
    """Return whether a link may be fetched: simulated people never leave the machine."""
    return urlsplit(url).hostname in _LOOPBACK
