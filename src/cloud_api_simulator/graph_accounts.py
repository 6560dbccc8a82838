"""Endpoints of the WhatsApp Business Account and of the portfolio that owns it (platform reference 1.1, 8)."""

import re

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.graph_analytics import analytics, pricing_analytics, read_modifiers
from cloud_api_simulator.graph_apps import subscribed_apps
from cloud_api_simulator.graph_numbers import account_entities, limit_tier, summary_of
from cloud_api_simulator.graph_request import Call, choose_fields
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.world import World

_BETWEEN_FIELDS = re.compile(r",(?![^(\[{]*[)\]}])")
_DEFAULT_FIELDS = ("id", "name", "timezone_id", "message_template_namespace")
_CHANGEABLE = ("is_enabled_for_insights", "disable_marketing_messages_on_cloud_api")


async def show_account(call: Call) -> Response:
    """`GET /{waba-id}?fields=`: the account, analytics included (platform reference 1.1, 8.4, 8.5)."""
    names = [name.strip() for name in _BETWEEN_FIELDS.split(call.query.get("fields", "")) if name.strip()]
    node = account_node(call.world)
    for name in names:
        if name.startswith("analytics"):
            node["analytics"] = await analytics(call.world, read_modifiers(name))
        elif name.startswith("pricing_analytics"):
            node["pricing_analytics"] = await pricing_analytics(call.world, read_modifiers(name))
    return json_response(choose_fields(node, names, _DEFAULT_FIELDS))


def account_node(world: World) -> JsonObject:
    """Return every plain field of the account; a run's own values come last."""
    business = {"id": world.settings.business_id, "name": "Simulated portfolio"}
    return {
        "id": world.settings.waba_id,
        "name": "Simulated account",
        "currency": "USD",
        "timezone_id": "1",
        "country": "US",
        "status": "DISABLED" if world.account.ban == "DISABLE" else "ACTIVE",
        "account_review_status": "APPROVED",
        "message_template_namespace": "ba30dd89_2ebd_41e4_b805_f2c05ae04cc9",
        "business_verification_status": "verified",
        "ownership_type": "SELF",
        "owner_business_info": business,
        "on_behalf_of_business_info": {**business, "status": "APPROVED", "type": "SELF"},
        "health_status": summary_of(account_entities(world)),
        "subscribed_apps": {"data": subscribed_apps(world)},
        "is_enabled_for_insights": False,
        "marketing_messages_lite_api_status": "ONBOARDED",
        "marketing_messages_onboarding_status": "ONBOARDED",
        "disable_marketing_messages_on_cloud_api": False,
        "whatsapp_business_manager_messaging_limit": limit_tier(world),
        **world.graph.account_fields,
    }


def change_account(call: Call) -> Response:
    """`POST /{waba-id}`: insights on (for good), marketing off on `/messages` (platform reference 2.7, 8.6)."""
    body = call.body()
    changes = {key: _yes(body[key]) for key in _CHANGEABLE if key in body}
    if not changes:
        raise ApiError(100, message="(#100) At least one setting is required.")
    fields = call.world.graph.account_fields
    if fields.get("is_enabled_for_insights") and changes.get("is_enabled_for_insights") is False:
        raise ApiError(100, "Template insights cannot be disabled again.")
    fields.update(changes)
    return json_response({"id": call.node, "success": True})


def _yes(value: object) -> bool:
    return value is True or str(value).lower() in ("true", "1")


def show_business(call: Call) -> Response:
    """`GET /{business-id}?fields=`: the portfolio and its messaging limit (platform reference 1.1)."""
    node: JsonObject = {
        "id": call.node,
        "name": "Simulated portfolio",
        "verification_status": "verified",
        "whatsapp_business_manager_messaging_limit": limit_tier(call.world),
    }
    return json_response(choose_fields(node, call.words("fields"), ("id", "name")))


def list_accounts(call: Call) -> Response:
    """`GET /{business-id}/owned_whatsapp_business_accounts`: the one account."""
    node = account_node(call.world)
    return json_response(call.page([choose_fields(node, call.words("fields"), _DEFAULT_FIELDS)]))


def list_client_accounts(call: Call) -> Response:
    """`GET /{business-id}/client_whatsapp_business_accounts`: this portfolio serves nobody else."""
    return json_response(call.page([]))


def show_app(call: Call) -> Response:
    """`GET /{app-id}`: id, name and link of the app."""
    node = {
        "id": call.node,
        "name": f"Simulated app {call.node[-4:]}",
        "link": f"https://www.facebook.com/games/?app_id={call.node}",
    }
    return json_response(choose_fields(node, call.words("fields"), ("id", "name", "link")))
