"""Endpoints that handle many templates at once: archive, library, bulk codes, migration (platform reference 8.1)."""

from dataclasses import replace
from typing import Any

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.graph_request import Call, split_words
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.template_changes import change_status, submit
from cloud_api_simulator.template_library import LIBRARY
from cloud_api_simulator.template_rules import check_submission
from cloud_api_simulator.templates import new_template_id, read_template

LANGUAGES_MAX = 100
"""Most languages of one bulk request; Meta has about seventy."""


def archive_templates(call: Call) -> Response:
    """`POST /{waba-id}/message_templates/archive`: the templates of `hsm_ids` are put away (platform reference 8.1)."""
    return _move(call, "archived_templates", taken=("APPROVED", "REJECTED", "PAUSED"), status="ARCHIVED")


def unarchive_templates(call: Call) -> Response:
    """`POST /{waba-id}/message_templates/unarchive`: the template is approved again."""
    return _move(call, "unarchived_templates", taken=("ARCHIVED",), status="APPROVED")


def _move(call: Call, key: str, *, taken: tuple[str, ...], status: str) -> Response:
    given = call.body().get("hsm_ids", "")
    if isinstance(given, str):
        given = split_words(given)
    identities = [str(one) for one in given] if isinstance(given, list) else []
    if not identities:
        raise ApiError(100, message="(#100) The parameter hsm_ids is required.")
    moved: list[JsonObject] = []
    failed: list[JsonObject] = []
    for identity in identities:
        template = call.world.templates.find_id(identity)
        if template is None or template.status not in taken:
            failed.append({"id": identity, "error": "The template does not exist or has another status."})
            continue
        event = "UNARCHIVED" if status == "APPROVED" else status
        change_status(call.world, template, event)
        call.world.templates.put(replace(template, status=status))
        moved.append({"id": identity, "name": template.name})
    return json_response({key: moved, "failed_templates": failed})


def show_library(call: Call) -> Response:
    """`GET /message_template_library`: ready-made templates by topic, use and words (platform reference 8.1)."""
    query = call.query
    rows = [
        row
        for row in LIBRARY
        if query.get("search", "").lower() in str(row["name"])
        and all(query.get(key, row[key]) == row[key] for key in ("topic", "usecase", "language"))
        and query.get("industry", row["industry"][0]) in row["industry"]
    ]
    return json_response(call.page(rows))


def upsert_templates(call: Call) -> Response:
    """`POST /{waba-id}/upsert_message_templates`: one-time codes in many languages (platform reference 8.1)."""
    world, body = call.world, call.body()
    languages = body.pop("languages", None)
    if not isinstance(languages, list) or not 1 <= len(languages) <= LANGUAGES_MAX:
        raise ApiError(100, message="(#100) Param languages must be an array of language codes.")
    if body.get("category") != "AUTHENTICATION":
        raise ApiError(100, message="(#100) Only authentication templates can be upserted.")
    rows = [{**body, "language": str(language), "components": _components(body)} for language in languages]
    for row in rows:
        check_submission(row, world.graph.uploads.format_of)
    return json_response({"data": [_upsert(call, row) for row in rows]})


def _upsert(call: Call, row: dict[str, Any]) -> JsonObject:
    world = call.world
    known = world.templates.find(row["name"], row["language"])
    if known is None:
        world.template_count += 1
    identity = known.template_id if known is not None else new_template_id(world.template_count)
    template = read_template(row, template_id=identity, status="PENDING")
    template = submit(world, replace(template, quality="UNKNOWN", created_at=world.clock.now()))
    return {"id": identity, "status": template.status, "language": template.language}


def _components(body: JsonObject) -> list[JsonObject]:
    components = body.get("components")
    return components if isinstance(components, list) else []


def migrate_templates(call: Call) -> Response:
    """`POST /{waba-id}/migrate_message_templates`: there is no other account here, so nothing is found."""
    if not call.body().get("source_waba_id"):
        raise ApiError(100, message="(#100) The parameter source_waba_id is required.")
    return json_response({"migrated_templates": [], "failed_templates": {}})
