"""A message as a phone shows it, as a self-contained piece of HTML for the app: no script, no address, all escaped."""

import hashlib
from collections.abc import Sequence
from html import escape

from rulecast.template.formatting import Line, Span, read_formatting
from rulecast.template.preview_signs import MEDIA_SIGNS, SIGNS, sign, sign_of
from rulecast.template.shown import FOLDED_LINES, ShownButton, ShownCard, ShownMessage

FONT = (
    "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Noto Sans','Noto Sans Arabic','Noto Sans CJK SC',"
    "sans-serif"
)
STYLE_CSS = {
    "bold": "font-weight:700",
    "italic": "font-style:italic",
    "strike": "text-decoration:line-through",
    "mono": "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.93em",
    "link": "color:#027eb5",
}
BUTTONS_SHOWN_MAX = 3
"""A phone shows three buttons; with more, two and “See all options”."""


def preview_html(message: ShownMessage, *, time: str = "10:24") -> str:
    """Return the message in the look of a phone, right to left where its language is; at most 360 px wide."""
    direction = "rtl" if message.is_right_to_left else "ltr"
    bubble = _header(message) + _offer(message) + _body(message) + _footer(message, time)
    below = _buttons(message.buttons, is_card=False)
    cards = (
        f'<div style="{_CARDS}">{"".join(_card(card) for card in message.cards)}</div>'
        if message.cards
        else ""
    )
    return (
        f'<div dir="{direction}" style="{_PHONE}"><div style="{_BUBBLE}">{bubble}{below}</div>{cards}</div>'
    )


_PHONE = (
    f"box-sizing:border-box;max-width:360px;padding:14px 12px;background:#efeae2;font:14.2px/19px {FONT};color:#111b21;"
    "border-radius:10px;overflow:hidden;text-align:start"
)
_BUBBLE = (
    "max-width:300px;background:#fff;border-radius:7.5px;border-start-start-radius:0;"
    "box-shadow:0 1px .5px rgba(11,20,26,.13);"
    "overflow:hidden;overflow-wrap:anywhere"
)
_CARDS = "display:flex;gap:8px;overflow-x:auto;padding:8px 0 4px;align-items:stretch"
_CARD = (
    "flex:0 0 220px;display:flex;flex-direction:column;background:#fff;border-radius:7.5px;overflow:hidden;"
    "box-shadow:0 1px .5px rgba(11,20,26,.13);overflow-wrap:anywhere"
)
_MEDIA = (
    "margin:4px 4px 0;height:{height}px;border-radius:6px;background:#dfe5e7;display:flex;flex-direction:column;"
    "align-items:center;justify-content:center;color:#8696a0;font-size:12px"
)
_BUTTON = (
    "display:flex;align-items:center;justify-content:center;gap:6px;padding:9px 12px;border-top:1px solid #e9edef;"
    "color:#027eb5;font-size:14.5px;min-height:22px"
)


def _header(message: ShownMessage) -> str:
    if message.header_format == "TEXT" and message.header:
        style = "padding:7px 9px 0;font-weight:700;font-size:15px"
        return f'<div dir="auto" style="{style}">{escape(message.header)}</div>'
    return _media(message.header_format, height=150) if message.header_format not in {"", "TEXT"} else ""


def _media(header_format: str, *, height: int) -> str:
    drawn = sign(MEDIA_SIGNS.get(header_format, MEDIA_SIGNS["IMAGE"]), size=40)
    return f'<div style="{_MEDIA.format(height=height)}">{drawn}{escape(header_format.lower())}</div>'


def _offer(message: ShownMessage) -> str:
    if not message.offer:
        return ""
    ends = f"Ends {message.offer_ends}" if message.offer_ends else ""
    code = f"Code: {message.offer_code}" if message.offer_code else ""
    lines = "".join(
        f'<div style="color:#667781;font-size:12.5px">{escape(line)}</div>' for line in (ends, code) if line
    )
    return (
        '<div style="margin:6px 6px 0;padding:8px 10px;background:#f0f2f5;border-radius:6px;'
        f'border-inline-start:4px solid #25d366"><div style="font-weight:600">{escape(message.offer)}</div>'
        f"{lines}</div>"
    )


def _body(message: ShownMessage) -> str:
    lines = _lines(message.body)
    if not message.is_folded:
        return f'<div dir="auto" style="padding:6px 9px 0">{lines}</div>'
    # A checkbox unfolds without script; its name follows the text, so that two previews on a page do not meet.
    name = f"rc{hashlib.sha256(message.body.encode()).hexdigest()[:12]}"
    return (
        f"<style>.{name}{{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:{FOLDED_LINES};"
        f"overflow:hidden}}#{name}:checked~.{name}{{display:block}}#{name}:checked~label{{display:none}}</style>"
        f'<div dir="auto" style="padding:6px 9px 0"><input type="checkbox" id="{name}" hidden>'
        f'<div class="{name}">{lines}</div>'
        f'<label for="{name}" style="color:#027eb5;cursor:pointer">Read more</label></div>'
    )


def _footer(message: ShownMessage, time: str) -> str:
    footer = f'<span dir="auto">{escape(message.footer)}</span>' if message.footer else "<span></span>"
    return (
        '<div style="display:flex;justify-content:space-between;align-items:flex-end;gap:12px;padding:4px 9px 6px;'
        f'color:#667781;font-size:13px">{footer}'
        f'<span style="font-size:11px;white-space:nowrap">{escape(time)}</span></div>'
    )


def _buttons(buttons: Sequence[ShownButton], *, is_card: bool) -> str:
    shown, more = list(buttons), ""
    if len(buttons) > BUTTONS_SHOWN_MAX and not is_card:
        shown = shown[: BUTTONS_SHOWN_MAX - 1]
        rest = ", ".join(button.text for button in buttons[BUTTONS_SHOWN_MAX - 1 :])
        more = f'<div style="{_BUTTON}" title="{escape(rest)}">{sign(SIGNS["LIST"])}See all options</div>'
    rows = "".join(
        f'<div style="{_BUTTON}">{sign_of(button.kind)}<span dir="auto">{escape(button.text)}</span></div>'
        for button in shown
    )
    return rows + more


def _card(card: ShownCard) -> str:
    body = (
        f'<div dir="auto" style="padding:6px 9px 8px;flex:1">{_lines(card.body)}</div>'
        if card.body
        else '<div style="height:6px;flex:1"></div>'
    )
    buttons = _buttons(card.buttons, is_card=True)
    return f'<div style="{_CARD}">{_media(card.header_format, height=120)}{body}{buttons}</div>'


def _lines(text: str) -> str:
    return "".join(_line(line) for line in read_formatting(text))


def _line(line: Line) -> str:
    inside = "".join(_span(span) for span in line.spans) or "<br>"
    match line.kind:
        case "quote":
            style = "border-inline-start:3px solid #c4ccd0;padding-inline-start:8px"
            return f'<div dir="auto" style="{style}">{inside}</div>'
        case "bullet" | "number":
            lead = escape(line.lead) if line.kind == "number" else "•"
            # No flexible box: the fold counts lines of text only.
            style = "padding-inline-start:16px;text-indent:-12px"
            return f'<div dir="auto" style="{style}">{lead} {inside}</div>'
        case _:
            return f'<div dir="auto">{inside}</div>'


def _span(span: Span) -> str:
    text = escape(span.text)
    if not span.styles:
        return text
    css = ";".join(STYLE_CSS[style] for style in sorted(span.styles))
    return f'<span style="{css}">{text}</span>'
