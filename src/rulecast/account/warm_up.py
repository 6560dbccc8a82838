"""How many people a day a young number may write marketing to, and how that grows; pure.

Start small, watch what came of it once that can be known, add a little, halve at a bad sign (additive increase,
multiplicative decrease: the bad signal is late, coarse, and weighs more than the good one). Limits of Meta stay limits:
this one is ours, and lower.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from rulecast.statistics import is_above, upper_bound

EVALUATED_EVERY = timedelta(hours=24)
MATURITY = timedelta(hours=6)
"""After which time most of what will become of a message is known: delivery, reading, blocks and opt-outs."""
BASELINE = timedelta(days=28)
FROZEN = timedelta(hours=24)
"""A budget that was cut does not grow in this time: the next judgement must not rest on the same messages."""
BUDGET_MIN = 50
"""Fewer people a day would show no sign in weeks, good or bad."""
USED_SHARE = 0.8
"""Growth needs proof: a budget that was hardly used says nothing about a larger one."""
DOUBLED_BELOW = 500
"""Where the first steps are this small, doubling adds no more than a step of the usual size."""
ALPHA = 0.01
"""The chance to halve the budget of a number whose messages are as usual; over all looks, not for each."""
USUAL_OPT_OUTS, USUAL_FAILURES, USUAL_WITHHELD = 0.003, 0.03, 0.05
"""Shares taken as usual where a number has no history: opt-outs, failures, and messages withheld by Meta (131049)."""

Outcome = Literal["begun", "grown", "kept", "halved", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUpTerms:
    """What a workspace wants: people on the first day, how many more a step, and the budget at which it is over."""

    start: int
    step: int
    until: int


USUAL_TERMS = WarmUpTerms(start=500, step=500, until=10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmUp:
    """Where a number stands: its budget of people in 24 hours, since when, and why."""

    budget: int
    evaluated_at: datetime
    frozen_until: datetime | None = None
    outcome: Outcome = "begun"
    because: str = ""

    @property
    def is_over(self) -> bool:
        """Return whether the number writes to as many people as Meta lets it."""
        return self.outcome == "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of marketing messages that are old enough to be judged."""

    sent: int = 0
    failed: int = 0
    withheld: int = 0
    opted_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What an evaluation sees: quality as Meta says it, counts since the last one and before, people of the day."""

    quality: str
    counts: Counts
    baseline: Counts
    people: int


def begin(terms: WarmUpTerms, now: datetime) -> WarmUp:
    """Return the warm-up of a number that begins now."""
    return WarmUp(budget=max(BUDGET_MIN, terms.start), evaluated_at=now)


def evaluate(standing: WarmUp, signals: Signals, terms: WarmUpTerms, now: datetime) -> WarmUp:
    """Return the budget of the next day with its reason; before a day is over, or at the end, the standing one."""
    if standing.is_over or now < standing.evaluated_at + EVALUATED_EVERY:
        return standing
    bad = _bad_sign(signals)
    if bad:
        cut = max(BUDGET_MIN, standing.budget // 2)
        return WarmUp(budget=cut, evaluated_at=now, frozen_until=now + FROZEN, outcome="halved", because=bad)
    kept = WarmUp(
        budget=standing.budget, evaluated_at=now, frozen_until=standing.frozen_until, outcome="kept"
    )
    if standing.frozen_until is not None and now < standing.frozen_until:
        return _because(kept, "it was cut less than a day ago")
    if signals.people < USED_SHARE * standing.budget:
        return _because(kept, f"{signals.people} of {standing.budget} people were written to")
    grown = next_budget(standing.budget, terms)
    over = grown >= terms.until
    return WarmUp(budget=grown, evaluated_at=now, outcome="ended" if over else "grown", because="no bad sign")


def next_budget(budget: int, terms: WarmUpTerms) -> int:
    """Return the budget of the day after a good one."""
    more = max(terms.step, budget) if budget < DOUBLED_BELOW else terms.step
    return min(terms.until, budget + more)


def _bad_sign(signals: Signals) -> str:
    """Return what is worse than usual, or nothing."""
    if signals.quality in {"red", "yellow"}:
        return f"quality {signals.quality}"
    found, before = signals.counts, signals.baseline
    shares = (
        ("opt-outs", found.opted_out, before.opted_out, USUAL_OPT_OUTS),
        ("failures", found.failed, before.failed, USUAL_FAILURES),
        ("messages Meta withheld", found.withheld, before.withheld, USUAL_WITHHELD),
    )
    for name, bad, bad_before, usual in shares:
        # A short history bounds nothing: what is usual elsewhere counts until one's own is worth more.
        own = upper_bound(bad_before, before.sent) if before.sent else usual
        if is_above(bad, found.sent, usual=min(0.9, max(usual, own)), alpha=ALPHA):
            return f"{name}: {bad} of {found.sent}"
    return ""


def _because(warm_up: WarmUp, words: str) -> WarmUp:
    return WarmUp(
        budget=warm_up.budget,
        evaluated_at=warm_up.evaluated_at,
        frozen_until=warm_up.frozen_until,
        outcome=warm_up.outcome,
        because=words,
    )
