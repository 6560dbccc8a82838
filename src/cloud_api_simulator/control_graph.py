"""Control requests about the management endpoints: reviews, tokens, call limits, fields of nodes."""

from dataclasses import asdict
from typing import Any

from cloud_api_simulator.access import SCOPES
from cloud_api_simulator.control_request import ControlError, JsonObject, read_object, read_query
from cloud_api_simulator.graph_media import media_address
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.template_changes import announce_category, change_category, decide
from cloud_api_simulator.template_review import RULES_MAX, ReviewRule, read_rule
from cloud_api_simulator.templates import CATEGORIES
from cloud_api_simulator.world import World

_REVIEW_FIELDS = frozenset({"rules", "reads_for_marketing"})
_NODE_FIELDS = frozenset({"number", "fields", "sync_seconds"})


def set_reviews(world: World, request: Request) -> Response:
    """Use these review rules: `rules` replaces the ones before, the first whose `name` begins the template's wins."""
    row = read_object(request)
    _refuse_unknown(row, _REVIEW_FIELDS)
    rows = row.get("rules", [])
    if not isinstance(rows, list) or len(rows) > RULES_MAX:
        raise ControlError(f"rules: expected a list of at most {RULES_MAX} rules")
    rules = [read_rule(one, position) for position, one in enumerate(rows)]
    world.graph.review.replace(rules, reads_for_marketing=bool(row.get("reads_for_marketing", True)))
    return show_reviews(world, request)


def show_reviews(world: World, request: Request) -> Response:
    """List the review rules."""
    del request
    return json_response(world.graph.review.as_json())


def review_template(world: World, request: Request) -> Response:
    """Decide about one template now: `decision`, `reason`, or a change of `category`, `announced` or done."""
    row = read_object(request)
    template = world.templates.find(str(row.get("name")), str(row.get("language")))
    if template is None:
        raise ControlError("name, language: no such template")
    category = row.get("category")
    if category is not None:
        if category not in CATEGORIES:
            raise ControlError(f"category: expected one of {', '.join(sorted(CATEGORIES))}")
        change = announce_category if row.get("announced") else change_category
        template = change(world, template, category)
    if "decision" in row:
        rule = read_rule({key: row[key] for key in ("decision", "reason", "recommendation") if key in row}, 0)
        template = decide(world, template, rule) if rule != ReviewRule(decision="PENDING") else template
    return json_response(template.as_json())


def set_token(world: World, request: Request) -> Response:
    """Add a token or change one: `token` (or the one of the settings), `scopes`, `expires_at`, `is_revoked`."""
    row = read_object(request)
    text = str(row.pop("token", world.settings.access_token))
    if "scopes" in row:
        row["scopes"] = tuple(str(scope) for scope in row["scopes"])
        unknown = set(row["scopes"]) - set(SCOPES)
        if unknown:
            raise ControlError(f"scopes: expected some of {', '.join(SCOPES)}")
    token = world.graph.tokens.change(text, row)
    return json_response({"is_valid": token.is_valid(world.clock.now()), "scopes": token.scopes})


def set_call_limits(world: World, request: Request) -> Response:
    """Change how many management calls an hour are answered: `calls_per_hour`, `active_calls_per_hour`, `code`."""
    limits = world.graph.calls.change(**_numbers(read_object(request)))
    return json_response(asdict(limits))


def _numbers(row: JsonObject) -> dict[str, int]:
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in row.values()):
        raise ControlError("every limit is a whole number")
    return row


def set_fields(world: World, request: Request) -> Response:
    """Set what nodes show: `fields` of the account, or of a `number`; `sync_seconds` of marketing templates."""
    row: dict[str, Any] = read_object(request)
    _refuse_unknown(row, _NODE_FIELDS)
    fields = row.get("fields", {})
    number = row.get("number")
    if not isinstance(fields, dict) or (number is not None and str(number) not in world.numbers):
        raise ControlError("fields, number: expected an object, and a number of this simulator")
    shown = world.graph.account_fields
    if number is not None:
        shown = world.graph.number_fields.setdefault(str(number), {})
    shown.update(fields)
    if "sync_seconds" in row:
        world.graph.sync_seconds = float(row["sync_seconds"])
    return json_response(shown)


def keep_media(world: World, request: Request) -> Response:
    """Keep the body as a file a person sends: the answer is the object for `phones/{phone}/send`, good for 7 days."""
    mime_type = request.headers.get("content-type", "application/octet-stream")
    query = read_query(request)
    number = query.get("number", next(iter(world.numbers)))
    if number not in world.numbers or not request.body:
        raise ControlError("number, body: expected a number of this simulator, and the bytes of a file")
    file = world.graph.media.keep(
        request.body,
        number_id=number,
        mime_type=mime_type,
        filename=query.get("filename", ""),
        now=world.clock.now(),
        is_inbound=True,
    )
    address = media_address(
        world.graph.media, file, f"http://{request.headers.get('host', '')}", world.clock.now()
    )
    row = {"id": file.media_id, "mime_type": mime_type, "sha256": file.sha256_base64, "url": address}
    return json_response({**row, "filename": file.filename} if file.filename else row)


def _refuse_unknown(row: JsonObject, known: frozenset[str]) -> None:
    unknown = set(row) - known
    if unknown:
        raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}")
