"""Reading the text files a person hands to a command: rules and workspace files."""

import asyncio
from pathlib import Path

from rulecast.values.errors import RulecastError

# Some sixty times the longest rule or workspace file that is accepted: whatever is larger is another kind of file.
TEXT_FILE_BYTES_MAX = 4_000_000


class TextFileError(RulecastError):
    """A file that should be text cannot be read as such."""

    code = "RC-FILE-001"
    summary = "The file cannot be read as text."
    remedy = "Save it as UTF-8; check the path, who may read it, and that it is the file you meant."


async def read_text_file(file: Path) -> str:
    """Return the text of a file; a byte order mark is no part of it.

    Raises:
        TextFileError: it is no UTF-8, too large, or cannot be opened.
    """
    return await asyncio.to_thread(read_text_now, file)


def read_text_now(file: Path) -> str:
    """Do what `read_text_file` does, where nothing else runs."""
    try:
        with file.open("rb") as source:
            content = source.read(TEXT_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise TextFileError(f"{file.name} cannot be read: {error.strerror}.") from None
    if len(content) > TEXT_FILE_BYTES_MAX:
        raise TextFileError(f"{file.name} has more than {TEXT_FILE_BYTES_MAX:,} bytes.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TextFileError(f"Line {line} of {file.name} is not UTF-8.") from None
