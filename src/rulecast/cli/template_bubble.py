"""A message in a terminal as a phone shows it: bubble, marks, fold, buttons and cards."""

from collections.abc import Iterator, Sequence

from rich.columns import Columns
from rich.console import Group, JustifyMethod, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from rulecast.template.formatting import Line, read_formatting
from rulecast.template.shown import FOLDED_LINES, ShownButton, ShownCard, ShownMessage, lines_of

BUBBLE_WIDTH = 44
CARD_WIDTH = 30
LOOKS = {"bold": "bold", "italic": "italic", "strike": "strike", "mono": "reverse", "link": "blue underline"}
SIGNS = {"QUICK_REPLY": "↩", "URL": "↗", "PHONE_NUMBER": "✆", "COPY_CODE": "⧉", "OTP": "⧉", "VOICE_CALL": "✆"}
OTHER_SIGN = "☰"


def render_bubble(message: ShownMessage, *, title: str = "") -> RenderableType:
    """Return the message as a panel, its cards beside each other below it."""
    justify: JustifyMethod = "right" if message.is_right_to_left else "left"
    parts = [*_top(message, justify), *_body(message, justify)]
    if message.footer:
        parts.append(Text(message.footer, style="dim", justify=justify))
    parts += _buttons(message.buttons)
    bubble = Panel(
        Group(*parts), title=title or None, title_align="left", width=BUBBLE_WIDTH, border_style="green"
    )
    if not message.cards:
        return bubble
    return Group(bubble, Columns([_card(card, justify) for card in message.cards], padding=(0, 1)))


def _top(message: ShownMessage, justify: JustifyMethod) -> Iterator[RenderableType]:
    if message.header_format not in {"", "TEXT"}:
        yield _media(message.header_format)
    elif message.header:
        yield Text(message.header, style="bold", justify=justify)
    if message.offer:
        told = [message.offer]
        told += [f"Ends {message.offer_ends}"] if message.offer_ends else []
        told += [f"Code: {message.offer_code}"] if message.offer_code else []
        yield Text("▌ " + "\n▌ ".join(told), style="green", justify=justify)


def _media(header_format: str) -> RenderableType:
    return Panel(Text(header_format.lower(), style="dim", justify="center"), border_style="dim")


def _body(message: ShownMessage, justify: JustifyMethod) -> Iterator[RenderableType]:
    taken = 0
    is_folded = False
    for line in read_formatting(message.body):
        if message.is_folded and taken >= FOLDED_LINES and not is_folded:
            is_folded = True
            yield Rule(Text("Read more: a phone folds here", style="blue"), style="dim")
        taken += lines_of(line.text)
        yield _line(line, justify)


def _line(line: Line, justify: JustifyMethod) -> Text:
    lead = {"quote": "│ ", "bullet": "• ", "number": f"{line.lead} "}.get(line.kind, "")
    text = Text(lead, justify=justify)
    for span in line.spans:
        text.append(span.text, style=" ".join(LOOKS[style] for style in sorted(span.styles)))
    return text


def _buttons(buttons: Sequence[ShownButton]) -> Iterator[RenderableType]:
    for button in buttons:
        yield Rule(style="dim")
        yield Text(f"{SIGNS.get(button.kind, OTHER_SIGN)} {button.text}", style="cyan", justify="center")


def _card(card: ShownCard, justify: JustifyMethod) -> RenderableType:
    body = [_line(line, justify) for line in read_formatting(card.body)] if card.body else []
    return Panel(
        Group(_media(card.header_format), *body, *_buttons(card.buttons)),
        width=CARD_WIDTH,
        border_style="green",
    )
