"""Renders the phones of simulated people: server-side HTML, every foreign text escaped, nothing from elsewhere."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qs, quote

from cloud_api_simulator.chats import Line
from cloud_api_simulator.http_server import Request, Response
from cloud_api_simulator.page_chat import body_of, render_chat, ticks_of
from cloud_api_simulator.people import PHONE_DIGITS_MAX, PHONE_DIGITS_MIN, Person
from cloud_api_simulator.world import World

PHONES_PER_PAGE = 50
"""Phones shown at once; a search finds the others."""
_STATIC = Path(__file__).parent / "static"
_STATIC_TYPES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" '
    b'fill="#075e54"/><path d="M7 9h18v12H14l-5 4v-4H7z" fill="#d9fdd3"/></svg>'
)
_POLICY = (
    (
        "content-security-policy",
        (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
            "form-action 'self'"
        ),
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
)
_COUNTED = ("sent", "delivered", "read", "failed", "text", "button")
_HUES = 8
"""Colours of the round pictures in the style sheet."""


def handle_page(world: World, request: Request) -> Response:
    """Answer `GET /`, `GET /phones/{phone}`, pictures of messages and the static files."""
    path = request.path
    if path == "/":
        return _html(world, request, None)
    if path.startswith("/phones/"):
        wa_id = "".join(character for character in path[8:] if character.isascii() and character.isdigit())
        return _html(world, request, wa_id) if 0 < len(wa_id) <= PHONE_DIGITS_MAX else _missing()
    if path.startswith("/media/"):
        return _picture(world, path.removeprefix("/media/"))
    if path == "/static/icon.svg":
        return Response(body=_ICON, content_type="image/svg+xml", headers=_POLICY)
    name = path.removeprefix("/static/")
    if path.startswith("/static/") and name in _STATIC_TYPES:
        return Response(body=(_STATIC / name).read_bytes(), content_type=_STATIC_TYPES[name], headers=_POLICY)
    return _missing()


def _missing() -> Response:
    return Response(status=404, body=b"not found", content_type="text/plain", headers=_POLICY)


def _picture(world: World, media_id: str) -> Response:
    file = world.graph.media.find(media_id, world.clock.now())
    if file is None or not file.mime_type.startswith("image/"):
        return _missing()
    return Response(body=world.graph.media.read(file), content_type=file.mime_type, headers=_POLICY)


def _html(world: World, request: Request, wa_id: str | None) -> Response:
    wanted = parse_qs(request.query).get("search", [""])[-1]
    person = world.people.find(wa_id) if wa_id else None
    title = escape(person.name) if person is not None else "Phones"
    chat = _chat(world, person) if person is not None else _welcome(world)
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{title} · simulated WhatsApp</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/static/icon.svg">'
        '<link rel="stylesheet" href="/static/page.css"><script src="/static/page.js" defer></script></head>'
        f'<body class="{"has-chat" if person is not None else "no-chat"}">'
        f"{_bar(world)}"
        f'<div class="panes"><aside>{_search(wanted)}{_phones(world, wanted, wa_id)}</aside>'
        f"{chat}</div></body></html>"
    )
    return Response(
        body=page.encode("utf-8", "replace"), content_type="text/html; charset=utf-8", headers=_POLICY
    )


def _bar(world: World) -> str:
    now = datetime.fromtimestamp(world.clock.now(), UTC)
    speed = f" at speed {world.clock.speed:g}" if world.clock.speed != 1 else ""
    counts = world.ledger.counts
    figures = "".join(
        f"<li><b>{counts[key]:,}</b> {label}</li>"
        for label, key in (
            ("accepted", "request:accepted"),
            *((name, f"update:{name}") for name in _COUNTED),
        )
        if counts[key]
    )
    return (
        '<header class="bar"><a href="/"><b>Simulated WhatsApp</b></a>'
        '<span class="badge">SIMULATED: nothing here reaches a real phone</span>'
        f'<ul data-live="figures">{figures}</ul>'
        f'<time data-live="clock">{now:%a %d %b %Y %H:%M:%S} UTC{escape(speed)}</time></header>'
    )


def _search(wanted: str) -> str:
    return (
        f'<form class="search" method="get" action="/"><input name="search" value="{escape(wanted)}" '
        'placeholder="Search a number or a name" aria-label="Search"></form>'
    )


def _phones(world: World, wanted: str, chosen: str | None) -> str:
    rows = "".join(
        _phone_row(world.people.find(wa_id), lines[-1], is_chosen=wa_id == chosen, wanted=wanted)
        for wa_id, lines in islice(_found(world, wanted), PHONES_PER_PAGE)
    )
    digits = "".join(character for character in wanted if character.isdigit())
    empty = '<li class="empty">No messages yet. Send one to any number and its phone appears here.</li>'
    if PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX:
        empty = f'<li class="empty"><a href="/phones/{digits}">Open the phone +{digits}</a></li>'
    return f'<ul class="phones" data-live="phones">{rows or empty}</ul>'


def _found(world: World, wanted: str) -> Iterator[tuple[str, list[Line]]]:
    digits = "".join(character for character in wanted if character.isdigit())
    for wa_id, lines in world.chats.latest():
        if wanted and digits not in (wa_id if digits else ""):
            continue
        if wanted and not digits and wanted.casefold() not in world.people.find(wa_id).name.casefold():
            continue
        yield wa_id, lines


def _phone_row(person: Person, line: Line, *, is_chosen: bool, wanted: str) -> str:
    here = ' class="chosen" aria-current="true"' if is_chosen else ""
    query = f"?search={quote(wanted)}" if wanted else ""
    at = datetime.fromtimestamp(line.at, UTC)
    if line.message is None:
        summary = f"<em>{escape(line.text[:60])}</em>" if line.is_notice else escape(line.text[:60])
    else:
        summary = f"{ticks_of(line.message)} {escape(body_of(line.message)[:60])}"
    return (
        f'<li><a href="/phones/{person.wa_id}{query}"{here}>{_face(person)}'
        f'<span class="who"><b>{escape(person.name)}</b><time>{at:%H:%M}</time></span>'
        f'<span class="last" dir="auto">{summary}</span></a></li>'
    )


def _face(person: Person) -> str:
    letters = "".join(word[0] for word in person.name.split()[:2]) or "?"
    return f'<span class="face hue{int(person.wa_id) % _HUES}" aria-hidden="true">{escape(letters)}</span>'


def _welcome(world: World) -> str:
    return (
        '<main class="welcome"><h1>Phones of simulated people</h1>'
        "<p>Every message a business sends lands on one of these phones. Choose one to read it as its owner would, "
        "to answer, tap a button, or stop marketing messages.</p>"
        f"<p>{len(world.numbers)} business number{'s' if len(world.numbers) != 1 else ''}, "
        f"{sum(1 for _ in world.templates)} templates, seed {world.settings.seed}.</p></main>"
    )


def _chat(world: World, person: Person) -> str:
    names = [f"+{person.wa_id}"]
    if person.username:
        names.append(f"@{escape(person.username)}")
    names.append(escape(person.user_id))
    return (
        f'<main class="chat" data-phone="{person.wa_id}">'
        f'<header class="person"><a class="back" href="/" aria-label="All phones">←</a>{_face(person)}'
        f"<div><h1>{escape(person.name)}</h1><small>{' · '.join(names)}</small></div>"
        f'<div data-live="state">{_state(world, person)}</div></header>'
        f'<div class="lines" data-live="lines">{render_chat(world, person)}</div>'
        '<form id="say"><input name="text" maxlength="4096" autocomplete="off" '
        'placeholder="Type a reply, for instance STOP" aria-label="Reply" dir="auto">'
        '<button aria-label="Send">➤</button></form></main>'
    )


def _state(world: World, person: Person) -> str:
    now = world.clock.now()
    chips = []
    if any(person.window_is_open(number, now) for number in world.numbers):
        chips.append('<span class="chip good">service window open</span>')
    if any(person.entry_point_is_open(number, now) for number in world.numbers):
        chips.append('<span class="chip good">free entry point</span>')
    if person.stopped:
        chips.append('<span class="chip bad">stopped marketing</span>')
    if person.blocked:
        chips.append('<span class="chip bad">blocked the business</span>')
    if not person.has_whatsapp:
        chips.append('<span class="chip bad">not on WhatsApp</span>')
    value, label = ("resume", "Resume marketing") if person.stopped else ("stop", "Stop marketing")
    block, block_label = ("unblock", "Unblock") if person.blocked else ("block", "Block")
    menu = (
        f'<details class="menu" data-keep="menu"><summary aria-label="More">⋮</summary><div>'
        f'<button data-act="prefer" data-body=\'{{"value":"{value}"}}\'>{label}</button>'
        f'<button data-act="{block}" data-body="{{}}">{block_label}</button>'
        '<button data-act="report" data-body="{}">Report</button>'
        '<button data-act="say" data-body=\'{"text":"Hi, I saw your ad","referral":true}\'>'
        "Come from an advertisement</button>"
        "</div></details>"
    )
    return "".join(chips) + menu
