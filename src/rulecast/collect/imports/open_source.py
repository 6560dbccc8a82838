"""Choose the reader of a file by its ending, check that the content agrees, and survey it."""

from pathlib import Path

from rulecast.collect.imports.delimited import survey_delimited
from rulecast.collect.imports.errors import FileTooLargeError, FileUnreadableError, FormatUnknownError
from rulecast.collect.imports.json_lines import survey_json_lines
from rulecast.collect.imports.limits import FILE_BYTES_MAX
from rulecast.collect.imports.mapping import FileRules
from rulecast.collect.imports.parquet import survey_parquet
from rulecast.collect.imports.source import Source
from rulecast.collect.imports.spreadsheet import survey_spreadsheet

_TEXT_ENDINGS = frozenset({".csv", ".tsv", ".txt", ".psv"})
_JSON_ENDINGS = frozenset({".jsonl", ".ndjson"})
_MAGIC = {b"PK\x03\x04": ".xlsx", b"PAR1": ".parquet", b"\x1f\x8b": ".gz"}


def open_source(path: Path, rules: FileRules) -> Source:
    """Survey a file from end to end; blocking.

    Raises:
        ImportRefusedError: the class names what is wrong, with the line where there is one.
    """
    content = _content_ending(path)
    ending = path.suffix.lower()
    if content != ending and (content is not None or ending in set(_MAGIC.values())):
        raise FormatUnknownError(
            f"The name ends in {ending or 'nothing'}, but the content is another format."
        )
    if ending == ".gz" and path.with_suffix("").suffix.lower() not in _TEXT_ENDINGS:
        raise FormatUnknownError("Of gzipped files only .csv.gz and its relatives are read.")
    if ending in _TEXT_ENDINGS or ending == ".gz":
        return survey_delimited(path, encoding=rules.encoding, delimiter=rules.delimiter)
    if ending in _JSON_ENDINGS:
        return survey_json_lines(path)
    if ending == ".xlsx":
        return survey_spreadsheet(path, sheet=rules.sheet)
    if ending == ".parquet":
        return survey_parquet(path)
    raise FormatUnknownError(f"Files that end in {ending or 'nothing'} are not read.")


def _content_ending(path: Path) -> str | None:
    """Return the ending that belongs to the first bytes of a file, or None for text."""
    try:
        if not path.is_file():
            raise FileUnreadableError("There is no such file, or it is no regular file.")
        if path.stat().st_size > FILE_BYTES_MAX:
            raise FileTooLargeError(f"The file has more than {FILE_BYTES_MAX // 1024**3} GiB.")
        with path.open("rb") as stream:
            head = stream.read(4)
    except OSError as error:
        raise FileUnreadableError(f"The file cannot be opened ({type(error).__name__}).") from None
    return next((ending for magic, ending in _MAGIC.items() if head.startswith(magic)), None)
