import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.integration.receiver.serving import envelope, message, preference, statuses, text_message
from tests.people import ASHA

from rulecast.collect.parse_webhook import describe_unread, parse_webhook
from rulecast.collect.webhook_facts import ParsedWebhook

AT = 1_795_000_000


def parsed(document: object) -> ParsedWebhook:
    return parse_webhook(json.dumps(document).encode())


def status(**more: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "status": "sent", "timestamp": str(AT), "recipient_id": "212612000001", **more}


def test_a_status_carries_what_settles_a_message() -> None:
    (fact,) = parsed(
        envelope(
            {
                "statuses": [
                    status(
                        status="failed",
                        recipient_user_id="MA.13491208655302741918",
                        biz_opaque_callback_data="AAECAwQFBgcICQoLDA0ODw",
                        errors=[{"code": 131049, "title": "not delivered\u0000"}],
                        pricing={"type": "regular", "category": "marketing"},
                    )
                ]
            }
        )
    ).statuses
    assert (fact.status, fact.error_code, fact.error_title) == ("failed", 131049, "not delivered\ufffd")
    assert fact.occurred_at == datetime.fromtimestamp(AT, UTC)
    assert fact.opaque_id == bytes(range(16))
    assert (fact.recipient_phone, fact.recipient_bsuid) == ("+212612000001", "MA.13491208655302741918")
    assert (fact.pricing_type, fact.pricing_category) == ("regular", "marketing")
    assert fact.business_number_id == "106540352242922"


def test_foreign_callback_data_is_no_opaque_id() -> None:
    for foreign in ("some data", "A" * 22 + "=", "é" * 22, "!" * 22, 7, None, ["x"]):
        (fact,) = parsed(envelope({"statuses": [status(biz_opaque_callback_data=foreign)]})).statuses
        assert fact.opaque_id is None


def test_words_are_read_from_texts_captions_buttons_lists_and_edits() -> None:
    def read(**more: Any) -> tuple[str | None, str | None]:
        (fact,) = parsed(message(ASHA.phone, AT, wamid="wamid.x", **more)).messages
        return fact.text, fact.payload

    assert read(type="text", text={"body": "Stop"}) == ("Stop", None)
    assert read(type="image", image={"caption": "stop"}) == ("stop", None)
    assert read(type="button", button={"payload": "p", "text": "t"}) == ("t", "p")
    reply = {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}
    assert read(type="interactive", interactive=reply) == ("Yes", "yes")
    edited = {"original_message_id": "wamid.y", "message": {"type": "text", "text": {"body": "stop"}}}
    assert read(type="edit", edit=edited) == ("stop", None)
    assert read(type="interactive") == (None, None)
    assert read(type="audio", audio={"voice": True}) == (None, None)


def test_a_tap_without_a_sender_is_of_the_only_contact_of_its_body() -> None:
    document = envelope(
        {
            "contacts": [{"wa_id": "212612000001", "user_id": "MA.1"}],
            "messages": [{"id": "wamid.1", "timestamp": str(AT), "type": "button", "button": {}}],
        }
    )
    (fact,) = parsed(document).messages
    assert (fact.sender_phone, fact.sender_bsuid) == ("+212612000001", "MA.1")


def test_a_message_that_names_nobody_is_quarantined_not_passed_in_silence() -> None:
    text = {"id": "wamid.1", "timestamp": str(AT), "type": "text", "text": {"body": "STOP"}}
    contacts = [{"wa_id": "212612000001"}, {"wa_id": "212612000002"}]
    for document in (envelope({"messages": [text]}), envelope({"messages": [text], "contacts": contacts})):
        found = parsed(document)
        assert found.is_broken
        assert describe_unread(found) == "messages: names nobody"


def test_one_bad_entry_among_a_thousand_is_named_and_disturbs_no_other_f41() -> None:
    document = statuses(*((f"wamid.{number}", "sent", AT, ASHA.phone) for number in range(1_000)))
    document["entry"][0]["changes"][0]["value"]["statuses"][500] = {"status": "sent"}
    found = parsed(document)
    assert len(found.statuses) == 999
    assert found.is_broken
    assert describe_unread(found) == "statuses: without a message id"


def test_unknown_fields_types_and_words_are_noted_without_quarantine_f41() -> None:
    for document in (
        envelope({}, field="a_field_of_2028"),
        envelope({"statuses": [status(status="warning")]}),
        envelope({"a_new_list": [{}]}),
        preference(ASHA.phone, "maybe", AT),
        message(ASHA.phone, AT, wamid="wamid.1", type="system", system={"type": "user_changed_planet"}),
    ):
        assert not parsed(document).is_broken
    (fact,) = parsed(message(ASHA.phone, AT, wamid="wamid.1", type="hologram")).messages
    assert fact.kind == "hologram"


def test_a_lone_surrogate_or_nul_in_a_text_does_not_lose_the_message() -> None:
    raw = json.dumps(text_message(ASHA.phone, "MARK", AT)).replace("MARK", "STOP \\ud83d\\u0000")
    (fact,) = parse_webhook(raw.encode()).messages
    assert fact.text is not None
    assert fact.text.startswith("STOP")
    fact.text.encode("utf-8")
    assert "\0" not in fact.text


def test_facts_show_nothing_personal_when_printed() -> None:
    document = text_message(ASHA.phone, "my own words", AT)
    shown = repr(parsed(document)) + repr(parsed(statuses(("wamid.1", "sent", AT, ASHA.phone))))
    shown += repr(parsed(preference(ASHA.phone, "stop", AT)))
    for secret in ("612000001", "my own words", "wamid", "somebody"):
        assert secret not in shown


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error_f40(body: bytes) -> None:
    found = parse_webhook(body)
    assert found.is_broken or not body.strip(b" ") or json.loads(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "id",
    "status",
    "timestamp",
    "from",
    "type",
    "text",
    "errors",
    "pricing",
    "context",
    "button",
    "value",
)


@given(
    st.sampled_from(["statuses", "messages", "user_preferences", "errors", "contacts"]),
    st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
    st.booleans(),
)
def test_any_values_in_known_places_are_read_without_an_error_f41(
    name: str, item: dict[str, Any], is_preference: bool
) -> None:
    field = "user_preferences" if is_preference else "messages"
    parsed(envelope({name: [item]}, field=field))


def test_the_problem_of_a_body_stays_short() -> None:
    document = envelope({"statuses": [{"status": "sent"}] * 900})
    line = describe_unread(parsed(document))
    assert len(line) <= 500
    assert "more" in line or len(line) == 500
