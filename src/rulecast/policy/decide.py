"""The verdict on one message, and the same checks told one by one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from rulecast.policy.checks import CHECKS, RETRY, CheckStep, Finding
from rulecast.policy.facts import Facts
from rulecast.policy.verdict import Allowed, Deferred, Denied, Verdict
from rulecast.values.reason import Reason

ALLOWED = Allowed()
# Nearly always every fact is known; then nothing has to be asked but the checks themselves.
_FINDERS = tuple(step.find for step in CHECKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check as it went: passed, failed with a verdict, or not reached because an earlier one failed."""

    name: str
    outcome: Literal["passed", "failed", "not reached"]
    verdict: Denied | Deferred | None
    facts: Mapping[str, object]


def decide(facts: Facts, now: datetime) -> Verdict:
    """Return the verdict of the first check that does not pass, or `Allowed`.

    Pure and total; a fact that could not be read defers, so that the gate fails closed.
    """
    finders = [partial(_find, step) for step in CHECKS] if facts.unknown else _FINDERS
    for find in finders:
        finding = find(facts, now)
        if finding is not None:
            return finding
    return ALLOWED


def explain_checks(facts: Facts, now: datetime) -> list[Check]:
    """Return every check in order, its outcome and the facts it read; nothing is reached after a failure."""
    told: list[Check] = []
    failed = False
    for step in CHECKS:
        finding = None if failed else _find(step, facts, now)
        told.append(
            Check(
                name=step.name,
                outcome="not reached" if failed else "passed" if finding is None else "failed",
                verdict=finding,
                facts={
                    name: "unknown" if name in facts.unknown else getattr(facts, name) for name in step.reads
                },
            )
        )
        failed = failed or finding is not None
    return told


def _find(step: CheckStep, facts: Facts, now: datetime) -> Finding:
    if not facts.unknown.isdisjoint(step.reads):
        return Deferred(Reason.FACTS_UNKNOWN, now + RETRY)
    return step.find(facts, now)
