import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from rulecast.deliver.restore import HoldCause, Memory, MemoryFile, Standing, judge
from rulecast.deliver.restore.judge import CAUSE_SENTENCES
from rulecast.deliver.restore.memory import FILE_NAME, MemoryDamagedError

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
WORKSPACE = UUID(int=1)
LIFE = "7430/00000001/16384"


def memory(*, life: str = LIFE, beat: int = 5, workspace: UUID = WORKSPACE) -> Memory:
    return Memory(workspace_id=workspace, life=life, beat=beat, seen_at=NOON)


def standing(*, now: str = LIFE, life: str = LIFE, environment: str = "", beat: int = 5) -> Standing:
    return Standing(life_now=now, life=life, environment=environment, beat=beat, beaten_at=NOON)


NEW = standing(life="", beat=-1)


@pytest.mark.parametrize(
    ("said", "remembered", "environment", "causes"),
    [
        (NEW, None, "", ()),
        (standing(), memory(), "", ()),
        (standing(), memory(beat=4), "", ()),
        # A home that has never sent trusts a database that is where it always was.
        (standing(), None, "", ()),
        # Somebody has decided about a new life; this home has seen nothing later.
        (standing(beat=1005), memory(life="7430/00000001/9"), "", ()),
        (standing(beat=5), memory(life="7430/00000001/9", beat=6), "", (HoldCause.BEHIND,)),
        (standing(environment="production"), memory(), "production", ()),
        (standing(), memory(), "production", ()),
        (standing(environment="production"), memory(), "rehearsal", (HoldCause.OTHER_ENVIRONMENT,)),
        (standing(environment="production"), None, "", (HoldCause.OTHER_ENVIRONMENT,)),
        (standing(now="99/00000001/16384"), None, "", (HoldCause.OTHER_CLUSTER,)),
        (standing(now="99/00000007/20000"), memory(), "", (HoldCause.OTHER_CLUSTER,)),
        (standing(now="7430/00000002/16384"), memory(), "", (HoldCause.OTHER_TIMELINE,)),
        (standing(now="7430/00000001/20000"), memory(), "", (HoldCause.OTHER_DATABASE,)),
        (standing(beat=4), memory(), "", (HoldCause.BEHIND,)),
        (standing(now="7430/00000002/16384", beat=4), memory(), "", (HoldCause.OTHER_TIMELINE, HoldCause.BEHIND)),
        (NEW, memory(), "", (HoldCause.FORGOT,)),
        (standing(), memory(workspace=UUID(int=2)), "", (HoldCause.OTHER_WORKSPACE,)),
    ],
)  # fmt: skip
def test_a_database_is_held_unless_it_is_the_one_that_was_sent_from_f71_f87_f98(
    said: Standing, remembered: Memory | None, environment: str, causes: tuple[HoldCause, ...]
) -> None:
    assert judge(said, remembered, workspace_id=WORKSPACE, environment=environment) == causes


def test_every_cause_has_a_sentence() -> None:
    assert set(CAUSE_SENTENCES) == set(HoldCause)


def sign(said: bytes) -> bytes:
    return bytes(32 - len(said) % 8) + said[:8]


def test_a_home_remembers_what_was_written_last(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path / "journal", sign)
    assert file.read() is None
    file.write(memory(beat=1))
    left = tmp_path / "journal" / f".{FILE_NAME}.of_a_killed_writer"
    left.touch()
    os.utime(left, (0, 0))
    file.write(memory(beat=2))
    assert file.read() == memory(beat=2)
    assert [path.name for path in (tmp_path / "journal").iterdir()] == [FILE_NAME]
    assert (tmp_path / "journal" / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"life": 1}', b"\xff\xfe", b"9" * 5_000])
def test_a_damaged_memory_is_told_from_an_absent_one(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(damage)
    with pytest.raises(MemoryDamagedError):
        MemoryFile(tmp_path, sign).read()


def test_a_memory_that_was_changed_or_signed_by_others_is_not_believed(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path, sign)
    file.write(memory(beat=1))
    with pytest.raises(MemoryDamagedError):
        MemoryFile(tmp_path, lambda said: sign(said)[::-1]).read()
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text().replace("7430", "7431"))
    with pytest.raises(MemoryDamagedError):
        MemoryFile(tmp_path, lambda _said: bytes(32)).read()
