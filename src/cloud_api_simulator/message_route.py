"""Which endpoint takes which template: `/messages` or `/marketing_messages` (platform reference 1.4, 2.7)."""

from collections.abc import Mapping
from typing import Any

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.graph_state import GraphState
from cloud_api_simulator.message_fields import need_choice, wrong_shape
from cloud_api_simulator.templates import Template

POLICIES = frozenset({"CLOUD_API_FALLBACK", "STRICT"})
"""Values of `product_policy` (platform reference 2.7)."""


def check_marketing_form(raw: Mapping[str, Any]) -> None:
    """Check what `/marketing_messages` takes beside a message; raises ApiError 100 or 131055."""
    if raw.get("type") != "template":
        raise ApiError(131055, "Message must be a template message.")
    if raw.get("product_policy") is not None:
        need_choice(raw, "product_policy", "product_policy", POLICIES)
    if not isinstance(raw.get("message_activity_sharing", False), bool):
        raise wrong_shape("message_activity_sharing", "a boolean")
    if not isinstance(raw.get("bid_spec", {}), dict):
        raise wrong_shape("bid_spec", "a JSON object")


def check_route(
    graph: GraphState, template: Template, raw: Mapping[str, Any], *, lite: bool, now: float
) -> None:
    """Raise what a template meets on an endpoint: ApiError 131062, 131063, 134100, 134101 or 134102."""
    by_user_id = raw.get("to") is None
    if by_user_id and (template.category == "AUTHENTICATION" or raw.get("bid_spec") is not None):
        raise ApiError(131062)
    if not lite:
        if template.is_marketing and graph.account_fields.get("disable_marketing_messages_on_cloud_api"):
            raise ApiError(131063)
        return
    if not template.is_marketing:
        raise ApiError(134100)
    status = graph.account_fields.get("marketing_messages_onboarding_status", "ONBOARDED")
    if status != "ONBOARDED":
        raise ApiError(134102, f"The account is {status}.")
    if now - template.approved_at < graph.sync_seconds:
        raise ApiError(134101)
