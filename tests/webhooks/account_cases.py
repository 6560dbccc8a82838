"""Cases of what happens to accounts and numbers."""

from tests.webhooks.cases import (
    AT,
    DISPLAY,
    Case,
    Json,
    body,
    case,
    change,
    entry,
    managed,
)

WABA_INFO = {"waba_info": {"waba_id": "980198427658004", "owner_business_id": "2329417887457253"}}
PLAIN_EVENTS = {
    "ACCOUNT_DELETED": "disconnected",
    "ACCOUNT_OFFBOARDED": "disconnected",
    "PARTNER_APP_UNINSTALLED": "disconnected",
    "ACCOUNT_RECONNECTED": "connected",
    "PARTNER_ADDED": "connected",
    "PARTNER_APP_INSTALLED": "connected",
    "VERIFIED_ACCOUNT": "connected",
    "PARTNER_CLIENT_CERTIFICATION_NEEDED": "certification",
    "MM_LITE_TERMS_SIGNED": "marketing_messages",
    "AN_EVENT_OF_2028": "account_update",
}


def account_cases() -> list[Case]:
    restrictions = [
        {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": AT + 604_800},
        {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION", "expiration": str(AT + 604_800)},
    ]
    tier = {
        "tier_update_time": 1_743_451_903,
        "pricing_category": "UTILITY",
        "tier": "25000001:50000000",
        "effective_month": "2025-11",
        "region": "India",
    }
    eligibility = {"start_time": AT, "exception_countries": [{"country_code": "IN", "start_time": AT}]}
    disconnection = {"reason": "PRIMARY_INACTIVITY", "initiated_by": "SYSTEM"}
    certification = {
        "client_business_id": "272",
        "status": "REJECTED",
        "rejection_reasons": ["NONE", "OTHER"],
    }

    def update(event: str, **more: object) -> Json:
        return managed("account_update", event=event, **more)

    bans = [
        case(
            f"account_ban_{state.lower()}",
            update("DISABLED_UPDATE", ban_info={"waba_ban_state": state, "waba_ban_date": "April 17, 2027"}),
            "account/ban",
            shows={
                "account_facts.0.details.ban_info.waba_ban_state": state,
                "account_facts.0.until": "2027-04-17 00:00:00+00:00"
                if state == "SCHEDULE_FOR_DISABLE"
                else None,
            },
        )
        for state in ("DISABLE", "REINSTATE", "SCHEDULE_FOR_DISABLE")
    ]
    violations = [
        case(
            f"account_violation_{kind.lower()}",
            update("ACCOUNT_VIOLATION", violation_info={"violation_type": kind, "remediation": "r"}),
            "account/violation",
            shows={"account_facts.0.details.violation_info.violation_type": kind},
        )
        for kind in ("ADULT", "UTILITY_TEMPLATE_ABUSE", "UTILITY_TEMPLATE_ABUSE_RATE_LIMIT_RECOVERY")
    ]
    plain = [
        case(
            f"account_{event.lower()}",
            update(event, **WABA_INFO),
            f"account/{kind}",
            shows={"account_facts.0.event": event, "account_facts.0.waba_id": "980198427658004"},
        )
        for event, kind in PLAIN_EVENTS.items()
    ]
    return [
        *bans,
        *violations,
        *plain,
        case(
            "account_restriction_of_two_kinds",
            update("ACCOUNT_RESTRICTION", restriction_info=restrictions),
            "account/restriction account/restriction",
            shows={
                "account_facts.0.details.restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
                "account_facts.0.until": "2026-11-25 11:06:40+00:00",
                "account_facts.1.until": "2026-11-25 11:06:40+00:00",
            },
        ),
        case(
            "account_restriction_without_end",
            update(
                "ACCOUNT_RESTRICTION", restriction_info=[{"restriction_type": "RESTRICTED_UTILITY_TEMPLATES"}]
            ),
            "account/restriction",
            shows={"account_facts.0.until": None},
        ),
        case("account_restriction_without_kinds", update("ACCOUNT_RESTRICTION"), "account/restriction"),
        case(
            "account_partner_removed",
            update("PARTNER_REMOVED", disconnection_info=disconnection, **WABA_INFO),
            "account/disconnected",
            shows={"account_facts.0.details.disconnection_info.reason": "PRIMARY_INACTIVITY"},
        ),
        case(
            "account_certification",
            update(
                "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE", partner_client_certification_info=certification
            ),
            "account/certification",
            shows={"account_facts.0.details.partner_client_certification_info.rejection_reasons.1": "OTHER"},
        ),
        case(
            "account_ad_account_linked",
            update("AD_ACCOUNT_LINKED", waba_info={**WABA_INFO["waba_info"], "ad_account_linked": "98"}),
            "account/marketing_messages",
        ),
        case(
            "account_volume_tier",
            update("VOLUME_BASED_PRICING_TIER_UPDATE", volume_tier_info=tier),
            "account/volume_tier",
            shows={"account_facts.0.details.volume_tier_info.tier": "25000001:50000000"},
        ),
        case(
            "account_international_price",
            update("AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", auth_international_rate_eligibility=eligibility),
            "account/pricing",
        ),
        case(
            "account_country",
            update("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", country="IN"),
            "account/location",
            shows={"account_facts.0.details.country": "IN"},
        ),
        case(
            "account_update_without_time",
            body(entry(change({"event": "ACCOUNT_DELETED"}, "account_update"))),
            "account/disconnected",
            shows={"account_facts.0.occurred_at": None},
        ),
        case("account_update_without_event", managed("account_update"), "account/account_update"),
        *(
            case(
                f"account_review_{decision.lower()}",
                managed("account_review_update", decision=decision),
                "account/review",
                shows={"account_facts.0.event": decision},
            )
            for decision in ("APPROVED", "REJECTED", "PENDING", "DEFERRED")
        ),
    ]


def number_cases() -> list[Case]:
    def alert(entity: str, kind: str, severity: str) -> Json:
        info = {
            "alert_severity": severity,
            "alert_status": "ACTIVE",
            "alert_type": kind,
            "alert_description": "d",
        }
        return managed("account_alerts", entity_type=entity, entity_id=106540352242922, alert_info=info)

    def quality(event: str, **more: object) -> Json:
        return managed("phone_number_quality_update", display_phone_number=DISPLAY, event=event, **more)

    limit = "account_facts.0.details.messaging_limit"
    capability = "max_daily_conversations_per_business"
    return [
        case(
            "alert_of_a_number",
            alert("PHONE_NUMBER", "OBA_APPROVED", "INFORMATIONAL"),
            "account/alert",
            shows={
                "account_facts.0.event": "OBA_APPROVED",
                "account_facts.0.business_number_id": "106540352242922",
            },
        ),
        case(
            "alert_of_a_business",
            alert("BUSINESS", "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED", "WARNING"),
            "account/alert",
            shows={"account_facts.0.business_number_id": ""},
        ),
        case(
            "alert_critical",
            alert("WABA", "PROFILE_PICTURE_LOST", "CRITICAL"),
            "account/alert",
            shows={"account_facts.0.waba_id": "106540352242922"},
        ),
        *(
            case(
                f"capability_{name}",
                managed("business_capability_update", **{capability: found}, max_phone_numbers_per_waba=25),
                "account/capability",
                shows={limit: wanted},
            )
            for name, found, wanted in (
                ("2000", 2_000, 2_000),
                ("unlimited", -1, -1),
                ("word", "TIER_100K", 100_000),
                ("250", "TIER_250", 250),
                ("text", "-1", -1),
            )
        ),
        case(
            "capability_without_limit",
            managed("business_capability_update", max_phone_numbers_per_business=2),
            "account/capability",
        ),
        *(
            case(
                f"number_{event.lower()}",
                quality(event, **{capability: "TIER_UNLIMITED"}),
                "account/number_quality",
                shows={
                    limit: -1,
                    "account_facts.0.event": event,
                    "account_facts.0.display_phone_number": DISPLAY,
                },
            )
            for event in ("ONBOARDING", "THROUGHPUT_UPGRADE", "FLAGGED", "UNFLAGGED", "UPGRADE", "DOWNGRADE")
        ),
        case(
            "number_quality_with_a_number",
            quality("UPGRADE", **{capability: 10_000}),
            "account/number_quality",
            shows={limit: 10_000},
        ),
        case(
            "number_quality_with_old_key",
            quality("UPGRADE", current_limit="TIER_1K"),
            "account/number_quality",
            shows={limit: 1_000},
        ),
        *(
            case(
                f"name_{decision.lower()}",
                managed(
                    "phone_number_name_update",
                    display_phone_number="+1 555-078-3881",
                    decision=decision,
                    requested_verified_name="Lucky Shrub",
                    rejection_reason=reason,
                ),
                "account/number_name",
                shows={"account_facts.0.event": decision, "account_facts.0.display_phone_number": DISPLAY},
            )
            for decision, reason in (("APPROVED", None), ("REJECTED", "NAME_EMPLOYEE"), ("DEFERRED", None))
        ),
        *(
            case(
                f"security_{event.lower()}",
                managed("security", display_phone_number=DISPLAY, event=event, requester="61555822107539"),
                "account/security",
                shows={"account_facts.0.event": event, "account_facts.0.details.requester": "None"},
            )
            for event in ("PIN_CHANGED", "PIN_RESET_REQUEST", "PIN_REQUEST_SUCCESS")
        ),
        *(
            case(
                f"username_{word}",
                managed(
                    "business_username_updates",
                    display_phone_number=DISPLAY,
                    username="luckyshrub",
                    status=word,
                ),
                "account/username",
                shows={"account_facts.0.event": word},
            )
            for word in ("approved", "reserved", "deleted")
        ),
        case(
            "settings",
            managed("account_settings_update", phone_number_settings={"calling": {"status": "ENABLED"}}),
            "account/settings",
        ),
    ]
