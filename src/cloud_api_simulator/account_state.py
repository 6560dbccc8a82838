"""What Meta did to the account: restrictions that end, bans, barred countries (platform reference 3.8, 7.3)."""

from dataclasses import dataclass, field

from cloud_api_simulator.errors import ApiError

BUSINESS_INITIATED = "RESTRICTED_BIZ_INITIATED_MESSAGING"
CUSTOMER_INITIATED = "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
UTILITY = "RESTRICTED_UTILITY_TEMPLATES"
UTILITY_RATE = "RATE_LIMITED_UTILITY_TEMPLATE_MESSAGING"
RESTRICTIONS = frozenset(
    {
        *(BUSINESS_INITIATED, CUSTOMER_INITIATED, UTILITY, UTILITY_RATE),
        *("RESTRICTED_ADD_PHONE_NUMBER_ACTION", "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES"),
    }
)
"""Types of `restriction_info` (platform reference 3.8)."""
BANS = frozenset({"DISABLE", "REINSTATE", "SCHEDULE_FOR_DISABLE"})
"""States of `ban_info` (platform reference 3.8)."""


@dataclass(slots=True)
class AccountState:
    """Restrictions with their ends (virtual seconds), the ban, and the countries that may not be messaged."""

    restrictions: dict[str, float] = field(default_factory=dict)
    ban: str = "REINSTATE"
    barred_countries: frozenset[str] = frozenset()

    @property
    def is_untouched(self) -> bool:
        """Whether nothing at all is restricted."""
        return not (self.restrictions or self.barred_countries or self.ban == "DISABLE")

    def check(self, *, category: str | None, window_is_open: bool, country: str, now: float) -> None:
        """Raise what a message meets: ApiError 131031, 368, 131064 or 130497.

        `category` is the template's, None for a free-form message. Which code a restriction gives is not
        documented; 368 is what its text says (platform reference 6.1).
        """
        if self.ban == "DISABLE":
            raise ApiError(131031)
        for kind in [kind for kind, until in self.restrictions.items() if until <= now]:
            del self.restrictions[kind]
        held = self.restrictions
        if category is not None and not window_is_open and BUSINESS_INITIATED in held:
            raise ApiError(368)
        if window_is_open and CUSTOMER_INITIATED in held:
            raise ApiError(368)
        if category == "UTILITY" and UTILITY in held:
            raise ApiError(368)
        if category == "UTILITY" and UTILITY_RATE in held:
            raise ApiError(131064)
        if country in self.barred_countries:
            raise ApiError(130497)
