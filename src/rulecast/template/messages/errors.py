"""What can be wrong with the body of a message."""

from rulecast.values.errors import RulecastError


class MessageInvalidError(RulecastError):
    """A message would be refused by the Cloud API as it is."""

    code = "RC-MESSAGE-001"
    summary = "A message would be refused by the Cloud API as it is."
    remedy = "Correct the named field; the limits stand in Meta's reference of the messages endpoint."

    def __init__(self, place: str, what: str) -> None:
        """Name the field and what is wrong with it; the value itself is never shown."""
        self.place = place
        super().__init__(f"{place}: {what}.")


class PhoneRequiredError(RulecastError):
    """A message cannot be addressed by BSUID."""

    code = "RC-MESSAGE-002"
    summary = "A message cannot be addressed by BSUID."
    remedy = "One-time codes reach phone numbers only (131062): ask the person to share the number first."
