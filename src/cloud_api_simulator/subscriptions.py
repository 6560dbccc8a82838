"""Which apps get which webhooks where: subscriptions of apps and their overrides for an account or a number."""

from collections.abc import Iterator
from dataclasses import dataclass, field

MESSAGE_LIKE_FIELDS = frozenset(
    {
        *("messages", "user_preferences", "user_id_update", "message_echoes", "smb_message_echoes"),
        *("smb_app_state_sync", "history", "calls", "user_actions", "standby", "messaging_handovers"),
        *("group_lifecycle_update", "group_participants_update", "group_settings_update"),
        *("group_status_update", "tracking_events", "automatic_events"),
    }
)
"""Fields that an override redirects; the others keep going to the app's own callback.

Cloud API docs: webhooks, field list and overrides; for management fields it is what integrators report.
"""


@dataclass(slots=True, kw_only=True, eq=False)
class Endpoint:
    """A callback: its URL (None gets nothing), the secret that signs, the token of the handshake."""

    url: str | None
    secret: bytes
    verify_token: str = "verify"  # noqa: S105 - a documented default of a test tool, not a credential
    app_id: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class App:
    """An app that subscribed to the account: `fields` None means every field."""

    app_id: str
    endpoint: Endpoint
    fields: frozenset[str] | None = None
    is_subscribed: bool = True
    account_override: Endpoint | None = None
    number_overrides: dict[str, Endpoint] = field(default_factory=dict)

    def endpoint_for(self, name: str, number_id: str | None) -> Endpoint | None:
        """Return where a field of a number goes: number before account before app, or None.

        Cloud API docs: webhooks, overrides.
        """
        if not self.is_subscribed or (self.fields is not None and name not in self.fields):
            return None
        if name in MESSAGE_LIKE_FIELDS:
            return self.number_overrides.get(number_id or "") or self.account_override or self.endpoint
        return self.endpoint


class Subscriptions:
    """The apps of one WhatsApp Business Account, the first being the one of the settings."""

    def __init__(self, first: App) -> None:
        """Start with one app."""
        self._apps: dict[str, App] = {first.app_id: first}
        self._first = first
        self._cache: dict[tuple[str, str | None], tuple[Endpoint, ...]] = {}

    def __iter__(self) -> Iterator[App]:
        """Yield the apps in the order they came."""
        return iter(self._apps.values())

    @property
    def first(self) -> App:
        """The app of the settings."""
        return self._first

    def find(self, app_id: str) -> App | None:
        """Return an app by its id, or None."""
        return self._apps.get(app_id)

    def put(self, app: App) -> None:
        """Add or replace an app."""
        self._apps[app.app_id] = app
        self._cache.clear()

    def remove(self, app_id: str) -> None:
        """Forget an app; the first stays."""
        if app_id != self._first.app_id:
            self._apps.pop(app_id, None)
        self._cache.clear()

    def changed(self) -> None:
        """Look again: a subscription, a field list or an override of an app was changed in place."""
        self._cache.clear()

    def forget(self) -> None:
        """Return to the first app without overrides, subscribed to everything."""
        self._apps = {self._first.app_id: self._first}
        self._first.fields, self._first.is_subscribed = None, True
        self._first.account_override = None
        self._first.number_overrides.clear()
        self._cache.clear()

    def endpoints(self, name: str, number_id: str | None) -> tuple[Endpoint, ...]:
        """Return every callback that gets a field of a number, each once."""
        found = self._cache.get((name, number_id))
        if found is None:
            chosen = (app.endpoint_for(name, number_id) for app in self._apps.values())
            found = tuple(dict.fromkeys(one for one in chosen if one is not None))
            self._cache[name, number_id] = found
        return found
