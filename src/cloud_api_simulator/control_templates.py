"""Control requests about templates: register, list, change their status."""

from dataclasses import replace

from cloud_api_simulator.control_request import ControlError, read_json, read_object
from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.templates import (
    CATEGORIES,
    STATUSES,
    Template,
    new_template_id,
    read_template,
)
from cloud_api_simulator.world import World


def put_templates(world: World, request: Request) -> Response:
    """Register or replace templates, one object or a list; all or none."""
    value = read_json(request)
    rows = value if isinstance(value, list) else [value]
    read: list[Template] = []
    count = world.template_count
    for position, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            raise ControlError(f"row {position}: expected an object")
        known = world.templates.find(str(row.get("name")), str(row.get("language")))
        count += known is None
        template_id = known.template_id if known is not None else new_template_id(count)
        try:
            read.append(read_template(row, template_id=template_id, status="APPROVED"))
        except ValueError as error:
            raise ControlError(f"row {position}: {error}") from None
    world.template_count = count
    for template in read:
        world.templates.put(template)
    return json_response({"templates": len(read), "ids": [template.template_id for template in read]})


def list_templates(world: World, request: Request) -> Response:
    """List every template as the management API would."""
    del request
    return json_response({"data": [template.as_json() for template in world.templates]})


def change_template(world: World, request: Request) -> Response:
    """Change status or category of a template and emit Meta's webhook (Cloud API docs: template webhooks)."""
    row = read_object(request)
    template = world.templates.find(str(row.get("name")), str(row.get("language")))
    if template is None:
        raise ControlError("name, language: no such template")
    status, category = row.get("status", template.status), row.get("category", template.category)
    if status not in STATUSES:
        raise ControlError(f"status: expected one of {', '.join(sorted(STATUSES))}")
    if category not in CATEGORIES:
        raise ControlError(f"category: expected one of {', '.join(sorted(CATEGORIES))}")
    world.templates.put(replace(template, status=status, category=category))
    named = template.event_fields()
    if status != template.status:
        emit_management(world, "message_template_status_update", {"event": status, **named, "reason": "NONE"})
    if category != template.category:
        change = {"previous_category": template.category, "new_category": category}
        emit_management(world, "template_category_update", {**named, **change})
    return json_response({"status": status, "category": category})
