"""The terms a stored plan was made under, read again: its rule checked, its templates, the policy."""

from dataclasses import dataclass

from rulecast.account import shipped_rate_card
from rulecast.database import Connection
from rulecast.plan import Plan, Terms
from rulecast.policy import read_sending_policy
from rulecast.rule.book.store import find_rule_version
from rulecast.rule.language import CheckedRule
from rulecast.template.store import list_templates
from rulecast.values.catalogue import Catalogue
from rulecast.values.purpose import Purpose
from rulecast.wiring.plan_making import check
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import read_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTerms:
    """A plan's rule as checked today, the catalogue it was checked against, and its terms."""

    checked: CheckedRule
    catalogue: Catalogue
    terms: Terms


async def read_terms(connection: Connection, workspace: Workspace, plan: Plan) -> PlanTerms:
    """Return the terms of a stored plan.

    Raises:
        RuleRefusedError: the rule no longer checks against the catalogue.
    """
    catalogue = await workspace.catalogue(connection)
    version = await find_rule_version(connection, plan.rule_version_id)
    assert version is not None, "a plan refers to a kept version"
    checked = check(version.text, catalogue)
    rules = await read_rules(connection)
    offered = await list_templates(connection)
    return PlanTerms(
        checked=checked,
        catalogue=catalogue,
        terms=Terms(
            rule=checked.rule,
            purpose=Purpose(plan.purpose),
            policy=read_sending_policy(rules.sending_policy),
            templates={one.language: one for one in offered if one.name == checked.rule.send.template},
            rate_card=shipped_rate_card(),
            billing_currency=rules.billing_currency,
            workspace_zone=workspace.settings.default_timezone,
            evaluated_at=plan.evaluated_at,
            made_at=plan.created_at,
            expires_at=plan.expires_at,
        ),
    )
