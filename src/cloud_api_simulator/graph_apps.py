"""Endpoints of apps: tokens, webhook subscriptions and their overrides (platform reference 2.1, 3.1, 8.2)."""

from cloud_api_simulator.access import MANAGEMENT, MESSAGING, describe_token
from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.graph_request import Call, split_words
from cloud_api_simulator.http_server import Response, json_response
from cloud_api_simulator.subscriptions import App, Endpoint
from cloud_api_simulator.world import World

WEBHOOK_OBJECT = "whatsapp_business_account"


def debug_token(call: Call) -> Response:
    """`GET /debug_token?input_token=`: scopes, expiry and nodes of a token."""
    text = call.query.get("input_token", "")
    if not text:
        raise ApiError(100, message="(#100) The parameter input_token is required.")
    world = call.world
    accounts = [world.settings.waba_id]
    return json_response(
        describe_token(
            world.graph.tokens.find(text),
            app_id=world.settings.app_id,
            now=world.clock.now(),
            nodes={MANAGEMENT: accounts, MESSAGING: accounts},
        )
    )


def app_token(call: Call) -> Response:
    """`GET /oauth/access_token`: the token of the app for its id and secret."""
    settings = call.world.settings
    text = f"{call.query.get('client_id', '')}|{call.query.get('client_secret', '')}"
    if text != f"{settings.app_id}|{settings.app_secret}":
        raise ApiError(101, message="Error validating client secret.")
    return json_response({"access_token": text, "token_type": "bearer"})


def list_subscribed_apps(call: Call) -> Response:
    """`GET /{waba-id}/subscribed_apps`: who gets webhooks, with overrides."""
    return json_response({"data": subscribed_apps(call.world)})


def subscribed_apps(world: World) -> list[JsonObject]:
    """Return the apps that get this account's webhooks, with their overrides (platform reference 8.2)."""
    rows: list[JsonObject] = []
    for app in world.sender.subscriptions:
        if app.is_subscribed:
            described: JsonObject = {
                "whatsapp_business_api_data": {
                    "id": app.app_id,
                    "name": f"Simulated app {app.app_id[-4:]}",
                    "link": f"https://www.facebook.com/games/?app_id={app.app_id}",
                }
            }
            if app.account_override is not None:
                described["override_callback_uri"] = app.account_override.url
            rows.append(described)
    return rows


async def subscribe_app(call: Call) -> Response:
    """`POST /{waba-id}/subscribed_apps`: plain, or with an override once the app is subscribed and it answers."""
    body = call.body()
    app = _own_app(call)
    url = body.get("override_callback_uri")
    if url:
        if not app.is_subscribed:
            raise ApiError(
                100,
                "Before override the current callback uri, your app must be subscribed to receive messages.",
            )
        app.account_override = await shake_hands(call, app, url, body.get("verify_token"))
    else:
        # Subscribing without an override takes a former one away (platform reference 3.1).
        app.is_subscribed, app.account_override = True, None
    call.world.sender.subscriptions.changed()
    return json_response({"success": True})


def unsubscribe_app(call: Call) -> Response:
    """`DELETE /{waba-id}/subscribed_apps`: no more webhooks for this app."""
    app = _own_app(call)
    app.is_subscribed, app.account_override = False, None
    call.world.sender.subscriptions.changed()
    return json_response({"success": True})


def _own_app(call: Call) -> App:
    return call.world.sender.subscriptions.first


def list_subscriptions(call: Call) -> Response:
    """`GET /{app-id}/subscriptions`: callback and fields of the app."""
    app = call.world.sender.subscriptions.find(call.node)
    if app is None or app.endpoint.url is None:
        return json_response({"data": []})
    fields = [{"name": name, "version": call.version} for name in sorted(app.fields or ("messages",))]
    return json_response(
        {
            "data": [
                {
                    "object": WEBHOOK_OBJECT,
                    "callback_url": app.endpoint.url,
                    "active": True,
                    "fields": fields,
                }
            ]
        }
    )


async def subscribe_fields(call: Call) -> Response:
    """`POST /{app-id}/subscriptions`: callback, verify token and fields; the handshake is done first."""
    body = call.body()
    if body.get("object") != WEBHOOK_OBJECT:
        raise ApiError(100, message=f"(#100) Param object must be {WEBHOOK_OBJECT}.")
    subscriptions = call.world.sender.subscriptions
    app = subscriptions.find(call.node)
    url = body.get("callback_url")
    if app is None or not isinstance(url, str) or not url:
        raise ApiError(100, message="(#100) The parameter callback_url is required.")
    given = body.get("fields") or ""
    names = (
        split_words(given)
        if isinstance(given, str)
        else list(map(str, given if isinstance(given, list) else ()))
    )
    endpoint = await shake_hands(call, app, url, body.get("verify_token"))
    app.endpoint.url, app.endpoint.verify_token = endpoint.url, endpoint.verify_token
    app.fields = frozenset(names) or None
    subscriptions.changed()
    return json_response({"success": True})


async def shake_hands(call: Call, app: App, url: object, verify_token: object) -> Endpoint:
    """Return a callback of an app that answered the handshake; raises ApiError 2200 (platform reference 3.1)."""
    endpoint = Endpoint(
        url=str(url),
        secret=app.endpoint.secret,
        verify_token="" if verify_token is None else str(verify_token),
        app_id=app.app_id,
    )
    try:
        await call.world.sender.verify(endpoint=endpoint)
    except (OSError, TimeoutError, ValueError):
        raise ApiError(
            2200,
            "The URL couldn't be validated. Callback verification failed.",
            message="(#2200) Callback verification failed with the following errors",
        ) from None
    return endpoint


def unsubscribe_fields(call: Call) -> Response:
    """`DELETE /{app-id}/subscriptions`: the named fields, or the callback itself."""
    subscriptions = call.world.sender.subscriptions
    app = subscriptions.find(call.node)
    names = call.words("fields")
    if app is not None and names and app.fields is not None:
        app.fields -= frozenset(names)
    elif app is not None:
        app.endpoint.url = None
    subscriptions.changed()
    return json_response({"success": True})
