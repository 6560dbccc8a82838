"""Routes a call on the graph to its handler: every endpoint in one table (platform reference 1-8).

The table is also what the OpenAPI description is made of, so a route cannot be forgotten there.
"""

import re
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from urllib.parse import parse_qs, unquote

import msgspec

from cloud_api_simulator.access import MESSAGING
from cloud_api_simulator.call_meter import BUSY_EDGES
from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.graph_media import download_media
from cloud_api_simulator.graph_request import Call, no_object
from cloud_api_simulator.graph_routes import ROUTES, Route
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.spoil import error_body
from cloud_api_simulator.uploads import PREFIX
from cloud_api_simulator.world import World

_BY_KEY: Mapping[tuple[str, str, str], Route] = {
    (route.method, route.node, route.edge): route for route in ROUTES
}
_WORDS = frozenset(route.node for route in ROUTES if route.node.islower() and "-" not in route.node)
_VERSION = re.compile(r"v\d{1,2}\.\d{1,2}")
_ACCESS_CODES = (0, 3, 10, 33, 190, 200)
"""States of a token or of a deleted number that concern every call, not sending alone."""
_ENCODE = msgspec.json.Encoder().encode


def handle_graph(
    world: World, request: Request, version: str, parts: list[str]
) -> Response | Awaitable[Response | None]:
    """Answer a call; `parts` are the words of the path after the version. Refusals have Meta's body."""
    words = [unquote(part) for part in parts if part]
    query = {key: values[-1] for key, values in parse_qs(request.query).items()}
    call = Call(
        world=world,
        request=request,
        version=version,
        node=words[0] if words else "",
        query=query,
        rest=tuple(words[1:]),
    )
    try:
        _check_version(version)
        return _answer(world, call)
    except ApiError as error:
        return json_response(error_body(world, error), status=error.http_status)


def handle_download(world: World, request: Request) -> Response:
    """Answer `GET` on a media address, which needs the same token as the call that gave it (8.7)."""
    query = {key: values[-1] for key, values in parse_qs(request.query).items()}
    call = Call(world=world, request=request, version="", node=query.get("mid", ""), query=query)
    try:
        world.graph.tokens.check(request, MESSAGING, world.clock.now())
    except ApiError as error:
        return json_response(error.body(), status=error.http_status)
    return download_media(call)


def _check_version(version: str) -> None:
    """Raise ApiError 2635 for a version that never was; a retired one is answered by the oldest (2.1)."""
    if version and _VERSION.fullmatch(version) is None:
        raise ApiError(2635, message=f"(#2635) Unknown version {version[:12]!r}.")


def _answer(world: World, call: Call) -> Response | Awaitable[Response | None]:
    route, call = _find(call)
    if route.permission:
        token = call.query.get("access_token", "")
        world.graph.tokens.check(call.request, route.permission, world.clock.now(), query_token=token)
        for code in (world.account_error, world.number_errors.get(call.node)):
            if code in _ACCESS_CODES:
                raise ApiError(code)
    if route.is_metered:
        try:
            world.graph.calls.count(world.clock.now(), is_busy_edge=_is_busy(route))
        except ApiError as error:
            # The wait stands in a header of the refusal (platform reference 4.8).
            refusal = json_response(error_body(world, error), status=error.http_status)
            return _with_headers(refusal, _usage(world, route))
    headers = _usage(world, route)
    answer = route.handle(call)
    if isinstance(answer, Response):
        return _with_headers(answer, headers)
    return _later(answer, headers)


def _find(call: Call) -> tuple[Route, Call]:
    """Return the route of a call, and the call with the words after its edge."""
    kind, method = kind_of(call.world, call.node), call.request.method
    route = _BY_KEY.get((method, kind, "/".join(call.rest)))
    if route is not None:
        return route, replace(call, rest=())
    if call.rest:
        # One word after the edge is the id of something in it.
        route = _BY_KEY.get((method, kind, "/".join([*call.rest[:-1], "{id}"])))
        if route is not None:
            return route, replace(call, rest=call.rest[-1:])
    if not kind:
        raise no_object(call.node, method)
    edge = "/".join(call.rest)[:80]
    raise ApiError(100, "Unknown path components", subcode=33, message=f"Unknown path components: /{edge}")


def kind_of(world: World, node: str) -> str:
    """Return what an id is, as the table names it; empty for an unknown one."""
    settings = world.settings
    fixed = {settings.waba_id: "waba-id", settings.business_id: "business-id"}
    if node in world.numbers:
        return "phone-number-id"
    if node in fixed or node in _WORDS:
        return fixed.get(node, node)
    if node.startswith(PREFIX):
        return "upload-id"
    known = (
        ("app-id", world.sender.subscriptions.find(node)),
        ("template-id", world.templates.find_id(node)),
        ("signup-id", world.graph.signups.get(node)),
        ("media-id", world.graph.media.find(node, world.clock.now())),
    )
    return next((kind for kind, found in known if found is not None), "")


def _is_busy(route: Route) -> bool:
    return route.node == "waba-id" and route.edge.partition("/")[0] in BUSY_EDGES


def _usage(world: World, route: Route) -> tuple[tuple[str, str], ...]:
    """Return X-App-Usage and X-Business-Use-Case-Usage of a management call (platform reference 4.8)."""
    if not route.is_metered:
        return ()
    app, account = world.graph.calls.usage(
        world.clock.now(), world.settings.waba_id, is_busy_edge=_is_busy(route)
    )
    return (
        ("x-app-usage", _ENCODE(app).decode()),
        ("x-business-use-case-usage", _ENCODE(account).decode()),
    )


async def _later(answer: Awaitable[Response], headers: tuple[tuple[str, str], ...]) -> Response | None:
    try:
        return _with_headers(await answer, headers)
    except ApiError as error:
        return json_response(error.body(), status=error.http_status)


def _with_headers(answer: Response, headers: tuple[tuple[str, str], ...]) -> Response:
    if not headers:
        return answer
    return Response(
        status=answer.status,
        body=answer.body,
        content_type=answer.content_type,
        headers=(*answer.headers, *headers),
    )
