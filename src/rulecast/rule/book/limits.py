"""How much the book holds; every limit has its reason."""

BOOK_RULES_MAX = 100_000
"""The largest book with which the matching of events is measured."""
RULE_VERSIONS_MAX = 10_000
"""An edit every hour of a year; more is a program that writes its data into rules."""
DIRECTORY_FILES_MAX = 10_000
"""Reading and checking a file takes milliseconds; ten thousand keep an import within two minutes."""
RULE_FILE_BYTES_MAX = 262_144
"""Four bytes for each of the 65,536 characters that a rule may have."""
STANDING_DAYS_MAX = 90
"""A standing approval is signed anew each quarter: people, prices and laws move on."""
PEOPLE_MAX = 100_000_000
"""More people than any portfolio may write to; also fits the column."""
WHY_LENGTH_MAX = 500
"""A sentence or two; also the limit of the column."""
