import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.profile.suppression import FileJournal, JournalEntry, SuppressionAction, SuppressionCause
from rulecast.profile.suppression.file_journal import FILE_NAME
from rulecast.profile.suppression.journal import DamagedLine, JournalWriteError, read_line, write_line

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)

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


@given(ENTRIES)
def test_an_entry_reads_as_it_was_written(one: JournalEntry) -> None:
    assert read_line(write_line(one).rstrip("\n")) == one


@given(ENTRIES, st.integers(0, 200), st.characters())
def test_a_changed_line_is_not_trusted(one: JournalEntry, position: int, letter: str) -> None:
    line = write_line(one).rstrip("\n")
    changed = line[:position] + letter + line[position + 1 :]
    assert read_line(changed) is None or changed == line


@given(st.text(max_size=200))
def test_any_text_is_no_entry(text: str) -> None:
    assert read_line(text) is None


async def test_the_journal_is_for_its_owner_alone_and_holds_keyed_hashes_only(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    await journal.append([entry(1)])
    path = tmp_path / "journal" / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    (line,) = path.read_text().splitlines()
    assert line.split()[:6] == [
        "s1",
        entry(1).suppression_index.hex(),
        "marketing",
        "stop",
        "stop_word",
        "exact",
    ]


async def test_entries_of_many_callers_are_all_kept_in_order(tmp_path: Path) -> None:
    journals = [FileJournal(tmp_path), FileJournal(tmp_path)]
    await asyncio.gather(*(journals[number % 2].append([entry(number)]) for number in range(100)))
    kept = list(journals[0].read())
    assert sorted(one.occurred_at for one in kept if isinstance(one, JournalEntry)) == [
        entry(number).occurred_at for number in range(100)
    ]


async def test_a_torn_last_line_is_skipped_and_the_next_writer_starts_a_new_line(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    await journal.append([entry(1), entry(2)])
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes()[:-9])
    assert list(journal.read()) == [entry(1), DamagedLine(line_number=2, is_last=True)]
    await journal.append([entry(3)])
    assert list(journal.read()) == [entry(1), DamagedLine(line_number=2, is_last=False), entry(3)]


async def test_an_absent_journal_is_an_empty_one(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "never")
    await journal.append([])
    assert list(journal.read()) == []
    assert not (tmp_path / "never").exists()


async def test_a_journal_that_cannot_be_written_stops_the_commit(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the directory should be")
    journal = FileJournal(tmp_path / "taken")
    with pytest.raises(JournalWriteError) as caught:
        await journal.append([entry(1)])
    assert caught.value.code == "RC-JOURNAL-001"
