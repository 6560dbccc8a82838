"""A message looks as on a phone: marks, fold, direction, cards; and nothing a person wrote becomes part of the page."""

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from typing_extensions import override

from rulecast.cli.template_bubble import render_bubble
from rulecast.template import MessageTemplate, ParameterMissingError, preview, read_parts
from rulecast.template.formatting import read_formatting
from rulecast.template.preview_html import preview_html
from rulecast.template.shown import read_shown, show_message
from rulecast.values.ids import TemplateId

STOP = {"type": "QUICK_REPLY", "text": "Stop promotions"}
SHOP = {"type": "URL", "text": "Shop now", "url": "https://shop.example/{{1}}", "link": "promo"}
LONG = "One line of the message.\nTwo\nThree\nFour\nFive\nSix"


def template(
    *components: dict[str, Any], language: str = "en", category: str = "marketing"
) -> MessageTemplate:
    return MessageTemplate(
        template_id=TemplateId(1),
        name="winback",
        language=language,
        category=category,
        status="approved",
        components=components,
        links={"promo": "https://shop.example"},
        parts=read_parts(components),
    )


def body(text: str) -> dict[str, Any]:
    return {"type": "BODY", "text": text}


def buttons(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(rows)}


def card(text: str) -> dict[str, Any]:
    return {"components": [{"type": "HEADER", "format": "IMAGE"}, body(text), buttons(SHOP)]}


CAROUSEL = template(
    body("Our picks, {{name}}."), {"type": "CAROUSEL", "cards": [card("New {{1}}"), card("Old {{1}}")]}
)
OFFER = template(
    body("Save now."),
    {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}},
    buttons({"type": "COPY_CODE", "example": "SAVE20"}, SHOP),
)


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        (
            "Hi *Asha*, _20 %_ ~off~ ```code```",
            {"Asha": "bold", "20 %": "italic", "off": "strike", "code": "mono"},
        ),
        ("*bold _both_*", {"bold ": "bold", "both": "bold italic"}),
        ("`SAVE20` now", {"SAVE20": "mono"}),
        ("see https://x.example/a_b_c", {"https://x.example/a_b_c": "link"}),
        ("snake_case_name 2*3*4 2 * 3 * 4 *a", {}),
        ("عرض *خاص* اليوم", {"خاص": "bold"}),
    ],
)
def test_marks_are_read_as_a_phone_reads_them(text: str, looks: dict[str, str]) -> None:
    spans = [span for line in read_formatting(text) for span in line.spans]
    assert {span.text: " ".join(sorted(span.styles)) for span in spans if span.styles} == looks


def test_quotes_and_lists_are_lines_of_their_own() -> None:
    lines = read_formatting("> quote\n* one\n- two\n1. first\nplain")
    assert [(line.kind, line.lead, line.text) for line in lines] == [
        ("quote", "", "quote"),
        ("bullet", "", "one"),
        ("bullet", "", "two"),
        ("number", "1.", "first"),
        ("plain", "", "plain"),
    ]


@given(st.text(alphabet=st.sampled_from("*_~`ab <>&\n1.- >"), max_size=60))
def test_no_character_but_marks_is_lost(text: str) -> None:
    kept = "".join(char for char in text if char in "ab<&")
    shown = "".join(char for line in read_formatting(text) for char in line.text if char in "ab<&")
    assert shown == kept


def test_cards_count_their_own_variables() -> None:
    assert CAROUSEL.parameters == ("name", "card1_1", "card2_1")
    shown = show_message(CAROUSEL, {"name": "Asha", "card1_1": "elf", "card2_1": "aloe"})
    assert [one.body for one in shown.cards] == ["New elf", "Old aloe"]
    with pytest.raises(ParameterMissingError, match="card2_1"):
        show_message(CAROUSEL, {"name": "Asha", "card1_1": "elf"})
    assert show_message(CAROUSEL, {}, keeps_missing=True).cards[1].body == "Old {{1}}"


def test_an_offer_shows_its_end_and_its_code() -> None:
    assert OFFER.parameters == ("offer_expires_at", "coupon_code")
    shown = show_message(OFFER, {"offer_expires_at": "2026-12-01", "coupon_code": "AB1"})
    assert (shown.offer, shown.offer_ends, shown.offer_code) == ("Ends soon", "2026-12-01", "AB1")
    assert "[Ends soon 2026-12-01 AB1]" in preview(
        OFFER, {"offer_expires_at": "2026-12-01", "coupon_code": "AB1"}
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-12-31T23:59+01:00", "2026-12-31 23:59"),
        ("2026-12-31T23:59:30.5Z", "2026-12-31 23:59"),
        # Without an offset it is refused when it is sent, and shown as it was written.
        ("2026-12-31T23:59", "2026-12-31T23:59"),
        ("tomorrow", "tomorrow"),
    ],
)
def test_the_end_of_an_offer_is_shown_as_a_clock_shows_it(written: str, shown: str) -> None:
    assert show_message(OFFER, {"offer_expires_at": written, "coupon_code": "AB1"}).offer_ends == shown


@pytest.mark.parametrize(
    ("category", "text", "is_folded"),
    [
        ("marketing", LONG, True),
        ("utility", LONG, False),
        ("marketing", "word " * 30, False),
        ("marketing", "字" * 120, True),
    ],
)
def test_a_long_marketing_body_folds(category: str, text: str, is_folded: bool) -> None:
    shown = show_message(template(body(text), category=category), {})
    assert shown.is_folded is is_folded
    assert ("Read more" in preview_html(shown)) is is_folded


def test_a_plan_keeps_what_is_shown() -> None:
    shown = show_message(CAROUSEL, {"name": "A", "card1_1": "b", "card2_1": "c"})
    assert read_shown(json.loads(json.dumps(shown.to_json()))) == shown


def test_arabic_is_laid_out_from_the_right() -> None:
    shown = show_message(template(body("مرحبا {{name}}، خصم خاص."), language="ar"), {"name": "آشا"})
    assert preview_html(shown).startswith('<div dir="rtl"')
    assert preview_html(show_message(CAROUSEL, {}, keeps_missing=True)).startswith('<div dir="ltr"')


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> javascript:alert(1) </style></div>'


def test_values_stay_text_in_the_page() -> None:
    """F92."""
    one = template(
        {"type": "HEADER", "format": "TEXT", "text": "To {{name}}"},
        body(f"Hi {{{{name}}}}, *{{{{name}}}}* {LONG}"),
        {"type": "FOOTER", "text": HOSTILE[:60]},
        buttons({**STOP, "text": HOSTILE[:25]}, SHOP),
    )
    reader = _Reader()
    page = preview_html(show_message(one, {"name": HOSTILE}), time=HOSTILE)
    reader.feed(page)
    assert reader.tags <= {"div", "span", "br", "svg", "path", "style", "input", "label"}
    assert not {name for name in reader.names if name.startswith("on")} | (reader.names & {"src", "href"})
    assert page.count("<style>") == 1


def test_a_terminal_shows_the_same_parts() -> None:
    console = Console(width=100, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(render_bubble(show_message(OFFER, {"coupon_code": "AB1"}), title="offer"))
        console.print(render_bubble(show_message(CAROUSEL, {}, keeps_missing=True)))
        console.print(render_bubble(show_message(template(body(LONG), buttons(STOP)), {})))
    told = captured.get()
    for part in (
        "▌ Ends soon",
        "Code: AB1",
        "⧉ Copy offer code",
        "↗ Shop now",
        "New {{1}}",
        "image",
        "↩ Stop promotions",
    ):
        assert part in told
    assert told.index("Five") < told.index("Read more") < told.index("Six")
