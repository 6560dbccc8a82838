"""Kept files are sealed on the disk, and what was changed there is noticed."""

import hashlib
from pathlib import Path

import pytest

from rulecast.template.media import MediaFiles
from rulecast.template.media.errors import MediaBrokenError
from rulecast.vault import Vault


async def test_f96_a_kept_file_is_sealed_and_a_changed_or_renamed_one_is_refused(
    vault: Vault, tmp_path: Path
) -> None:
    files = MediaFiles(tmp_path / "media", vault)
    one = await files.keep(b"picture of a red dress")
    other = await files.keep(b"another picture")
    assert (
        await files.keep(b"picture of a red dress")
        == one
        == hashlib.sha256(b"picture of a red dress").digest()
    )
    paths = {path.name.partition(".")[0]: path for path in (tmp_path / "media").iterdir()}
    assert set(paths) == {one.hex(), other.hex()}
    assert all(b"picture" not in path.read_bytes() for path in paths.values())
    assert {path.stat().st_mode & 0o777 for path in paths.values()} == {0o600}
    assert await files.load(one) == b"picture of a red dress"
    assert await files.load(bytes(32)) is None
    paths[one.hex()].write_bytes(paths[other.hex()].read_bytes())
    with pytest.raises(MediaBrokenError):
        await files.load(one)
    paths[other.hex()].write_bytes(b"torn")
    with pytest.raises(MediaBrokenError):
        await files.load(other)
