"""Where the root key comes from and what is refused."""

import base64
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import ROOT_KEY

from rulecast.config import Settings
from rulecast.database import Database
from rulecast.values.ids import ContactId
from rulecast.vault import load_root_key, open_vault
from rulecast.vault.errors import (
    RootKeyExposedError,
    RootKeyForeignError,
    RootKeyInvalidError,
    RootKeyLostError,
    SealBrokenError,
)
from rulecast.vault.root_key import FILE_NAME, RootKey
from rulecast.vault.store import KeyStore


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the vault alone, so that no main database is cloned."""
    return Settings(home=tmp_path / "home", root_key=ROOT_KEY)


@pytest.fixture
def by_file(settings: Settings) -> Settings:
    """Settings without a root key: the file in the home is used."""
    return replace(settings, root_key=None)


async def test_the_first_start_makes_a_private_file_and_explains_its_loss(
    by_file: Settings, keys_database: Database
) -> None:
    vault = await open_vault(by_file, keys_database)
    file = by_file.home / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert vault.explanation is not None
    assert str(file) in vault.explanation
    assert "Copy it now" in vault.explanation
    assert [one.name for one in by_file.home.iterdir()] == [FILE_NAME]


async def test_the_second_start_reads_the_file_and_says_nothing(
    by_file: Settings, keys_database: Database
) -> None:
    first = await open_vault(by_file, keys_database)
    second = await open_vault(by_file, keys_database)
    assert second.explanation is None
    assert second.fingerprint == first.fingerprint


async def test_a_lost_key_is_not_replaced_by_a_new_one(by_file: Settings, keys_database: Database) -> None:
    await open_vault(by_file, keys_database)
    (by_file.home / FILE_NAME).unlink()
    with pytest.raises(RootKeyLostError):
        await open_vault(by_file, keys_database)
    assert not (by_file.home / FILE_NAME).exists()


async def test_another_key_is_refused(settings: Settings, keys_database: Database) -> None:
    await open_vault(settings, keys_database)
    other = replace(settings, root_key=base64.b64encode(b"x" * 32).decode())
    with pytest.raises(RootKeyForeignError):
        await open_vault(other, keys_database)


async def test_another_workspace_name_is_refused(settings: Settings, keys_database: Database) -> None:
    await open_vault(settings, keys_database)
    with pytest.raises(RootKeyForeignError):
        await open_vault(replace(settings, workspace="other"), keys_database)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_others_can_touch_is_refused(by_file: Settings, mode: int) -> None:
    load_root_key(by_file, may_create=True)
    (by_file.home / FILE_NAME).chmod(mode)
    with pytest.raises(RootKeyExposedError, match=f"{mode:04o}"):
        load_root_key(by_file, may_create=True)


def test_a_link_in_place_of_the_file_is_refused(by_file: Settings, tmp_path: Path) -> None:
    load_root_key(by_file, may_create=True)
    file = by_file.home / FILE_NAME
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RootKeyExposedError):
        load_root_key(by_file, may_create=True)


def test_a_named_pipe_in_place_of_the_file_is_refused(by_file: Settings) -> None:
    by_file.home.mkdir(parents=True)
    os.mkfifo(by_file.home / FILE_NAME, 0o600)
    with pytest.raises(RootKeyExposedError):
        load_root_key(by_file, may_create=True)


@pytest.mark.parametrize("text", ["short", "!" * 44, base64.b64encode(b"x" * 31).decode(), "é"])
def test_a_malformed_key_is_refused_without_being_shown(settings: Settings, text: str) -> None:
    with pytest.raises(RootKeyInvalidError) as refused:
        load_root_key(replace(settings, root_key=text), may_create=True)
    assert text not in str(refused.value)


def test_an_empty_file_is_malformed_and_stays(by_file: Settings) -> None:
    by_file.home.mkdir(parents=True)
    file = by_file.home / FILE_NAME
    file.touch(mode=0o600)
    with pytest.raises(RootKeyInvalidError):
        load_root_key(by_file, may_create=True)
    assert file.read_bytes() == b""


def test_each_purpose_and_workspace_has_a_key_of_its_own() -> None:
    root = RootKey(material=bytes(32), explanation=None)
    derived = {
        root.derive(purpose, workspace) for purpose in ("wrapping", "link") for workspace in ("one", "two")
    }
    assert len(derived) == 4
    assert root.fingerprint("one") != root.fingerprint("two")


def test_the_key_is_not_in_its_repr() -> None:
    root = RootKey(material=b"k" * 32, explanation=None)
    assert "kkkk" not in repr(root)


async def test_a_value_sealed_in_one_workspace_opens_in_no_other(
    settings: Settings, keys_database: Database
) -> None:
    vault = await open_vault(settings, keys_database)
    await vault.create_keys([ContactId(1)])
    sealed = await vault.seal(ContactId(1), "a.b.c", b"value")
    stranger = type(vault)(
        RootKey(material=bytes(range(32)), explanation=None), "other", KeyStore(keys_database)
    )
    with pytest.raises(SealBrokenError):
        await stranger.open(ContactId(1), "a.b.c", sealed)
