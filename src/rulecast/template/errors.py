"""What can be wrong with templates."""

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
    """The Cloud API refused a template or could not be reached."""

    code = "RC-TEMPLATE-003"
    summary = "The Cloud API refused a template or could not be reached."
    remedy = "Read the answer; check the account id, the access token and that the address is right."
