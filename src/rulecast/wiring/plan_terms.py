"""The terms a stored plan was made under, read again: its rule checked, its templates, the policy."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rulecast.account.store import list_billing_zones, list_numbers, read_rate_card
from rulecast.database import Connection
from rulecast.plan import Plan, Terms
from rulecast.plan.errors import RuleRefusedError
from rulecast.policy import read_sending_policy
from rulecast.rule.book.store import find_rule_version
from rulecast.rule.engine.executable import refuse_unexecutable
from rulecast.rule.language import CheckedRule, Rule, RuleProblems, check_rule
from rulecast.rule.language.follow_up import FIRST_STEP, rule_of_step
from rulecast.template.store import list_templates
from rulecast.values.catalogue import Catalogue
from rulecast.values.purpose import Purpose
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import read_rules

RULE_LENGTH_MAX = 65_536
"""Also the limit of the column that keeps the text."""

DECISION_SECONDS_DEFAULT = 60
"""Design section 4: triggered candidates of one minute compete unless the rule says otherwise."""
WHOLE_DAY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """A plan's rule as checked today, the catalogue it was checked against, and its terms."""

    checked: CheckedRule
    catalogue: Catalogue
    terms: Terms


def window_seconds(rule: Rule, *, is_of_few: bool) -> int:
    """Return how far apart first possible sends may lie to compete with the rule's own; -1 is the person's day.

    What runs for given people, as triggers and later steps do, competes within a minute, whole audiences with what else
    the person would get that day, unless the rule says otherwise.
    """
    if rule.decision_seconds is not None:
        return rule.decision_seconds
    return DECISION_SECONDS_DEFAULT if is_of_few or rule.trigger is not None else WHOLE_DAY


def check(text: str, catalogue: Catalogue, *, step: int = FIRST_STEP) -> CheckedRule:
    """Return the checked rule, as it runs at one of its steps.

    Raises:
        RuleRefusedError: the rule has errors; the text shows each with its place.
    """
    if len(text) > RULE_LENGTH_MAX:
        raise RuleRefusedError(f"A rule has at most {RULE_LENGTH_MAX} characters.")
    found = refuse_unexecutable(check_rule(text, catalogue))
    if isinstance(found, RuleProblems):
        shown = "\n".join(problem.render(text) for problem in found.problems)
        raise RuleRefusedError(f"The rule has errors.\n{shown}")
    return rule_of_step(found, step, catalogue)


async def make_terms(  # noqa: PLR0913 - a stored plan brings each of its instants
    connection: Connection,
    workspace: Workspace,
    rule: Rule,
    *,
    evaluated_at: datetime,
    made_at: datetime | None = None,
    expires_at: datetime | None = None,
    run_day: date | None = None,
) -> Terms:
    """Return what all people of a plan share; made now, and until the policy's end, where nothing else is said."""
    made_at = made_at or workspace.clock.now()
    rules = await read_rules(connection)
    policy = read_sending_policy(rules.sending_policy)
    offered = await list_templates(connection)
    sends = (rule.send, *(arm.send for arm in rule.variant_sends))
    names = {one.template for one in sends} | {
        one.media.fallback for one in sends if one.media is not None and one.media.fallback is not None
    }
    usual_end = max(evaluated_at, made_at) + timedelta(hours=policy.plan_expiry_hours)
    return Terms(
        rule=rule,
        purpose=Purpose(rule.purpose),
        policy=policy,
        templates={(one.name, one.language): one for one in offered if one.name in names},
        rate_card=await read_rate_card(connection),
        billing_currency=rules.billing_currency,
        workspace_zone=workspace.settings.default_timezone,
        evaluated_at=evaluated_at,
        made_at=made_at,
        expires_at=usual_end if expires_at is None else expires_at,
        run_day=run_day,
        account_zone=await _account_zone(connection, rule.send.number),
    )


async def _account_zone(connection: Connection, number_name: str) -> str:
    """Return in which zone the days of a number's account change, nothing where that is not known."""
    named = {one.name: str(one.business_number_id) for one in await list_numbers(connection)}
    return (await list_billing_zones(connection)).get(named.get(number_name, ""), "")


async def read_terms(connection: Connection, workspace: Workspace, plan: Plan) -> PlanTerms:
    """Return the terms of a stored plan.

    Raises:
        RuleRefusedError: the rule no longer checks against the catalogue.
    """
    catalogue = await workspace.catalogue_of_runs(connection)
    version = await find_rule_version(connection, plan.rule_version_id)
    assert version is not None, "a plan refers to a kept version"
    checked = check(version.text, catalogue, step=plan.document.get("step", FIRST_STEP))
    day = plan.document.get("run_day")
    terms = await make_terms(
        connection,
        workspace,
        checked.rule,
        evaluated_at=plan.evaluated_at,
        made_at=plan.created_at,
        expires_at=plan.expires_at,
        run_day=None if day is None else date.fromisoformat(day),
    )
    return PlanTerms(checked=checked, catalogue=catalogue, terms=terms)
