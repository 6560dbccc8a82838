"""The phrases of opt-outs, both sets, are the ones that were frozen, and enough of them."""

import csv
import hashlib
import unicodedata
from pathlib import Path

import pytest

DATA = Path(__file__).parent.parent / "data"
FIRST = DATA / "opt_out"
HELD_OUT = DATA / "opt_out_held_out"
LANGUAGES_LEAST = 22
PHRASES_LEAST = {FIRST: 100, HELD_OUT: 60}
OTHERS_SHARE = {FIRST: (0.48, 0.52), HELD_OUT: (0.4, 0.4)}
EXPECTED = {"opt_out", "not"}


def languages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.csv"))


@pytest.mark.parametrize("folder", [FIRST, HELD_OUT], ids=lambda folder: folder.name)
def test_every_file_of_phrases_has_its_frozen_hash(folder: Path) -> None:
    frozen = {}
    for line in (folder / "FROZEN.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        frozen[name] = digest
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in languages(folder)} == frozen


def test_there_are_enough_languages_and_both_sets_hold_the_same() -> None:
    first = [path.name for path in languages(FIRST)]
    assert len(first) >= LANGUAGES_LEAST
    assert [path.name for path in languages(HELD_OUT)] == first


@pytest.mark.parametrize(
    "path", languages(FIRST) + languages(HELD_OUT), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_language_has_enough_different_phrases_and_the_share_of_not_that_is_promised(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {row["expected"] for row in rows} == EXPECTED
    assert all(row["text"] == unicodedata.normalize("NFC", row["text"]).strip() != "" for row in rows)
    assert len({row["text"].casefold() for row in rows}) >= PHRASES_LEAST[path.parent]
    share = sum(row["expected"] == "not" for row in rows) / len(rows)
    least, most = OTHERS_SHARE[path.parent]
    assert least <= share <= most
