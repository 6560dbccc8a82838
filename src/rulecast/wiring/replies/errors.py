"""What can stand in the way of a reply that somebody types."""

from rulecast.values.errors import RulecastError


class WindowClosedError(RulecastError):
    """A person cannot be written to freely now."""

    code = "RC-REPLY-001"
    summary = (
        "A person has not written to the number within the last 24 hours, so free text would be refused."
    )
    remedy = "Wait until the person writes, or send an approved template through a rule."


class ReplyUnfitError(RulecastError):
    """A reply was asked for in a form that does not exist."""

    code = "RC-REPLY-002"
    summary = "A reply was asked for in a form that does not exist."
    remedy = "Say one thing: a text, a file with or without a text, a place, cards or a reaction."


class CardFileError(RulecastError):
    """A file of contact cards cannot be used."""

    code = "RC-REPLY-003"
    summary = "A file of contact cards cannot be used."
    remedy = (
        "Give a vCard (FN and TEL of each card), or JSON: a name and phones as +212...; up to five cards."
    )


class NothingToReactToError(RulecastError):
    """There is no message of the person to react to."""

    code = "RC-REPLY-004"
    summary = "There is no message of the person to react to."
    remedy = "Wait until the person writes."
