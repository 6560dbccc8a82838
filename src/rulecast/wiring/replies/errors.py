"""What can stand in the way of a reply that somebody types."""

from rulecast.values.errors import RulecastError


class WindowClosedError(RulecastError):
    """A person cannot be written to freely now."""

    code = "RC-REPLY-001"
    summary = (
        "A person has not written to the number within the last 24 hours, so free text would be refused."
    )
    remedy = "Wait until the person writes, or send an approved template through a rule."
