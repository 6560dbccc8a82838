"""Buttons against the published limits (Cloud API: component catalogue)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from urllib.parse import urlsplit

from rulecast.template.check_texts import EMOJI
from rulecast.template.finding import ContentFinding, finding
from rulecast.template.parts import Button
from rulecast.template.records import MessageTemplate

BUTTONS_MAX = 10
COUNTS_MAX: Mapping[str, int] = MappingProxyType(
    {
        "QUICK_REPLY": 10,
        "URL": 2,
        "PHONE_NUMBER": 1,
        "COPY_CODE": 1,
        "VOICE_CALL": 1,
        "FLOW": 1,
        "CATALOG": 1,
        "MPM": 1,
        "SPM": 1,
        "OTP": 1,
    }
)
LABEL_LENGTH_MAX = 25
URL_LENGTH_MAX = 2000
PHONE_LENGTH_MAX = 20
CODE_LENGTH_MAX = 15
DESKTOP_BUTTONS_MAX = 3
LOOPBACK = ("127.0.0.1", "localhost")
"""Where a rehearsal on one machine counts its clicks."""
HOSTS_REFUSED = ("wa.me", "chat.whatsapp.com", "whatsapp.com", "wa.link")

_PHONE = re.compile(r"\+?[0-9][0-9 ()-]*")
_CODE = re.compile(r"[A-Za-z0-9_-]+")


def check_buttons(template: MessageTemplate) -> Iterator[ContentFinding]:
    """Yield what is wrong with the buttons of the message and of its cards."""
    yield from _row("buttons", template.parts.buttons, template.links)
    for number, card in enumerate(template.parts.cards, 1):
        yield from _row(f"cards[{number}].buttons", card.buttons, template.links)
    kinds = [button.kind == "QUICK_REPLY" for button in template.parts.buttons]
    if len(kinds) > DESKTOP_BUTTONS_MAX or len(set(kinds)) > 1:
        yield finding("RT-106", place="buttons")


def _row(place: str, buttons: tuple[Button, ...], links: Mapping[str, str]) -> Iterator[ContentFinding]:
    if len(buttons) > BUTTONS_MAX:
        yield finding("RT-020", place=place)
    for kind, count in Counter(button.kind for button in buttons).items():
        if count > COUNTS_MAX.get(kind, 1):
            yield finding(
                "RT-021",
                f"There are {count} buttons of kind {kind}; Meta takes {COUNTS_MAX.get(kind, 1)}.",
                place=place,
            )
    kinds = [button.kind == "QUICK_REPLY" for button in buttons]
    if sum(before != after for before, after in pairwise(kinds)) > 1:
        yield finding("RT-007", place=place)
    for number, button in enumerate(buttons, 1):
        yield from _button(f"{place}[{number}]", button, links)


def _button(place: str, button: Button, links: Mapping[str, str]) -> Iterator[ContentFinding]:
    if len(button.text) > LABEL_LENGTH_MAX:
        yield finding("RT-022", place=f"{place}.text")
    if "{{" in button.text or "\n" in button.text or EMOJI.search(button.text):
        yield finding("RT-023", place=f"{place}.text")
    if button.kind == "URL":
        yield from _address(place, button, links)
    is_phone = _PHONE.fullmatch(button.phone_number) and len(button.phone_number) <= PHONE_LENGTH_MAX
    if button.kind == "PHONE_NUMBER" and not is_phone:
        yield finding("RT-026", place=f"{place}.phone_number")
    if button.kind == "COPY_CODE" and not is_coupon_code(button.example):
        yield finding("RT-027", place=f"{place}.example")


def is_coupon_code(code: str) -> bool:
    """Return whether a code can be copied from a button: 1 to 15 letters, digits, hyphens and underscores."""
    return len(code) <= CODE_LENGTH_MAX and _CODE.fullmatch(code) is not None


def _address(place: str, button: Button, links: Mapping[str, str]) -> Iterator[ContentFinding]:
    place = f"{place}.url"
    if len(button.url) > URL_LENGTH_MAX:
        yield finding("RT-024", place=place)
    if "{{" in button.url.removesuffix("{{1}}"):
        message = f"The address of the button “{button.text}” has a variable before its end."
        yield finding("RT-005", message, place=place)
    if button.takes_suffix and button.link and button.link not in links:
        message = f"The button “{button.text}” names no destination among the template's links."
        yield finding("RT-006", message, place=place)
    host = _host(button.url)
    if not host or any(host == one or host.endswith(f".{one}") for one in HOSTS_REFUSED):
        yield finding("RT-025", place=place)
    elif button.url.lower().startswith("http:") and host not in LOOPBACK:
        yield finding("RT-112", place=place)


def _host(url: str) -> str:
    """Return the host of an address, empty where it is none that a phone opens."""
    try:
        parts = urlsplit(url.removesuffix("{{1}}"))
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    return host if parts.scheme.lower() in {"http", "https"} and "{" not in host else ""
