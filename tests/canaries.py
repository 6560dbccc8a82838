"""Recognisable values of people, and where they must never stand in clear: logs, output, alerts, addresses, columns.

The tests write to people of a few ranges of numbers, call them "Asha 7", give them ids as Meta does and let them type
one known sentence. Whatever of that is found where personal data never belongs is a leak. What is found is named by
kind and place, never shown.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

TYPED = "mon canari jaune chante"
"""What people of tests type: free text that nobody else would write."""

# Each kind as text, and as bytes that PostgreSQL shows in hexadecimal. Read alike by Python and PostgreSQL.
_EDGE, _END = "(?<![0-9A-Fa-f])", "(?![0-9A-Fa-f])"
KINDS = {
    "phone": _EDGE + r"[+]?(?:2126(?:12|00|61)[0-9]{6}|33612[0-9]{6}|21620[0-9]{6})" + _END
    + "|32313236(?:3132|3030|3631)(?:3[0-9]){6}|(?:3333363132|3231363230)(?:3[0-9]){6}",
    "name": r"Asha [0-9]|41736861203[0-9]",
    "wamid": r"wamid[.][A-Za-z0-9_+/=-]{6}|77616d69642e",
    "bsuid": "(?:^|[^A-Za-z0-9])(?:MA|US|FR|BR|IN|TN)[.](?:ENT[.])?[0-9]{10}"
    "|(?:4d41|5553)2e(?:454e542e)?(?:3[0-9]){10}",
    "free text": f"{TYPED}|{TYPED.encode().hex()}",
}  # fmt: skip
_ANY = re.compile("|".join(KINDS.values()))
# A hundred thousand rows that migrations and tzdata wrote.
_GIVEN = frozenset({"public.zone_offset"})

FILLED = """
    SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND pg_relation_size(c.oid) > 0
"""
HOLDS = sql.SQL("SELECT {name}, count(*) FROM ONLY {table} AS one WHERE one::text ~ {pattern}")
WHERE_IN_ROW = sql.SQL(
    "SELECT DISTINCT told.key FROM ONLY {table} AS one, jsonb_each_text(to_jsonb(one)) AS told"
    " WHERE told.value ~ {pattern} ORDER BY 1"
)


def kinds_in(text: str) -> dict[str, int]:
    """Return how many values of people a text holds, by kind."""
    if _ANY.search(text) is None:
        return {}
    found = Counter({kind: len(re.findall(pattern, text)) for kind, pattern in KINDS.items()})
    return {kind: count for kind, count in found.items() if count}


def leaks_in_sections(sections: Iterable[tuple[str, str]]) -> list[str]:
    """Return what captured output and logs, each with its title, hold of people."""
    return [f"{title}: {kinds}" for title, text in sections if (kinds := kinds_in(text))]


def leaks_in_database(
    connection: psycopg.Connection[tuple[Any, ...]], values: Iterable[str] = ()
) -> list[str]:
    """Return the columns, of any type and in any schema, that hold a value of a person, or a given one, in clear."""
    places = [place for place in connection.execute(FILLED) if ".".join(place) not in _GIVEN]
    pattern = sql.Literal("|".join([_ANY.pattern, *map(re.escape, values)]))
    asked = [
        HOLDS.format(name=sql.Literal(".".join(place)), table=sql.Identifier(*place), pattern=pattern)
        for place in places
    ]
    found = connection.execute(sql.SQL(" UNION ALL ").join(asked)).fetchall() if asked else []
    leaks = []
    for name, count in found:
        if count:
            table = sql.Identifier(*name.split(".", 1))
            columns = connection.execute(WHERE_IN_ROW.format(table=table, pattern=pattern)).fetchall()
            leaks.append(f"{name}: {', '.join(one for (one,) in columns)}")
    return sorted(leaks)


def leaks_in_files(folder: Path, *, besides: Iterable[Path] = (), values: Iterable[str] = ()) -> list[str]:
    """Return the files below a folder that hold a value of a person, or one of the given ones, in clear.

    `besides` are folders of strangers, such as the simulator's.
    """
    apart, sought = list(besides), [one.encode() for one in values]
    leaks = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or any(path.is_relative_to(one) for one in apart):
            continue
        raw = path.read_bytes()
        kinds = kinds_in(raw.decode("latin-1"))
        told = sum(one in raw for one in sought)
        if kinds or told:
            leaks.append(f"{path.relative_to(folder)}: {kinds | ({'given value': told} if told else {})}")
    return leaks


def fail_what_told(report: pytest.TestReport) -> None:
    """Fail a test that printed or logged a value of a person."""
    leaks = leaks_in_sections(report.sections)
    if leaks and report.outcome == "passed":
        report.outcome = "failed"
        report.longrepr = f"personal data in what {report.nodeid} let out: {'; '.join(leaks)}"


def values_of(rows: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return every number, id and name of people in a simulator's ledger, to be looked for elsewhere."""
    names = ("phone", "to", "wa_id", "wamid", "recipient", "user_id")
    return {
        str(row[name]).removeprefix("+")
        for row in rows
        for name in names
        if len(str(row.get(name) or "")) >= 8
    }
