"""What can stand in the way of a decision on a likely opt-out."""

from rulecast.values.errors import RulecastError


class ReviewUnknownError(RulecastError):
    """No likely opt-out of this number waits for a decision."""

    code = "RC-OPTOUT-001"
    summary = "No likely opt-out of this number waits: there is none, or it was decided."
    remedy = "Look at `rulecast opt-out review list`; a decision is made once."


class StopStandsError(RulecastError):
    """A stop cannot be lifted by a person of the business."""

    code = "RC-OPTOUT-002"
    summary = "The person stopped us in another way too, or other words of theirs were confirmed; nothing was lifted."
    remedy = "Keep the stop. Only the person can lift it: they write START and confirm, or change it inside WhatsApp."


class ReasonMissingError(RulecastError):
    """A decision has no reason."""

    code = "RC-OPTOUT-003"
    summary = "A decision on an opt-out was given without a reason."
    remedy = (
        "Say why with --because, in 200 letters at most and without personal data; it stays in the audit."
    )
