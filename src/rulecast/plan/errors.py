"""What can be wrong with a plan."""

from rulecast.values.errors import RulecastError


class PlanUnknownError(RulecastError):
    """There is no plan of that number."""

    code = "RC-PLAN-001"
    summary = "There is no plan of that number."
    remedy = "`rulecast plans` lists them."


class PlanNotApprovedError(RulecastError):
    """A plan is launched that nobody approved."""

    code = "RC-PLAN-002"
    summary = "The plan is not approved."
    remedy = "Have it approved by somebody other than its author: `rulecast approve PLAN --as NAME`."


class PlanChangedError(RulecastError):
    """A plan, its rule or a template differs from what was planned or approved."""

    code = "RC-PLAN-003"
    summary = "The plan, its rule or a template has changed, which voids it."
    remedy = "Plan again and have the new plan approved."


class PlanExpiredError(RulecastError):
    """A plan is too old to be approved or launched."""

    code = "RC-PLAN-004"
    summary = "The plan has expired: people, consents and prices move on."
    remedy = "Plan again and have the new plan approved."


class FourEyesError(RulecastError):
    """The author of a rule or the maker of a plan tries to approve it."""

    code = "RC-PLAN-005"
    summary = "The author cannot approve their own plan."
    remedy = "Ask somebody else; only a simulated workspace lets one person do both."


class PlanNotFreshError(RulecastError):
    """The audience engine is too far behind the system of record."""

    code = "RC-PLAN-006"
    summary = "The audience engine is too far behind the database for a plan."
    remedy = "Wait for long imports to finish and plan again, or ask for a day in the past with --as-of."


class PlanOfPastError(RulecastError):
    """A plan as of the past is to be approved or launched."""

    code = "RC-PLAN-007"
    summary = "A plan as of the past shows what would have been; it cannot be approved or launched."
    remedy = "Plan without --as-of and --known-at."


class RuleRefusedError(RulecastError):
    """A rule does not check."""

    code = "RC-PLAN-008"
    summary = "The rule has errors."
    remedy = "`rulecast rule check FILE` shows each with its place and a hint."


class PlanInputError(RulecastError):
    """Several rules, or an instant, cannot be planned as asked."""

    code = "RC-PLAN-009"
    summary = "The rules or the instant cannot be planned as asked."
    remedy = (
        "Give each rule once, and an instant such as 2026-11-17T19:00:00+01:00 that is not in the future."
    )


class BudgetCurrencyError(RulecastError):
    """A budget is in a currency the workspace is not billed in and has no figure for."""

    code = "RC-PLAN-010"
    summary = "The budget is in a currency for which the workspace has no figure."
    remedy = 'Give one in the workspace file, such as `[sending_policy.budget_rates]` with `MAD = "0.10"`.'


class PlanEmptyError(RulecastError):
    """A plan without a single message is to be approved or launched."""

    code = "RC-PLAN-011"
    summary = "The plan has nobody to write to."
    remedy = "Look at its exclusions: `rulecast plan FILE` shows the reason for each person."


class ApproverNameError(RulecastError):
    """An approval lacks the name of a person."""

    code = "RC-PLAN-012"
    summary = "An approval needs the name of a person."
    remedy = "Name the person who approves: `rulecast approve PLAN --as NAME`."


class SeedMissingError(RulecastError):
    """There is nobody to try a rule on."""

    code = "RC-PLAN-013"
    summary = "No contact is marked as seed."
    remedy = "Mark consented members of staff: `rulecast seed CONTACT`."


class PlanListError(RulecastError):
    """People of a plan are asked for by something that is no reason, or of several plans at once."""

    code = "RC-PLAN-014"
    summary = "The people of a plan cannot be listed as asked."
    remedy = "Ask for `planned` or `excluded:REASON`; the plan names its reasons."


class RuleNotValidError(RulecastError):
    """A plan is to be approved or launched after the last day of its rule."""

    code = "RC-PLAN-015"
    summary = "The last day of the rule is over (`valid until`): not_valid."
    remedy = "Extend the rule's dates and plan it again."
