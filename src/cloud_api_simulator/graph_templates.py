"""Endpoints of message templates: create, list, read, edit, delete (platform reference 8.1, 4.8)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.graph_numbers import account_entities, summary_of
from cloud_api_simulator.graph_request import Call, choose_fields, no_object, split_words
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.template_changes import change_status, delete, submit
from cloud_api_simulator.template_library import LIBRARY
from cloud_api_simulator.template_rules import check_content, check_submission
from cloud_api_simulator.template_texts import refuse
from cloud_api_simulator.templates import Template, new_template_id, read_template
from cloud_api_simulator.world import World

TEMPLATES_MAX = 6_000
"""Templates of a verified business, each language counted (platform reference 4.8)."""
CREATIONS_PER_HOUR = 100
"""Templates an account may create in an hour (platform reference 4.8)."""
EDITS_PER_MONTH = 10
"""Edits of an approved template in 30 days, one of them in 24 hours (platform reference 4.8)."""
DAY_SECONDS = 86_400.0
HOUR_SECONDS = 3_600.0
DELETED_AT_ONCE_MAX = 100
"""Most ids of one deletion (platform reference 8.1)."""

UNPAUSE_SECONDS = 300.0
"""Virtual seconds after which a pacing pause can be ended (platform reference 4.7)."""

_EDITABLE = frozenset({"APPROVED", "REJECTED", "PAUSED"})
_DEFAULT_FIELDS = (
    "name",
    "parameter_format",
    "components",
    "language",
    "status",
    "category",
    "sub_category",
    "previous_category",
    "id",
)
_FILTERS = ("name", "status", "language", "category", "quality_score")


def create_template(call: Call) -> Response:
    """`POST /{waba-id}/message_templates`: a template is judged, kept and reviewed (platform reference 8.1)."""
    world, now = call.world, call.world.clock.now()
    row = call.body()
    row.pop("status", None)
    row = _from_library(row) if row.get("library_template_name") else row
    check_submission(row, world.graph.uploads.format_of)
    name, language = str(row["name"]), str(row["language"])
    if world.templates.find(name, language) is not None:
        raise refuse(
            2388024,
            "Content in this language already exists",
            f"There is already {language} content for {name}.",
        )
    if world.templates.is_locked(name, now):
        raise refuse(
            2388023,
            "Message template language is being deleted",
            "A template of this name was deleted in the last 30 days. Choose another name.",
        )
    if len(world.templates) >= TEMPLATES_MAX:
        raise refuse(2388019, "Message template limit exceeded", f"An account has at most {TEMPLATES_MAX}.")
    if sum(1 for one in world.templates if one.created_at > now - HOUR_SECONDS) >= CREATIONS_PER_HOUR:
        raise ApiError(80008, f"At most {CREATIONS_PER_HOUR} templates can be created in an hour.")
    world.template_count += 1
    template = _read(row, new_template_id(world.template_count))
    template = replace(template, quality="UNKNOWN", created_at=now)
    template = submit(world, template)
    return json_response(
        {"id": template.template_id, "status": template.status, "category": template.category}
    )


def _read(row: Mapping[str, Any], template_id: str) -> Template:
    try:
        return read_template(row, template_id=template_id, status="PENDING")
    except ValueError as error:
        raise ApiError(100, str(error)) from None


def _from_library(row: Mapping[str, Any]) -> JsonObject:
    """Return a creation request filled in from the library (platform reference 8.1)."""
    found = next((one for one in LIBRARY if one["name"] == row["library_template_name"]), None)
    if found is None:
        raise ApiError(100, message="(#100) Param library_template_name names no template of the library.")
    filled = {**row, "components": found["components"], "category": found["category"]}
    return {key: value for key, value in filled.items() if not key.startswith("library_")}


def list_templates(call: Call) -> Response:
    """`GET /{waba-id}/message_templates`: filters, fields, cursors, a summary (platform reference 8.1)."""
    rows = [
        row
        for template in call.world.templates
        if _fits(row := node_of(call, template), template, call.query)
    ]
    names = call.words("fields")
    answer = call.page(rows)
    answer["data"] = [choose_fields(row, names, _DEFAULT_FIELDS) for row in answer["data"]]
    if "summary" in call.query:
        every = len(call.world.templates)
        answer["summary"] = {
            "total_count": len(rows),
            "message_template_count": every,
            "message_template_limit": TEMPLATES_MAX,
            "are_translations_complete": True,
        }
    return json_response(answer)


def node_of(call: Call, template: Template) -> JsonObject:
    """Return every field of a template; its quality is what readers' feedback made of it (reference 4.6)."""
    row = template.as_json()
    health = call.world.template_health.get(template.template_id)
    if health is not None:
        row["quality_score"] = {"score": health.rating, "date": int(call.world.clock.now())}
    row["health_status"] = template_health(call.world, template)
    return row


def _fits(row: Mapping[str, Any], template: Template, query: Mapping[str, str]) -> bool:
    """Return whether a template passes the filters; `name_or_content` finds parts of both."""
    shown = {**row, "quality_score": row["quality_score"]["score"]}
    for key in _FILTERS:
        if key in query and str(shown[key]).upper() not in split_words(query[key].upper()):
            return False
    part = query.get("name_or_content", "").lower()
    return part in template.name or part in template.body_text.lower()


def show_template(call: Call) -> Response:
    """`GET /{template-id}?fields=`: one template in one language."""
    template = find(call)
    return json_response(choose_fields(node_of(call, template), call.words("fields"), _DEFAULT_FIELDS))


def template_health(world: World, template: Template) -> JsonObject:
    """Return whether a template can be sent; 141002 when it is not approved (platform reference 8.8)."""
    entity: JsonObject = {
        "entity_type": "MESSAGE_TEMPLATE",
        "id": template.template_id,
        "can_send_message": "AVAILABLE" if template.status == "APPROVED" else "BLOCKED",
    }
    if template.status != "APPROVED":
        entity["errors"] = [
            {
                "error_code": 141002,
                "error_description": f"The template is {template.status}.",
                "possible_solution": "Wait for its approval or edit it.",
            }
        ]
    return summary_of([entity, *account_entities(world)])


def edit_template(call: Call) -> Response:
    """`POST /{template-id}`: replace all components; the status goes back to PENDING (platform reference 8.1)."""
    world, now = call.world, call.world.clock.now()
    template = find(call)
    row = call.body()
    if template.status not in _EDITABLE:
        raise refuse(
            2388039, "Template can't be edited", f"A template that is {template.status} is not editable."
        )
    category = str(row.get("category") or template.category)
    if category != template.category and template.status == "APPROVED":
        raise refuse(
            2388039, "Template can't be edited", "The category of an approved template is not editable."
        )
    _check_edit_rate(template, now)
    merged = {
        "name": template.name,
        "language": template.language,
        "category": category,
        "parameter_format": row.get("parameter_format") or template.parameter_format,
        "components": row.get("components", list(template.components)),
        "message_send_ttl_seconds": row.get("message_send_ttl_seconds", template.ttl_seconds),
    }
    check_content(merged, category, world.graph.uploads.format_of)
    edited = replace(
        _read(merged, template.template_id),
        quality=template.quality,
        created_at=template.created_at,
        edited_at=(*template.edited_at, now),
    )
    submit(world, edited)
    return json_response({"success": True})


def _check_edit_rate(template: Template, now: float) -> None:
    """Platform reference 4.8: an approved template takes one edit a day and ten in 30 days; others any number."""
    if template.status != "APPROVED":
        return
    today = [at for at in template.edited_at if at > now - DAY_SECONDS]
    month = [at for at in template.edited_at if at > now - 30 * DAY_SECONDS]
    if today or len(month) >= EDITS_PER_MONTH:
        raise refuse(
            2388109,
            "Template edit limit reached",
            f"An approved template can be edited once in 24 hours and {EDITS_PER_MONTH} times in 30 days.",
        )


def delete_templates(call: Call) -> Response:
    """`DELETE /{waba-id}/message_templates`: by name, by `hsm_id`, or by up to 100 `hsm_ids`."""
    for template in _chosen(call):
        delete(call.world, template)
    return json_response({"success": True})


def _chosen(call: Call) -> list[Template]:
    book, query = call.world.templates, call.query
    identities = call.words("hsm_ids") or ([query["hsm_id"]] if query.get("hsm_id") else [])
    if not identities:
        if not query.get("name"):
            raise ApiError(100, message="(#100) The parameter name is required.")
        found = book.languages_of(query["name"])
    else:
        if len(identities) > DELETED_AT_ONCE_MAX:
            raise ApiError(
                100, message=f"(#100) Param hsm_ids must have at most {DELETED_AT_ONCE_MAX} elements."
            )
        found = [template for template in map(book.find_id, identities) if template is not None]
        if len(found) != len(identities) or any(one.name != query.get("name", one.name) for one in found):
            found = []
    if not found:
        raise refuse(2593002, "Message template not found", "The message template does not exist.")
    return found


def unpause_template(call: Call) -> Response:
    """`POST /{template-id}/unpause`: ends a pacing pause, five minutes after it began at the soonest."""
    template, world = find(call), call.world
    if template.status != "PAUSED" or not world.pacing.batch_of(template.template_id).is_paused:
        return json_response({"success": False, "reason": "The template is not paused by template pacing."})
    if world.clock.now() < template.paused_at + UNPAUSE_SECONDS:
        return json_response({"success": False, "reason": "Wait five minutes after the pause began."})
    world.pacing.forget(template.template_id)
    info = {"title": "UNPAUSE", "description": "The template was unpaused."}
    change_status(world, replace(template, paused_at=0.0), "APPROVED", more={"other_info": info})
    return json_response({"success": True})


def find(call: Call) -> Template:
    """Return the template in the path; raises ApiError 100 with subcode 33."""
    template = call.world.templates.find_id(call.node)
    if template is None:
        raise no_object(call.node, call.request.method)
    return template
