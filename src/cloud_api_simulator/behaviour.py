"""How people, the network and Meta's own judgement behave in a run."""

from dataclasses import dataclass

DAY_SECONDS = 86_400.0
"""Seconds of a day: most of Meta's windows are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Shares in [0, 1], counts, and delays in virtual seconds, each after the step before.

    A lognormal delay has a median, a sigma and a longest value, which bounds how long a run takes to settle.
    What Meta does not publish is a field here, so that a run can try another belief (README: differences).
    """

    without_whatsapp_rate: float = 0.01
    without_read_receipts_rate: float = 0.15
    username_rate: float = 0.0
    capped_rate: float = 0.02
    experiment_rate: float = 0.0
    delivered_rate: float = 0.97
    delivered_skipped_rate: float = 0.01
    late_rate: float = 0.0
    read_rate: float = 0.70
    reply_rate: float = 0.02
    button_rate: float = 0.04
    stop_text_rate: float = 0.008
    stop_button_rate: float = 0.008
    prefers_stop_rate: float = 0.004
    click_rate: float = 0.12
    preview_bot_rate: float = 0.05
    block_rate: float = 0.0
    report_rate: float = 0.0
    sent_seconds_min: float = 0.2
    sent_seconds_max: float = 2.0
    delivered_seconds_median: float = 3.0
    delivered_sigma: float = 1.0
    delivered_seconds_max: float = 3600.0
    late_seconds_median: float = 6 * 3600.0
    late_sigma: float = 1.0
    late_seconds_max: float = 20 * DAY_SECONDS
    read_seconds_median: float = 240.0
    read_sigma: float = 1.2
    read_seconds_max: float = 6 * 3600.0
    reaction_seconds_median: float = 40.0
    reaction_sigma: float = 0.8
    reaction_seconds_max: float = 3600.0

    # Per-user marketing cap (Cloud API docs: per-user limits; the threshold is not published): nobody is
    # counted when the largest is 0.
    marketing_cap_min: int = 4
    marketing_cap_max: int = 12
    marketing_cap_seconds: float = DAY_SECONDS
    repetition_is_punished: bool = True
    us_marketing_is_stopped: bool = True
    # What becomes of a message to somebody who blocked the business: `131026`, or `silent` after `sent`.
    blocked_person: str = "131026"

    # Portfolio limit (Cloud API docs: messaging limits; the error is not published): `131048` or `held`.
    messaging_limit_tier: str = "TIER_UNLIMITED"
    beyond_messaging_limit: str = "131048"
    messaging_limit_grows: bool = True

    # Quality from blocks and reports over seven days (Cloud API docs: quality rating; the shares are ours).
    quality_delivered_min: int = 100
    quality_yellow_rate: float = 0.02
    quality_red_rate: float = 0.05
    template_pauses_on_red: bool = True

    # Pacing (Cloud API docs: template pacing, portfolio pacing; batch sizes are not published). 0 is none.
    template_batch: int = 0
    template_batch_seconds: float = 1800.0
    template_batch_bad_rate: float = 0.03
    portfolio_batch: int = 0
    portfolio_batch_seconds: float = 1800.0
    portfolio_drop_code: int = 135000

    # Prices (Cloud API docs: pricing from 2026-10-01).
    free_service_messages: int = 1000
    free_service_type: str = "free_customer_service"
    has_payment_method: bool = True

    # Identity (Cloud API docs: business-scoped user ids).
    contact_book: bool = True
    parent_user_ids: bool = False
