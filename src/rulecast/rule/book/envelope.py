"""Whether a run stays inside what was signed: a pure comparison, the first breach in a fixed order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rulecast.rule.book.errors import EnvelopeInvalidError
from rulecast.rule.book.limits import PEOPLE_MAX, STANDING_DAYS_MAX
from rulecast.rule.book.records import Envelope, StandingApproval
from rulecast.rule.book.states import HoldReason
from rulecast.values.zone_offsets import local_time, utc_of_local

COST_SCALE = 10_000
"""Plans count money in minor units times 10^4, envelopes in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What a planned run would do; `people_today` are those of earlier runs of the same local day."""

    rule_hash: bytes
    purpose: str
    template_hashes: Mapping[str, str]
    sensitive_fields: frozenset[str]
    people: int
    people_today: int
    cost_e4: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """Why a run is held back: a code, and what was compared, without a word about any person."""

    reason: HoldReason
    detail: str


def find_breach(run: RunFigures, approval: StandingApproval, *, now: datetime) -> Breach | None:
    """Return the first way in which a run leaves its standing approval, or None."""
    return _find_change(run, approval, now=now) or _find_excess(run, approval.envelope)


def find_template_change(signed: Mapping[str, str], current: Mapping[str, str]) -> str | None:
    """Return what differs between templates as signed and as they are, or None."""
    gone = sorted(signed.keys() - current.keys())
    new = sorted(current.keys() - signed.keys())
    changed = sorted(name for name in signed.keys() & current.keys() if signed[name] != current[name])
    parts = [
        f"{word} template {', '.join(names)}"
        for word, names in (("changed:", changed), ("gone:", gone), ("new:", new))
        if names
    ]
    return "; ".join(parts) or None


def check_envelope(envelope: Envelope, *, now: datetime) -> None:
    """Refuse an envelope that cannot be signed.

    Raises:
        EnvelopeInvalidError: a figure is out of its bounds, or the end is past or more than 90 days away.
    """
    if not 1 <= envelope.people_per_run <= envelope.people_per_day <= PEOPLE_MAX:
        raise EnvelopeInvalidError(
            f"People per run {envelope.people_per_run:,} and per day {envelope.people_per_day:,}: "
            f"at least 1 per run, at most as many as per day, at most {PEOPLE_MAX:,}."
        )
    if not 0 <= envelope.cost_per_run <= 2**53:
        raise EnvelopeInvalidError("The cost per run is no amount of money.")
    if not now < envelope.valid_until <= now + timedelta(days=STANDING_DAYS_MAX):
        raise EnvelopeInvalidError(f"The end must lie ahead, at most {STANDING_DAYS_MAX} days away.")


def end_of_approval(until: date, *, zone: str, now: datetime) -> datetime:
    """Return when an approval until a day of the workspace's zone ends: after that day, after 90 days at the latest.

    Raises:
        EnvelopeInvalidError: the day is past or more than 90 days away.
    """
    today = local_time(zone, now).date()
    if not today <= until <= today + timedelta(days=STANDING_DAYS_MAX):
        last = today + timedelta(days=STANDING_DAYS_MAX)
        raise EnvelopeInvalidError(f"The end {until} must lie between {today} and {last}.")
    return min(utc_of_local(zone, until + timedelta(days=1)), now + timedelta(days=STANDING_DAYS_MAX))


def _find_change(run: RunFigures, approval: StandingApproval, *, now: datetime) -> Breach | None:
    if run.rule_hash != approval.rule_hash:
        return Breach(reason=HoldReason.VERSION_CHANGED, detail="the text of the rule is not the signed one")
    if run.purpose != approval.purpose:
        return Breach(
            reason=HoldReason.VERSION_CHANGED, detail=f"{run.purpose} instead of {approval.purpose}"
        )
    if now >= approval.envelope.valid_until:
        return Breach(
            reason=HoldReason.APPROVAL_EXPIRED,
            detail=f"it ended at {approval.envelope.valid_until.isoformat(timespec='minutes')}",
        )
    changed = find_template_change(approval.template_hashes, run.template_hashes)
    return None if changed is None else Breach(reason=HoldReason.TEMPLATE_CHANGED, detail=changed)


def _find_excess(run: RunFigures, envelope: Envelope) -> Breach | None:
    unsigned = sorted(run.sensitive_fields - set(envelope.sensitive_fields))
    if unsigned:
        return Breach(reason=HoldReason.SENSITIVE_FIELD, detail=", ".join(unsigned))
    if run.people > envelope.people_per_run:
        return Breach(
            reason=HoldReason.PEOPLE_PER_RUN,
            detail=f"{run.people:,} people, {envelope.people_per_run:,} signed",
        )
    of_day = run.people_today + run.people
    if of_day > envelope.people_per_day:
        return Breach(
            reason=HoldReason.PEOPLE_PER_DAY,
            detail=f"{of_day:,} people today, {envelope.people_per_day:,} signed",
        )
    if run.currency != envelope.currency or run.cost_e4 > envelope.cost_per_run * COST_SCALE:
        minor = -(-run.cost_e4 // COST_SCALE)
        return Breach(
            reason=HoldReason.COST_PER_RUN,
            detail=f"{minor:,} minor units {run.currency}, {envelope.cost_per_run:,} {envelope.currency} signed",
        )
    return None
