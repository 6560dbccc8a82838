"""What a run of the simulator is told at its start."""

from dataclasses import dataclass, field
from pathlib import Path

STANDARD_THROUGHPUT_PER_SECOND = 80
"""Messages per second of a number at level STANDARD (Cloud API docs: throughput)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSettings:
    """A business phone number that may send."""

    phone_number_id: str
    throughput_per_second: int = STANDARD_THROUGHPUT_PER_SECOND
    display_phone_number: str = "15550783881"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How people and the network behave: shares in [0, 1] and delays in virtual seconds, each after the last.

    A lognormal delay has a median, a sigma and a longest value, which bounds how long a run takes to settle.
    """

    without_whatsapp_rate: float = 0.01
    without_read_receipts_rate: float = 0.15
    capped_rate: float = 0.02
    experiment_rate: float = 0.0
    delivered_rate: float = 0.97
    delivered_skipped_rate: float = 0.01
    read_rate: float = 0.70
    reply_rate: float = 0.02
    button_rate: float = 0.04
    stop_text_rate: float = 0.008
    stop_button_rate: float = 0.008
    prefers_stop_rate: float = 0.004
    click_rate: float = 0.12
    preview_bot_rate: float = 0.05
    sent_seconds_min: float = 0.2
    sent_seconds_max: float = 2.0
    delivered_seconds_median: float = 3.0
    delivered_sigma: float = 1.0
    delivered_seconds_max: float = 3600.0
    read_seconds_median: float = 240.0
    read_sigma: float = 1.2
    read_seconds_max: float = 6 * 3600.0
    reaction_seconds_median: float = 40.0
    reaction_sigma: float = 0.8
    reaction_seconds_max: float = 3600.0


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
    app_id: str = "670843887433847"
    business_id: str = "2729063490586005"
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
