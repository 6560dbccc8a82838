"""Reading a file of codes: one a line, or a CSV with a column `code` and, where they expire, `expires`; pure."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO

from rulecast.gate.coupons.errors import CouponFileError

CODES_MAX = 200_000
"""Codes of one file: about what the largest text file holds; more come in more files."""
PROBLEMS_SHOWN = 20
"""More bad lines than this are counted, not named: the file is the wrong one."""
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,14}")
"""3 to 15 letters, digits, hyphens and underscores: what a copy code button takes."""
COLUMNS = frozenset({"code", "expires"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeLine:
    """A code with its line in the file and the last day on which it can be used, None where it has none."""

    line: int
    code: str = field(repr=False)
    expires: date | None


def read_codes(name: str, text: str, *, today: date) -> list[CodeLine]:
    """Return the codes of a file, each once.

    Raises:
        CouponFileError: lines have no usable code or day, or a code stands there twice; it names the lines and says
            nothing of their codes.
    """
    problems: list[str] = []
    found: dict[str, CodeLine] = {}
    for one in _lines(name, text, problems):
        if len(found) >= CODES_MAX:
            raise CouponFileError(f"{name} has more than {CODES_MAX:,} codes.", hint="Split it into several.")
        before = found.get(one.code.casefold())
        if before is not None:
            problems.append(f"line {one.line}: the code of line {before.line} again")
        elif one.expires is not None and one.expires < today:
            problems.append(f"line {one.line}: it expired on {one.expires.isoformat()}")
        else:
            found[one.code.casefold()] = one
    if problems:
        raise CouponFileError(f"{name}: {told(problems)}.")
    if not found:
        raise CouponFileError(f"{name} has no codes.", hint="Write one code a line, or a column named code.")
    return list(found.values())


def told(problems: list[str]) -> str:
    """Return the first problems, and how many more there are."""
    more = len(problems) - PROBLEMS_SHOWN
    return "; ".join(problems[:PROBLEMS_SHOWN]) + (f"; and {more:,} more" if more > 0 else "")


def _lines(name: str, text: str, problems: list[str]) -> Iterator[CodeLine]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text))
    places = {"code": 0}
    for row in _rows(name, reader):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if reader.line_num == 1 and "code" in (names := [cell.casefold() for cell in cells]):
            stray = sorted(set(names) - COLUMNS)
            if stray or len(set(names)) < len(names):
                raise CouponFileError(
                    f"{name}: line 1 names columns that are not code or expires, or one twice.",
                    hint="Keep the columns code and expires and leave out the others.",
                )
            places = {column: place for place, column in enumerate(names)}
            continue
        line = _line(cells, places, reader.line_num, problems)
        if line is not None:
            yield line


def _rows(name: str, reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        raise CouponFileError(f"{name} is no CSV file.") from None


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _line(cells: list[str], places: dict[str, int], number: int, problems: list[str]) -> CodeLine | None:
    if len(cells) != len(places):
        problems.append(f"line {number}: {len(cells)} columns, {len(places)} expected")
        return None
    code = cells[places["code"]]
    if CODE.fullmatch(code) is None:
        problems.append(f"line {number}: not 3 to 15 letters, digits, hyphens and underscores")
        return None
    expires = None
    if "expires" in places and cells[places["expires"]]:
        try:
            expires = date.fromisoformat(cells[places["expires"]])
        except ValueError:
            problems.append(f"line {number}: expires is no day such as 2026-12-31")
            return None
    return CodeLine(line=number, code=code, expires=expires)
