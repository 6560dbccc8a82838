"""Cases of statuses, preferences, account problems and clicks."""

from tests.webhooks.cases import (
    AT,
    BSUID,
    CONTACT,
    NUMBER_ID,
    OTHER_PHONE,
    PARENT,
    PHONE,
    Case,
    Json,
    body,
    case,
    change,
    entry,
    failure,
    preference,
    preferences,
    status,
    statuses,
    valued,
)

PRICE = {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"}
ENTRY_PRICE = {
    "billable": False,
    "pricing_model": "PMP",
    "type": "free_entry_point",
    "category": "referral_conversion",
}
OLD_PRICE = {"billable": True, "pricing_model": "CBP", "category": "service"}
OURS = "AAECAwQFBgcICQoLDA0ODw"
PHONE_LESS = {"recipient_id": None}


def usual() -> list[Case]:
    entry_point = {"id": "72704", "origin": {"type": "referral_conversion"}}
    window = {"id": "72704", "expiration_timestamp": str(AT + 86_400), "origin": {"type": "service"}}
    details = {"error_data": {"details": "healthy ecosystem"}, "href": "https://developers.example/"}
    return [
        case(
            "status_sent",
            statuses(status("sent", pricing=PRICE, biz_opaque_callback_data=OURS), contacts=[CONTACT]),
            "status/sent",
            shows={
                "statuses.0.pricing_type": "regular",
                "statuses.0.pricing_category": "marketing",
                "statuses.0.pricing_model": "PMP",
                "statuses.0.is_billable": True,
                "statuses.0.opaque_id": bytes(range(16)),
                "statuses.0.recipient_phone": f"+{PHONE}",
                "statuses.0.recipient_bsuid": BSUID,
                "statuses.0.business_number_id": NUMBER_ID,
                "statuses.0.waba_id": "102290129340398",
            },
        ),
        case(
            "status_sent_without_price",
            statuses(status("sent")),
            "status/sent",
            shows={"statuses.0.is_billable": None, "statuses.0.pricing_type": ""},
        ),
        case("status_delivered", statuses(status("delivered", pricing=PRICE)), "status/delivered"),
        case("status_delivered_without_price", statuses(status("delivered")), "status/delivered"),
        case(
            "status_read_in_entry_point_window",
            statuses(status("read", conversation=entry_point, pricing=ENTRY_PRICE)),
            "status/read",
            shows={
                "statuses.0.conversation_origin": "referral_conversion",
                "statuses.0.is_billable": False,
                "statuses.0.pricing_type": "free_entry_point",
                "statuses.0.conversation_expires_at": None,
            },
        ),
        case("status_played", statuses(status("played")), "status/played"),
        case(
            "status_with_conversation_of_old",
            statuses(status("sent", conversation=window, pricing=OLD_PRICE)),
            "status/sent",
            shows={
                "statuses.0.conversation_expires_at": "2026-11-19 11:06:40+00:00",
                "statuses.0.pricing_model": "CBP",
                "statuses.0.pricing_type": "",
            },
        ),
        case(
            "status_failed_131049",
            statuses(status("failed", errors=[failure(131049, **details)])),
            "status/failed",
            shows={
                "statuses.0.error_code": 131049,
                "statuses.0.error_title": "Not delivered",
                "statuses.0.error_details": "healthy ecosystem",
            },
        ),
        case(
            "status_failed_131050_without_user_id",
            statuses(status("failed", recipient_user_id=None, errors=[failure(131050)])),
            "status/failed",
            shows={"statuses.0.error_code": 131050, "statuses.0.recipient_bsuid": None},
        ),
        case(
            "status_failed_with_data_as_text",
            statuses(status("failed", errors=[failure(131026, error_data="gone")])),
            "status/failed",
            shows={"statuses.0.error_details": "gone"},
        ),
        case(
            "status_failed_without_errors",
            statuses(status("failed")),
            "status/failed",
            shows={"statuses.0.error_code": 0},
        ),
        case(
            "status_failed_with_code_as_text",
            statuses(status("failed", errors=[failure("131053")])),
            "status/failed",
            shows={"statuses.0.error_code": 131053},
        ),
    ]


def odd() -> list[Case]:
    participant = {
        "recipient_type": "group",
        "recipient_id": "Y2FwaV9ncm91cDo",
        "recipient_participant_id": OTHER_PHONE,
        "recipient_participant_user_id": BSUID,
        "recipient_participant_parent_user_id": PARENT,
    }
    return [
        case(
            "status_without_phone",
            statuses(status("delivered", **PHONE_LESS)),
            "status/delivered",
            shows={"statuses.0.recipient_phone": None, "statuses.0.recipient_bsuid": BSUID},
        ),
        case(
            "status_with_parent",
            statuses(status("sent", recipient_parent_user_id=PARENT)),
            "status/sent",
            shows={"statuses.0.recipient_parent_bsuid": PARENT},
        ),
        case(
            "status_with_parent_in_the_old_words",
            statuses(status("sent", parent_recipient_user_id=PARENT)),
            "status/sent",
            shows={"statuses.0.recipient_parent_bsuid": PARENT},
        ),
        case(
            "status_of_a_group",
            statuses(status("delivered", **participant)),
            "status/delivered",
            shows={
                "statuses.0.recipient_phone": f"+{OTHER_PHONE}",
                "statuses.0.recipient_parent_bsuid": PARENT,
            },
        ),
        case(
            "status_with_identity_hash",
            statuses(status("sent", recipient_identity_key_hash="DF2lS5v2W6x=")),
            "status/sent",
        ),
        case(
            "status_with_template_as_number",
            statuses(status("sent", template_id=9_223_372_036_854_775_807)),
            "status/sent",
            shows={"statuses.0.template_id": "9223372036854775807"},
        ),
        case(
            "status_with_template_as_text",
            statuses(status("sent", template_id="1689556908129832")),
            "status/sent",
            shows={"statuses.0.template_id": "1689556908129832"},
        ),
        case(
            "status_with_data_of_another_sender",
            statuses(status("sent", biz_opaque_callback_data="some data")),
            "status/sent",
            shows={"statuses.0.opaque_id": None},
        ),
        case(
            "status_with_price_type_under_another_key",
            statuses(status("sent", pricing={"pricing_type": "regular", "category": "utility"})),
            "status/sent",
            shows={"statuses.0.pricing_type": "regular", "statuses.0.is_billable": None},
        ),
        case(
            "status_of_international_authentication",
            statuses(status("sent", pricing={**PRICE, "category": "authentication-international"})),
            "status/sent",
            shows={"statuses.0.pricing_category": "authentication-international"},
        ),
        case("status_at_a_number_of_seconds", statuses(status("sent", timestamp=AT)), "status/sent"),
        case("status_warning", statuses(status("warning")), unread="statuses"),
        case("status_deleted", statuses(status("deleted")), unread="statuses"),
        case(
            "status_code_too_large",
            statuses(status("failed", errors=[failure(2**40)])),
            broken="statuses: with an error code that is no code",
        ),
        case("status_without_id", statuses(status("sent", id=None)), broken="statuses: without a message id"),
        case(
            "status_without_time",
            statuses(status("sent", timestamp=None)),
            broken="statuses: without a time in seconds",
        ),
        case(
            "status_before_time_began",
            statuses(status("sent", timestamp="-1")),
            broken="statuses: without a time in seconds",
        ),
    ]


def batches() -> list[Case]:
    text = {"from": PHONE, "id": "wamid.T", "timestamp": str(AT), "type": "text", "text": {"body": "hello"}}
    other = {**text, "from": OTHER_PHONE, "id": "wamid.U"}
    names = [
        {"profile": {"name": "Sheena"}, "wa_id": PHONE},
        {"profile": {"name": "Boris"}, "wa_id": OTHER_PHONE, "user_id": "US.2"},
    ]
    three = [status(word, id=f"wamid.{word}") for word in ("read", "delivered", "sent")]
    twenty = [status("sent", id=f"wamid.{place}") for place in range(20)]
    broken_between = [three[0], {"status": "sent"}, three[2]]
    return [
        case("batch_of_statuses_out_of_order", statuses(*three), "status/read status/delivered status/sent"),
        case("batch_with_a_repeated_status", statuses(three[0], three[0]), "status/read status/read"),
        case("batch_of_twenty_statuses", statuses(*twenty), "status/sent " * 20),
        case(
            "batch_with_one_bad_status",
            statuses(*broken_between),
            "status/read status/sent",
            broken="statuses: without a message id",
        ),
        case(
            "batch_of_messages_of_two_people",
            body(entry(change(valued(contacts=names, messages=[other, text])))),
            "message/text message/text",
            shows={
                "messages.0.profile_name": "Boris",
                "messages.0.sender_bsuid": "US.2",
                "messages.1.profile_name": "Sheena",
                "messages.1.sender_bsuid": None,
            },
        ),
        case(
            "batch_of_changes_of_two_numbers",
            body(entry(change(valued(messages=[text])), change(valued("222222", messages=[other])))),
            "message/text message/text",
            shows={"messages.0.business_number_id": NUMBER_ID, "messages.1.business_number_id": "222222"},
        ),
        case(
            "batch_of_entries_of_two_accounts",
            body(
                entry(change(valued(statuses=[three[0]]))), entry(change(valued(messages=[text])), waba="333")
            ),
            "status/read message/text",
            shows={"statuses.0.waba_id": "102290129340398", "messages.0.waba_id": "333"},
        ),
        case(
            "batch_of_everything_in_one_value",
            body(
                entry(
                    change(
                        valued(contacts=names, messages=[text], statuses=[three[1]], errors=[failure(130429)])
                    )
                )
            ),
            "message/text status/delivered problem",
        ),
        case(
            "batch_with_one_bad_message",
            body(entry(change(valued(messages=[{"type": "text"}, text])))),
            "message/text",
            broken="messages: names nobody",
        ),
    ]


def problems() -> list[Case]:
    def errors(*found: Json) -> Json:
        return body(entry(change(valued(errors=list(found)))))

    details = {"error_data": {"details": "too many messages"}, "href": "https://developers.example/"}
    return [
        case(
            "problem_130429",
            errors(failure(130429, **details)),
            "problem",
            shows={
                "problems.0.code": 130429,
                "problems.0.details": "too many messages",
                "problems.0.business_number_id": NUMBER_ID,
                "problems.0.occurred_at": None,
            },
        ),
        case("problem_with_data_as_text", errors(failure(131042, error_data="unpaid")), "problem"),
        case("problems_two", errors(failure(130429), failure(131042)), "problem problem"),
        case(
            "problem_without_title",
            errors({"code": 1, "message": "m"}),
            "problem",
            shows={"problems.0.title": "m"},
        ),
        case(
            "problem_with_code_that_is_none",
            errors({"code": []}),
            broken="errors: with an error code that is no code",
        ),
    ]


def choices() -> list[Case]:
    mismatch = [{"profile": {"name": "Test"}, "wa_id": "972987654321", "user_id": BSUID}]
    return [
        case(
            "preference_stop",
            preferences(preference()),
            "preference/stop",
            shows={
                "preferences.0.phone": f"+{PHONE}",
                "preferences.0.bsuid": BSUID,
                "preferences.0.value": "stop",
            },
        ),
        case("preference_resume", preferences(preference("resume")), "preference/resume"),
        case(
            "preference_signup",
            preferences(preference("signup", signup_id="13176843987434774")),
            "preference/signup",
            shows={"preferences.0.signup_id": "13176843987434774"},
        ),
        case(
            "preference_signup_with_number_as_id",
            preferences(preference("signup", signup_id=13176843987434774)),
            "preference/signup",
            shows={"preferences.0.signup_id": "13176843987434774"},
        ),
        case(
            "preference_without_phone",
            preferences(preference(wa_id=None), contacts=[]),
            "preference/stop",
            shows={"preferences.0.phone": None, "preferences.0.bsuid": BSUID},
        ),
        case(
            "preference_named_by_its_contact_alone",
            preferences(preference(wa_id=None, user_id=None)),
            "preference/stop",
            shows={"preferences.0.phone": f"+{PHONE}"},
        ),
        case(
            "preference_beside_a_contact_of_somebody_else",
            preferences(preference(user_id=None), contacts=mismatch),
            "preference/stop",
            shows={"preferences.0.phone": f"+{PHONE}", "preferences.0.bsuid": None},
        ),
        case("preference_at_a_text", preferences(preference(timestamp=str(AT))), "preference/stop"),
        case(
            "preference_repeated", preferences(preference(), preference()), "preference/stop preference/stop"
        ),
        case("preference_of_unknown_value", preferences(preference("maybe")), unread="user_preferences"),
        case(
            "preference_of_unknown_category",
            preferences(preference(category="calls")),
            unread="user_preferences",
        ),
        case(
            "preference_of_nobody",
            preferences(preference(wa_id=None, user_id=None), contacts=[]),
            broken="user_preferences: names nobody",
        ),
        case(
            "preference_inside_messages",
            body(entry(change(valued(user_preferences=[preference()])))),
            "preference/stop",
        ),
    ]


def clicks() -> list[Case]:
    def action(**parts: object) -> Json:
        item = {"action_type": "marketing_messages_link_click", "timestamp": str(AT), **parts}
        return body(entry(change(valued(contacts=[CONTACT], user_actions=[item]))))

    data = {"click_component": "cta", "click_id": "c1", "tracking_token": "t1", "product_id": "p1"}
    return [
        case(
            "click",
            action(marketing_messages_link_click_data=data),
            "click",
            shows={
                "clicks.0.component": "cta",
                "clicks.0.click_id": "c1",
                "clicks.0.tracking_token": "t1",
                "clicks.0.sender_phone": f"+{PHONE}",
            },
        ),
        case("click_flat", action(**data), "click", shows={"clicks.0.component": "cta"}),
        case("click_without_time", action(marketing_messages_link_click_data=data, timestamp=None), "click"),
        case("user_action_unknown", action(action_type="dance"), unread="messages/user_actions"),
    ]


def status_cases() -> list[Case]:
    """Return every case of this file."""
    return [*usual(), *odd(), *batches(), *problems(), *choices(), *clicks()]
