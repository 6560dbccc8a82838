"""Does this text ask for offers again? Pure; what it asks for is a question, never a consent."""

import csv
from functools import cache
from importlib.resources import files

from rulecast.values.catalogue import fold_text

WORDS_FILE = "resume_words.csv"
# The longest phrase of the file has 30 letters; longer texts say something else.
TEXT_LENGTH_MAX = 60
_AROUND = " \t\r\n.,;:!?'\"()*_~\u2026\u061f\u060c\u061b\u3002\uff0c\uff01\uff1f"


def match_resume(text: str) -> bool:
    """Return whether the whole text is one of the words that ask for offers again."""
    bare = text.strip(_AROUND)
    return len(bare) <= TEXT_LENGTH_MAX and " ".join(fold_text(bare).split()) in _load_words()


@cache
def _load_words() -> frozenset[str]:
    lines = files(__package__).joinpath(WORDS_FILE).read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return frozenset(fold_text(row["phrase"]) for row in rows)
