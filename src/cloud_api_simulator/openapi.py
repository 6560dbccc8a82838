"""Describes every endpoint in OpenAPI 3.1, made of the tables that answer them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloud_api_simulator.call_meter import ACTIVE_CALLS_PER_HOUR
from cloud_api_simulator.error_catalogue import CATALOGUE
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.graph_routes import ROUTES, Route
from cloud_api_simulator.message_bodies import MEDIA_KINDS
from cloud_api_simulator.message_interactive import INTERACTIVE_KINDS

MESSAGE_TYPES = ("text", "template", "interactive", "reaction", "location", "contacts", *sorted(MEDIA_KINDS))
"""Types `/messages` takes (platform reference 2.3, 2.4)."""

_ERROR = {"$ref": "#/components/responses/Error"}
_SENDS = (
    ("messages", "Send a message, mark one as read, show typing.", "2.2-2.4"),
    ("marketing_messages", "Send a marketing template through the Marketing Messages API.", "2.7"),
)
_PHONE_ACTS = "Let a person act: say, tap, prefer, send, react, read, block, report and others."


def describe(control: Mapping[tuple[str, str], Callable[..., Any]]) -> JsonObject:
    """Return the description of the graph's endpoints and of the control requests."""
    paths: dict[str, JsonObject] = {}
    for edge, summary, section in _SENDS:
        path = f"/{{version}}/{{phone-number-id}}/{edge}"
        paths[path] = {"post": _send(path, summary, section)}
    for route in ROUTES:
        path = path_of(route)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path)
    paths["/whatsapp_business/attachments/"] = {"get": _download()}
    for (method, name), handle in control.items():
        paths.setdefault(f"/_control/{name}", {})[method.lower()] = _control(handle)
    paths["/_control/phones/{phone}/{act}"] = {
        "post": {**_plain(_PHONE_ACTS), "parameters": _in_path(("phone", "act"))}
    }
    paths["/_control/phones/{phone}"] = {
        "get": {**_plain("What is known of a person, with the chat."), "parameters": _in_path(("phone",))}
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cloud API simulator",
            "version": "26.0",
            "description": "Answers like Meta's WhatsApp Cloud API; sections are those of the platform reference.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": _components(),
    }


def path_of(route: Route) -> str:
    """Return the path of a route with its places in braces."""
    is_word = route.node.replace("_", "").isalpha() and "-" not in route.node
    node = route.node if is_word else f"{{{route.node}}}"
    return f"/{{version}}/{node}" + (f"/{route.edge}" if route.edge else "")


def _operation(route: Route, path: str) -> JsonObject:
    operation: JsonObject = {
        "summary": route.summary,
        "description": f"Platform reference {route.section}.",
        "tags": [route.node],
        "parameters": _in_path(_places(path)) + [_in_query(name) for name in route.query],
        "responses": {"200": {"description": "Done."}, "default": _ERROR},
    }
    if route.is_metered:
        operation["description"] += f" Counted: at most {ACTIVE_CALLS_PER_HOUR} an hour, 200 on quiet edges."
    if not route.permission:
        operation["security"] = []
    if route.body:
        operation["requestBody"] = _body(route.body)
    return operation


def _places(path: str) -> Iterable[str]:
    return (word[1:-1] for word in path.split("/") if word.startswith("{"))


def _send(path: str, summary: str, section: str) -> JsonObject:
    body = _body("application/json")
    body["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Message"}
    return {
        "summary": summary,
        "description": f"Platform reference {section}.",
        "tags": ["phone-number-id"],
        "parameters": _in_path(_places(path)),
        "requestBody": body,
        "responses": {"200": {"description": "Accepted; nothing is promised."}, "default": _ERROR},
    }


def _download() -> JsonObject:
    return {
        "summary": "Download a file; the address works for five minutes.",
        "description": "Platform reference 8.7.",
        "tags": ["media-id"],
        "parameters": [_in_query(name) for name in ("mid", "ext", "hash")],
        "responses": {
            "200": {"description": "The file."},
            "404": {"description": "Too late, or never there."},
        },
    }


def _control(handle: Callable[..., Any]) -> JsonObject:
    return _plain((handle.__doc__ or handle.__name__.strip("_")).partition("\n")[0])


def _plain(summary: str) -> JsonObject:
    return {
        "summary": summary,
        "tags": ["_control"],
        "security": [],
        "responses": {
            "200": {"description": "Done."},
            "400": {"description": "Wrong: `error` names the place."},
        },
    }


def _in_path(names: Iterable[str]) -> list[JsonObject]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(name: str) -> JsonObject:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


def _body(content_type: str) -> JsonObject:
    kind = "string" if content_type == "application/octet-stream" else "object"
    return {"content": {content_type: {"schema": {"type": kind}}}}


def _components() -> JsonObject:
    text = {"type": "string"}
    error = {
        "type": "object",
        "required": ["message", "type", "code", "fbtrace_id"],
        "properties": {
            "message": text,
            "type": text,
            "code": {"type": "integer", "description": "Codes: " + ", ".join(map(str, sorted(CATALOGUE)))},
            "error_subcode": {"type": "integer"},
            "error_data": {"type": ["object", "string"]},
            "error_user_title": text,
            "error_user_msg": text,
            "is_transient": {"type": "boolean"},
            "fbtrace_id": text,
        },
    }
    message = {
        "type": "object",
        "required": ["messaging_product"],
        "properties": {
            "messaging_product": {"const": "whatsapp"},
            "recipient_type": {"enum": ["individual"]},
            "to": text,
            "recipient": text,
            "type": {"enum": list(MESSAGE_TYPES)},
            "interactive": {
                "type": "object",
                "properties": {"type": {"enum": sorted(INTERACTIVE_KINDS)}},
            },
            "context": {"type": "object", "properties": {"message_id": text}},
            "biz_opaque_callback_data": {"type": "string", "maxLength": 512},
            "status": {"const": "read"},
            "message_id": text,
            "typing_indicator": {"type": "object", "properties": {"type": {"const": "text"}}},
        },
    }
    return {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        "schemas": {"Message": message, "Error": {"type": "object", "properties": {"error": error}}},
        "responses": {
            "Error": {
                "description": "Refused.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }
        },
    }
