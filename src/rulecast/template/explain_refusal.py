"""What Meta's refusals about templates mean, and what a person does (Cloud API: template management errors)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DETAIL_LENGTH_MAX = 300
ALREADY_EXISTS = frozenset({2388023, 2388024})
THROTTLED_CODES = frozenset({4, 17, 32, 613, 80007, 80008})
UNAVAILABLE_CODES = frozenset({1, 2, 2494100})
CONTENT_CODES = frozenset({100, 200002})
NO_OBJECT = 33
UNREADABLE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One answer of Meta: its numbers, what happened in words, and what to do."""

    code: int
    subcode: int
    what: str
    what_to_do: str

    @property
    def is_throttled(self) -> bool:
        """Return whether Meta only wants to be asked later."""
        return self.code in THROTTLED_CODES

    @property
    def is_about_content(self) -> bool:
        """Return whether Meta judged this one template, so that others may still be taken."""
        return self.subcode in SUBCODES or (self.code in CONTENT_CODES and self.subcode != NO_OBJECT)

    @property
    def is_known_already(self) -> bool:
        """Return whether name and language, or the content, exist there."""
        return self.subcode in ALREADY_EXISTS


SUBCODES: Mapping[int, tuple[str, str]] = {
    2388019: (
        "The account has as many templates as it may have.",
        "Delete templates nobody uses; a verified business with an approved display name may have 6,000, not 250.",
    ),
    2388023: (
        "A template of this name and language is being deleted.",
        "Choose another name; a deleted name is locked for up to 30 days.",
    ),
    2388024: (
        "The name has this language already.",
        "`rulecast template sync` shows what Meta has; `rulecast template edit` replaces it.",
    ),
    2388039: (
        "The edit or its format is not allowed.",
        "The category of an approved template cannot be edited, and an edit brings all parts.",
    ),
    2388040: ("A text is longer than it may be.", "`rulecast template check` names the part and its limit."),
    2388047: (
        "The header is not taken: no line breaks, emoji, asterisks or formatting.",
        "Write the header plainly.",
    ),
    2388072: ("The body is not taken.", "Look for rows of line breaks, spaces and broken variables."),
    2388073: ("The footer is not taken.", "At most 60 characters, no variables, plainly written."),
    2388109: (
        "The template was edited too often, or its name was deleted a short while ago.",
        "An approved template takes one edit in 24 hours and ten in 30 days; a deleted name is locked for 30 days.",
    ),
    2388293: (
        "There are too many variables for so few words.",
        "Add words or drop variables; raise RULECAST_TEMPLATE_WORDS_PER_VARIABLE so that this is found here first.",
    ),
    2388299: ("A text begins or ends with a variable.", "Put words before the first and after the last."),
    2494100: ("Meta cannot answer for the moment.", "Try again in a few minutes."),
}
SIGNUP_SUBCODES = frozenset({*range(2494164, 2494169), 2494176, 2494177, 2494179})
CODES: Mapping[int, tuple[str, str]] = {
    0: ("The access token is not taken.", "Make a new one and set RULECAST_ACCESS_TOKEN."),
    3: ("The app may not do this.", "Give the app the permission whatsapp_business_management."),
    10: (
        "The app has no permission for this account.",
        "Give the system user the account and the permission whatsapp_business_management.",
    ),
    33: ("There is no such account or template.", "Check the account id in the workspace file."),
    100: (
        "Meta takes a field of the template for wrong.",
        "Read its answer; `rulecast template check` may name the place.",
    ),
    190: ("The access token has expired or was taken back.", "Make a new one and set RULECAST_ACCESS_TOKEN."),
    200: ("The app has no permission for this account.", "Check the token's permissions."),
    200002: (
        "Meta takes the template for wrong.",
        "Read its answer; `rulecast template check` may name the place.",
    ),
    368: (
        "The account is blocked for breaking WhatsApp's policies.",
        "Read the account's quality page at Meta.",
    ),
}


def explain_refusal(error: Mapping[str, Any]) -> Refusal:
    """Return what an error object of the Graph API says, in words; its own words for people are kept."""
    code, subcode = _whole(error.get("code")), max(0, _whole(error.get("error_subcode")))
    if code in THROTTLED_CODES:
        words = ("Meta was asked too often about this account.", "Wait; the answer said for how long.")
    elif subcode in SIGNUP_SUBCODES:
        words = ("The sign-up form is not taken.", "Read Meta's answer.")
    elif code in UNAVAILABLE_CODES:
        words = SUBCODES[2494100]
    elif subcode == NO_OBJECT:
        words = CODES[NO_OBJECT]
    else:
        words = SUBCODES.get(subcode) or CODES.get(code) or ("Meta refused it.", "Read its answer.")
    told = " ".join(
        str(error[key]) for key in ("error_user_title", "error_user_msg") if error.get(key)
    ) or str(error.get("message") or "")
    told = told.strip()[:DETAIL_LENGTH_MAX]
    numbers = f"{code}/{subcode}" if subcode else str(code)
    return Refusal(
        code=code,
        subcode=subcode,
        what=f"{words[0]} Meta says ({numbers}): {told}" if told else f"{words[0]} ({numbers})",
        what_to_do=words[1],
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else UNREADABLE
