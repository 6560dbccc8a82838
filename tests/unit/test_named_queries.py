"""How a file of named queries is read."""

import pytest

from rulecast.database.errors import QueryFileError
from rulecast.database.queries import Queries, load_queries, parse_queries

GOOD = """-- Queries of a room.

-- name: find_thing
-- One thing.
-- On two lines.
SELECT name -- kept: it stands inside
FROM thing
WHERE thing_id = %(thing_id)s;

--name: count_things
SELECT count(*) FROM thing
"""


def test_names_lead_to_texts_without_comment_lines_and_semicolon() -> None:
    assert parse_queries(GOOD, source="room") == {
        "find_thing": "SELECT name -- kept: it stands inside\nFROM thing\nWHERE thing_id = %(thing_id)s",
        "count_things": "SELECT count(*) FROM thing",
    }


@pytest.mark.parametrize(
    "text",
    [
        "-- name: empty\n-- only a comment\n",
        "-- name: twice\nSELECT 1\n-- name: twice\nSELECT 2",
        "-- name: Find-Thing\nSELECT 1",
    ],
)
def test_a_malformed_file_is_refused_by_name(text: str) -> None:
    with pytest.raises(QueryFileError, match="room"):
        parse_queries(text, source="room")


def test_an_empty_file_has_no_queries() -> None:
    assert parse_queries("-- nothing yet\n", source="room") == {}


def test_an_unknown_name_is_refused_with_its_place() -> None:
    queries = Queries({"known": "SELECT 1"}, source="room")
    assert list(queries) == ["known"]
    assert len(queries) == 1
    with pytest.raises(QueryFileError, match="room has no query named unknown"):
        queries["unknown"]


@pytest.mark.parametrize("package", [None, "rulecast.values"])
def test_a_package_without_queries_is_refused(package: str | None) -> None:
    with pytest.raises(QueryFileError):
        load_queries(package)
