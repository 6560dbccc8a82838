"""Read what happens to accounts and numbers (Meta, "Webhooks", account and phone number fields).

The kinds: restriction, violation, ban, disconnected, connected, certification, marketing_messages, pricing,
location, volume_tier, account_update (an event without a kind), alert, review, settings, capability,
number_quality, number_name, security, username, flow, payment_configuration, partner_solution.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from rulecast.collect.webhook_details import details_of
from rulecast.collect.webhook_facts import AccountFact, Detail
from rulecast.collect.webhook_fields import (
    Json,
    day_or_none,
    id_or_empty,
    instant_or_none,
    object_of,
    word_or_empty,
)
from rulecast.collect.webhook_reading import Change, Reading

# By field: the kind, and under which key Meta says what happened.
ACCOUNT_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "account_update": ("account_update", "event"),
    "account_review_update": ("review", "decision"),
    "account_alerts": ("alert", "alert_type"),
    "account_settings_update": ("settings", "event"),
    "business_capability_update": ("capability", "event"),
    "business_status_update": ("account_update", "event"),
    "business_username_updates": ("username", "status"),
    "campaign_status_update": ("account_update", "event"),
    "flows": ("flow", "event"),
    "partner_solutions": ("partner_solution", "event"),
    "payment_configuration_update": ("payment_configuration", "status"),
    "phone_number_name_update": ("number_name", "decision"),
    "phone_number_quality_update": ("number_quality", "event"),
    "security": ("security", "event"),
}
_KIND_OF_EVENT: Final = {
    "ACCOUNT_RESTRICTION": "restriction",
    "ACCOUNT_VIOLATION": "violation",
    "DISABLED_UPDATE": "ban",
    "ACCOUNT_DELETED": "disconnected",
    "ACCOUNT_OFFBOARDED": "disconnected",
    "PARTNER_REMOVED": "disconnected",
    "PARTNER_APP_UNINSTALLED": "disconnected",
    "ACCOUNT_RECONNECTED": "connected",
    "PARTNER_ADDED": "connected",
    "PARTNER_APP_INSTALLED": "connected",
    "VERIFIED_ACCOUNT": "connected",
    "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE": "certification",
    "PARTNER_CLIENT_CERTIFICATION_NEEDED": "certification",
    "MM_LITE_TERMS_SIGNED": "marketing_messages",
    "AD_ACCOUNT_LINKED": "marketing_messages",
    "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE": "pricing",
    "BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE": "location",
    "VOLUME_BASED_PRICING_TIER_UPDATE": "volume_tier",
}
# Users a portfolio may write to in 24 hours, by Meta's word; -1 is without limit, as in Meta's numbers.
_LIMITS: Final = {"TIER_UNLIMITED": -1, "UNTIERED": -1}
_LIMIT_KEYS: Final = (
    "max_daily_conversations_per_business",
    "max_daily_conversation_per_phone",
    "current_limit",
)
LIMIT_MAX = 2**31
UNLIMITED = -1


def read_account(change: Change, reading: Reading) -> None:
    """Read one change of an account or a number; a restriction of several kinds is several facts."""
    kind, event_key = ACCOUNT_FIELDS[change.field]
    value = change.value
    event = word_or_empty(value.get(event_key)) or word_or_empty(
        object_of(value, "alert_info").get(event_key)
    )
    if change.field == "account_update":
        kind = _KIND_OF_EVENT.get(event, kind)
    for until, details in _parts(change, kind, reading):
        reading.others.append(_fact(change, kind, event, until=until, details=details))


def _parts(
    change: Change, kind: str, reading: Reading
) -> Iterator[tuple[datetime | None, Mapping[str, Detail]]]:
    if kind == "restriction":
        restrictions = list(reading.each(change.value, "restriction_info"))
        for restriction in restrictions:
            yield instant_or_none(restriction.get("expiration")), details_of(restriction)
        if restrictions:
            return
    details = details_of(change.value)
    limit = limit_of(change.value)
    if limit is not None:
        details["messaging_limit"] = limit
    yield _end_of(change.value), details


def _end_of(value: Json) -> datetime | None:
    """Return until when, or from when on, what is told holds: only a scheduled ban names a day."""
    ban = object_of(value, "ban_info")
    return (
        day_or_none(ban.get("waba_ban_date")) if ban.get("waba_ban_state") == "SCHEDULE_FOR_DISABLE" else None
    )


def limit_of(value: Json) -> int | None:
    """Return how many people may be written to in 24 hours, -1 without limit; told as number or as TIER_ word."""
    return next((limit for key in _LIMIT_KEYS if (limit := _limit_or_none(value.get(key))) is not None), None)


def _limit_or_none(found: object) -> int | None:
    if type(found) is int:
        return found if UNLIMITED <= found < LIMIT_MAX else None
    word = word_or_empty(found)
    if word in _LIMITS:
        return _LIMITS[word]
    digits = word.removeprefix("TIER_")
    thousands = digits.endswith("K")
    digits = digits.removesuffix("K")
    if not digits.isdigit() or len(digits) > len(str(LIMIT_MAX)):
        return UNLIMITED if word == str(UNLIMITED) else None
    return int(digits) * (1_000 if thousands else 1)


def _fact(
    change: Change, kind: str, event: str, *, until: datetime | None, details: Mapping[str, Detail]
) -> AccountFact:
    value = change.value
    entity, entity_id = word_or_empty(value.get("entity_type")), id_or_empty(value.get("entity_id"))
    named = id_or_empty(object_of(value, "waba_info").get("waba_id"))
    return AccountFact(
        kind=kind,
        field=change.field,
        event=event,
        # Of what partners are told the entry is the portfolio, and `waba_info` names the account.
        waba_id=named or (entity_id if entity == "WABA" else "") or change.waba_id,
        business_number_id=change.business_number_id or (entity_id if entity == "PHONE_NUMBER" else ""),
        display_phone_number=change.display_phone_number,
        occurred_at=change.told_at or instant_or_none(value.get("timestamp")),
        until=until,
        details=details,
    )
