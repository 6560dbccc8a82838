"""Every reason for which a person is left out of a plan or refused at the gate: one code per refusal."""

from enum import StrEnum


class Reason(StrEnum):
    """Reason codes shared by plan, policy, gate and reports; the manual has one sentence for each."""

    NO_CONSENT = "no_consent"
    UNPROVEN_CONSENT = "unproven_consent"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SUPPRESSED = "suppressed"
    OPTED_OUT = "opted_out"
    OBJECTS_TO_PROFILING = "objects_to_profiling"
    UNDER_AGE = "under_age"
    RESTRICTED = "restricted"
    UNREACHABLE = "unreachable"
    MISSING_TRANSLATION = "missing_translation"
    MISSING_PARAMETER = "missing_parameter"
    NO_LONGER_MATCHES = "no_longer_matches"
    LOST_TO_RULE = "lost_to_rule"
    HOLDOUT = "holdout"
    LIMIT = "limit"
    CAPPED = "capped"
    QUIET_HOURS = "quiet_hours"
    OUTSIDE_WINDOW = "outside_window"
    BUDGET = "budget"
    STOPPED = "stopped"
    NUMBER_HELD = "number_held"
    TEMPLATE_UNUSABLE = "template_unusable"
    TEMPLATE_CHANGED = "template_changed"
    PORTFOLIO_LIMIT = "portfolio_limit"
    PLAN_EXPIRED = "plan_expired"
    LEASE_LOST = "lease_lost"
    FACTS_UNKNOWN = "facts_unknown"
    CONSENT_EXPIRED = "consent_expired"
    RULE_ARCHIVED = "rule_archived"
    PUBLIC_HOLIDAY = "public_holiday"
    WORKSPACE_LIMIT = "workspace_limit"
    NOT_VALID = "not_valid"
    ACCOUNT_HELD = "account_held"
    WINDOW_CLOSED = "window_closed"
    UNDELIVERABLE = "undeliverable"
    MARKETING_RESTS = "marketing_rests"
    NOT_DELIVERED_THERE = "not_delivered_there"
    TEMPLATE_RAMP = "template_ramp"
    FILE_NOT_UPLOADED = "file_not_uploaded"
    FILE_MISSING = "file_missing"
    FILE_TOO_LARGE = "file_too_large"
    FILE_REFUSED = "file_refused"
    ALREADY_IN_RUN = "already_in_run"
    WARM_UP = "warm_up"
    COUPON_POOL_LOW = "coupon_pool_low"
    COUPON_SPENT = "coupon_spent"


DESCRIPTIONS: dict[Reason, str] = {
    Reason.NO_CONSENT: "There is no consent record for the purpose of the rule.",
    Reason.UNPROVEN_CONSENT: "The consent lacks purpose, date, method or wording; nobody has signed for it.",
    Reason.CONSENT_WITHDRAWN: "The latest consent record for the purpose denies or withdraws it.",
    Reason.SUPPRESSED: "The number or id is on the suppression list.",
    Reason.OPTED_OUT: "The person asked for the messages to stop.",
    Reason.OBJECTS_TO_PROFILING: "The person objects to profiling and the rule reads behaviour.",
    Reason.UNDER_AGE: "The person is below the age at which the country allows marketing.",
    Reason.RESTRICTED: "The processing of this person's data is restricted or the person is being erased.",
    Reason.UNREACHABLE: "No number or id is known to which WhatsApp could deliver.",
    Reason.MISSING_TRANSLATION: "The template has neither the person's language nor the fallback.",
    Reason.MISSING_PARAMETER: "A parameter has neither a usable value nor a default for this person.",
    Reason.NO_LONGER_MATCHES: "The person no longer fulfils the conditions of the rule.",
    Reason.LOST_TO_RULE: "Another rule with higher priority reaches the person in the same decision window.",
    Reason.HOLDOUT: "The person is held out so that the effect can be measured.",
    Reason.LIMIT: "The rule's own limit per person is used up.",
    Reason.CAPPED: "The workspace's cap on messages per person is used up.",
    Reason.QUIET_HOURS: "It is quiet time where the person lives.",
    Reason.OUTSIDE_WINDOW: "The rule's sending window is closed where the person lives.",
    Reason.BUDGET: "The budget of the run, or of the month, is used up.",
    Reason.STOPPED: "A stop is in force for everything, the rule or the number.",
    Reason.NUMBER_HELD: "The business number is held or unknown.",
    Reason.TEMPLATE_UNUSABLE: "The template is not approved, paused, or lacks a way to opt out.",
    Reason.TEMPLATE_CHANGED: "The template differs from the one that was approved with the plan.",
    Reason.PORTFOLIO_LIMIT: "The portfolio's limit of people in 24 hours is used up.",
    Reason.PLAN_EXPIRED: "The plan is older than its approval allows.",
    Reason.LEASE_LOST: "Another sender holds the business number now.",
    Reason.FACTS_UNKNOWN: "A fact the gate needs could not be read, so it does not send.",
    Reason.CONSENT_EXPIRED: "The consent is older than the workspace allows, or its wording was withdrawn.",
    Reason.RULE_ARCHIVED: "The version of the rule was archived, or another one took its place.",
    Reason.PUBLIC_HOLIDAY: "It is a public holiday where the person lives, or nobody knows, and the rule rests then.",
    Reason.WORKSPACE_LIMIT: "All rules together have sent the person as many messages as the rule allows.",
    Reason.NOT_VALID: "The day lies outside the dates between which the rule holds.",
    Reason.ACCOUNT_HELD: "Meta has restricted the account, the number or the person's country; an incident tells why.",
    Reason.WINDOW_CLOSED: "The person has not written to this number in the last 24 hours, so only templates may go.",
    Reason.UNDELIVERABLE: "Three messages in 30 days could not be delivered; rulecast waits until the person writes.",
    Reason.MARKETING_RESTS: "Meta lately did not deliver marketing to this person, so it rests for a while.",
    Reason.NOT_DELIVERED_THERE: "Meta delivers no marketing templates to numbers of this country.",
    Reason.TEMPLATE_RAMP: "The template is new or was paused; its messages go out in growing batches, an hour apart.",
    Reason.FILE_NOT_UPLOADED: "A file of the message could not be uploaded yet; it is tried again.",
    Reason.FILE_MISSING: "A file of the message is damaged, or not kept on the machine that sends.",
    Reason.FILE_TOO_LARGE: "A file of the message is larger than WhatsApp takes.",
    Reason.FILE_REFUSED: "WhatsApp does not take a file of the message: its type or its content is wrong.",
    Reason.ALREADY_IN_RUN: "The person is already in an earlier run of this rule in the same decision window.",
    Reason.WARM_UP: "The number is young; it writes to a few people a day at first, to more as long as that goes well.",
    Reason.COUPON_POOL_LOW: "The pool has no code to give: import more, or lower what it keeps back.",
    Reason.COUPON_SPENT: "The person had a code of this rule, which is redeemed, ends too soon, or is of another pool.",
}


NUMBERS: dict[Reason, int] = {reason: number for number, reason in enumerate(Reason, start=1)}
"""The small number under which a plan stores each reason; 0 is planned. New reasons go to the end."""
