"""What a refusal of the Cloud API means for somebody who connects a number, and what to do about it.

Sources: Meta's error code reference and its pages on tokens, numbers, webhooks and health (2026 editions). Codes not
listed here have their meaning in the table of delivery.
"""

from collections.abc import Mapping
from typing import Any

from rulecast.deliver.error_code import UNLISTED, describe_error_code
from rulecast.wiring.connect.graph import whole

TOLD_LENGTH_MAX = 200
MISSING_OBJECT = 33
"""Meta's code of an object that does not exist, and its subcode where the code is 100."""

_TOKEN = (
    "The access token is not taken: it has expired, was taken back, or is cut short.",
    (
        "Business settings, System users: make a token with both whatsapp_business permissions and no expiry, and "
        "give it with --token-file."
    ),
)
_PERMISSION = (
    "The token may not do this.",
    (
        "Business settings, System users: assign app and account with full control, then make a token with "
        "whatsapp_business_messaging and whatsapp_business_management."
    ),
)
_CALLS = (
    "Meta was asked too often.",
    "Wait an hour and run the command again; steps that are done stay done.",
)
_AWAY = ("Meta cannot answer for the moment.", "Run the command again in some minutes.")
_REGISTER = (
    "The number is not registered with the Cloud API.",
    "WhatsApp Manager, Phone numbers: finish the registration, with the six digits of two-step verification.",
)
_MISSING = (
    "There is no such object, or the token cannot see it.",
    (
        "Compare the ids with WhatsApp Manager (the number id is not the phone number), and assign the account to the "
        "system user."
    ),
)
_RECIPIENT_LIST = (
    "The recipient is not in the list of allowed recipients of this test number.",
    (
        "App dashboard, WhatsApp, API setup: add the phone under 'To' and type in the code it gets; write it "
        "as it stands there. A test number takes five."
    ),
)

WORDS: Mapping[int, tuple[str, str]] = {
    **dict.fromkeys((0, 190), _TOKEN),
    **dict.fromkeys((1, 2, 131000, 131016, 133004), _AWAY),
    **dict.fromkeys((3, 10, 131005, *range(200, 300)), _PERMISSION),
    **dict.fromkeys((4, 17, 32, 613, 80007, 80008, 80014), _CALLS),
    33: _MISSING,
    100: (
        "Meta takes a part of the request for wrong.",
        "Read Meta's words; most often an id belongs to another account, or the Graph version is too old.",
    ),
    101: (
        "The app secret is not the one of this app.",
        "App dashboard, App settings, Basic: copy the secret again.",
    ),
    368: (
        "The account is blocked for breaking WhatsApp's policies.",
        "Business support home: read the violation and ask for a review.",
    ),
    2200: (
        "Meta could not verify the webhook address.",
        (
            "Start `rulecast serve`, make the address reachable from outside with a trusted certificate, and keep "
            "the same verify token."
        ),
    ),
    130429: _CALLS,
    130497: (
        "The account may not write to people of this country.",
        "Choose a recipient of another country.",
    ),
    131021: ("The recipient is the number itself.", "Name another phone with --to."),
    131026: (
        "The message cannot be delivered: the phone has no WhatsApp, an old version, or has not accepted the terms.",
        "Try a phone with a current WhatsApp that has not blocked the number.",
    ),
    131030: _RECIPIENT_LIST,
    131031: ("The account is locked.", "Business support home shows why, and takes the appeal."),
    131037: (
        "The display name of the number is not approved yet.",
        "WhatsApp Manager, Phone numbers: hand in a display name and wait for its approval.",
    ),
    131042: (
        "The payment of the account needs attention.",
        "WhatsApp Manager, Billing: add a payment method and look at currency, time zone and unpaid bills.",
    ),
    131045: _REGISTER,
    132001: (
        "The template does not exist in this language, or is not approved.",
        "`rulecast template sync`, then name an approved one with --template.",
    ),
    133006: (
        "The number needs to be verified again.",
        "WhatsApp Manager, Phone numbers: verify it by SMS or call.",
    ),
    133010: _REGISTER,
    133015: ("The number was deleted a moment ago.", "Wait five minutes, then register it."),
    141000: (
        "The health check of the account is not well.",
        "WhatsApp Manager, Overview: it names the part and what to do.",
    ),
}


def explain(error: Mapping[str, Any]) -> tuple[str, str]:
    """Return what an error object says and what to do, Meta's own words and numbers included."""
    code, subcode = whole(error.get("code")), max(0, whole(error.get("error_subcode")))
    words = explain_code(MISSING_OBJECT if subcode == MISSING_OBJECT else code)
    details = error.get("error_data")
    told = (
        error.get("error_user_msg")
        or (details.get("details") if isinstance(details, Mapping) else None)
        or error.get("message")
        or ""
    )
    numbers = f"{code}, {subcode}" if subcode else str(code)
    said = " ".join(str(told).split())[:TOLD_LENGTH_MAX]
    return (f"{words[0]} Meta says ({numbers}): {said}" if said else f"{words[0]} ({numbers})"), words[1]


def explain_code(code: int) -> tuple[str, str]:
    """Return the words for a code alone, as statuses and health checks have them."""
    if code in WORDS:
        return WORDS[code]
    known = describe_error_code(code)
    if known is UNLISTED:
        return "Meta refused it.", "Read Meta's words, and its page of error codes for this number."
    return known.meaning, "Mend it at Meta and run the command again; steps that are done stay done."
