"""Cases of odd envelopes and of bodies that are none."""

import json

from tests.webhooks.cases import (
    AT,
    Case,
    body,
    case,
    change,
    entry,
    message,
    status,
    statuses,
    valued,
    written,
)


def envelope_cases() -> list[Case]:
    sent = statuses(status("sent"))
    dummies = body(
        entry(
            change(
                {
                    "messaging_product": "whatsapp",
                    "metadata": {"display_phone_number": "16505551111", "phone_number_id": "123456123"},
                    "contacts": [{"profile": {"name": "test user name"}, "wa_id": "16315551181"}],
                    "messages": [
                        {
                            "from": "16315551181",
                            "id": "ABGGFlA5Fpa",
                            "timestamp": "1504902988",
                            "type": "text",
                            "text": {"body": "this is a text message"},
                        }
                    ],
                }
            ),
            waba="0",
        )
    )
    nested = b'{"object":"whatsapp_business_account","entry":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    repeated = written(sent).replace(b'"status":"sent"', b'"status":"read","status":"sent"')
    mixed = statuses(status("sent"))
    mixed["entry"] += [7, {"id": "1", "changes": "none"}, {"id": "1", "changes": [None]}]
    big = written(sent).replace(b'"timestamp":"1795000000"', b'"timestamp":' + b"9" * 5_000)
    return [
        case("envelope_of_a_dashboard_test", dummies, "message/text", shows={"messages.0.waba_id": "0"}),
        case("envelope_printed_prettily", json.dumps(sent, indent=2).encode(), "status/sent"),
        case("envelope_with_spaces", json.dumps(sent).encode(), "status/sent"),
        case(
            "envelope_with_another_key", {**sent, "sandbox": True}, "status/sent", unread="envelope/sandbox"
        ),
        case(
            "envelope_with_another_key_in_the_entry",
            body(entry(change(valued(statuses=[status("sent")])), uid="1")),
            "status/sent",
            unread="entry/uid",
        ),
        case(
            "envelope_of_an_unknown_field",
            body(entry(change(valued(), "a_field_of_2028"))),
            unread="a_field_of_2028",
        ),
        case(
            "envelope_of_a_field_with_an_odd_name",
            body(entry(change(valued(), "a field\n"))),
            unread="changes",
        ),
        case(
            "envelope_with_an_unknown_list",
            body(entry(change(valued(a_new_list=[{}])))),
            unread="messages/a_new_list",
        ),
        case("envelope_with_an_empty_value", body(entry(change({})))),
        case("envelope_without_entries", body()),
        case(
            "envelope_without_metadata",
            body(entry(change({"statuses": [status("sent")]}))),
            "status/sent",
            shows={"statuses.0.business_number_id": ""},
        ),
        case(
            "envelope_with_ids_as_numbers",
            body(
                {
                    "id": 102290129340398,
                    "changes": [
                        change(
                            {"metadata": {"phone_number_id": 106540352242922}, "statuses": [status("sent")]}
                        )
                    ],
                }
            ),
            "status/sent",
            shows={
                "statuses.0.business_number_id": "106540352242922",
                "statuses.0.waba_id": "102290129340398",
            },
        ),
        case("envelope_with_broken_neighbours", mixed, "status/sent", broken="entry: not an object"),
        case(
            "envelope_with_null_value",
            body(entry({"field": "messages", "value": None})),
            broken="changes: without field or value",
        ),
        case(
            "envelope_without_field",
            body(entry({"value": valued()})),
            broken="changes: without field or value",
        ),
        case(
            "envelope_with_statuses_that_are_no_list",
            body(entry(change(valued(statuses={"id": 1})))),
            broken="statuses: not a list",
        ),
        case("envelope_with_null_statuses", body(entry(change(valued(statuses=None))))),
        case(
            "envelope_of_a_page",
            {"object": "page", "entry": []},
            broken="object: not a WhatsApp business account",
        ),
        case("envelope_that_is_a_number", b"7", broken="object: not a WhatsApp business account"),
        case("envelope_that_is_null", b"null", broken="object: not a WhatsApp business account"),
        case(
            "envelope_with_a_repeated_key",
            repeated,
            broken="body: not strict JSON: a repeated key, NaN or a number too large",
        ),
        case(
            "envelope_with_nan",
            written(sent).replace(b'"sent"', b"NaN"),
            broken="body: not strict JSON: a repeated key, NaN or a number too large",
        ),
        case(
            "envelope_with_a_number_of_5000_digits",
            big,
            broken="body: not strict JSON: a repeated key, NaN or a number too large",
        ),
        case(
            "envelope_with_a_number_beyond_floats",
            written(sent).replace(b'"sent"', b"2e308"),
            broken="body: not strict JSON: a repeated key, NaN or a number too large",
        ),
        case("envelope_cut_off", written(sent)[:100], broken="body: not JSON at character 91"),
        case("envelope_not_utf8", b'{"object":"\xff"}', broken="body: not UTF-8"),
        case("envelope_nested_5000_deep", nested, broken="body: nested too deeply"),
        case("envelope_empty", b"", broken="body: not JSON at character 0"),
        case(
            "text_in_an_entry_with_time",
            {
                **message("text", {"body": "a"}),
                "entry": [{**message("text", {"body": "a"})["entry"][0], "time": AT}],
            },
            "message/text",
        ),
    ]
