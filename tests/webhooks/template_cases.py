"""Cases of what happens to templates."""

from tests.webhooks.cases import (
    AT,
    Case,
    case,
    template,
)

STATUS = "message_template_status_update"
STATUS_EVENTS = (
    "APPROVED",
    "ARCHIVED",
    "UNARCHIVED",
    "DELETED",
    "FLAGGED",
    "IN_APPEAL",
    "LIMIT_EXCEEDED",
    "LOCKED",
    "PENDING",
    "REINSTATED",
    "PENDING_DELETION",
)


def template_cases() -> list[Case]:
    paused = "Your WhatsApp message template has been paused for 3 hours until Aug 10 at 7:38 PM UTC"
    rejected = {"reason": "adjacent parameters", "recommendation": "separate them"}
    plain = [
        case(
            f"template_{event.lower()}",
            template(STATUS, event=event, reason="NONE", message_template_category="UTILITY"),
            "template/status",
            shows={
                "template_facts.0.event": event,
                "template_facts.0.category": "UTILITY",
                "template_facts.0.template_id": "1689556908129832",
                "template_facts.0.name": "order_confirmation",
                "template_facts.0.language": "en_US",
                "template_facts.0.occurred_at": "2026-11-18 11:06:40+00:00",
            },
        )
        for event in STATUS_EVENTS
    ]
    pauses = [
        case(
            f"template_paused_{title.lower()}",
            template(
                STATUS, event="PAUSED", reason="NONE", other_info={"title": title, "description": paused}
            ),
            "template/status",
            shows={
                "template_facts.0.pause_title": title,
                "template_facts.0.details.other_info.description": paused,
            },
        )
        for title in ("FIRST_PAUSE", "SECOND_PAUSE", "RATE_LIMITING_PAUSE", "UNPAUSE", "DISABLED")
    ]
    day = "2025-06-27 05:33:20+00:00"
    return [
        *plain,
        *pauses,
        case(
            "template_rejected",
            template(STATUS, event="REJECTED", reason="INVALID_FORMAT", rejection_info=rejected),
            "template/status",
            shows={
                "template_facts.0.reason": "INVALID_FORMAT",
                "template_facts.0.details.rejection_info.reason": "adjacent parameters",
            },
        ),
        case(
            "template_disabled_at_a_number",
            template(STATUS, event="DISABLED", disable_info={"disable_date": 1_751_002_400}),
            "template/status",
            shows={"template_facts.0.takes_effect_at": day},
        ),
        case(
            "template_disabled_on_a_day",
            template(STATUS, event="DISABLED", disable_info={"disable_date": "June 27, 2025"}),
            "template/status",
            shows={"template_facts.0.takes_effect_at": "2025-06-27 00:00:00+00:00"},
        ),
        case(
            "template_disabled_on_an_unreadable_day",
            template(STATUS, event="DISABLED", disable_info={"disable_date": "soon"}),
            "template/status",
            shows={
                "template_facts.0.takes_effect_at": None,
                "template_facts.0.details.disable_info.disable_date": "soon",
            },
        ),
        case(
            "template_id_beyond_a_float",
            template(STATUS, event="APPROVED", message_template_id=9_007_199_254_740_993),
            "template/status",
            shows={"template_facts.0.template_id": "9007199254740993"},
        ),
        case(
            "template_id_of_63_bits",
            template(STATUS, event="APPROVED", message_template_id=2**63 - 1),
            "template/status",
            shows={"template_facts.0.template_id": "9223372036854775807"},
        ),
        case(
            "template_id_as_text",
            template(STATUS, event="APPROVED", message_template_id="1689556908129832"),
            "template/status",
            shows={"template_facts.0.template_id": "1689556908129832"},
        ),
        case(
            "template_without_id",
            template(STATUS, event="APPROVED", message_template_id=None),
            "template/status",
            shows={"template_facts.0.template_id": ""},
        ),
        case(
            "template_without_id_and_name",
            template(STATUS, event="APPROVED", message_template_id=None, message_template_name=None),
            broken="message_template_status_update: names no template",
        ),
        *quality_cases(),
    ]


def quality_cases() -> list[Case]:
    category = "template_category_update"
    button = {"message_template_button_type": "URL", "message_template_button_url": "https://shop.example"}
    return [
        *(
            case(
                f"template_quality_{new.lower()}",
                template(
                    "message_template_quality_update", previous_quality_score=old, new_quality_score=new
                ),
                "template/quality",
                shows={"template_facts.0.quality": new, "template_facts.0.previous_quality": old},
            )
            for old, new in (("GREEN", "YELLOW"), ("YELLOW", "RED"), ("RED", "GREEN"), ("GREEN", "UNKNOWN"))
        ),
        case(
            "template_category_impending",
            template(
                category,
                new_category="UTILITY",
                correct_category="MARKETING",
                category_update_timestamp=AT + 86_400,
            ),
            "template/category",
            shows={
                "template_facts.0.is_impending": True,
                "template_facts.0.category": "UTILITY",
                "template_facts.0.correct_category": "MARKETING",
                "template_facts.0.event": "IMPENDING",
                "template_facts.0.takes_effect_at": "2026-11-19 11:06:40+00:00",
            },
        ),
        case(
            "template_category_done",
            template(category, previous_category="UTILITY", new_category="MARKETING"),
            "template/category",
            shows={
                "template_facts.0.is_impending": False,
                "template_facts.0.category": "MARKETING",
                "template_facts.0.previous_category": "UTILITY",
                "template_facts.0.event": "DONE",
            },
        ),
        case("template_category_in_short", template(category, new_category="MARKETING"), "template/category"),
        case(
            "template_category_detected",
            template("template_correct_category_detection", category="UTILITY", correct_category="MARKETING"),
            "template/category",
            shows={"template_facts.0.event": "DETECTED", "template_facts.0.is_impending": True},
        ),
        case(
            "template_components",
            template(
                "message_template_components_update",
                message_template_element="Hello {{1}}",
                message_template_title="Hi",
                message_template_footer="Bye",
                message_template_buttons=[button],
            ),
            "template/components",
            shows={"template_facts.0.details.message_template_element": "Hello {{1}}"},
        ),
    ]
