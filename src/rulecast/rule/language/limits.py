"""Limits of the rule language, each with its reason."""

# A rule is read by a person: the largest hand-written rule seen has 3 kB; twenty times that is generated text.
TEXT_CHARACTERS_MAX = 65_536
# Levels of `not` and brackets: the passes recurse, and nobody follows a deeper thought.
DEPTH_MAX = 32
# Each event condition may become a pass over the events; 200 of them would hold the engine for minutes.
ATOMS_MAX = 200
# Longer lists belong into a tag or an attribute, where they can be maintained and audited.
LIST_VALUES_MAX = 1_000
# The longest text WhatsApp takes as a template parameter has 1,024 characters.
STRING_CHARACTERS_MAX = 1_024
# The database holds the same limit: a tag is a word, not a text.
TAG_LENGTH_MAX = 64
# An expression that a person can still read; RE2's program grows with it.
PATTERN_CHARACTERS_MAX = 200
# Signs + - * / of a rule: the passes recurse through calculations, and nobody follows longer ones.
OPERATIONS_MAX = 50
# Literals that are held against each other: each with every other one, twice.
SENSE_LITERALS_MAX = 400
# As many of them are held together against one more; sets of values grow with each.
SENSE_RELATED_MAX = 20
# Segments that name segments: the passes recurse through each as deep as through a rule, and nobody follows more.
SEGMENT_DEPTH_MAX = 4
# Eighteen digits always fit a 64-bit integer.
INTEGER_DIGITS_MAX = 18
# Decimals are stored as DECIMAL(18, 4).
DECIMAL_INTEGER_DIGITS_MAX = 14
DECIMAL_PLACES_MAX = 4
# Ten years with their leap days: no event is kept longer, and engines agree on such instants.
DURATION_DAYS_MAX = 3_653
# A person with more events of one kind is a machine.
COUNT_MAX = 100_000
# Keys of one condition for some value: each is a column of a grouping, and a person thinks of two at once.
KEYS_MAX = 4
# Names become identifiers in the database, which cuts them at 63 bytes.
NAME_CHARACTERS_MAX = 60
# Messages of one rule to one person in its period; more is not marketing.
PERSON_LIMIT_MAX = 100
# WhatsApp's highest daily limit below "unlimited" is 100,000 people; ten of those are one batch at most.
BATCH_MAX = 1_000_000
# Prices are below this in every currency; a longer amount is a typing mistake.
BUDGET_MAX = 10**12
# A scale that everybody has in mind; nobody tells finer steps apart.
PRIORITY_MAX = 100
# A scheduled rule competes for a day at most; longer waits would hold messages that are due.
DECISION_SECONDS_MAX = 86_400
# 31 stands for the last day of shorter months.
MONTH_DAY_MAX = 31
# More steps than these are a campaign of their own.
FOLLOW_UPS_MAX = 5
# Reports of delivery and clicks need minutes to arrive; sooner, "not clicked" would mean "not yet told".
FOLLOW_UP_MINUTES_MIN = 5
# After two months nobody remembers the message that is followed up.
FOLLOW_UP_DAYS_MAX = 60
# Examples run on every check; a hundred of them take a second.
EXAMPLES_MAX = 100
# A web address that fits every browser and WhatsApp's own limit for buttons.
LINK_CHARACTERS_MAX = 2_000
