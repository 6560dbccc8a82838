"""What can be wrong with numbers, portfolios and rate cards."""

from rulecast.values.errors import RulecastError


class RateUnknownError(RulecastError):
    """No rate card holds a price for a market, category, currency and day."""

    code = "RC-ACCOUNT-001"
    summary = "No rate card holds a price for a market, category, currency and day."
    remedy = "Bill the workspace in a currency of the rate cards, or add a dated rate card."


class RateCardInvalidError(RulecastError):
    """A rate card cannot be read."""

    code = "RC-ACCOUNT-002"
    summary = "A rate card cannot be read."
    remedy = (
        "Correct the named line; the columns are market, category, effective_from, currency, rate, source."
    )


class TierTableInvalidError(RulecastError):
    """A table of messaging-limit tiers cannot be read."""

    code = "RC-ACCOUNT-004"
    summary = "A table of messaging-limit tiers cannot be read."
    remedy = "Correct the named line; the columns are tier, people (a number, or unlimited), effective_from, source."


class NumberUnknownError(RulecastError):
    """A rule or command names a business number that the workspace does not have."""

    code = "RC-ACCOUNT-003"
    summary = "The workspace has no business number of that name."
    remedy = "Declare it in the workspace file and run `rulecast workspace apply`."
