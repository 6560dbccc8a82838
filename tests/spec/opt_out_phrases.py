"""Measures the matcher of opt-outs on frozen phrases and prints the page: `python -m tests.spec.opt_out_phrases`."""

import csv
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from rulecast.profile.suppression import OptOutMatch, match_opt_out

DATA = Path(__file__).parents[1] / "data"
FROZEN = DATA / "opt_out"
HELD_OUT = DATA / "opt_out_held_out"
FIRST = DATA / "opt_out_measure" / "first.csv"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "opt-out-languages.md"
INTRODUCTION = """\
# How well opt-outs are understood

<!-- Printed by `python -m tests.spec.opt_out_phrases` from tests/data/opt_out*; a test compares. Do not edit. -->

An answer is *exactly* an opt-out (STOP and its like, alone), *likely* one (a sentence that asks for silence), or none.
Both levels stop marketing in the transaction that stores the message; likely ones also wait for a person to look.

Two sets of phrases, each frozen by hash. The first was written beside the matcher's concepts, neither author reading
the other, and frozen before they were committed; its list of single words is older than both. "First" is
the share found on it when it was measured for the first time; "now" is the share today. Where misses were read to add
words ("read"), "now" is no longer an honest estimate for that language: the second set is, written later without
knowledge of the matcher and never used to improve it. A false alarm is a phrase that asks for no silence and is taken
for a likely opt-out: that person gets no offers until somebody lifts it. The first set's other phrases are mostly
look-alikes ("cancel my order", "when does the sale stop"), so ordinary messages raise fewer. One author wrote each
set; neither is a sample of real traffic.
"""
HEADER = (
    "| Language | Phrases | Exact precision | Recall, first | Recall, now | Read | False alarms |"
    " Held out: phrases | Recall | Exact precision | False alarms |"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How the matcher did on one file of phrases."""

    language: str
    asking: int
    others: int
    exact: int
    exact_wrong: int
    found: int
    likely_wrong: int

    @property
    def precision(self) -> float:
        """Return the share of opt-outs among what is called exactly one."""
        called = self.exact + self.exact_wrong
        return self.exact / called if called else 1.0

    @property
    def recall(self) -> float:
        """Return the share of opt-outs that are called exact or likely."""
        return self.found / self.asking

    @property
    def alarm_rate(self) -> float:
        """Return the share of other phrases that are called likely opt-outs."""
        return self.likely_wrong / self.others


def measure(path: Path, *, without: AbstractSet[str] = frozenset()) -> Measure:
    """Return how the matcher does on a file of phrases, some of them left out."""
    rows = [
        (row["expected"] == "opt_out", match_opt_out(row["text"]))
        for row in _rows(path)
        if row["text"].casefold() not in without
    ]
    asking = [found for is_asking, found in rows if is_asking]
    others = [found for is_asking, found in rows if not is_asking]
    return Measure(
        language=path.stem,
        asking=len(asking),
        others=len(others),
        exact=asking.count(OptOutMatch.EXACT),
        exact_wrong=others.count(OptOutMatch.EXACT),
        found=len(asking) - asking.count(OptOutMatch.NOT),
        likely_wrong=others.count(OptOutMatch.LIKELY),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _held_out(path: Path) -> Measure:
    """Return how the matcher does on phrases that the first set does not hold."""
    known = frozenset(row["text"].casefold() for row in _rows(FROZEN / path.name))
    return measure(path, without=known)


def page() -> str:
    """Return the published page."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield INTRODUCTION
    yield HEADER
    yield "|---" * 11 + "|"
    first = {row["language"]: row for row in _rows(FIRST)}
    frozen = [measure(path) for path in sorted(FROZEN.glob("*.csv"))]
    held_out = {path.stem: _held_out(path) for path in sorted(HELD_OUT.glob("*.csv"))}
    for one in frozen:
        yield _row(one.language, one, held_out.get(one.language), first[one.language])
    yield _row("all", _sum(frozen), _sum(list(held_out.values())), None)


def _row(name: str, one: Measure, held_out: Measure | None, first: dict[str, str] | None) -> str:
    began = ("", "") if first is None else (f"{float(first['recall']):.3f}", first["misses_read"])
    cells = [
        name,
        str(one.asking + one.others),
        f"{one.precision:.3f}",
        began[0],
        f"{one.recall:.3f}",
        began[1],
    ]
    cells.append(f"{one.alarm_rate:.2f}")
    if held_out is None or not held_out.asking:
        cells += ["", "", "", ""]
    else:
        cells += [
            str(held_out.asking + held_out.others),
            f"{held_out.recall:.3f}",
            f"{held_out.precision:.3f}",
        ]
        cells.append(f"{held_out.alarm_rate:.2f}")
    return f"| {' | '.join(cells)} |"


def _sum(several: Sequence[Measure]) -> Measure:
    names = ("asking", "others", "exact", "exact_wrong", "found", "likely_wrong")
    return Measure(language="all", **{name: sum(getattr(one, name) for one in several) for name in names})


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
