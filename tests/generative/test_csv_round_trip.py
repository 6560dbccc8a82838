"""Whatever table is written as CSV is read back the same, or refused; never read differently."""

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from rulecast.collect.imports.delimited import DELIMITERS
from rulecast.collect.imports.errors import ImportRefusedError
from rulecast.collect.imports.mapping import FileRules
from rulecast.collect.imports.open_source import open_source

CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=12)
NAMES = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz_éü", min_size=1, max_size=8), min_size=2, max_size=5, unique=True
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    header = draw(NAMES)
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=6))
    return [header, *rows]


@settings(max_examples=150, deadline=None)
@given(
    table=tables(),
    delimiter=st.sampled_from(sorted(DELIMITERS)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_table_is_read_as_it_was_written_or_refused(
    table: list[list[str]], delimiter: str, encoding: str, line_end: str
) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(table)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        path.write_bytes(stream.getvalue().encode(encoding))
        try:
            source = open_source(path, FileRules())
            found = [list(row.cells) for row in source.rows()]
        except ImportRefusedError:
            return
    assert source.facts.columns == tuple(table[0])
    assert found == table[1:]


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_and_never_crash(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "list.csv")
        path.write_bytes(content)
        try:
            source = open_source(path, FileRules())
            rows = list(source.rows())
        except ImportRefusedError:
            return
    assert source.facts.rows == len(rows)
