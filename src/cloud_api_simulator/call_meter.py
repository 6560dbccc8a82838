"""Counts management calls and refuses those over the limit (platform reference 4.8, 6.2)."""

import math
from collections import deque
from dataclasses import dataclass, replace

from cloud_api_simulator.errors import ApiError, JsonObject

CALLS_PER_HOUR = 200
"""Calls an app may make in an hour to most nodes of an account (platform reference 4.8)."""
ACTIVE_CALLS_PER_HOUR = 5_000
"""Calls an hour on the account node, phone numbers, templates and subscribed apps (platform reference 4.8)."""
HOUR_SECONDS = 3600.0
BUSY_EDGES = frozenset({"", "phone_numbers", "message_templates", "subscribed_apps", "assigned_users"})
"""Edges of an account with the higher limit (platform reference 4.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """How many calls an hour are answered, and the code of a refusal: 80007, or 4 for the whole app."""

    calls_per_hour: int = CALLS_PER_HOUR
    active_calls_per_hour: int = ACTIVE_CALLS_PER_HOUR
    code: int = 80007


class CallMeter:
    """A rolling hour of the simulator's clock for each of the two limits."""

    def __init__(self) -> None:
        """Start empty."""
        self.limits = CallLimits()
        self._calls: dict[bool, deque[float]] = {True: deque(), False: deque()}

    def change(self, **changes: int) -> CallLimits:
        """Change limits; raises TypeError for an unknown one."""
        self.limits = replace(self.limits, **changes)
        return self.limits

    def count(self, now: float, *, is_busy_edge: bool) -> None:
        """Count one call at `now` (virtual seconds); raises ApiError 80007 or 4 when the hour is used up."""
        calls = self._calls[is_busy_edge]
        while calls and calls[0] <= now - HOUR_SECONDS:
            calls.popleft()
        if len(calls) >= self._limit(is_busy_edge=is_busy_edge):
            raise ApiError(self.limits.code)
        calls.append(now)

    def usage(self, now: float, waba_id: str, *, is_busy_edge: bool) -> tuple[JsonObject, JsonObject]:
        """Return the values of X-App-Usage and X-Business-Use-Case-Usage: percentages, minutes to wait."""
        calls = self._calls[is_busy_edge]
        percent = min(100, len(calls) * 100 // max(1, self._limit(is_busy_edge=is_busy_edge)))
        wait = 0
        if percent >= 100 and calls:  # noqa: PLR2004 - all of it is used
            wait = math.ceil((calls[0] + HOUR_SECONDS - now) / 60)
        app = {"call_count": percent, "total_cputime": percent // 4, "total_time": percent // 4}
        account = {
            "type": "whatsapp_business_management",
            **app,
            "estimated_time_to_regain_access": wait,
        }
        return app, {waba_id: [account]}

    def _limit(self, *, is_busy_edge: bool) -> int:
        return self.limits.active_calls_per_hour if is_busy_edge else self.limits.calls_per_hour
