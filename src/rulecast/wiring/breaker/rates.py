"""Whether more goes wrong than usual: with one run, with a rule's runs of a day, with a number's runs of a day.

Each of the three is one sequential test a measure (`rulecast.statistics`): it may be asked after every message, and is
wrong with a chance of at most `ALPHA` in its whole life, if the usual share is what it was taken for. Messages are
counted with the day their run was launched on, so that late opt-outs meet the deliveries they belong to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from rulecast.gate.incidents import IncidentReport, open_incident
from rulecast.rule.book import HoldReason
from rulecast.statistics import is_above, upper_bound
from rulecast.values.ids import RuleVersionId
from rulecast.wiring.breaker import store
from rulecast.wiring.breaker.store import LaunchedCounts, UsualCounts
from rulecast.wiring.standing import hold_rule
from rulecast.wiring.workspace import Workspace

Measure = Literal["opt_outs", "blocks", "failures"]

ALPHA = 1e-4
"""The chance of a false alarm of one test in its whole life. A hundred runs a day, each a rule of its own, are three
measures of two hundred tests and those of the number: at most one false alarm in sixteen days, and that only if every
share stood exactly at its bound."""
LOOKED_AT_FOR = timedelta(days=2)
"""Nearly every opt-out and failure comes within two days of its message."""
HISTORY_DAYS = 90
"""A season: what people did a year ago says little about today."""
TOLERANCE = 1.5
"""Campaigns differ from each other more than people within one: half more than was usual is still usual."""
HISTORY_MIN = 200
"""Below so many messages history says less than what is usual for everybody."""
BAD_MIN = 3
"""Two bad ends may be one family; three are looked at."""
MEASURES: tuple[Measure, ...] = ("opt_outs", "blocks", "failures")
# What is usual for everybody, and the least that anybody's history makes usual (science 8: 0.3 % opt-outs is ordinary,
# 1.3 % is not; 131026 and 131050 come to a few per cent of a clean list).
USUAL: Mapping[Measure, float] = {"opt_outs": 0.01, "blocks": 0.05, "failures": 0.10}
USUAL_MIN: Mapping[Measure, float] = {"opt_outs": 0.004, "blocks": 0.02, "failures": 0.03}
USUAL_MAX = 0.5
"""Where more than half went wrong, that is no measure of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What has become of some messages."""

    delivered: int = 0
    failed: int = 0
    opted_out: int = 0
    blocked: int = 0

    def plus(self, other: "Counted") -> "Counted":
        """Return both together."""
        return Counted(
            delivered=self.delivered + other.delivered,
            failed=self.failed + other.failed,
            opted_out=self.opted_out + other.opted_out,
            blocked=self.blocked + other.blocked,
        )

    def share_of(self, measure: Measure) -> tuple[int, int]:
        """Return how many went bad of how many; an opt-out may be told before the delivery it followed."""
        ended = self.delivered + self.failed
        match measure:
            case "opt_outs":
                return self.opted_out, max(self.delivered, self.opted_out)
            case "blocks":
                return self.blocked, max(ended, self.blocked)
            case "failures":
                return self.failed, ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """More than usual went wrong; `rule_version_id` is the one to hold, None where the number is meant."""

    measure: Measure
    rule_name: str
    rule_version_id: RuleVersionId | None
    business_number_id: str
    bad: int
    total: int
    usual: float

    @property
    def sentence(self) -> str:
        """Return the figures in words."""
        return (
            f"{self.bad} {self.measure.replace('_', '-')} of {self.total} messages; "
            f"usual are at most {self.usual:.1%} (false alarm at most {ALPHA:.4%})"
        )


async def check_rates(workspace: Workspace) -> list[Unusual]:
    """Hold every rule, and slow or hold every number, of which more than usual goes wrong; return what was found."""
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        launched = await store.list_launched_counts(connection, since=now - LOOKED_AT_FOR)
        suspects = [one for one in launched if max(one.opted_out, one.blocked, one.failed)]
        if not suspects:
            return []
        before = (now - LOOKED_AT_FOR).date()
        usual = await store.list_usual(
            connection,
            sorted({one.rule_name for one in suspects}),
            sorted({one.business_number_id for one in suspects}),
            from_day=before - timedelta(days=HISTORY_DAYS),
            before_day=before,
        )
    found = find_unusual(launched, usual)
    for one in found:
        await _respond(workspace, one)
    return found


def find_unusual(launched: Iterable[LaunchedCounts], usual: Iterable[UsualCounts]) -> list[Unusual]:
    """Return what is unusual among runs, rules and numbers, each rule version and number once a measure.

    A number is meant only by what no rule that rests, or is to rest now, explains.
    """
    rows, history = list(launched), list(usual)
    found: dict[tuple[Measure, RuleVersionId], Unusual] = {}
    for measure in MEASURES:
        for row, counted in (*_by_run(rows), *_by_version(rows)):
            known = _history_of(one for one in history if one.rule_name == row.rule_name)
            one = _test(measure, counted, row, known=known, is_of_number=False)
            if one is not None and not row.is_at_rest:
                found.setdefault((measure, row.rule_version_id), one)
    explained = {version for _, version in found}
    others = [row for row in rows if not row.is_at_rest and row.rule_version_id not in explained]
    of_numbers = []
    for measure in MEASURES:
        for row, counted in _by_number(others):
            known = _history_of(one for one in history if one.business_number_id == row.business_number_id)
            one = _test(measure, counted, row, known=known, is_of_number=True)
            if one is not None:
                of_numbers.append(one)
    return [*found.values(), *of_numbers]


def usual_share(measure: Measure, history: Counted) -> float:
    """Return the share that counts as usual after a history."""
    bad, total = history.share_of(measure)
    if total < HISTORY_MIN:
        return USUAL[measure]
    return min(USUAL_MAX, max(USUAL_MIN[measure], TOLERANCE * upper_bound(bad, total)))


_Tested = tuple[LaunchedCounts, Counted]


def _by_run(rows: Iterable[LaunchedCounts]) -> list[_Tested]:
    return [(row, _own(row)) for row in rows]


def _by_version(rows: Iterable[LaunchedCounts]) -> list[_Tested]:
    found: dict[tuple[RuleVersionId, date], _Tested] = {}
    for row in rows:
        key = (row.rule_version_id, row.launched_on)
        found[key] = (row, _own(row).plus(found[key][1] if key in found else Counted()))
    return list(found.values())


def _by_number(rows: Iterable[LaunchedCounts]) -> list[_Tested]:
    found: dict[tuple[str, date], _Tested] = {}
    for row in rows:
        key = (row.business_number_id, row.launched_on)
        counted = Counted(
            delivered=row.number_delivered,
            failed=row.number_failed,
            opted_out=row.number_opted_out,
            blocked=row.number_blocked,
        )
        found[key] = (row, counted.plus(found[key][1] if key in found else Counted()))
    return list(found.values())


def _own(row: LaunchedCounts) -> Counted:
    return Counted(delivered=row.delivered, failed=row.failed, opted_out=row.opted_out, blocked=row.blocked)


def _history_of(rows: Iterable[UsualCounts]) -> Counted:
    found = Counted()
    for row in rows:
        found = found.plus(
            Counted(delivered=row.delivered, failed=row.failed, opted_out=row.opted_out, blocked=row.blocked)
        )
    return found


def _test(
    measure: Measure, counted: Counted, row: LaunchedCounts, *, known: Counted, is_of_number: bool
) -> Unusual | None:
    bad, total = counted.share_of(measure)
    if bad < BAD_MIN:
        return None
    usual = usual_share(measure, known)
    if not is_above(bad, total, usual=usual, alpha=ALPHA):
        return None
    return Unusual(
        measure=measure,
        rule_name=row.rule_name,
        rule_version_id=None if is_of_number else row.rule_version_id,
        business_number_id=row.business_number_id,
        bad=bad,
        total=total,
        usual=usual,
    )


async def _respond(workspace: Workspace, found: Unusual) -> None:
    """Hold the rule, or open the incident that slows or holds the number."""
    async with workspace.database.transaction() as connection:
        is_of_rule = found.rule_version_id is not None
        if found.rule_version_id is not None and not await hold_rule(
            connection,
            workspace,
            found.rule_version_id,
            reason=HoldReason.STOP_TEST,
            why=found.sentence,
        ):
            return
        await open_incident(
            connection,
            IncidentReport(
                cause=f"usual:{found.measure}" if is_of_rule else f"usual_of_number:{found.measure}",
                scope="rule" if is_of_rule else "number",
                scope_id=found.rule_name if is_of_rule else found.business_number_id,
                at=workspace.clock.now(),
                facts={"bad": found.bad, "total": found.total, "usual": round(found.usual, 5)},
            ),
        )
