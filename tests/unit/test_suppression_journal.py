import asyncio
import os
import signal
import stat
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from rulecast.profile.suppression import FileJournal, JournalEntry, SuppressionAction, SuppressionCause
from rulecast.profile.suppression.file_journal import FIRST_FILE, journal_files
from rulecast.profile.suppression.journal import (
    DamagedLine,
    JournalWriteError,
    LineSeal,
    read_line,
    write_line,
)
from rulecast.vault.cipher import open_sealed, seal

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
KEY = bytes(range(32))
FILE = "suppression.000001.journal"


def seal_under(key: bytes) -> LineSeal:
    cipher = AESGCM(key)
    return LineSeal(
        seal=lambda said: seal(cipher, said, bound=b"", key_version=1),
        open_=lambda sealed: open_sealed(cipher, sealed, bound=b""),
    )


SEAL = seal_under(KEY)
ENTRIES = st.builds(
    JournalEntry,
    suppression_index=st.binary(min_size=16, max_size=16),
    scope=st.sampled_from(["marketing", "all"]),
    action=st.sampled_from(SuppressionAction),
    cause=st.sampled_from(SuppressionCause),
    level=st.sampled_from(["exact", "likely"]),
    occurred_at=st.datetimes(timezones=st.just(UTC)),
)


def entry(number: int) -> JournalEntry:
    return JournalEntry(
        suppression_index=number.to_bytes(16, "big"),
        scope="marketing",
        action=SuppressionAction.STOP,
        cause=SuppressionCause.STOP_WORD,
        occurred_at=NOON + timedelta(seconds=number),
    )


def kept_in(directory: Path) -> list[JournalEntry | DamagedLine]:
    return list(FileJournal(directory, SEAL).read())


def torn(number: int, *, file_name: str = FILE) -> DamagedLine:
    return DamagedLine(file_name=file_name, line_number=number, is_torn=True)


@given(ENTRIES)
def test_an_entry_reads_as_it_was_written_and_not_under_another_key(one: JournalEntry) -> None:
    line = write_line(one, SEAL).rstrip("\n")
    assert read_line(line, SEAL) == one
    assert read_line(line, seal_under(bytes(32))) is None


@given(ENTRIES, st.integers(0, 200), st.characters())
def test_a_changed_line_is_not_trusted(one: JournalEntry, position: int, letter: str) -> None:
    line = write_line(one, SEAL).rstrip("\n")
    changed = line[:position] + letter + line[position + 1 :]
    assert read_line(changed, SEAL) is None or changed == line


@given(st.text(max_size=200))
def test_any_text_is_no_entry(text: str) -> None:
    assert read_line(text, SEAL) is None


def first_format(one: JournalEntry) -> str:
    said = (
        f"s1 {one.suppression_index.hex()} {one.scope} {one.action} {one.cause} {one.level}"
        f" {one.occurred_at.isoformat()}"
    )
    return f"{said} {zlib.crc32(said.encode()):08x}\n"


async def test_lines_of_the_first_format_are_read_before_the_others_and_stay_as_they_are(
    tmp_path: Path,
) -> None:
    old = "".join(first_format(entry(number)) for number in (1, 2))
    (tmp_path / FIRST_FILE).write_text(old + old[:-3])
    await FileJournal(tmp_path, SEAL).append([entry(3)])
    assert kept_in(tmp_path) == [
        entry(1),
        entry(2),
        entry(1),
        torn(4, file_name=FIRST_FILE),
        entry(3),
    ]
    assert (tmp_path / FIRST_FILE).read_text() == old + old[:-3]


async def test_the_journal_is_for_its_owner_alone_and_says_nothing_in_clear(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal", SEAL)
    await journal.append([entry(1), entry(1)])
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o700
    for path in (tmp_path / "journal").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second = (tmp_path / "journal" / FILE).read_text().splitlines()
    assert first != second
    assert "stop" not in first
    assert entry(1).suppression_index.hex() not in first


async def test_a_full_file_is_followed_by_another_and_all_are_read_in_order(tmp_path: Path) -> None:
    journals = [FileJournal(tmp_path, SEAL, file_bytes_max=400) for _ in range(2)]
    for number in range(12):
        await journals[number % 2].append([entry(number)])
    assert len(journal_files(tmp_path)) == 4
    assert kept_in(tmp_path) == [entry(number) for number in range(12)]


async def test_entries_of_many_callers_are_all_kept(tmp_path: Path) -> None:
    journals = [FileJournal(tmp_path, SEAL), FileJournal(tmp_path, SEAL)]
    await asyncio.gather(*(journals[number % 2].append([entry(number)]) for number in range(100)))
    kept = kept_in(tmp_path)
    assert sorted(one.occurred_at for one in kept if isinstance(one, JournalEntry)) == [
        entry(number).occurred_at for number in range(100)
    ]


@pytest.mark.parametrize("cut", [1, 9, 100, 140])
async def test_a_torn_last_line_is_skipped_and_the_next_writer_starts_a_new_line(
    tmp_path: Path, cut: int
) -> None:
    journal = FileJournal(tmp_path, SEAL)
    await journal.append([entry(1), entry(2)])
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-cut])
    # Only the line's end is missing: what was said is whole.
    left = entry(2) if cut == 1 else torn(2)
    assert kept_in(tmp_path) == [entry(1), left]
    await journal.append([entry(3)])
    assert kept_in(tmp_path) == [entry(1), left, entry(3)]


async def test_a_line_that_was_changed_is_told_apart_from_a_torn_one(tmp_path: Path) -> None:
    await FileJournal(tmp_path, SEAL).append([entry(1), entry(2), entry(3)])
    path = tmp_path / FILE
    first, second, third = path.read_text().splitlines(keepends=True)
    path.write_text(first + second[:80] + second[81:] + third)
    changed = DamagedLine(file_name=FILE, line_number=2, is_torn=False)
    assert kept_in(tmp_path) == [entry(1), changed, entry(3)]


async def test_an_absent_journal_is_an_empty_one(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "never", SEAL)
    await journal.append([])
    assert list(journal.read()) == []
    assert not (tmp_path / "never").exists()


async def test_a_journal_that_cannot_be_written_stops_the_commit(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the directory should be")
    journal = FileJournal(tmp_path / "taken", SEAL)
    with pytest.raises(JournalWriteError) as caught:
        await journal.append([entry(1)])
    assert caught.value.code == "RC-JOURNAL-001"


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.unit.test_suppression_journal import SEAL, entry
from rulecast.profile.suppression import FileJournal

async def work():
    journal = FileJournal(Path(sys.argv[1]), SEAL, file_bytes_max=20_000)
    for number in range(int(sys.argv[2]), 1_000_000):
        await journal.append([entry(number)])
        print(number, flush=True)

asyncio.run(work())
"""


async def test_what_two_killed_writers_were_told_is_kept_is_kept(tmp_path: Path) -> None:
    """Each prints a number once its entry is durable; both are killed while they append."""
    starts = (0, 500_000)
    writers = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WRITER,
            str(tmp_path),
            str(start),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        for start in starts
    ]
    told: set[int] = set()
    try:
        for _ in range(150):
            for writer in writers:
                assert writer.stdout is not None
                told.add(int(await writer.stdout.readline()))
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        for writer in writers:
            rest, _ = await writer.communicate()
            told.update(int(word) for word in rest.splitlines())
    kept = kept_in(tmp_path)
    numbers = {int.from_bytes(one.suppression_index, "big") for one in kept if isinstance(one, JournalEntry)}
    assert told <= numbers
    assert all(one.is_torn for one in kept if isinstance(one, DamagedLine))
    # Each may have had one more on the way.
    assert len(numbers) <= len(told) + len(starts)
    await FileJournal(tmp_path, SEAL).append([entry(999_999)])
    assert kept_in(tmp_path)[-1] == entry(999_999)
