"""A run is launched exactly when every single figure lies inside what was signed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rulecast.rule.book import Envelope, HoldReason, StandingApproval
from rulecast.rule.book.envelope import COST_SCALE, RunFigures, find_breach
from rulecast.values.ids import RuleVersionId, StandingApprovalId

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
SIGNED = {"news fr": "aa", "news ar": "bb"}
FEW = st.integers(min_value=0, max_value=4)
HASHES = st.sampled_from([b"a" * 32, b"b" * 32])
FIELDS = st.frozensets(st.sampled_from(["illness", "debt"]))


def approval(people: int, of_day: int, cost: int, fields: frozenset[str], hours: int) -> StandingApproval:
    return StandingApproval(
        standing_approval_id=StandingApprovalId(1),
        rule_version_id=RuleVersionId(1),
        rule_hash=b"a" * 32,
        template_hashes=SIGNED,
        purpose="marketing",
        envelope=Envelope(
            people_per_run=people,
            people_per_day=of_day,
            cost_per_run=cost,
            currency="USD",
            sensitive_fields=tuple(sorted(fields)),
            valid_until=NOW + timedelta(hours=hours),
        ),
        approved_by="badr",
        approved_at=NOW - timedelta(days=1),
        signature=b"",
    )


RUNS = st.builds(
    RunFigures,
    rule_hash=HASHES,
    purpose=st.sampled_from(["marketing", "service"]),
    template_hashes=st.sampled_from([SIGNED, {**SIGNED, "news fr": "cc"}, {"news fr": "aa"}]),
    sensitive_fields=FIELDS,
    people=FEW,
    people_today=FEW,
    cost_e4=st.integers(min_value=0, max_value=4 * COST_SCALE),
    currency=st.sampled_from(["USD", "EUR"]),
)
SIGNATURES = st.builds(approval, FEW, FEW, FEW, FIELDS, st.integers(min_value=-1, max_value=1))


@given(run=RUNS, signed=SIGNATURES)
def test_a_run_without_a_breach_is_inside_every_bound(run: RunFigures, signed: StandingApproval) -> None:
    envelope, breach = signed.envelope, find_breach(run, signed, now=NOW)
    wrong = {
        HoldReason.VERSION_CHANGED: run.rule_hash != signed.rule_hash or run.purpose != signed.purpose,
        HoldReason.APPROVAL_EXPIRED: envelope.valid_until <= NOW,
        HoldReason.TEMPLATE_CHANGED: run.template_hashes != SIGNED,
        HoldReason.SENSITIVE_FIELD: not run.sensitive_fields <= set(envelope.sensitive_fields),
        HoldReason.PEOPLE_PER_RUN: run.people > envelope.people_per_run,
        HoldReason.PEOPLE_PER_DAY: run.people + run.people_today > envelope.people_per_day,
        HoldReason.COST_PER_RUN: run.currency != "USD" or run.cost_e4 > envelope.cost_per_run * COST_SCALE,
    }
    expected = next((reason for reason, is_wrong in wrong.items() if is_wrong), None)
    assert (breach.reason if breach is not None else None) == expected
