"""The kinds of problem in free-form replies: RL-100 to RL-104."""

from rulecast.rule.language.problem_kind import ProblemKind, error, warning

REPLY_PURPOSE = error(
    "RL-100",
    "Reply without a purpose",
    "A reply of a rule for another purpose than service says `as service` or `as marketing`: an answer to what the "
    "person asked needs no consent, an offer does.",
)
REPLY_UNFIT = error(
    "RL-101",
    "Reply does not fit",
    "Texts, files, places, buttons, lists and links of a reply keep WhatsApp's limits, and each language stands once.",
)
REPLY_MAY_DROP = warning(
    "RL-102",
    "Reply may be dropped",
    "Only an answer of the person opens the window for free-form messages; at another moment it is open by chance.",
)
REPLY_VARIABLE = error(
    "RL-103",
    "Variable of a reply cannot be used",
    "A variable is an attribute in double braces, `{{first_name}}` or `{{first_name or friend}}`, and not sensitive.",
)
REPLY_CONTENT = warning(
    "RL-104",
    "Reply deserves a second look",
    "Shouting, addresses that hide where they lead, and goods that WhatsApp restricts cost a number its quality.",
)

REPLY_KINDS: tuple[ProblemKind, ...] = (
    REPLY_PURPOSE,
    REPLY_UNFIT,
    REPLY_MAY_DROP,
    REPLY_VARIABLE,
    REPLY_CONTENT,
)
