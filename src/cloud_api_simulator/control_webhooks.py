"""Control requests about webhooks: who is subscribed, samples of every field, the dashboard's test events."""

from collections.abc import Awaitable
from typing import Any

from cloud_api_simulator.control_request import ControlError, JsonObject, read_object
from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.samples import TEST_ENTRY_ID, dashboard_value, sample, samples
from cloud_api_simulator.subscriptions import App, Endpoint
from cloud_api_simulator.world import World

APPS_MAX = 20
"""Most apps that may subscribe: a test needs two, a large business a handful."""
_APP_FIELDS = frozenset(
    {"app_id", "url", "secret", "verify_token", "fields", "account_override", "number_overrides", "remove"}
)


def emit_webhook(world: World, request: Request) -> Response:
    """Emit any management webhook: a value as given, or a sample with the given keys changed."""
    row = read_object(request)
    field, value, name = row.get("field"), row.get("value"), row.get("sample")
    if not isinstance(field, str) or (value is not None and not isinstance(value, dict)):
        raise ControlError("field, value: expected a field name and an object")
    if "sample" in row or value is None:
        value = {**sample(field, name), **(value or {})}
    emit_management(world, field, value)
    return json_response({"emitted": world.update_count})


def list_samples(world: World, request: Request) -> Response:
    """List the samples by field."""
    del world, request
    return json_response({field: list(named) for field, named in samples().items()})


def emit_test_event(world: World, request: Request) -> Response:
    """Emit the dashboard's test event of a field: its ids are zeros and dummies (platform reference 3.4)."""
    field = read_object(request).get("field", "messages")
    if not isinstance(field, str):
        raise ControlError("field: expected a field name")
    emit_management(world, field, dashboard_value(field), entry_id=TEST_ENTRY_ID)
    return json_response({"emitted": world.update_count})


def put_app(world: World, request: Request) -> Response:
    """Subscribe one more app, or change one; overrides go by account and by number (reference 3.1)."""
    row = read_object(request)
    unknown = set(row) - _APP_FIELDS
    if unknown:
        raise ControlError(f"unknown fields: {', '.join(sorted(unknown))}")
    app_id = row.get("app_id")
    if not isinstance(app_id, str) or not app_id.isdigit():
        raise ControlError("app_id: expected digits")
    subscriptions = world.sender.subscriptions
    if row.get("remove"):
        subscriptions.remove(app_id)
        return list_apps(world, request)
    known = subscriptions.find(app_id)
    if known is None and sum(1 for _ in subscriptions) >= APPS_MAX:
        raise ControlError(f"app_id: at most {APPS_MAX} apps")
    app = known or App(app_id=app_id, endpoint=_endpoint(world, app_id, row, None))
    _change(world, app, row)
    subscriptions.put(app)
    return list_apps(world, request)


def _change(world: World, app: App, row: JsonObject) -> None:
    for name in ("url", "verify_token"):
        if name in row:
            setattr(app.endpoint, name, row[name])
    if "secret" in row:
        app.endpoint.secret = str(row["secret"]).encode()
    if "fields" in row:
        app.fields = None if row["fields"] is None else frozenset(map(str, row["fields"]))
    if "account_override" in row:
        override = row["account_override"]
        app.account_override = None if override is None else _endpoint(world, app.app_id, override, app)
    if "number_overrides" in row:
        app.number_overrides = {
            str(number_id): _endpoint(world, app.app_id, override, app)
            for number_id, override in dict(row["number_overrides"]).items()
        }


def _endpoint(world: World, app_id: str, row: JsonObject, app: App | None) -> Endpoint:
    secret = row.get("secret")
    base = app.endpoint if app is not None else world.sender.subscriptions.first.endpoint
    return Endpoint(
        url=row.get("url"),
        secret=str(secret).encode() if secret is not None else base.secret,
        verify_token=str(row.get("verify_token", base.verify_token)),
        app_id=app_id,
    )


def list_apps(world: World, request: Request) -> Response:
    """List the apps and where each wants its webhooks; secrets are not told."""
    del request
    return json_response({"data": [_app_json(app) for app in world.sender.subscriptions]})


def _app_json(app: App) -> dict[str, Any]:
    return {
        "app_id": app.app_id,
        "url": app.endpoint.url,
        "is_subscribed": app.is_subscribed,
        "fields": None if app.fields is None else sorted(app.fields),
        "account_override": app.account_override.url if app.account_override is not None else None,
        "number_overrides": {number: one.url for number, one in app.number_overrides.items()},
    }


def set_webhook_url(world: World, request: Request) -> Response:
    """Change the callback of the first app; null sends nothing."""
    url = read_object(request).get("url")
    if url is not None and not isinstance(url, str):
        raise ControlError("url: expected a URL or null")
    world.sender.url = url
    return json_response({"url": url})


def verify_webhook(world: World, request: Request) -> Awaitable[Response | None]:
    """Do the GET handshake with the callback of `app_id`, or of the first app, now (platform reference 3.1)."""
    app_id = read_object(request).get("app_id") if request.body else None
    subscriptions = world.sender.subscriptions
    app = subscriptions.first if app_id is None else subscriptions.find(str(app_id))
    if app is None:
        raise ControlError("app_id: no such app")
    return _verify(world, app)


async def _verify(world: World, app: App) -> Response:
    try:
        await world.sender.verify(endpoint=app.endpoint)
    except (OSError, TimeoutError, ValueError) as error:
        return json_response({"error": str(error) or type(error).__name__}, status=400)
    return json_response({"verified": True})
