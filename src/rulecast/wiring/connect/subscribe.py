"""Webhooks: the app's callback and fields, the account's subscription, and a signed webhook that arrives."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from rulecast.wiring.connect import store
from rulecast.wiring.connect.explain import explain
from rulecast.wiring.connect.graph import Answer, GraphDoor
from rulecast.wiring.connect.records import Outcome, Step
from rulecast.wiring.workspace import Workspace

APP, WEBHOOKS, ARRIVAL = "app", "webhooks", "test webhook"
WEBHOOK_OBJECT = "whatsapp_business_account"
FIELDS_NEEDED = (
    "messages",
    "account_alerts",
    "account_review_update",
    "account_update",
    "business_capability_update",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "template_category_update",
)
"""Fields every app can subscribe to (Meta, "Webhooks", field list)."""
FIELDS_NEWER = ("user_preferences", "user_id_update", "account_settings_update", "smb_message_echoes")
"""Fields Meta gives to apps in waves; without them their news come later or not at all."""
PARAMETER_CODE, VERIFICATION_CODE = 100, 2200
SECRET_CODE = 101
SECRET_CODES = frozenset({1, SECRET_CODE, 190})
"""How an app's own token is refused whose secret is another one's."""
HANDSHAKE_SECONDS_MAX = 10.0
CHALLENGE = "20261122"
POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Where webhooks go, under whose signature; secret and token never show themselves."""

    app_id: str
    waba_id: str
    url: str
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)

    @property
    def app_token(self) -> str:
        """Return the token of the app itself, which its subscriptions ask for (Graph API: app access tokens)."""
        return f"{self.app_id}|{self.app_secret.partition(',')[0].strip()}"


async def check_secret(door: GraphDoor, callback: Callback) -> Step:
    """Return whether the app secret is that of the token's app.

    Raises:
        GraphUnreachableError: the Cloud API did not answer.
    """
    answer = await door.ask("GET", f"{callback.app_id}/subscriptions", token=callback.app_token)
    if answer.error is None:
        return Step(name=APP, outcome=Outcome.DONE, what=f"the secret is that of app {callback.app_id}")
    what, what_to_do = explain(answer.error)
    if answer.code in SECRET_CODES:
        what, what_to_do = explain({**answer.error, "code": SECRET_CODE})
    return Step(name=APP, outcome=Outcome.REFUSED, what=what, what_to_do=what_to_do)


async def subscribe(door: GraphDoor, callback: Callback, *, is_open_line_allowed: bool) -> Step:
    """Subscribe the app's fields, then the account; each is read back afterwards.

    Raises:
        GraphUnreachableError: the Cloud API did not answer.
    """
    if not is_open_line_allowed and urlsplit(callback.url).scheme != "https":
        return _refused(
            "The callback address is not https, and Meta takes no other.",
            "Put a proxy with a trusted certificate before the receiver and give its address with --callback-url.",
        )
    fields: tuple[str, ...] = (*FIELDS_NEEDED, *FIELDS_NEWER)
    answer = await _subscribe_fields(door, callback, fields)
    if answer.code == PARAMETER_CODE:
        fields = FIELDS_NEEDED
        answer = await _subscribe_fields(door, callback, fields)
    if answer.error is not None:
        return await _explain_callback(answer.error, callback)
    answer = await door.ask("POST", f"{callback.waba_id}/subscribed_apps", body={})
    if answer.error is not None:
        return _refused(*explain(answer.error))
    gaps = await find_gaps(door, callback)
    if gaps:
        return _refused(
            "; ".join(gaps),
            "Run it again; if that does not help, look at App dashboard, WhatsApp, Configuration.",
        )
    newer = (
        "" if len(fields) > len(FIELDS_NEEDED) else f" Not offered to this app: {', '.join(FIELDS_NEWER)}."
    )
    return Step(
        name=WEBHOOKS,
        outcome=Outcome.DONE,
        what=f"{len(fields)} fields go to {callback.url}, account {callback.waba_id} is subscribed.{newer}",
    )


async def find_gaps(door: GraphDoor, callback: Callback) -> list[str]:
    """Return what keeps webhooks from coming: callback, fields, or the account's subscription.

    Raises:
        GraphUnreachableError: the Cloud API did not answer.
    """
    answer = await door.ask("GET", f"{callback.app_id}/subscriptions", token=callback.app_token)
    if answer.error is not None:
        return [explain(answer.error)[0]]
    gaps: list[str] = []
    rows = [
        row for row in answer.rows() if row.get("object") == WEBHOOK_OBJECT and row.get("active") is not False
    ]
    if not rows or rows[0].get("callback_url") != callback.url:
        gaps.append("The app's webhooks go to another address, or nowhere.")
    else:
        names = {one.get("name") if isinstance(one, Mapping) else one for one in rows[0].get("fields") or ()}
        missing = [one for one in FIELDS_NEEDED if one not in names]
        gaps += [f"The app is not subscribed to {', '.join(missing)}."] if missing else []
    answer = await door.ask("GET", f"{callback.waba_id}/subscribed_apps")
    if answer.error is not None:
        return [*gaps, explain(answer.error)[0]]
    apps = [row.get("whatsapp_business_api_data") for row in answer.rows()]
    if not any(isinstance(one, Mapping) and one.get("id") == callback.app_id for one in apps):
        gaps.append("The account is not subscribed to the app: nothing arrives however the app is set.")
    return gaps


async def await_webhook(workspace: Workspace, number_id: str, *, wait_seconds: float) -> Step:
    """Wait until a signed webhook has come since the subscription."""

    async def has_come() -> bool:
        async with workspace.database.connection() as connection:
            row = await store.find_connection(connection, number_id)
            assert row is not None, "the number was saved before"
            return row.subscribed_at is not None and await store.has_webhook_since(
                connection, row.subscribed_at
            )

    if await until(has_come, seconds=wait_seconds):
        return Step(name=ARRIVAL, outcome=Outcome.DONE, what="a signed webhook has arrived")
    return Step(
        name=ARRIVAL,
        outcome=Outcome.WAITING,
        what=f"No signed webhook came within {wait_seconds:.0f} s.",
        what_to_do="Press Test beside `messages` (App dashboard, WhatsApp, Configuration), or write to the number "
        "from a phone, while `rulecast serve` runs. If nothing comes: the app must be Live, the secret this app's.",
    )


async def until(holds: Callable[[], Awaitable[bool]], *, seconds: float) -> bool:
    """Return whether something came to hold within some real seconds; it is asked once at least."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not await holds():
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


async def _subscribe_fields(door: GraphDoor, callback: Callback, fields: tuple[str, ...]) -> Answer:
    # The verify token travels in the body: an address is written into logs on the way.
    body = {
        "object": WEBHOOK_OBJECT,
        "callback_url": callback.url,
        "verify_token": callback.verify_token,
        "fields": ",".join(fields),
        "include_values": True,
    }
    return await door.ask("POST", f"{callback.app_id}/subscriptions", body=body, token=callback.app_token)


async def _explain_callback(error: Mapping[str, object], callback: Callback) -> Step:
    what, what_to_do = explain(error)
    if error.get("code") != VERIFICATION_CODE:
        return _refused(what, what_to_do)
    seen = await _shake_hands(callback)
    if seen is None:
        return Step(
            name=WEBHOOKS,
            outcome=Outcome.WAITING,
            what=f"{what} Nobody answers at {callback.url} from here either.",
            what_to_do="Start `rulecast serve` in another terminal, then run the command again.",
        )
    if not seen:
        return _refused(
            f"{what} {callback.url} answers, but not with the challenge.",
            "The receiver runs with another verify token, or something else answers there: restart `rulecast serve`.",
        )
    return _refused(
        f"{what} From here {callback.url} answers as it should.",
        "Then Meta cannot reach it: open it to the internet, with a certificate that browsers trust.",
    )


async def _shake_hands(callback: Callback) -> bool | None:
    """Do what Meta does; return whether the challenge came back, or nothing where nobody answered."""
    query = {"hub.mode": "subscribe", "hub.challenge": CHALLENGE, "hub.verify_token": callback.verify_token}
    timeout = aiohttp.ClientTimeout(total=HANDSHAKE_SECONDS_MAX)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(callback.url, params=query, allow_redirects=False) as response,
        ):
            return response.status == 200 and await response.text() == CHALLENGE  # noqa: PLR2004 - HTTP: OK
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None


def _refused(what: str, what_to_do: str) -> Step:
    return Step(name=WEBHOOKS, outcome=Outcome.REFUSED, what=what, what_to_do=what_to_do)
