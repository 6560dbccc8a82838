"""What can be wrong with a rule of the book."""

from rulecast.values.errors import RulecastError


class RuleUnknownError(RulecastError):
    """There is no rule of that name."""

    code = "RC-RULE-010"
    summary = "There is no rule of that name in the book."
    remedy = "`rulecast rule list` shows the names."


class StepNotAllowedError(RulecastError):
    """A rule is moved in a way its state does not allow."""

    code = "RC-RULE-011"
    summary = "The state of the rule does not allow this step."
    remedy = "`rulecast rule show NAME` tells its state; docs/how-to/life-of-a-rule.md draws the steps."


class EnvelopeInvalidError(RulecastError):
    """A standing approval has an envelope that cannot be signed."""

    code = "RC-RULE-012"
    summary = "The envelope of a standing approval cannot be signed as given."
    remedy = "Give people per run and per day, cost per run, and an end at most 90 days away."


class RuleByHandError(RulecastError):
    """A rule that is launched by hand is treated like one that runs by itself."""

    code = "RC-RULE-013"
    summary = "The rule does not run by itself, so it has no standing approval."
    remedy = "Plan it and have the plan approved: `rulecast plan FILE`, `rulecast approve PLAN --as NAME`."


class RuleRestsError(RulecastError):
    """A plan is launched of a rule that is paused, held or archived."""

    code = "RC-RULE-014"
    summary = "The rule is paused, held or archived, so nothing of it is launched."
    remedy = "`rulecast rule show NAME` says why; `rulecast rule resume NAME` ends a pause or a hold."


class BookFullError(RulecastError):
    """The book has as many rules, or a rule as many versions, as it can hold."""

    code = "RC-RULE-015"
    summary = "The book has no room for another rule or version."
    remedy = (
        "Use another name for a rule that is rewritten all the time, and fewer rules with more conditions."
    )


class RuleNameTakenError(RulecastError):
    """A rule is copied to a name that exists or cannot be a name."""

    code = "RC-RULE-016"
    summary = "The new name is taken or is no name of a rule."
    remedy = "Choose small letters, digits and underscores, a letter first, at most 63, not yet in the book."


class RuleDirectoryError(RulecastError):
    """Rule files of a directory cannot be taken into the book; none was."""

    code = "RC-RULE-017"
    summary = "The rule files of the directory cannot be taken into the book; nothing was changed."
    remedy = (
        "Correct the places shown, then import again; `rulecast rule fmt FILE` gives a file its one form."
    )


class SensitiveFieldError(RulecastError):
    """A rule that reads sensitive attributes is approved without naming them."""

    code = "RC-RULE-018"
    summary = "The rule reads sensitive attributes that the approval does not name."
    remedy = "Read the rule, then name each with --sensitive NAME if you sign for it."


class RuleLoopError(RulecastError):
    """Rules trigger each other in a circle."""

    code = "RC-RULE-019"
    summary = "The rule would trigger itself, alone or through other rules of the book."
    remedy = "Change the trigger or the action that close the circle."


class RecipeUnknownError(RulecastError):
    """There is no recipe of that name."""

    code = "RC-RULE-030"
    summary = "There is no recipe of that name."
    remedy = "`rulecast rule new --list` shows the recipes."


class NewRuleExistsError(RulecastError):
    """A new rule would be written over a file, or under a name that cannot be one."""

    code = "RC-RULE-031"
    summary = "The new rule cannot be written under that name."
    remedy = (
        "Choose another name: small letters, digits and underscores, with no file of that name in the folder."
    )
