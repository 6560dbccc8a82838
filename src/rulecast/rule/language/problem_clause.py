"""The kinds of problem in clauses: RL-080 to RL-099."""

from rulecast.rule.language.problem_kind import ProblemKind, error, warning
from rulecast.rule.language.problem_reply import REPLY_KINDS

TRIGGER_AND_WINDOW = error(
    "RL-080",
    "Trigger and schedule do not fit",
    "A schedule (`once`, `every`) or a trigger (`on`) begins a rule; `always` is the sending window of a trigger.",
)
NEVER_VALID = error(
    "RL-081", "Never valid", "The rule's validity ends before it begins, or has ended already."
)
VARIANT_SHARES = error(
    "RL-082",
    "Variants do not add up",
    "There are two variants or more, each named once, and they share 100% of the people who are not held out.",
)
VARIANT_UNKNOWN = error(
    "RL-083", "No such variant", "`for variant` names one of the variants of the rule, each once."
)
VARIANTS_ALIKE = warning(
    "RL-084",
    "Variants do not differ",
    "Two variants send the same message: their comparison measures chance.",
)
FOLLOW_UP_LIMITS = error(
    "RL-085",
    "Follow-up out of limits",
    "A rule has five follow-ups at most, each at least 5 minutes and at most 60 days after the step before.",
)
OUTCOMES_CONTRADICT = error(
    "RL-086",
    "Outcomes contradict each other",
    "Each outcome stands once; no step follows a reply or a success, and who clicked had it delivered.",
)
UNKNOWN_RECEIVER = error(
    "RL-087", "Unknown team or recipient", "Teams and recipients are declared in the workspace file."
)
CANNOT_BE_SET = error(
    "RL-088",
    "Attribute cannot be set",
    "Sealed and sensitive attributes come with their consent and their source; derived and measured ones are computed.",
)
TAG_UNUSABLE = error(
    "RL-089",
    "Tag cannot be used",
    "A tag has 1 to 64 characters, and one moment does not add and remove the same one.",
)
BAD_LINK = error(
    "RL-090",
    "Link leads nowhere",
    "A link has the name of a tracked button of the template, once, and leads to a public https address.",
)
HOSTILE_TEXT = error(
    "RL-091",
    "Text cannot go into a message",
    "WhatsApp refuses parameters with line ends, tabs or more than four spaces in a row; template signs and invisible "
    "characters could change the message after it was approved.",
)
SCORE_NOT_NUMERIC = error(
    "RL-092",
    "Score is not a number",
    "Rules of equal priority are compared by a number that the contact has.",
)
RULE_LOOP = error(
    "RL-093",
    "Rule starts itself",
    "What the rule does makes its own trigger or condition true again, so it could send without end.",
)
BOOK_LOOP = error(
    "RL-094",
    "Rules start each other",
    "What one rule does starts the next, and the last one starts the first again.",
)
TRANSLATIONS_DIFFER = warning(
    "RL-095",
    "Translations differ",
    "One translation takes a variable that another lacks: it may be forgotten there.",
)
STOP_WITHOUT_MINIMUM = warning(
    "RL-096",
    "Stops on few messages",
    "Without a minimum count a stop condition is looked at as soon as its share is three people, from 50 messages on.",
)
LIMIT_NEVER_REACHED = warning(
    "RL-097", "Limit is never reached", "The limit over all rules is stricter than the one of this rule."
)
EXAMPLE_PERSONAL = error(
    "RL-098",
    "Example with personal data",
    "Rules are shared and kept in version control: an example holds no names, addresses or sensitive facts.",
)
NO_PERSON_LIMIT = warning(
    "RL-099",
    "No limit per person",
    "A triggered marketing rule without a limit sends one message for each event, however many a person has.",
)

MEDIA_UNFIT = error(
    "RL-105",
    "File does not fit",
    "A template that shows a file gets one of its kind with each message, declared in the workspace file; only images "
    "are made lighter.",
)
MEDIA_FALLBACK = error(
    "RL-106",
    "Nothing to send without the file",
    "Who gets no file gets another template of the same category, languages and parameters that shows none.",
)
COUPON_POOL_UNKNOWN = error(
    "RL-107",
    "No such pool of coupons",
    "Codes come from a pool that `rulecast coupon import` has filled or the workspace file declares.",
)
COUPON_POOLS_MIXED = error(
    "RL-108",
    "More than one pool",
    "A person gets one code of a rule: a message and the steps that follow it draw from one pool; variants may differ.",
)

CLAUSE_KINDS: tuple[ProblemKind, ...] = (
    TRIGGER_AND_WINDOW,
    NEVER_VALID,
    VARIANT_SHARES,
    VARIANT_UNKNOWN,
    VARIANTS_ALIKE,
    FOLLOW_UP_LIMITS,
    OUTCOMES_CONTRADICT,
    UNKNOWN_RECEIVER,
    CANNOT_BE_SET,
    TAG_UNUSABLE,
    BAD_LINK,
    HOSTILE_TEXT,
    SCORE_NOT_NUMERIC,
    RULE_LOOP,
    BOOK_LOOP,
    TRANSLATIONS_DIFFER,
    STOP_WITHOUT_MINIMUM,
    LIMIT_NEVER_REACHED,
    EXAMPLE_PERSONAL,
    NO_PERSON_LIMIT,
    *REPLY_KINDS,
    MEDIA_UNFIT,
    MEDIA_FALLBACK,
    COUPON_POOL_UNKNOWN,
    COUPON_POOLS_MIXED,
)
