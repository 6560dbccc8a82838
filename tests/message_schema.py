"""Checks a message request against Meta's published schema, in its repaired form, when the data is there."""

import json
import os
import re
from pathlib import Path
from typing import Any

SCHEMA_FILE = "whatsapp_openapi/messages_schema_relaxed.json"
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


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
        rule = {"$ref": "#/components/schemas/MarkMessageRequestPayload"}
        return Checker(schema).check(rule, message, "message")
    if "product_policy" in message:
        rule = {"$ref": "#/components/schemas/MarketingMessageRequestPayload"}
        return Checker(schema).check(rule, as_published(message), "message")
    return Checker(schema).check(
        {"$ref": schema["mapping"][message["type"]]}, as_published(message), "message"
    )


def as_published(message: dict[str, Any]) -> dict[str, Any]:
    """Return the message without what v23.0 could not know; everything else stays to be checked.

    BSUIDs (`recipient`, May 2026), carousels, limited-time offers and product lists of templates, links and requests
    for the number as interactive messages. The components of cards are checked like those of the message.
    """
    known = dict(message)
    if "recipient" in known and "to" not in known:
        known["to"] = known.pop("recipient")
    if known.get("type") == "template":
        template = dict(known["template"])
        template["components"] = [
            younger_button(component)
            for component in flattened(template.get("components", []))
            if component["type"] != "limited_time_offer"
        ]
        known["template"] = template
    if known.get("type") == "interactive" and known["interactive"].get("type") in YOUNGER_INTERACTIVE:
        button = {"type": "reply", "reply": {"id": "1", "title": "1"}}
        known["interactive"] = {**known["interactive"], "type": "button", "action": {"buttons": [button]}}
    return known


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


class Checker:
    """The part of JSON Schema that this schema uses."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.root = schema

    def check(self, rule: dict[str, Any], value: object, place: str) -> list[str]:
        if "$ref" in rule:
            target: Any = self.root
            for step in rule["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            return self.check(target, value, place)
        faults = self.of_value(rule, value, place) + self.of_branches(rule, value, place)
        if isinstance(value, dict):
            faults += self.of_object(rule, value, place)
        if isinstance(value, list):
            for position, item in enumerate(value):
                faults += self.check(rule.get("items", {}), item, f"{place}[{position}]")
        return faults

    def of_value(self, rule: dict[str, Any], value: object, place: str) -> list[str]:
        wanted = rule.get("type")
        names = [wanted] if isinstance(wanted, str) else wanted or []
        allowed = tuple(kind for name in names for kind in TYPES[name])
        if allowed and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
            return [f"{place}: expected {wanted}"]
        faults = []
        if "enum" in rule and value not in rule["enum"]:
            faults.append(f"{place}: not one of {rule['enum']}")
        if "const" in rule and value != rule["const"]:
            faults.append(f"{place}: not {rule['const']}")
        if isinstance(value, str):
            if not rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value)):
                faults.append(f"{place}: wrong length")
            if "pattern" in rule and re.search(rule["pattern"], value) is None:
                faults.append(f"{place}: does not match {rule['pattern']}")
        if isinstance(value, list) and not rule.get("minItems", 0) <= len(value) <= rule.get(
            "maxItems", len(value)
        ):
            faults.append(f"{place}: wrong number of items")
        return faults

    def of_branches(self, rule: dict[str, Any], value: object, place: str) -> list[str]:
        faults = [fault for part in rule.get("allOf", []) for fault in self.check(part, value, place)]
        if "oneOf" in rule:
            tries: list[list[str]] = [self.check(part, value, place) for part in rule["oneOf"]]
            if all(tries):
                fewest = min(len(one) for one in tries)
                faults += next(one for one in tries if len(one) == fewest)
        if "not" in rule and not self.check(rule["not"], value, place):
            faults.append(f"{place}: is what it must not be")
        return faults

    def of_object(self, rule: dict[str, Any], value: dict[str, Any], place: str) -> list[str]:
        known = rule.get("properties", {})
        faults = [f"{place}.{name}: missing" for name in rule.get("required", []) if name not in value]
        if rule.get("additionalProperties") is False:
            faults += [f"{place}.{name}: not expected" for name in value if name not in known]
        for name, item in value.items():
            if name in known:
                faults += self.check(known[name], item, f"{place}.{name}")
        return faults
