"""Kinds of problems of conditions, RL-060 to RL-079."""

from rulecast.rule.language.problem_kind import ProblemKind, error, warning

UNKNOWN_SEGMENT = error("RL-060", "Unknown segment", "The workspace declares no segment of this name.")
SEGMENT_CYCLE = error(
    "RL-061", "Segment of itself", "A segment that refers to itself, also through others, has no members."
)
UNKNOWN_PLACE = error("RL-062", "Unknown place", "The workspace declares no place of this name.")
UNKNOWN_LABEL = error(
    "RL-063", "Unknown label", "The workspace declares no label of this name, or not this value of it."
)
UNKNOWN_ZONE = error("RL-064", "Unknown time zone", "The zone database has no time zone of this name.")
BAD_PATTERN = error(
    "RL-065",
    "Regular expression not usable",
    "RE2, whose time grows with the text only, cannot read the expression, or it finds every text.",
)
QUOTIENT_INSIDE = error(
    "RL-066",
    "Quotient inside a calculation",
    "A division or an average stands at the top of a side only: there it is compared without rounding.",
)
CONTRADICTION = error(
    "RL-067",
    "Parts exclude each other",
    "Two parts of one `and` can never be true of one person, so nobody is meant.",
)
ALWAYS_TRUE_PART = error(
    "RL-068",
    "Part is always true",
    "The part holds for every contact, so it decides nothing; a condition on a value is true of some.",
)
UNIT_MISTAKE = error(
    "RL-069",
    "Wrong unit",
    "The number is meant in another unit: a year for an age, a currency or a percent sign for an amount.",
)
EVERYBODY_JOINED = warning(
    "RL-070",
    "Everybody, and yet not",
    "Joined with other conditions `everybody` changes nothing or everything.",
)
INSIDE_PER_KEY = error(
    "RL-071",
    "Cannot stand inside `for some`",
    "Inside stand `did` and measures of events in windows alike for all people, joined by and, or, not.",
)
BUCKET_RANGE = error(
    "RL-072", "Not a part of the people", "A bucket takes 1 to 99 of one hundred parts of the people."
)
DISTANCE_RANGE = error(
    "RL-073", "Not on the earth", "A distance ends half around the earth; coordinates are decimal degrees."
)
NOTHING_MEASURED = error(
    "RL-074", "Nothing is measured", "Both sides are fixed numbers, or the same, whoever is asked."
)
IMPLIED_PART = warning(
    "RL-075", "Part without effect", "Another part of the same `and` or `or` already decides this."
)
FUTURE_WINDOW = warning(
    "RL-076", "Window has not begun", "The window begins after now: until then nothing lies in it."
)

CONDITION_KINDS: tuple[ProblemKind, ...] = (
    UNKNOWN_SEGMENT,
    SEGMENT_CYCLE,
    UNKNOWN_PLACE,
    UNKNOWN_LABEL,
    UNKNOWN_ZONE,
    BAD_PATTERN,
    QUOTIENT_INSIDE,
    CONTRADICTION,
    ALWAYS_TRUE_PART,
    UNIT_MISTAKE,
    EVERYBODY_JOINED,
    INSIDE_PER_KEY,
    BUCKET_RANGE,
    DISTANCE_RANGE,
    NOTHING_MEASURED,
    IMPLIED_PART,
    FUTURE_WINDOW,
)
