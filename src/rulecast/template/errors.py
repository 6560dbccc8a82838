"""What can be wrong with templates."""

from rulecast.template.explain_refusal import Refusal
from rulecast.values.errors import RulecastError


class ParameterMissingError(RulecastError):
    """A template has a variable or a link for which no value was given."""

    code = "RC-TEMPLATE-001"
    summary = "A template has a variable or a link for which no value was given."
    remedy = "Give every variable of the template a parameter with a default in the rule's send clause."


class TemplateRefusedError(RulecastError):
    """A template must not be used as it is."""

    code = "RC-TEMPLATE-002"
    summary = "A template must not be used as it is."
    remedy = (
        "Correct what the finding names; marketing needs a stop button or a footer that says how to stop."
    )


class TemplatePushError(RulecastError):
    """The Cloud API refused what was asked about a template, or could not be reached."""

    code = "RC-TEMPLATE-003"
    summary = "The Cloud API refused what was asked about a template, or could not be reached."
    remedy = "Read the answer; check the account id, the access token and that the address is right."

    def __init__(self, what: str, *, hint: str | None = None, refusal: Refusal | None = None) -> None:
        """Keep Meta's numbers, where it answered."""
        self.refusal = refusal
        super().__init__(what, hint=hint)


class TemplateThrottledError(RulecastError):
    """Meta was asked too often about an account and names a time to wait."""

    code = "RC-TEMPLATE-004"
    summary = "Meta was asked too often about an account and names a time to wait."
    remedy = "Wait for so long; nothing is lost, and messages are not concerned."

    def __init__(self, what: str, *, minutes: int) -> None:
        """Keep after how many minutes to ask again."""
        self.minutes = minutes
        super().__init__(what)


class TemplateInUseError(RulecastError):
    """A template cannot be deleted while a rule in force or an open plan sends it."""

    code = "RC-TEMPLATE-005"
    summary = "A template cannot be deleted while a rule in force or an open plan sends it."
    remedy = "Pause or change what is named, or wait until it has ended; then delete."


class TemplateActError(RulecastError):
    """What was asked about a template is not possible as it stands."""

    code = "RC-TEMPLATE-006"
    summary = "What was asked about a template is not possible as it stands."
    remedy = "Read why; `rulecast template list` shows names, languages and states."
