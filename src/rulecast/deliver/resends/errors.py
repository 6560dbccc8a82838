"""Why a message is not sent once more."""

from rulecast.values.errors import RulecastError


class MessageUnknownError(RulecastError):
    """There is no message of this number."""

    code = "RC-RESEND-001"
    summary = "There is no message of this number."
    remedy = "`rulecast message doubts` lists the messages nobody knows the fate of, with their numbers."


class MessageNotInDoubtError(RulecastError):
    """The message is not one whose fate is unresolved."""

    code = "RC-RESEND-002"
    summary = "Only a message that is unresolved can be sent once more."
    remedy = (
        "An unknown message becomes unresolved after RULECAST_UNKNOWN_DEADLINE_HOURS without a status; any other has "
        "its end, or will be sent by itself."
    )


class ResendMarketingError(RulecastError):
    """Marketing is not sent twice in this workspace."""

    code = "RC-RESEND-003"
    summary = "Marketing whose fate is unknown is not sent once more in this workspace."
    remedy = (
        "The person may have it already. Where that is worth the risk, an operator sets RULECAST_RESEND_MARKETING to "
        "yes."
    )


class ResendSamePersonError(RulecastError):
    """One person cannot both ask for a message to be sent once more and confirm it."""

    code = "RC-RESEND-004"
    summary = "Whoever asked for a message to be sent once more cannot confirm it."
    remedy = "Let a second person run the same command with `--as` and their own name."


class ResendReasonError(RulecastError):
    """A request to send a message once more gives no reason, or too long a one."""

    code = "RC-RESEND-005"
    summary = "Sending a message once more needs a reason of 1 to 500 characters and a name."
    remedy = "Say with `--because` what was found out about the first attempt, and with `--as` who says it."


class PlanOverError(RulecastError):
    """The plan the message belongs to has expired; the gate would let nothing of it out."""

    code = "RC-RESEND-006"
    summary = "The plan of this message has expired: nothing of it is sent any more."
    remedy = "Where the message is still wanted, plan its rule anew; the first attempt counts as sent."
