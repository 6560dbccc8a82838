"""What can go wrong with a pool of codes."""

import re

from rulecast.values.errors import RulecastError

POOL_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class CouponFileError(RulecastError):
    """A file of codes has lines that cannot be kept."""

    code = "RC-COUPON-001"
    summary = "The file of codes has lines that cannot be kept; nothing of it was."
    remedy = "Correct the named lines, or leave them out, and import the file again."


class CouponPoolUnknownError(RulecastError):
    """Nobody has made a pool of that name."""

    code = "RC-COUPON-002"
    summary = "There is no such pool of coupons."
    remedy = "`rulecast coupon list` shows the pools; `rulecast coupon import POOL FILE` makes one."


class CouponPoolRetiredError(RulecastError):
    """A pool gives no codes any more."""

    code = "RC-COUPON-003"
    summary = "The pool is retired: it gives no codes and takes none."
    remedy = "Import the codes into a pool of another name."


class CouponPoolNameError(RulecastError):
    """A name that a rule could not write."""

    code = "RC-COUPON-004"
    summary = "The name of a pool has small letters, digits and underscores, a letter first, 60 at most."
    remedy = "Choose another name, such as winback_codes."


class CouponReasonError(RulecastError):
    """Codes in doubt are put back only with a reason."""

    code = "RC-COUPON-005"
    summary = "Codes that may have been given are put back only with a reason."
    remedy = "Say in --because how it is known that none of them was given; it stays in the audit."
