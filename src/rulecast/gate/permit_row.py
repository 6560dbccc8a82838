"""What a permit keeps of a decision, and how far back earlier permits count."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from rulecast.gate.draft import PreparedDraft
from rulecast.gate.store import PermitRow
from rulecast.gate.terms import RunTerms
from rulecast.policy import Facts, SendingPolicy

# Permits older than this are asked for by no cap or limit.
COUNTED_DAYS_MIN = 8
REPLY_CATEGORY = "service"
"""As Meta calls free-form messages in its pricing."""


def counted_window(
    drafts: Sequence[PreparedDraft], terms: Mapping[int, RunTerms], policy: SendingPolicy
) -> timedelta:
    """Return how far back permits have to be counted for these drafts."""
    windows = [timedelta(days=COUNTED_DAYS_MIN)]
    windows += [timedelta(hours=cap.window_hours) for cap in policy.marketing_caps]
    for one in drafts:
        limits = (terms[one.draft.run_id].limit, terms[one.draft.run_id].workspace_limit)
        windows += [limit.per.length for limit in limits if limit is not None]
    return max(windows)


def permit_row(
    prepared: PreparedDraft, facts: Facts, terms: RunTerms, *, month: date, is_in_window: bool
) -> PermitRow:
    """Return the permit of an allowed draft as it is stored; `month` is the one its budget counts in."""
    assert facts.is_reply or facts.template is not None, "the policy allows nothing else without a template"
    return PermitRow(
        message_id=prepared.draft.message_id,
        contact_id=prepared.draft.contact_id,
        plan_id=terms.plan_id,
        rule_name=terms.rule_name,
        rule_version_id=terms.rule_version_id,
        step=terms.step,
        is_in_window=is_in_window,
        category=REPLY_CATEGORY if facts.template is None else facts.template.category,
        purpose=terms.purpose.value,
        consent_id=facts.consent.consent_id if facts.consent is not None else 0,
        is_test=terms.is_test,
        price_e4=facts.price_e4,
        budget_month=month if terms.budget_e4 is not None and terms.budget_per == "month" else None,
    )
