"""When Meta wants to be asked again after too many calls; pure."""

import json

USAGE_HEADER = "X-Business-Use-Case-Usage"
USAGE_LENGTH_MAX = 4_000
"""Meta's header names a few accounts; a longer one is not read."""
REGAIN_MINUTES_MAX = 24 * 60
"""A longer wait is a defect somewhere; a person is asked sooner."""


def regain_minutes(usage: str) -> int:
    """Return after how many minutes calls are taken again, from the header of usage; 0 where it does not say.

    The header is an object by account of lists with `estimated_time_to_regain_access` (whatsapp-platform 4.8).
    """
    if not usage or len(usage) > USAGE_LENGTH_MAX:
        return 0
    try:
        rows = [row for found in json.loads(usage).values() for row in found]
        minutes = max((int(row.get("estimated_time_to_regain_access", 0)) for row in rows), default=0)
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        return 0
    return min(max(minutes, 0), REGAIN_MINUTES_MAX)
