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


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSettings:
    """A business phone number that may send."""

    phone_number_id: str
    throughput_per_second: int = STANDARD_THROUGHPUT_PER_SECOND
    display_phone_number: str = "15550783881"
    is_coexistent: bool = False

    def __post_init__(self) -> None:
        """A number also used in the Business App sends 20 messages a second (Cloud API docs: throughput)."""
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
