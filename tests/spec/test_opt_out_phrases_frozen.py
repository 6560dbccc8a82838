"""The phrases of opt-outs are the ones that were frozen, and enough of them."""

import csv
import hashlib
import unicodedata
from pathlib import Path

import pytest

PHRASES = Path(__file__).parent.parent / "data" / "opt_out"
LANGUAGES = sorted(PHRASES.glob("*.csv"))
LANGUAGES_LEAST = 22
PHRASES_LEAST = 100
EXPECTED = {"opt_out", "not"}


def test_every_file_of_phrases_has_its_frozen_hash() -> None:
    frozen = {}
    for line in (PHRASES / "FROZEN.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        frozen[name] = digest
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in LANGUAGES} == frozen


def test_there_are_enough_languages() -> None:
    assert len(LANGUAGES) >= LANGUAGES_LEAST


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_a_language_has_a_hundred_different_phrases_half_of_them_not(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["expected"] for row in rows} == EXPECTED
    assert all(row["text"] == unicodedata.normalize("NFC", row["text"]).strip() != "" for row in rows)
    assert len({row["text"].casefold() for row in rows}) >= PHRASES_LEAST
    others = sum(row["expected"] == "not" for row in rows)
    assert 0.48 <= others / len(rows) <= 0.52
