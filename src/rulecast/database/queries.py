"""Named SQL: a `queries.sql` file beside a room's store comes in, texts by name go out."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import LiteralString

from typing_extensions import override

from rulecast.database.errors import QueryFileError

FILE_NAME = "queries.sql"
_HEADING = re.compile(r"^--\s*name:\s*(?P<name>\S+)\s*$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Queries(Mapping[str, LiteralString]):
    """The SQL texts of one room by name; parameters are written `%(name)s`, arrays `%(name)b`."""

    def __init__(self, texts: Mapping[str, str], *, source: str) -> None:
        """Keep the texts; `source` is named in errors."""
        self._texts = dict(texts)
        self._source = source

    @override
    def __getitem__(self, name: str) -> LiteralString:
        """Return the text of a query.

        Raises:
            QueryFileError: the file has no query of that name.
        """
        try:
            # The text comes from a file of the program, never from input: as literal as a constant.
            return self._texts[name]
        except KeyError:
            raise QueryFileError(f"{self._source} has no query named {name}.") from None

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    @override
    def __len__(self) -> int:
        return len(self._texts)


def load_queries(package: str | None) -> Queries:
    """Read `queries.sql` of a package; call it with `__package__`.

    Raises:
        QueryFileError: the file is missing, malformed, or names a query twice.
    """
    if package is None:
        raise QueryFileError("Queries belong to a package.")
    source = f"{package}/{FILE_NAME}"
    try:
        text = files(package).joinpath(FILE_NAME).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise QueryFileError(f"{source} is missing.") from error
    return Queries(parse_queries(text, source=source), source=source)


def parse_queries(text: str, *, source: str) -> dict[str, str]:
    """Split the text of a query file at its `-- name:` lines.

    Raises:
        QueryFileError: a name is malformed or used twice, or a query is empty.
    """
    headings = list(_HEADING.finditer(text))
    ends = [*(one.start() for one in headings[1:]), len(text)] if headings else []
    found: dict[str, str] = {}
    for heading, end in zip(headings, ends, strict=True):
        name = heading["name"]
        lines = text[heading.end() : end].strip().splitlines()
        statement = (
            "\n".join(line for line in lines if not line.lstrip().startswith("--"))
            .strip()
            .removesuffix(";")
            .strip()
        )
        if not _NAME.fullmatch(name) or name in found or not statement:
            raise QueryFileError(f"{source}: the query {name} is empty, named twice, or not snake_case.")
        found[name] = statement
    return found
