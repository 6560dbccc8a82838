"""Cases of what nothing acts upon yet."""

from typing import Any

from tests.webhooks.cases import (
    AT,
    BSUID,
    DISPLAY,
    OTHER_PHONE,
    PHONE,
    Case,
    Json,
    body,
    case,
    change,
    entry,
    failure,
    managed,
    valued,
)


def notice_cases() -> list[Case]:
    call = {
        "id": "wacid.1",
        "from": PHONE,
        "to": DISPLAY,
        "timestamp": str(AT),
        "direction": "USER_INITIATED",
    }
    group = {"timestamp": str(AT), "group_id": "Y2Fwa", "request_id": "784D", "subject": "s"}
    people = [{"input": 16505551234, "wa_id": 16505551234}]
    chunk = {
        "metadata": {"phase": 0, "chunk_order": 1, "progress": 55},
        "threads": [{"id": PHONE, "messages": [{"id": "wamid.1"}, {"id": "wamid.2"}]}],
    }
    synced = {
        "type": "contact",
        "contact": {"full_name": "A B", "phone_number": PHONE},
        "metadata": {"timestamp": str(AT)},
    }
    echo = {"from": DISPLAY, "to": PHONE, "to_user_id": BSUID, "id": "wamid.E", "timestamp": str(AT)}

    def of(name: str, **more: Any) -> Json:
        return body(entry(change(valued(**more), name)))

    flows = (
        "FLOW_STATUS_CHANGE",
        "CLIENT_ERROR_RATE",
        "ENDPOINT_ERROR_RATE",
        "ENDPOINT_LATENCY",
        "ENDPOINT_AVAILABILITY",
    )
    return [
        *(
            case(
                f"flow_{event.lower()}",
                managed("flows", event=event, flow_id="6627", old_status="DRAFT", new_status="PUBLISHED"),
                "account/flow",
                shows={"account_facts.0.event": event, "account_facts.0.details.new_status": "PUBLISHED"},
            )
            for event in flows
        ),
        case(
            "call_connect",
            of("calls", calls=[{**call, "event": "connect"}]),
            "account/call",
            shows={"account_facts.0.event": "connect", "account_facts.0.details.direction": "USER_INITIATED"},
        ),
        case(
            "call_terminate_with_error",
            of("calls", calls=[{**call, "event": "terminate", "duration": 120}], errors=[failure(12455)]),
            "account/call problem",
        ),
        case(
            "call_status",
            of(
                "calls",
                statuses=[{"id": "wacid.1", "type": "call", "status": "RINGING", "timestamp": str(AT)}],
            ),
            "account/call",
        ),
        case(
            "group_created",
            of(
                "group_lifecycle_update",
                groups=[{**group, "type": "group_create", "added_participants": people}],
            ),
            "account/group",
            shows={"account_facts.0.details.added_participants": 1},
        ),
        case(
            "group_participants",
            of(
                "group_participants_update",
                groups=[{**group, "type": "group_participants_remove", "removed_participants": people}],
            ),
            "account/group",
        ),
        case(
            "group_settings",
            of("group_settings_update", groups=[{**group, "type": "group_settings_update"}]),
            "account/group",
        ),
        case(
            "group_status",
            of("group_status_update", groups=[{**group, "type": "group_suspend"}]),
            "account/group",
        ),
        case(
            "history_chunk",
            of("history", history=[chunk]),
            "account/history",
            shows={"account_facts.0.details.messages": 2, "account_facts.0.details.progress": 55},
        ),
        case(
            "history_declined",
            of("history", history=[{"errors": [failure(2593109)]}]),
            "account/history",
            shows={"account_facts.0.event": "declined", "account_facts.0.details.error_code": 2593109},
        ),
        case(
            "address_book",
            of(
                "smb_app_state_sync",
                state_sync=[
                    {**synced, "action": "add"},
                    {**synced, "action": "add"},
                    {**synced, "action": "remove"},
                ],
            ),
            "account/address_book account/address_book",
            shows={"account_facts.0.details.entries": 2},
        ),
        case(
            "echo_text",
            of(
                "smb_message_echoes",
                message_echoes=[{**echo, "type": "text", "text": {"body": "we are open"}}],
            ),
            "echo/text",
            shows={
                "echoes.0.text": "we are open",
                "echoes.0.recipient_phone": f"+{PHONE}",
                "echoes.0.recipient_bsuid": BSUID,
            },
        ),
        case(
            "echo_edit",
            of(
                "smb_message_echoes",
                message_echoes=[
                    {
                        **echo,
                        "type": "edit",
                        "edit": {
                            "original_message_id": "wamid.O",
                            "message": {"type": "text", "text": {"body": "n"}},
                        },
                    }
                ],
            ),
            "echo/edit",
            shows={"echoes.0.edited_wamid": "wamid.O", "echoes.0.text": "n"},
        ),
        case(
            "echo_revoke",
            of(
                "smb_message_echoes",
                message_echoes=[{**echo, "type": "revoke", "revoke": {"original_message_id": "wamid.O"}}],
            ),
            "echo/revoke",
            shows={"echoes.0.revoked_wamid": "wamid.O"},
        ),
        case(
            "echo_under_the_old_field",
            of("message_echoes", message_echoes=[{**echo, "type": "image", "image": {"id": "1"}}]),
            "echo/image",
        ),
        case(
            "echo_without_id",
            of("smb_message_echoes", message_echoes=[{"type": "text"}]),
            broken="message_echoes: without a message id",
        ),
        case(
            "automatic_event",
            of(
                "automatic_events",
                automatic_events=[
                    {
                        "id": "wamid.1",
                        "event_name": "Purchase",
                        "timestamp": AT,
                        "custom_data": {"currency": "USD", "value": 10},
                    }
                ],
            ),
            "account/automatic_event",
            shows={"account_facts.0.event": "Purchase", "account_facts.0.details.currency": "USD"},
        ),
        case(
            "handover",
            of("messaging_handovers", type="control_passed", timestamp=AT, sender={"phone_number": PHONE}),
            "account/handover",
            shows={"account_facts.0.event": "control_passed"},
        ),
        case(
            "standby",
            of("standby", messages=[{"from": OTHER_PHONE, "text": {"body": "secret"}}]),
            "account/standby",
            shows={"account_facts.0.details.messages": 1},
        ),
        case("tracking", of("tracking_events", event="click", tracking_events=[{}]), "account/tracking"),
        case(
            "partner_solution",
            managed(
                "partner_solutions", event="SOLUTION_CREATED", solution_id="7", solution_status="INITIATED"
            ),
            "account/partner_solution",
        ),
        case(
            "payment_configuration",
            managed(
                "payment_configuration_update",
                configuration_name="c",
                provider_name="razorpay",
                status="ACTIVE",
            ),
            "account/payment_configuration",
            shows={"account_facts.0.event": "ACTIVE"},
        ),
        case(
            "business_status_of_old", managed("business_status_update", event="X"), "account/account_update"
        ),
        case(
            "campaign_status_of_old", managed("campaign_status_update", event="X"), "account/account_update"
        ),
    ]
