"""Answers `/_control/`: what a test or a demo sets, asks and waits for."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from urllib.parse import unquote

from cloud_api_simulator.clock import wait_until
from cloud_api_simulator.control_people import act_on_phone, describe_people
from cloud_api_simulator.control_request import ControlError, JsonObject, read_object, read_query
from cloud_api_simulator.control_templates import change_template, list_templates, put_templates
from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.faults import read_fault
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.ledger import ROWS_PER_PAGE_MAX
from cloud_api_simulator.world import World

WAIT_SECONDS_MAX = 600.0
"""Longest wait of `/_control/wait_idle`: no run of a test takes longer."""

Answer = Response | Awaitable[Response | None]


def handle_control(world: World, request: Request) -> Answer:
    """Answer one control request; a wrong one gets 400 with the reason."""
    parts = [unquote(part) for part in request.path.split("/")[2:]]
    try:
        match request.method, parts:
            case "POST", ["phones", phone, "say" | "tap" | "prefer" as act]:
                return act_on_phone(world, request, phone, act)
            case method, [name] if (method, name) in _ROUTES:
                return _ROUTES[method, name](world, request)
            case _:
                return json_response({"error": "no such control"}, status=404)
    except (ControlError, ValueError, TypeError) as error:
        return json_response({"error": str(error)}, status=400)


def state_of(world: World) -> JsonObject:
    """Return counts and whether anything is still to happen."""
    return {
        "idle": world.is_idle,
        "scheduled": len(world.scheduler),
        "undelivered": world.sender.undelivered,
        "link_fetches": len(world.tasks),
        "virtual": world.clock.now(),
        "speed": world.clock.speed,
        "seed": world.settings.seed,
        "people": len(world.people),
        "templates": sum(1 for _ in world.templates),
        "counts": dict(world.ledger.counts),
    }


def _faults(world: World, request: Request) -> Answer:
    row = read_object(request)
    unknown = set(row) - {"requests", "webhooks"}
    if unknown:
        raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}")
    faults = [read_fault(fault, position) for position, fault in enumerate(row.get("requests", []))]
    webhooks = replace(world.sender.settings, **row.get("webhooks", {}))
    world.sender.settings = webhooks
    if "requests" in row:
        world.faults.replace(faults)
    return _fault_list(world, request)


def _fault_list(world: World, request: Request) -> Answer:
    del request
    return json_response({"requests": world.faults.as_json(), "webhooks": asdict(world.sender.settings)})


def _behaviour(world: World, request: Request) -> Answer:
    world.behaviour = replace(world.behaviour, **read_object(request))
    world.people.behaviour = world.behaviour
    return json_response(asdict(world.behaviour))


def _account(world: World, request: Request) -> Answer:
    """Put the account, or one number, into an error such as 190, 368, 131031 or 131042; null heals it."""
    row = read_object(request)
    code, number_id = row.get("code"), row.get("number")
    if code is not None and not isinstance(code, int):
        raise ControlError("code: expected an error code or null")
    if number_id is None:
        world.account_error = code
    elif code is None:
        world.number_errors.pop(str(number_id), None)
    else:
        world.number_errors[str(number_id)] = code
    return json_response({"account": world.account_error, "numbers": world.number_errors})


def _webhook(world: World, request: Request) -> Answer:
    row = read_object(request)
    if not isinstance(row.get("field"), str) or not isinstance(row.get("value"), dict):
        raise ControlError("field, value: expected a field name and an object")
    emit_management(world, row["field"], row["value"])
    return json_response({"emitted": world.update_count})


def _webhook_url(world: World, request: Request) -> Answer:
    url = read_object(request).get("url")
    if url is not None and not isinstance(url, str):
        raise ControlError("url: expected a URL or null")
    world.sender.url = url
    return json_response({"url": url})


async def _verify_webhook(world: World, request: Request) -> Response:
    del request
    try:
        await world.sender.verify(world.settings.verify_token)
    except (OSError, TimeoutError, ValueError) as error:
        return json_response({"error": str(error) or type(error).__name__}, status=400)
    return json_response({"verified": True})


def _reset(world: World, request: Request) -> Answer:
    del request
    world.reset()
    return json_response({"reset": True})


def _state(world: World, request: Request) -> Answer:
    del request
    return json_response(state_of(world))


async def _wait_idle(world: World, request: Request) -> Response:
    timeout = min(float(read_query(request).get("timeout", "30")), WAIT_SECONDS_MAX)
    await wait_until(lambda: world.is_idle, seconds=timeout)
    world.ledger.flush()
    return json_response(state_of(world))


def _ledger(world: World, request: Request) -> Answer:
    query = read_query(request)
    limit = min(int(query.get("limit", "1000")), ROWS_PER_PAGE_MAX)
    rows, line_number = world.ledger.rows(
        kind=query.get("kind"), after=int(query.get("after", "0")), limit=limit
    )
    counts = dict(world.ledger.counts)
    return json_response(
        {"counts": counts, "rows": rows, "after": line_number, "path": str(world.ledger.path)}
    )


_ROUTES: dict[tuple[str, str], Callable[[World, Request], Answer]] = {
    ("POST", "people"): describe_people,
    ("POST", "templates"): put_templates,
    ("GET", "templates"): list_templates,
    ("POST", "template_status"): change_template,
    ("POST", "faults"): _faults,
    ("GET", "faults"): _fault_list,
    ("POST", "behaviour"): _behaviour,
    ("POST", "account"): _account,
    ("POST", "webhook"): _webhook,
    ("POST", "webhook_url"): _webhook_url,
    ("POST", "verify_webhook"): _verify_webhook,
    ("POST", "reset"): _reset,
    ("GET", "state"): _state,
    ("POST", "wait_idle"): _wait_idle,
    ("GET", "ledger"): _ledger,
}
