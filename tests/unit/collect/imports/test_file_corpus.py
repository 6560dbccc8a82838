"""F88: every form of a text table is told for certain or refused with its place; nothing is guessed in silence."""

import csv
import gzip
import io
from itertools import product
from pathlib import Path

import pytest

from rulecast.collect.imports.errors import (
    DelimiterUnsureError,
    EncodingUnsureError,
    FileBrokenError,
    FileEmptyError,
    FileTooLargeError,
    FileUnreadableError,
    FormatUnknownError,
    HeaderInvalidError,
    ImportRefusedError,
)
from rulecast.collect.imports.limits import COLUMNS_MAX, LINE_CHARACTERS_MAX
from rulecast.collect.imports.mapping import FileRules
from rulecast.collect.imports.open_source import open_source

FRENCH = [
    ["nom", "ville", "remarque"],
    ["Hélène Côté", "Nîmes", "près de l'hôtel"],
    ["François Lefèvre", "Besançon", "à dix heures\net demie"],
    ["Zoé", "Saint-Étienne", 'dit "Zoé"'],
    ["Rémi", "Angoulême", ""],
]
ARABIC = [
    ["nom", "ville", "remarque"],
    ["محمد العلوي", "الدار البيضاء", "يوم الجمعة"],
    ["فاطمة الزهراء", "الرباط", "مساء\nالسبت"],  # noqa: RUF001 - Arabic is meant
    ["يوسف", "مراكش", 'قال "نعم"'],
]
GREEK = [["όνομα", "πόλη"], ["Γιώργος Παπαδόπουλος", "Αθήνα"], ["Ελένη", "Θεσσαλονίκη"]]
RUSSIAN = [["имя", "город"], ["Иван Петров", "Москва"], ["Ольга", "Санкт-Петербург"]]
PLAIN = [["name", "city", "note"], ["Asha", "Casablanca", "a\nb"], ["Bilal", "Rabat", ""]]

TEXTS = {
    "utf-8": FRENCH,
    "utf-8-sig": FRENCH,
    "utf-16": ARABIC,
    "utf-16-le": PLAIN,
    "utf-16-be": PLAIN,
    "utf-32": FRENCH,
    "cp1252": FRENCH,
    "latin-1": FRENCH,
    "cp1256": ARABIC,
    "mac_roman": FRENCH,
    "cp850": FRENCH,
    "ascii": PLAIN,
}
DELIMITERS = ",;\t|"
LINE_ENDS = ("\n", "\r\n", "\r")


def table_bytes(rows: list[list[str]], *, encoding: str, delimiter: str, line_end: str) -> bytes:
    stream = io.StringIO(newline="")
    # The writer would leave a line feed unquoted where lines end with a carriage return.
    quoting = csv.QUOTE_ALL if line_end == "\r" else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    return stream.getvalue().encode(encoding)


def read(path: Path, rules: FileRules | None = None) -> tuple[tuple[str, ...], list[list[object]], list[int]]:
    source = open_source(path, rules or FileRules())
    rows = list(source.rows())
    assert source.facts.rows is None or source.facts.rows == len(rows)
    return source.facts.columns, [list(row.cells) for row in rows], [row.line for row in rows]


@pytest.mark.parametrize(("encoding", "delimiter", "line_end"), list(product(TEXTS, DELIMITERS, LINE_ENDS)))
def test_f88_a_table_reads_back_as_it_was_written(
    tmp_path: Path, encoding: str, delimiter: str, line_end: str
) -> None:
    rows = TEXTS[encoding]
    path = tmp_path / "list.csv"
    path.write_bytes(table_bytes(rows, encoding=encoding, delimiter=delimiter, line_end=line_end))

    columns, found, _ = read(path)

    assert columns == tuple(rows[0])
    assert found == rows[1:]


def test_f88_a_gzipped_table_reads_like_a_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress(table_bytes(FRENCH, encoding="cp1252", delimiter=";", line_end="\r\n")))

    assert read(path)[1] == FRENCH[1:]


def test_f88_lines_are_counted_through_quoted_newlines_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b'a,b\n1,"x\ny"\n\n2,z\n')

    assert read(path)[2] == [2, 5]


@pytest.mark.parametrize(
    ("content", "refusal", "place"),
    [
        (b"", FileEmptyError, ""),
        (b"\xef\xbb\xbf", FileEmptyError, ""),
        (b"\n\n\n", FileEmptyError, ""),
        (b"a,b,a\n1,2,3\n", HeaderInvalidError, "1 and 3"),
        (b"a,,c\n1,2,3\n", HeaderInvalidError, "Column 2"),
        (b"a\0b,c\n1,2\n", HeaderInvalidError, "column 1"),
        (b'a,b\n1,2\n3,"never closed\n4,5\n', FileBrokenError, "line 3"),
        (b'a,b\n1,"x"y\n', FileBrokenError, "line 2"),
        (b"a,b\n1;2\n3;4\n5;6\n", DelimiterUnsureError, ""),
        (b"a;b,c;d\n1;2,3;4\n" * 3, ImportRefusedError, ""),
        ("nom\nHélène\n".encode("cp1252"), EncodingUnsureError, "cp1252"),
        (b"nom,x\n\x81\x8d\x8f\x90\x9d,1\n", EncodingUnsureError, ""),
        ("name,city\nŁukasz,Kraków\nZoé,Nîmes\n".encode()[:-4] + b"\xff\n", EncodingUnsureError, ""),
        (",".join(f"c{number}" for number in range(COLUMNS_MAX + 1)).encode(), FileTooLargeError, "columns"),
        (b"a,b\n1,2\n" + b"x" * (LINE_CHARACTERS_MAX + 10), FileTooLargeError, "Line 3"),
        (b"a,b\n1,2\n" + b'"' + b"x\n" * 100_000, FileBrokenError, "line 3"),
    ],
)
def test_f88_what_cannot_be_told_is_refused_with_its_place(
    tmp_path: Path, content: bytes, refusal: type[ImportRefusedError], place: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)

    with pytest.raises(refusal) as refused:
        read(path)
    assert place in refused.value.what


def test_f88_a_header_alone_is_a_file_of_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"phone;city\r\n")

    assert read(path) == (("phone", "city"), [], [])


def test_f88_an_encoding_that_cannot_be_told_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("nom\nHélène\n".encode("cp1252"))

    assert read(path, FileRules(encoding="cp1252"))[1] == [["Hélène"]]
    with pytest.raises(EncodingUnsureError):
        read(path, FileRules(encoding="no-such-encoding"))
    with pytest.raises(FileBrokenError):
        read(path, FileRules(encoding="utf-8"))


@pytest.mark.parametrize(("encoding", "rows"), [("cp1253", GREEK), ("cp1251", RUSSIAN)])
def test_f88_greek_and_russian_bytes_are_both_words_so_the_encoding_must_be_named(
    tmp_path: Path, encoding: str, rows: list[list[str]]
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(table_bytes(rows, encoding=encoding, delimiter=",", line_end="\n"))

    with pytest.raises(EncodingUnsureError):
        read(path)
    assert read(path, FileRules(encoding=encoding))[1] == rows[1:]


def test_f88_a_single_column_needs_no_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"phone\n+212612000001\n")

    assert read(path)[1] == [["+212612000001"]]


def test_f88_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 10_000)[:-20])

    with pytest.raises(FileBrokenError):
        read(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.csv", b"PAR1xxxx"),
        ("list.xlsx", b"a,b\n1,2\n"),
        ("list.parquet", b"a,b\n"),
        ("list.pdf", b"a,b\n"),
    ],
)
def test_name_and_content_must_agree(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(FormatUnknownError):
        read(path)


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(FileUnreadableError):
            read(path)
