"""Endpoints of business phone numbers: node, settings, profile, registration (platform reference 8.3)."""

import re
from collections.abc import Sequence

from cloud_api_simulator.calling_codes import country_of
from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.graph_apps import shake_hands
from cloud_api_simulator.graph_request import Call, choose_fields
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.settings import STANDARD_THROUGHPUT_PER_SECOND
from cloud_api_simulator.world import Number, World

DEFAULT_FIELDS = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "id",
)
"""What a number shows when no field is asked for (platform reference 8.3)."""
CODE = "123456"
"""The code a simulated SMS or call brings."""
PIN_DIGITS = 6
_NAMED = frozenset({"APPROVED", "AVAILABLE_WITHOUT_REVIEW"})
_PIN = re.compile(rf"\d{{{PIN_DIGITS}}}")
_PROFILE_FIELDS = ("about", "address", "description", "email", "profile_picture_url", "websites", "vertical")


def list_numbers(call: Call) -> Response:
    """`GET /{waba-id}/phone_numbers`: every number with the asked fields."""
    names = call.words("fields")
    rows = [
        choose_fields(number_node(call.world, number), names, DEFAULT_FIELDS)
        for number in call.world.numbers.values()
    ]
    return json_response(call.page(rows))


def show_number(call: Call) -> Response:
    """`GET /{phone-number-id}?fields=`: quality, status, limits, health of a number."""
    node = number_node(call.world, call.world.numbers[call.node])
    return json_response(choose_fields(node, call.words("fields"), DEFAULT_FIELDS))


def number_node(world: World, number: Number) -> JsonObject:
    """Return every field of a number (platform reference 8.3); a run's own values come last."""
    settings = number.settings
    number_id = settings.phone_number_id
    is_fast = settings.throughput_per_second > STANDARD_THROUGHPUT_PER_SECOND
    fields = world.graph.number_fields.get(number_id, {})
    return {
        "id": number_id,
        "display_phone_number": _spaced(settings.display_phone_number),
        "verified_name": "Simulated business",
        "status": "CONNECTED",
        "quality_rating": number.health.rating,
        "quality_score": {"score": fields.get("quality_rating", number.health.rating)},
        "name_status": "APPROVED",
        "new_name_status": "NONE",
        "code_verification_status": "VERIFIED",
        "account_mode": "LIVE",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "HIGH" if is_fast else "STANDARD"},
        "whatsapp_business_manager_messaging_limit": limit_tier(world),
        "messaging_limit_tier": None,
        "is_official_business_account": False,
        "is_pin_enabled": number_id in world.graph.pins,
        "is_on_biz_app": False,
        "is_preverified_number": False,
        "webhook_configuration": _callbacks(world, number_id),
        "health_status": number_health(world, number),
        "last_onboarded_time": "2026-01-12T10:00:00+0000",
        "certificate": None,
        "new_certificate": None,
        "country_code": country_of(settings.display_phone_number),
        "country_dial_code": None,
        "conversational_automation": None,
        "eligibility_for_api_business_global_search": "NON_ELIGIBLE_UNDEFINED",
        "host_platform": "CLOUD_API",
        "search_visibility": "NON_VISIBLE",
        "username": world.graph.usernames.get(number_id, {}).get("username"),
        **fields,
    }


def limit_tier(world: World) -> str:
    """Return the portfolio's messaging limit as a tier's name (platform reference 4.3)."""
    override = world.graph.account_fields.get("whatsapp_business_manager_messaging_limit")
    return str(override) if override else world.limit.tier


def _spaced(display: str) -> str:
    """Return a number as the node shows it: plus, country code of the sample number apart, groups."""
    if len(display) == 11 and display.startswith("1"):  # noqa: PLR2004 - a number of the North American plan
        return f"+1 {display[1:4]}-{display[4:7]}-{display[7:]}"
    return f"+{display}"


def _callbacks(world: World, number_id: str) -> JsonObject:
    app = world.sender.subscriptions.first
    row: JsonObject = {}
    if app.endpoint.url is not None:
        row["application"] = app.endpoint.url
    if app.account_override is not None:
        row["whatsapp_business_account"] = app.account_override.url
    if number_id in app.number_overrides:
        row["phone_number"] = app.number_overrides[number_id].url
    return row


def number_health(world: World, number: Number) -> JsonObject:
    """Return whether a number can send; the worst entity wins (platform reference 8.8)."""
    number_id = number.settings.phone_number_id
    name_status = world.graph.number_fields.get(number_id, {}).get("name_status", "APPROVED")
    notes = [] if name_status in _NAMED else ["Your display name has not been approved yet."]
    entity = _entity("PHONE_NUMBER", number_id, world.number_errors.get(number_id), notes)
    return summary_of([entity, *account_entities(world)])


def account_entities(world: World) -> list[JsonObject]:
    """Return the state of account, business and app; a ban or an error blocks the account, less limits it."""
    code = world.account_error
    if code is None and world.account.ban == "DISABLE":
        code = 131031
    now = world.clock.now()
    notes = [f"Restricted: {kind}" for kind, until in world.account.restrictions.items() if until > now]
    if not world.behaviour.has_payment_method:
        notes.append("There is no payment method.")
    return [
        _entity("WABA", world.settings.waba_id, code, notes),
        _entity("BUSINESS", world.settings.business_id, None),
        _entity("APP", world.settings.app_id, None),
    ]


def _entity(kind: str, node: str, code: int | None, notes: Sequence[str] = ()) -> JsonObject:
    row: JsonObject = {"entity_type": kind, "id": node, "can_send_message": "AVAILABLE"}
    if notes:
        row["can_send_message"] = "LIMITED"
        row["additional_info"] = list(notes)
    if code is not None:
        error = ApiError(code)
        row["can_send_message"] = "BLOCKED"
        row["errors"] = [
            {
                "error_code": code,
                "error_description": error.details,
                "possible_solution": "See the error code.",
            }
        ]
    return row


def summary_of(entities: list[JsonObject]) -> JsonObject:
    """Return a `health_status` of entities."""
    states = {str(entity["can_send_message"]) for entity in entities}
    worst = next((state for state in ("BLOCKED", "LIMITED") if state in states), "AVAILABLE")
    return {"can_send_message": worst, "entities": entities}


async def change_number(call: Call) -> Response:
    """`POST /{phone-number-id}`: an override of the callback, or a new display name (reference 3.1)."""
    body = call.body()
    configuration = body.get("webhook_configuration")
    subscriptions = call.world.sender.subscriptions
    if isinstance(configuration, dict):
        url = configuration.get("override_callback_uri")
        if url:
            subscriptions.first.number_overrides[call.node] = await shake_hands(
                call, subscriptions.first, url, configuration.get("verify_token")
            )
        else:
            subscriptions.first.number_overrides.pop(call.node, None)
        subscriptions.changed()
    if isinstance(body.get("new_display_name"), str):
        fields = call.world.graph.number_fields.setdefault(call.node, {})
        fields["new_name_status"] = "PENDING_REVIEW"
    return json_response({"success": True})


def register(call: Call) -> Response:
    """`POST /{phone-number-id}/register`: a number starts to work with its six-digit PIN; another one gives 133005."""
    body = call.body()
    pin = str(body.get("pin", ""))
    if body.get("messaging_product") != "whatsapp":
        raise ApiError(100, message="(#100) The parameter messaging_product is required.")
    if _PIN.fullmatch(pin) is None:
        raise ApiError(100, message=f"(#100) Param pin must be {PIN_DIGITS} characters long.")
    if call.world.graph.pins.setdefault(call.node, pin) != pin:
        raise ApiError(133005)
    call.world.graph.number_fields.setdefault(call.node, {})["status"] = "CONNECTED"
    call.world.number_errors.pop(call.node, None)
    return json_response({"success": True})


def deregister(call: Call) -> Response:
    """`POST /{phone-number-id}/deregister`: sends give 133010 until the number is registered again."""
    call.world.graph.number_fields.setdefault(call.node, {})["status"] = "DISCONNECTED"
    call.world.number_errors[call.node] = 133010
    return json_response({"success": True})


def request_code(call: Call) -> Response:
    """`POST /{phone-number-id}/request_code`: a code comes by SMS or voice; here it is always 123456."""
    body = call.body()
    if body.get("code_method") not in ("SMS", "VOICE"):
        raise ApiError(100, message="(#100) Param code_method must be one of {SMS, VOICE}.")
    if not body.get("language"):
        raise ApiError(100, message="(#100) The parameter language is required.")
    return json_response({"success": True})


def verify_code(call: Call) -> Response:
    """`POST /{phone-number-id}/verify_code`: the code that came makes the number verified."""
    if str(call.body().get("code", "")) != CODE:
        raise ApiError(136025, "The verification code is wrong.", message="(#136025) Verify code error")
    call.world.graph.number_fields.setdefault(call.node, {})["code_verification_status"] = "VERIFIED"
    return json_response({"success": True})


def add_number(call: Call) -> Response:
    """`POST /{waba-id}/phone_numbers`: only the numbers of the settings exist, so the limit is reached."""
    del call
    raise ApiError(
        100,
        "The numbers of a simulator are given at its start.",
        subcode=2388012,
        message="Invalid parameter",
    )


def show_settings(call: Call) -> Response:
    """`GET /{phone-number-id}/settings`: storage, calling, identity check (platform reference 8.3)."""
    kept = call.world.graph.number_settings.get(call.node, {})
    return json_response(
        {
            "storage_configuration": {"status": "DEFAULT"},
            "calling": {"status": "DISABLED"},
            "user_identity_change": {"enable_identity_key_check": False},
            **kept,
        }
    )


def change_settings(call: Call) -> Response:
    """`POST /{phone-number-id}/settings`: storage, calling or identity check are changed."""
    body = call.body()
    known = ("storage_configuration", "calling", "user_identity_change", "payload_encryption")
    changes = {key: value for key, value in body.items() if key in known}
    if not changes:
        raise ApiError(100, message="(#100) At least one setting is required.")
    call.world.graph.number_settings.setdefault(call.node, {}).update(changes)
    return json_response({"success": True})


def show_profile(call: Call) -> Response:
    """`GET /{phone-number-id}/whatsapp_business_profile?fields=`: what people see of the business."""
    profile = {
        "about": "Simulated business",
        "vertical": "OTHER",
        **call.world.graph.profiles.get(call.node, {}),
    }
    names = call.words("fields") or ["about"]
    row = {name: profile[name] for name in names if name in profile}
    return json_response({"data": [{**row, "messaging_product": "whatsapp"}]})


def change_profile(call: Call) -> Response:
    """`POST /{phone-number-id}/whatsapp_business_profile`: what people see is changed."""
    body = call.body()
    if body.get("messaging_product") != "whatsapp":
        raise ApiError(100, message="(#100) The parameter messaging_product is required.")
    profile = call.world.graph.profiles.setdefault(call.node, {})
    profile.update((key, value) for key, value in body.items() if key in _PROFILE_FIELDS)
    return json_response({"success": True})
