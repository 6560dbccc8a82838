"""Answers the management calls a sender needs: templates, numbers (Cloud API docs: management endpoints)."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import msgspec

from cloud_api_simulator.accept import check_token
from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.settings import STANDARD_THROUGHPUT_PER_SECOND
from cloud_api_simulator.templates import new_template_id, read_template
from cloud_api_simulator.world import Number, World


def handle_management(world: World, request: Request, node: str, edge: str) -> Response:
    """Answer a call on a node of the graph; refusals have Meta's body."""
    try:
        check_token(world, request, node)
        return _answer(world, request, node, edge)
    except ApiError as error:
        return json_response(error.body(), status=error.http_status)


def _answer(world: World, request: Request, node: str, edge: str) -> Response:
    match request.method, edge:
        case "GET", "":
            return _node(world, node)
        case "GET", "message_templates":
            return _list_templates(world, request)
        case "POST", "message_templates":
            return _create_template(world, request)
        case "DELETE", "message_templates":
            return _delete_template(world, request)
        case "GET", "phone_numbers":
            return json_response({"data": [number_json(number) for number in world.numbers.values()]})
        case _:
            raise ApiError(100, "Unknown path components", subcode=33)


def number_json(number: Number) -> dict[str, Any]:
    """Return the phone number node (Cloud API docs: phone numbers)."""
    settings = number.settings
    level = "HIGH" if settings.throughput_per_second > STANDARD_THROUGHPUT_PER_SECOND else "STANDARD"
    return {
        "id": settings.phone_number_id,
        "display_phone_number": settings.display_phone_number,
        "verified_name": "Simulated business",
        "quality_rating": "GREEN",
        "status": "CONNECTED",
        "throughput": {"level": level},
        "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED",
    }


def _node(world: World, node: str) -> Response:
    number = world.numbers.get(node)
    if number is not None:
        return json_response(number_json(number))
    if node == world.settings.waba_id:
        return json_response(
            {"id": node, "name": "Simulated account", "currency": "USD", "account_review_status": "APPROVED"}
        )
    raise ApiError(100, "Object does not exist", subcode=33)


def _check_account_node(world: World, request: Request) -> None:
    node = request.path.split("/")[2]
    if node != world.settings.waba_id:
        raise ApiError(100, "Object does not exist", subcode=33)


def _list_templates(world: World, request: Request) -> Response:
    _check_account_node(world, request)
    query = {key: values[-1] for key, values in parse_qs(request.query).items()}
    rows = [template.as_json() for template in world.templates]
    for field in ("name", "status", "language", "category"):
        if field in query:
            rows = [row for row in rows if row[field] == query[field]]
    return json_response({"data": rows, "paging": {}})


def _create_template(world: World, request: Request) -> Response:
    """Register a template, approved at once; Meta's review takes minutes to a day."""
    _check_account_node(world, request)
    world.template_count += 1
    try:
        row = msgspec.json.decode(request.body, type=dict[str, Any])
        row.pop("status", None)
        template = read_template(row, template_id=new_template_id(world.template_count), status="PENDING")
    except (ValueError, msgspec.DecodeError) as error:
        raise ApiError(100, str(error)) from None
    if world.templates.find(template.name, template.language) is not None:
        raise ApiError(100, "Content in this language already exists", subcode=2388024)
    template = replace(template, status="APPROVED")
    world.templates.put(template)
    emit_management(
        world,
        "message_template_status_update",
        {"event": "APPROVED", **template.event_fields(), "reason": "NONE"},
    )
    return json_response(
        {"id": template.template_id, "status": template.status, "category": template.category}
    )


def _delete_template(world: World, request: Request) -> Response:
    _check_account_node(world, request)
    name = parse_qs(request.query).get("name", [""])[-1]
    if not world.templates.remove(name):
        raise ApiError(100, "Template name does not exist", subcode=33)
    return json_response({"success": True})
