"""Stop conditions of rules: what has become of messages is counted, and a rule beyond its limit waits for a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

import structlog

from rulecast.database import Connection
from rulecast.gate.incidents import IncidentReport, open_incident
from rulecast.plan.errors import RuleRefusedError
from rulecast.rule.book import HoldReason
from rulecast.rule.book.store import find_rule_version
from rulecast.rule.language.document import StopTest
from rulecast.rule.language.format_values import format_amount
from rulecast.values.ids import RuleVersionId
from rulecast.wiring.moments import store
from rulecast.wiring.moments.records import Counts
from rulecast.wiring.rule_terms import read_kept
from rulecast.wiring.standing import hold_rule
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("stop_tests")

COUNTED_FOR = timedelta(days=7)
"""Nearly every opt-out comes within days of its message; older messages would hide what goes wrong today."""
FOLDED_AFTER = timedelta(minutes=5)
"""By then every transaction that counted has long ended."""
FEW = 3
"""Fewer bad ends than these may be chance: without a number of its own, a condition waits until its share of the people
would be that many, and for at least `PEOPLE_MIN`."""
PEOPLE_MIN = 50


async def check_stop_tests(workspace: Workspace) -> list[RuleVersionId]:
    """Hold every version one of whose stop conditions is true now, with the figures, and return which these are."""
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        counts = await store.list_counts(connection, since=now - COUNTED_FOR)
        tests = {one.rule_version_id: await _tests(connection, one.rule_version_id) for one in counts}
    held = []
    for one in counts:
        found = find_limit(tests[one.rule_version_id], one)
        if found is None:
            continue
        measure, why = found
        async with workspace.database.transaction() as connection:
            if await hold_rule(
                connection, workspace, one.rule_version_id, reason=HoldReason.STOP_TEST, why=why
            ):
                await _tell(connection, one, measure, now=now)
                held.append(one.rule_version_id)
    return held


async def _tell(connection: Connection, counts: Counts, measure: str, *, now: datetime) -> None:
    report = IncidentReport(
        cause=f"limit:{measure.replace('-', '_')}",
        scope="rule",
        scope_id=counts.rule_name,
        at=now,
        facts={"delivered": counts.delivered, "failed": counts.failed, "opted_out": counts.opted_out},
    )
    await open_incident(connection, report)


async def fold_counts(workspace: Workspace) -> None:
    """Make old counts small, and forget what no condition looks at."""
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        await store.fold_tally(connection, before=now - FOLDED_AFTER, forget_before=now - COUNTED_FOR)


def find_reason(tests: Sequence[StopTest], counts: Counts) -> str | None:
    """Return the figures of the condition that is true; None where none is."""
    found = find_limit(tests, counts)
    return None if found is None else found[1]


def find_limit(tests: Sequence[StopTest], counts: Counts) -> tuple[str, str] | None:
    """Return which condition is true, by its measure and with its figures. Shares are exact, never rounded.

    Opt-outs are a share of the delivered messages, failures one of those whose end is known: delivered or failed.
    """
    of: Mapping[str, tuple[int, int, str]] = {
        "opt-outs": (counts.opted_out, counts.delivered, "delivered"),
        "failures": (counts.failed, counts.delivered + counts.failed, "delivered or failed"),
    }
    for test in tests:
        bad, base, name = of[test.measure]
        if base >= count_min(test) and bad * 100 > test.above_percent * base:
            share = (Decimal(bad * 100) / base).quantize(Decimal("0.1"), rounding=ROUND_CEILING)
            limit = format_amount(test.above_percent)
            return test.measure, f"{bad} {test.measure} of {base} {name} ({share}%), above {limit}%"
    return None


def count_min(test: StopTest) -> int:
    """Return from how many messages on a condition is looked at."""
    if test.after_delivered:
        return test.after_delivered
    if not test.above_percent:
        return PEOPLE_MIN
    wanted = (Decimal(FEW * 100) / test.above_percent).to_integral_value(rounding=ROUND_CEILING)
    return max(PEOPLE_MIN, int(wanted))


async def _tests(connection: Connection, rule_version_id: RuleVersionId) -> Sequence[StopTest]:
    version = await find_rule_version(connection, rule_version_id)
    assert version is not None, "counts belong to a kept version"
    try:
        return read_kept(version.text).stop_tests
    except RuleRefusedError:
        # A release that cannot read the rule sends nothing of it either.
        LOG.warning("stop conditions cannot be read", rule_version_id=rule_version_id)
        return ()
