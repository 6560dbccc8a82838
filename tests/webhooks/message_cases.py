"""Cases of what people write, tap and send, and of what becomes of their numbers and ids."""

import json
from typing import Any

from tests.webhooks.cases import (
    AT,
    BSUID,
    CONTACT,
    DISPLAY,
    OTHER_BSUID,
    OTHER_PARENT,
    OTHER_PHONE,
    PARENT,
    PHONE,
    Case,
    Json,
    body,
    case,
    change,
    entry,
    message,
    valued,
    written,
)

QUOTED = {"from": DISPLAY, "id": "wamid.HBgLQUOTED"}


def words() -> list[Case]:
    number_as_number: Json = {"from": int(PHONE)}
    nobody = message("text", {"body": "hello"}, **{"from": None, "from_user_id": None}, contacts=[])
    phone_less = {
        "profile": {"name": "Sheena", "username": "sheena.n"},
        "user_id": BSUID,
        "parent_user_id": PARENT,
    }
    no_phone: Json = {"from": None, "from_parent_user_id": PARENT}
    surrogate = written(message("text", {"body": "MARK"})).replace(b"MARK", b"STOP \\ud83d")
    return [
        case(
            "text",
            message("text", {"body": "Does it come in another color?"}),
            "message/text",
            shows={
                "messages.0.text": "Does it come in another color?",
                "messages.0.sender_phone": f"+{PHONE}",
                "messages.0.sender_bsuid": BSUID,
                "messages.0.profile_name": "Sheena Nelson",
                "messages.0.waba_id": "102290129340398",
                "messages.0.business_number_id": "106540352242922",
                "messages.0.display_phone_number": DISPLAY,
                "messages.0.occurred_at": "2026-11-18 11:06:40+00:00",
            },
        ),
        case(
            "text_without_phone_but_username",
            message("text", {"body": "hi"}, contacts=[phone_less], **no_phone),
            "message/text",
            shows={
                "messages.0.sender_phone": None,
                "messages.0.sender_bsuid": BSUID,
                "messages.0.parent_bsuid": PARENT,
                "messages.0.username": "sheena.n",
            },
        ),
        case(
            "text_stop", message("text", {"body": "STOP"}), "message/text", shows={"messages.0.text": "STOP"}
        ),
        case(
            "text_in_arabic_escaped",
            message("text", {"body": "أوقف 🙏"}),
            "message/text",
            shows={"messages.0.text": "أوقف 🙏"},
        ),
        case(
            "text_in_plain_utf8",
            json.dumps(message("text", {"body": "Arrêter"}), ensure_ascii=False).encode(),
            "message/text",
            shows={"messages.0.text": "Arrêter"},
        ),
        case(
            "text_with_nul",
            message("text", {"body": "a\0b"}),
            "message/text",
            shows={"messages.0.text": "a\ufffdb"},
        ),
        case("text_with_lone_surrogate", surrogate, "message/text", shows={"messages.0.text": "STOP \ufffd"}),
        case("text_of_4096", message("text", {"body": "x" * 4_096}), "message/text"),
        case("text_empty", message("text", {"body": ""}), "message/text", shows={"messages.0.text": ""}),
        case(
            "text_without_its_object",
            message("text"),
            "message/text",
            shows={"messages.0.text": None},
            unread="messages/text",
        ),
        case("text_at_a_number_of_seconds", message("text", {"body": "a"}, timestamp=AT), "message/text"),
        case(
            "text_at_milliseconds",
            message("text", {"body": "a"}, timestamp=str(AT * 1_000)),
            "message/text",
            shows={"messages.0.occurred_at": "2026-11-18 11:06:40+00:00"},
        ),
        case(
            "text_from_a_number_as_number",
            message("text", {"body": "a"}, **number_as_number),
            "message/text",
            shows={"messages.0.sender_phone": f"+{PHONE}"},
        ),
        case(
            "text_without_from",
            message("text", {"body": "a"}, **{"from": None, "from_user_id": None}),
            "message/text",
            shows={"messages.0.sender_phone": f"+{PHONE}"},
        ),
        case(
            "text_without_contacts",
            message("text", {"body": "a"}, contacts=[]),
            "message/text",
            shows={"messages.0.profile_name": None},
        ),
        case(
            "text_beside_a_contact_of_somebody_else",
            message("text", {"body": "a"}, contacts=[{"profile": {"name": "Other"}, "wa_id": OTHER_PHONE}]),
            "message/text",
            shows={"messages.0.sender_phone": f"+{PHONE}", "messages.0.profile_name": None},
        ),
        case(
            "text_with_identity_hash",
            message("text", {"body": "a"}, contacts=[{**CONTACT, "identity_key_hash": "DF2lS5v2W6x="}]),
            "message/text",
            shows={"messages.0.identity_hash": "DF2lS5v2W6x="},
        ),
        case("text_from_nobody", nobody, broken="messages: names nobody"),
        case(
            "text_without_id",
            message("text", {"body": "a"}, id=None),
            broken="messages: without a message id",
        ),
        case(
            "text_without_time",
            message("text", {"body": "a"}, timestamp=None),
            broken="messages: without a time in seconds",
        ),
        case(
            "type_missing",
            message("text", {"body": "a"}, type=None),
            "message/unknown",
            unread="messages/type",
        ),
        case("type_unknown", message("hologram", {"a": 1}), "message/hologram", unread="messages/hologram"),
        case("request_welcome", message("request_welcome", {}), "message/request_welcome"),
    ]


def taps() -> list[Case]:
    button = {"payload": "optout:marketing:v1", "text": "Stop promotions"}
    flow = {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t","optin":"yes"}'}

    def interactive(kind: str, answer: object, **more: Any) -> Json:
        return message("interactive", {"type": kind, kind: answer}, **{"context": QUOTED, **more})

    permission = {
        "response": "accept",
        "expiration_timestamp": AT + 604_800,
        "response_source": "user_action",
    }
    return [
        case(
            "button",
            message("button", button, context=QUOTED),
            "message/button",
            shows={
                "messages.0.payload": "optout:marketing:v1",
                "messages.0.text": "Stop promotions",
                "messages.0.context_wamid": "wamid.HBgLQUOTED",
            },
        ),
        case(
            "button_without_context",
            message("button", button),
            "message/button",
            shows={"messages.0.context_wamid": None},
        ),
        case(
            "button_without_from",
            message("button", button, **{"from": None, "from_user_id": None}),
            "message/button",
            shows={"messages.0.sender_bsuid": BSUID},
        ),
        case(
            "button_reply",
            interactive("button_reply", {"id": "btn-1", "title": "Yes"}),
            "message/interactive",
            shows={"messages.0.payload": "btn-1", "messages.0.text": "Yes"},
        ),
        case(
            "button_reply_without_context",
            interactive("button_reply", {"id": "b", "title": "t"}, context=None),
            "message/interactive",
        ),
        case(
            "list_reply",
            interactive("list_reply", {"id": "row-1", "title": "Express", "description": "Next day"}),
            "message/interactive",
            shows={"messages.0.payload": "row-1", "messages.0.text": "Express"},
        ),
        case(
            "list_reply_without_description",
            interactive("list_reply", {"id": "row-1", "title": "Express"}),
            "message/interactive",
        ),
        case(
            "flow_reply",
            interactive("nfm_reply", flow),
            "message/flow_reply",
            shows={
                "messages.0.flow_reply.name": "flow",
                "messages.0.text": "Sent",
                "messages.0.flow_reply.response_json": '{"flow_token":"t","optin":"yes"}',
            },
        ),
        case(
            "flow_reply_without_name",
            interactive("nfm_reply", {"response_json": "{}"}),
            "message/flow_reply",
            shows={"messages.0.flow_reply.name": ""},
        ),
        case(
            "flow_reply_without_its_object",
            message("interactive", {"type": "nfm_reply"}),
            "message/flow_reply",
            shows={"messages.0.flow_reply.response_json": None},
        ),
        case(
            "call_permission_accepted",
            interactive("call_permission_reply", permission),
            "message/call_permission",
            shows={
                "messages.0.call_permission.response": "accept",
                "messages.0.call_permission.source": "user_action",
                "messages.0.call_permission.until": "2026-11-25 11:06:40+00:00",
            },
        ),
        case(
            "call_permission_rejected",
            interactive("call_permission_reply", {"response": "reject"}),
            "message/call_permission",
            shows={"messages.0.call_permission.until": None},
        ),
        case(
            "interactive_without_its_object",
            message("interactive"),
            "message/interactive",
            shows={"messages.0.payload": None},
            unread="messages/interactive",
        ),
        case("interactive_of_unknown_type", interactive("mood_reply", {"id": "m"}), "message/interactive"),
    ]


def identities() -> list[Case]:
    number = {
        "type": "user_changed_number",
        "body": "User A changed",
        "wa_id": OTHER_PHONE,
        "user_id": OTHER_BSUID,
    }
    hashed = {"acknowledged": True, "created_timestamp": str(AT), "hash": "xyzxyz"}

    def update(**parts: object) -> Json:
        item = {"wa_id": PHONE, "detail": "changed", "timestamp": str(AT), **parts}
        item = {key: one for key, one in item.items() if one is not None}
        return body(entry(change(valued(user_id_update=[item]), "user_id_update")))

    own, parent = {"previous": BSUID, "current": OTHER_BSUID}, {"previous": PARENT, "current": OTHER_PARENT}
    old_style = {"type": "customer_changed_number", "body": "changed", "new_wa_id": OTHER_PHONE}
    return [
        case(
            "number_changed",
            message("system", number, contacts=[]),
            "identity/number",
            shows={
                "identity_changes.0.old_phone": f"+{PHONE}",
                "identity_changes.0.new_phone": f"+{OTHER_PHONE}",
                "identity_changes.0.old_bsuid": BSUID,
                "identity_changes.0.new_bsuid": OTHER_BSUID,
            },
        ),
        case(
            "number_changed_told_without_ids",
            message(
                "system",
                {"type": "user_changed_number", "wa_id": OTHER_PHONE},
                contacts=[],
                from_user_id=None,
            ),
            "identity/number",
            shows={"identity_changes.0.new_bsuid": None},
        ),
        case(
            "number_changed_in_the_old_words",
            message("system", old_style, contacts=[]),
            "identity/number",
            shows={"identity_changes.0.new_phone": f"+{OTHER_PHONE}"},
        ),
        case(
            "number_changed_to_nothing",
            message("system", {"type": "user_changed_number"}, contacts=[]),
            broken="messages: names no new number",
        ),
        case(
            "user_id_changed_told_as_message",
            message(
                "system", {"type": "user_changed_user_id", "body": "b", "user_id": OTHER_BSUID}, contacts=[]
            ),
            "identity/user_id",
            shows={"identity_changes.0.old_bsuid": BSUID, "identity_changes.0.new_bsuid": OTHER_BSUID},
        ),
        case(
            "user_id_changed_naming_the_new_one_twice",
            message("system", {"type": "user_changed_user_id", "user_id": BSUID}, contacts=[]),
            "identity/user_id",
            shows={"identity_changes.0.old_bsuid": None, "identity_changes.0.new_bsuid": BSUID},
        ),
        case(
            "identity_hash_changed",
            message("system", {"type": "customer_identity_changed", "body": "b"}, identity=hashed),
            "identity/identity_hash",
            shows={"identity_changes.0.identity_hash": "xyzxyz"},
        ),
        case(
            "system_of_unknown_type",
            message("system", {"type": "user_flew_to_mars"}),
            unread="messages/system",
        ),
        case(
            "user_id_update",
            update(user_id=own, parent_user_id=parent),
            "identity/user_id",
            shows={
                "identity_changes.0.old_bsuid": BSUID,
                "identity_changes.0.new_bsuid": OTHER_BSUID,
                "identity_changes.0.old_parent_bsuid": PARENT,
                "identity_changes.0.new_parent_bsuid": OTHER_PARENT,
                "identity_changes.0.old_phone": f"+{PHONE}",
            },
        ),
        case("user_id_update_without_phone", update(wa_id=None, user_id=own), "identity/user_id"),
        case("user_id_update_of_the_parent", update(parent_user_id=parent), "identity/user_id"),
        case(
            "user_id_update_at_a_number",
            update(user_id=own, timestamp=AT),
            "identity/user_id",
            shows={"identity_changes.0.occurred_at": "2026-11-18 11:06:40+00:00"},
        ),
        case(
            "user_id_update_to_nothing",
            update(user_id={"previous": BSUID}),
            broken="user_id_update: names no new user id",
        ),
    ]


def message_cases() -> list[Case]:
    """Return every case of this file."""
    return [*words(), *taps(), *identities()]
