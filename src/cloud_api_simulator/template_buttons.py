"""Judges the buttons of a template: kinds, counts, order, labels (platform reference 8.1)."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.template_texts import check_length, missing_field, refuse
from cloud_api_simulator.templates import BUTTONS_MAX

LABEL_CHARACTERS_MAX = 25
URL_CHARACTERS_MAX = 2000
PHONE_CHARACTERS_MAX = 20
CODE_CHARACTERS_MAX = 15
COUNTS_MAX: Mapping[str, int] = {
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
    "APP": 1,
    "CALL_PERMISSION_REQUEST": 1,
    "REQUEST_CONTACT_INFO": 1,
}
"""Most buttons of each kind (platform reference 8.1)."""
OTP_KINDS = frozenset({"COPY_CODE", "ONE_TAP", "ZERO_TAP"})
"""Ways an OTP button hands over its code (platform reference 8.1)."""

_PRESET_LABEL = frozenset({"COPY_CODE", "OTP", "CALL_PERMISSION_REQUEST", "REQUEST_CONTACT_INFO"})
_OWN_LINKS = re.compile(r"https?://(www\.)?(wa\.me|chat\.whatsapp\.com)(/|$)", re.IGNORECASE)
_WEB_LINK = re.compile(r"https?://[^\s/]+\S*")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")


def check_buttons(value: object, category: str) -> None:
    """Judge the buttons of a template or a card; raises ApiError 100."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise missing_field("component of type BUTTONS is missing expected field(s) (buttons).")
    if not 1 <= len(value) <= BUTTONS_MAX:
        raise refuse(None, "Button count is invalid", f"A template has 1 to {BUTTONS_MAX} buttons.")
    kinds = [str(button.get("type", "")).upper() for button in value]
    for kind, count in Counter(kinds).items():
        most = COUNTS_MAX.get(kind)
        if most is None:
            wanted = ", ".join(sorted(COUNTS_MAX))
            raise ApiError(100, message=f'(#100) Param type must be one of {{{wanted}}} - got "{kind[:40]}".')
        if count > most:
            raise refuse(
                None, "Button count is invalid", f"A template has at most {most} buttons of type {kind}."
            )
    if (category == "AUTHENTICATION") != ("OTP" in kinds):
        raise refuse(None, "Button type is invalid", "An OTP button belongs to an authentication template.")
    runs = [is_reply for is_reply, _ in groupby(kinds, key=lambda kind: kind == "QUICK_REPLY")]
    if len(runs) > len(set(runs)):
        raise refuse(
            None, "Button order is invalid", "Quick replies and other buttons must each stand together."
        )
    for button, kind in zip(value, kinds, strict=True):
        _check_button(button, kind)


def _check_button(button: JsonObject, kind: str) -> None:
    label = str(button.get("text") or "")
    if label or kind not in _PRESET_LABEL:
        check_length(label, "Button text", LABEL_CHARACTERS_MAX)
        if "{{" in label or "\n" in label or _EMOJI.search(label):
            raise refuse(
                None,
                "Button text is invalid",
                "Buttons can't have variables, new lines or emojis in their text.",
            )
    match kind:
        case "URL":
            _check_url(button)
        case "PHONE_NUMBER":
            check_length(str(button.get("phone_number") or ""), "Phone number", PHONE_CHARACTERS_MAX)
        case "COPY_CODE":
            example = button.get("example")
            code = example[0] if isinstance(example, list) and example else example
            check_length(str(code or ""), "Coupon code example", CODE_CHARACTERS_MAX)
        case "OTP":
            if str(button.get("otp_type", "")).upper() not in OTP_KINDS:
                raise ApiError(
                    100, message="(#100) Param otp_type must be one of {COPY_CODE, ONE_TAP, ZERO_TAP}."
                )
        case _:
            pass


def _check_url(button: JsonObject) -> None:
    url = str(button.get("url") or "")
    check_length(url, "URL", URL_CHARACTERS_MAX)
    if _WEB_LINK.fullmatch(url) is None:
        raise refuse(None, "URL is invalid", "The URL of a button must begin with http:// or https://.")
    if _OWN_LINKS.match(url):
        raise refuse(None, "URL is invalid", "Direct links to WhatsApp are not allowed for buttons.")
    if "{{" not in url:
        return
    if url.count("{{") > 1 or not url.endswith("{{1}}"):
        raise refuse(None, "URL is invalid", "The URL has at most one variable, {{1}}, at its very end.")
    if not button.get("example"):
        raise missing_field("URL button with a variable is missing expected field(s) (example).")
