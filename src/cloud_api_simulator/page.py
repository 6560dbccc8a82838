"""Renders the phones of simulated people: server-side HTML, every foreign text escaped."""

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from cloud_api_simulator.chats import Line
from cloud_api_simulator.fetches import button_url
from cloud_api_simulator.http_server import Request, Response
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.templates import fill
from cloud_api_simulator.world import World

PHONES_PER_PAGE = 50
"""Phones shown at once; a search finds the others."""
_STATIC = Path(__file__).parent / "static"
_TICKS = {"accepted": "…", "sent": "✓", "delivered": "✓✓", "read": "✓✓ read", "failed": "✗ not delivered"}
_POLICY = (
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
)


def handle_page(world: World, request: Request) -> Response:
    """Answer `GET /`, `GET /phones/{phone}` and the two static files."""
    if request.path == "/":
        return _html("Phones", _phones(world, request))
    if request.path.startswith("/phones/"):
        wa_id = "".join(
            character for character in request.path[8:] if character.isascii() and character.isdigit()
        )
        return _html(f"+{wa_id}", _phone(world, wa_id)) if wa_id else _missing()
    if request.path == "/static/page.css":
        return Response(
            body=(_STATIC / "page.css").read_bytes(), content_type="text/css; charset=utf-8", headers=_POLICY
        )
    if request.path == "/static/page.js":
        return Response(
            body=(_STATIC / "page.js").read_bytes(),
            content_type="text/javascript; charset=utf-8",
            headers=_POLICY,
        )
    return _missing()


def _missing() -> Response:
    return Response(status=404, body=b"not found", content_type="text/plain")


def _html(title: str, body: str) -> Response:
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)} · simulated WhatsApp</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="/static/page.css"><script src="/static/page.js" defer></script></head>'
        f"<body>{body}</body></html>"
    )
    return Response(
        body=page.encode("utf-8", "replace"), content_type="text/html; charset=utf-8", headers=_POLICY
    )


def _phones(world: World, request: Request) -> str:
    wanted = parse_qs(request.query).get("search", [""])[-1]
    digits = "".join(character for character in wanted if character.isdigit())
    rows: list[str] = []
    for wa_id, lines in world.chats.latest():
        person = world.people.find(wa_id)
        if (digits and digits not in wa_id) or (
            wanted and not digits and wanted.casefold() not in person.name.casefold()
        ):
            continue
        rows.append(
            f'<li><a href="/phones/{wa_id}"><b>{escape(person.name)}</b> <span>+{wa_id}</span>'
            f"<small>{escape(_summary(lines[-1]))}</small></a></li>"
        )
        if len(rows) == PHONES_PER_PAGE:
            break
    found = "".join(rows) or "<li>No messages yet.</li>"
    return (
        "<header><h1>Simulated phones</h1>"
        f'<form method="get" action="/"><input name="search" value="{escape(wanted)}" '
        'placeholder="number or name" aria-label="search">'
        f'</form></header><main data-refresh="2"><ul class="phones">{found}</ul></main>'
    )


def _summary(line: Line) -> str:
    if line.message is None:
        return f"← {line.text}"[:80]
    return f"{_TICKS.get(line.message.status, '')} {_body(line.message)}"[:80]


def _phone(world: World, wa_id: str) -> str:
    person = world.people.find(wa_id)
    lines = "".join(_line(line) for line in world.chats.of(wa_id)) or "<p>No messages yet.</p>"
    stopped = (
        '<p class="notice">This person stopped marketing messages in WhatsApp.</p>' if person.stopped else ""
    )
    value, label = (
        ("resume", "Resume marketing messages") if person.stopped else ("stop", "Stop marketing messages")
    )
    return (
        f'<header><a href="/">← Phones</a><h1>{escape(person.name)}</h1><span>+{wa_id}</span></header>'
        f'<main data-refresh="1" data-phone="{wa_id}"><div class="chat" dir="auto">{lines}</div>{stopped}'
        f'<button class="prefer" data-act="prefer" data-value="{value}">{label}</button></main>'
        '<form id="say" data-phone="' + wa_id + '"><input name="text" maxlength="4096" autocomplete="off" '
        'placeholder="Type a reply, for instance STOP" aria-label="reply"><button>Send</button></form>'
    )


def _line(line: Line) -> str:
    at = datetime.fromtimestamp(line.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if line.message is None:
        return f'<div class="line mine" dir="auto">{escape(line.text)}<time>{at}</time></div>'
    message = line.message
    footer = buttons = header = ""
    if message.template is not None:
        template = message.template
        if template.header_text:
            header = f"<b>{escape(fill(template.header_text, message.parameters.header))}</b>"
        elif template.header_format:
            header = f"<b>[{escape(template.header_format.lower())}]</b>"
        footer = f"<footer>{escape(template.footer_text)}</footer>" if template.footer_text else ""
        buttons = "".join(_button(message, index) for index in range(len(template.buttons)))
    return (
        f'<div class="line theirs" dir="auto">{header}<p>{escape(_body(message))}</p>{footer}'
        f"<time>{at} {escape(_TICKS.get(message.status, message.status))}</time>{buttons}</div>"
    )


def _button(message: Message, index: int) -> str:
    button = message.template.buttons[index] if message.template is not None else None
    if button is None:
        return ""
    title = f' title="{escape(button_url(message, index))}"' if button.kind == "URL" else ""
    place = f'data-act="tap" data-wamid="{escape(message.wamid)}" data-index="{index}"'
    return f"<button {place}{title}>{escape(button.text)}</button>"


def _body(message: Message) -> str:
    if message.template is None:
        return message.text
    return fill(message.template.body_text, message.parameters.body)
