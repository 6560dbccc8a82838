"""Opening a workspace: made once, explained before anything is sealed, refused when it is another one."""

from dataclasses import replace

import pytest

from rulecast.config import Settings
from rulecast.database import Database, fetch_value
from rulecast.values import zone_offsets
from rulecast.values.clock import ManualClock
from rulecast.values.reason import NUMBERS
from rulecast.vault.errors import RootKeyForeignError
from rulecast.wiring.errors import WorkspaceModeError, WorkspaceNameError
from rulecast.wiring.partitions import PARTITIONED
from rulecast.wiring.workspace import open_workspace


async def test_the_first_start_makes_the_workspace_and_fills_what_a_release_brings(
    settings: Settings, database: Database, clock: ManualClock
) -> None:
    async with open_workspace(settings, actor="amal", clock=clock) as first:
        assert first.is_simulated
        assert first.created_at == clock.now()
        async with first.database.connection() as connection:
            assert "city" in (await first.catalogue(connection)).attributes
    clock.advance(60)
    async with open_workspace(settings, actor="amal", clock=clock) as second:
        assert (second.workspace_id, second.created_at) == (first.workspace_id, first.created_at)
    async with database.connection() as connection:
        assert await fetch_value(connection, "SELECT count(*) FROM plan.reason") == len(NUMBERS)
        loaded = await fetch_value(connection, "SELECT tzdata_version FROM public.zone_table")
        assert loaded == zone_offsets.tzdata_version()


async def test_losing_the_root_key_is_explained_when_it_is_made(settings: Settings) -> None:
    said: list[str] = []
    own_key = replace(settings, root_key=None)
    async with open_workspace(own_key, actor="amal", announce=said.append):
        pass
    async with open_workspace(own_key, actor="amal", announce=said.append):
        pass
    (explanation,) = [text for text in said if "root key" in text]
    assert str(settings.home / "root.key") in explanation
    assert "Copy it now" in explanation


async def test_another_key_mode_or_name_is_refused(settings: Settings) -> None:
    async with open_workspace(settings, actor="amal"):
        pass
    with pytest.raises(WorkspaceModeError):
        async with open_workspace(replace(settings, mode="live"), actor="amal"):
            pass
    with pytest.raises((WorkspaceNameError, RootKeyForeignError)):
        async with open_workspace(replace(settings, workspace="other"), actor="amal"):
            pass
    with pytest.raises(RootKeyForeignError):
        async with open_workspace(replace(settings, root_key="A" * 43 + "="), actor="amal"):
            pass


async def test_other_zone_rules_replace_the_loaded_ones(settings: Settings, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("UPDATE public.zone_table SET tzdata_version = 'old'")
        await connection.execute("UPDATE public.zone_offset SET minutes = 0")
    async with open_workspace(settings, actor="amal"):
        pass
    async with database.connection() as connection:
        casablanca = (
            "SELECT count(*) FROM public.zone_offset WHERE zone = 'Africa/Casablanca' AND minutes = 60"
        )
        assert await fetch_value(connection, casablanca) > 10


async def test_opening_makes_the_months_at_hand_and_a_month_kept_by_default_hinders_no_other(
    settings: Settings, database: Database, clock: ManualClock
) -> None:
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO collect.event (contact_id, name, occurred_at, recorded_at, source, event_key)"
            " VALUES (1, 'purchase', '2026-11-02', '2026-11-02', 'import', decode(md5('1'), 'hex'))"
        )
    async with open_workspace(settings, actor="amal", clock=clock):
        pass
    async with open_workspace(settings, actor="amal", clock=clock):
        pass
    async with database.connection() as connection:
        made = [
            await fetch_value(connection, f"SELECT to_regclass('{table}_{month}') IS NOT NULL")
            for table in PARTITIONED
            for month in ("202611", "202612")
        ]
        assert made == [
            table != "collect.event" or month == "12" for table in PARTITIONED for month in ("11", "12")
        ]
        rows = "SELECT count(*) FROM collect.event WHERE occurred_at < '2026-12-01'"
        assert await fetch_value(connection, rows) == 1
