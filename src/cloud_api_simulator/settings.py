"""What a run of the simulator is told at its start."""

from dataclasses import dataclass, field
from pathlib import Path

from cloud_api_simulator.behaviour import Behaviour

STANDARD_THROUGHPUT_PER_SECOND = 80
"""Messages per second of a number at level STANDARD (Cloud API docs: throughput)."""


COEXISTENCE_THROUGHPUT_PER_SECOND = 20
"""Messages per second of a number that is also used in the Business App (Cloud API docs: throughput)."""
HIGH_THROUGHPUT_PER_SECOND = 1000
"""Messages per second of a number at level HIGH (Cloud API docs: throughput)."""


GROUPING_CHOICES = ("value", "change", "entry", "mixed")
"""The three levels at which Meta batches updates (Cloud API docs: webhooks, batching), or all three in turn."""
PORT_MAX = 65_535
"""Largest port there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSettings:
    """A business phone number that may send."""

    phone_number_id: str
    throughput_per_second: int = STANDARD_THROUGHPUT_PER_SECOND
    display_phone_number: str = "15550783881"
    is_coexistent: bool = False

    def __post_init__(self) -> None:
        """A number also used in the Business App sends 20 messages a second (Cloud API docs: throughput)."""
        if not self.phone_number_id.isascii() or not self.phone_number_id.isdigit():
            raise ValueError("number: expected an id of digits")
        if self.throughput_per_second < 1:
            raise ValueError("number: expected a throughput of at least 1 message a second")
        if self.is_coexistent:
            object.__setattr__(self, "throughput_per_second", COEXISTENCE_THROUGHPUT_PER_SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """How webhooks are grouped, spoiled and retried; delays in real seconds unless named virtual.

    `grouping` is `value`, `change`, `entry` or `mixed` (all three in turn, POSTs of 1 to `updates_per_post_max`).
    `retry_schedule` are virtual seconds between tries, the last repeated; without it `retry_seconds_first`
    doubles up to `retry_seconds_max`, real seconds.
    """

    updates_per_post_max: int = 20
    flush_seconds: float = 0.05
    in_flight_max: int = 16
    grouping: str = "value"
    lost_rate: float = 0.0
    duplicate_rate: float = 0.0
    reorder_rate: float = 0.0
    timeout_seconds: float = 20.0
    retry_seconds_first: float = 0.1
    retry_seconds_max: float = 5.0
    retry_schedule: tuple[float, ...] = ()
    retries_reach_all_apps: bool = True
    verify_at_start: bool = False

    def __post_init__(self) -> None:
        """Refuse what would silently send nothing; raises ValueError naming the field."""
        for name in ("updates_per_post_max", "in_flight_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"webhooks.{name}: expected a count of at least 1")
        for name in ("flush_seconds", "timeout_seconds", "retry_seconds_first", "retry_seconds_max"):
            if getattr(self, name) < 0:
                raise ValueError(f"webhooks.{name}: expected a number of at least 0")
        if self.grouping not in GROUPING_CHOICES:
            raise ValueError(f"webhooks.grouping: expected one of {', '.join(GROUPING_CHOICES)}")


DEFAULT_NUMBERS = (NumberSettings(phone_number_id="106540352242922"),)
"""The number Meta's own documentation uses, when none is given."""
DEFAULT_APP_ID = "670843887433847"
DEFAULT_BUSINESS_ID = "2729063490586005"
"""Ids of the form Meta's have, when none are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """All settings of one simulator."""

    state_dir: Path
    app_secret: str
    verify_token: str = "verify"  # noqa: S105 - a documented default of a test tool, not a credential
    webhook_url: str | None = None
    numbers: tuple[NumberSettings, ...] = DEFAULT_NUMBERS
    clock: str = "system"
    seed: int = 1
    access_token: str = "simulated"  # noqa: S105 - a documented default of a test tool, not a credential
    port: int = 0
    waba_id: str = "102290129340398"
    app_id: str = DEFAULT_APP_ID
    business_id: str = DEFAULT_BUSINESS_ID
    behaviour: Behaviour = field(default_factory=Behaviour)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    link_map: tuple[tuple[str, str], ...] = ()
    inbound_counts_for_throughput: bool = True

    def __post_init__(self) -> None:
        """Refuse a simulator nobody could verify: an empty secret would let everyone sign."""
        if not self.app_secret:
            message = "app_secret: an empty secret would let everyone sign webhooks; give one"
            raise ValueError(message)
        if not self.numbers:
            message = "numbers: at least one business number is needed"
            raise ValueError(message)
        if not 0 <= self.port <= PORT_MAX:
            raise ValueError(f"port: expected a number from 0 to {PORT_MAX}")
        if self.webhook_url is not None and not self.webhook_url.startswith(("http://", "https://")):
            raise ValueError("webhook_url: expected an address that begins with http:// or https://")
        if not all(all(pair) for pair in self.link_map):
            raise ValueError("link_map: expected PREFIX=REPLACEMENT")
