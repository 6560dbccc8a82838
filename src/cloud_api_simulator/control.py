"""Answers `/_control/`: what a test or a demo sets, asks and waits for."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from urllib.parse import unquote

import msgspec

from cloud_api_simulator.change_record import change_record
from cloud_api_simulator.clock import wait_until
from cloud_api_simulator.control_account import change_account, change_number, judge_template, list_numbers
from cloud_api_simulator.control_graph import (
    keep_media,
    review_template,
    set_call_limits,
    set_fields,
    set_reviews,
    set_token,
    show_reviews,
)
from cloud_api_simulator.control_people import act_on_phone, describe_people, show_phone
from cloud_api_simulator.control_request import ControlError, JsonObject, read_object, read_query
from cloud_api_simulator.control_templates import change_template, list_templates, put_templates
from cloud_api_simulator.control_webhooks import (
    emit_test_event,
    emit_webhook,
    list_apps,
    list_samples,
    put_app,
    set_webhook_url,
    verify_webhook,
)
from cloud_api_simulator.divergences import list_divergences
from cloud_api_simulator.faults import Trigger, read_fault, read_trigger
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.ledger import ROWS_PER_PAGE_MAX
from cloud_api_simulator.limits import PortfolioLimit
from cloud_api_simulator.openapi import describe
from cloud_api_simulator.quirks import PLAIN
from cloud_api_simulator.world import World

WAIT_SECONDS_MAX = 600.0
"""Longest wait of `/_control/wait_idle`: no run of a test takes longer."""

TRIGGERED = frozenset(
    {
        "account",
        "numbers",
        "template_status",
        "template_quality",
        "webhook",
        "webhook_url",
        "tokens",
        "behaviour",
    }
)
"""Control requests that may happen by themselves after so many accepted messages."""

_LOG = logging.getLogger(__name__)
Answer = Response | Awaitable[Response | None]


def handle_control(world: World, request: Request) -> Answer:
    """Answer one control request; a wrong one gets 400 with the reason."""
    parts = [unquote(part) for part in request.path.split("/")[2:]]
    try:
        match request.method, parts:
            case "POST", ["phones", phone, act]:
                return act_on_phone(world, request, phone, act)
            case "GET", ["phones", phone]:
                return show_phone(world, phone)
            case method, [name] if (method, name) in CONTROL_ROUTES:
                return CONTROL_ROUTES[method, name](world, request)
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


def run_trigger(world: World, trigger: Trigger) -> None:
    """Do the control request of a trigger; one that cannot be done is logged, as nobody waits for its answer."""
    request = Request(
        method="POST", path=f"/_control/{trigger.control}", body=msgspec.json.encode(trigger.body)
    )
    try:
        CONTROL_ROUTES["POST", trigger.control](world, request)
    except (ControlError, ValueError, TypeError) as error:
        _LOG.warning("the control request %s after %d messages: %s", trigger.control, trigger.accepted, error)


def _faults(world: World, request: Request) -> Answer:
    """Set faults of requests and webhooks, oddities, and what happens after so many messages."""
    row = read_object(request)
    unknown = set(row) - {"requests", "webhooks", "quirks", "after"}
    if unknown:
        raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}")
    faults = [read_fault(fault, position) for position, fault in enumerate(row.get("requests", []))]
    triggers = [read_trigger(one, position) for position, one in enumerate(row.get("after", []))]
    for trigger in triggers:
        if trigger.control not in TRIGGERED:
            raise ControlError(f"after: expected one of {', '.join(sorted(TRIGGERED))}")
    webhooks = change_record(world.sender.settings, row.get("webhooks", {}), place="webhooks")
    quirks = change_record(world.quirks, row.get("quirks", {}), place="quirks")
    world.sender.settings = webhooks
    world.set_quirks(PLAIN if quirks == PLAIN else quirks)
    if "requests" in row:
        world.faults.replace(faults)
    if "after" in row:
        world.faults.set_triggers(triggers)
    return _fault_list(world, request)


def _fault_list(world: World, request: Request) -> Answer:
    """Show the faults with their hits."""
    del request
    return json_response(
        {
            "requests": world.faults.as_json(),
            "webhooks": asdict(world.sender.settings),
            "quirks": asdict(world.quirks),
            "after": world.faults.triggers_as_json(),
        }
    )


def _behaviour(world: World, request: Request) -> Answer:
    """Change how people and the platform behave."""
    row = read_object(request)
    behaviour = change_record(world.behaviour, row, place="behaviour")
    if "messaging_limit_tier" in row:
        world.limit = PortfolioLimit(behaviour.messaging_limit_tier)
    world.behaviour = world.people.behaviour = behaviour
    return json_response(asdict(world.behaviour))


def _reset(world: World, request: Request) -> Answer:
    """Forget everything but the ledger."""
    del request
    world.reset()
    return json_response({"reset": True})


def _state(world: World, request: Request) -> Answer:
    """Show counts and whether anything is still to happen."""
    del request
    return json_response(state_of(world))


async def _wait_idle(world: World, request: Request) -> Response:
    """Wait until nothing is scheduled or undelivered."""
    timeout = min(float(read_query(request).get("timeout", "30")), WAIT_SECONDS_MAX)
    await wait_until(lambda: world.is_idle, seconds=timeout)
    world.ledger.flush()
    return json_response(state_of(world))


def _ledger(world: World, request: Request) -> Answer:
    """Show rows of the ledger."""
    query = read_query(request)
    limit = min(int(query.get("limit", "1000")), ROWS_PER_PAGE_MAX)
    rows, line_number = world.ledger.rows(
        kind=query.get("kind"), after=int(query.get("after", "0")), limit=limit
    )
    counts = dict(world.ledger.counts)
    return json_response(
        {"counts": counts, "rows": rows, "after": line_number, "path": str(world.ledger.path)}
    )


def _description(world: World, request: Request) -> Answer:
    """Describe every endpoint in OpenAPI."""
    del world, request
    return json_response(describe(CONTROL_ROUTES))


CONTROL_ROUTES: dict[tuple[str, str], Callable[[World, Request], Answer]] = {
    ("POST", "people"): describe_people,
    ("POST", "templates"): put_templates,
    ("GET", "templates"): list_templates,
    ("POST", "template_status"): change_template,
    ("POST", "faults"): _faults,
    ("GET", "faults"): _fault_list,
    ("POST", "behaviour"): _behaviour,
    ("POST", "account"): change_account,
    ("POST", "numbers"): change_number,
    ("GET", "numbers"): list_numbers,
    ("POST", "template_quality"): judge_template,
    ("POST", "webhook"): emit_webhook,
    ("GET", "webhook_samples"): list_samples,
    ("POST", "test_event"): emit_test_event,
    ("POST", "reviews"): set_reviews,
    ("GET", "reviews"): show_reviews,
    ("POST", "review"): review_template,
    ("POST", "tokens"): set_token,
    ("POST", "call_limits"): set_call_limits,
    ("POST", "fields"): set_fields,
    ("POST", "media"): keep_media,
    ("GET", "openapi.json"): _description,
    ("POST", "apps"): put_app,
    ("GET", "apps"): list_apps,
    ("POST", "webhook_url"): set_webhook_url,
    ("POST", "verify_webhook"): verify_webhook,
    ("GET", "divergences"): list_divergences,
    ("POST", "reset"): _reset,
    ("GET", "state"): _state,
    ("POST", "wait_idle"): _wait_idle,
    ("GET", "ledger"): _ledger,
}
"""Control requests by method and name; `openapi` describes them."""
