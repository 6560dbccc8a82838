"""Checks a message request against Meta's published schema, in its repaired form, when the data is there."""

import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA_FILE = "whatsapp_openapi/messages_schema_relaxed.json"


def load_schema() -> dict[str, Any] | None:
    """Return the schema of RULECAST_TEST_DATA, or None when the data is not here."""
    place = os.environ.get("RULECAST_TEST_DATA")
    if not place:
        return None
    schema: dict[str, Any] = json.loads((Path(place) / SCHEMA_FILE).read_text("utf-8"))
    return schema


def faults_of(schema: dict[str, Any], message: dict[str, Any]) -> list[str]:
    """Return what is wrong with a message request, each with its place; empty when it passes.

    The schema is that of v23.0: what is younger is said in its words first.
    """
    if message.get("status") == "read":
        name = "#/components/schemas/MarkMessageRequestPayload"
    elif "product_policy" in message:
        name = "#/components/schemas/MarketingMessageRequestPayload"
    else:
        name = schema["mapping"][message["type"]]
    rule = {"$ref": name, "components": schema["components"]}
    found = [
        f"{'.'.join(map(str, ['message', *error.absolute_path]))}: {error.message}"
        for error in Draft202012Validator(rule).iter_errors(as_published(message))
    ]
    return found + [
        f"message.template.components: {error.message}"
        for component in message.get("template", {}).get("components", [])
        if component.get("type") in YOUNGER_COMPONENTS
        for error in Draft202012Validator(YOUNGER_COMPONENTS[component["type"]]).iter_errors(component)
    ]


def as_published(message: dict[str, Any]) -> dict[str, Any]:
    """Return the message without what v23.0 could not know; everything else stays to be checked.

    BSUIDs (`recipient`, May 2026), carousels, limited-time offers and product lists of templates, links and requests
    for the number as interactive messages. The components of cards are checked like those of the message. What v23.0
    calls a component is a header, a body or a button and nothing else: carousels and offers would never pass it, so
    they are held against the shapes of the manual (`YOUNGER_COMPONENTS`).
    """
    known = dict(message)
    if "recipient" in known and "to" not in known:
        known["to"] = known.pop("recipient")
    if known.get("type") == "template" and "template" in known:
        template = dict(known["template"])
        template["components"] = [
            younger_button(component)
            for component in flattened(template.get("components", []))
            if component["type"] != "limited_time_offer"
        ]
        known["template"] = template
    if known.get("interactive", {}).get("type") in YOUNGER_INTERACTIVE:
        button = {"type": "reply", "reply": {"id": "1", "title": "1"}}
        known["interactive"] = {**known["interactive"], "type": "button", "action": {"buttons": [button]}}
    return known


FIRST_MILLISECOND = 1_600_000_000_000
"""September 2020: what is smaller are seconds, the mistake that people make here."""
YOUNGER_COMPONENTS: dict[str, dict[str, Any]] = {
    "limited_time_offer": {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "parameters"],
        "properties": {
            "type": {"const": "limited_time_offer"},
            "parameters": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["type", "limited_time_offer"],
                    "properties": {
                        "type": {"const": "limited_time_offer"},
                        "limited_time_offer": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["expiration_time_ms"],
                            "properties": {
                                "expiration_time_ms": {"type": "integer", "minimum": FIRST_MILLISECOND}
                            },
                        },
                    },
                },
            },
        },
    },
    "carousel": {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "cards"],
        "properties": {
            "type": {"const": "carousel"},
            "cards": {
                "type": "array",
                "minItems": 2,
                "maxItems": 10,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["card_index", "components"],
                    "properties": {
                        "card_index": {"type": "integer", "minimum": 0, "maximum": 9},
                        "components": {
                            "type": "array",
                            "minItems": 1,
                            "contains": {"properties": {"type": {"const": "header"}}},
                        },
                    },
                },
            },
        },
    },
}
"""Source: Cloud API, send templates (v26.0): limited-time offers and carousels."""
YOUNGER_INTERACTIVE = ("cta_url", "request_contact_info")


def flattened(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the components with those of the cards in the place of the carousel."""
    return [
        one
        for component in components
        for one in (
            [part for card in component["cards"] for part in card["components"]]
            if component["type"] == "carousel"
            else [component]
        )
    ]


def younger_button(component: dict[str, Any]) -> dict[str, Any]:
    """Return a button of a product list as one of a catalogue, which is what it is."""
    return {**component, "sub_type": "catalog"} if component.get("sub_type") == "mpm" else component
