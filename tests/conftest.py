"""Fixtures every test may ask for; each database is a fresh clone, dropped afterwards."""

import base64
import logging
import os
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import structlog

from ledger_check.promises import HAS_SENT, broken_promises
from rulecast.config import Settings, load_settings
from rulecast.database import Database
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY
from rulecast.values.clock import ManualClock
from rulecast.vault import Vault, open_vault
from tests.canaries import fail_what_told, leaks_in_database
from tests.database import cloned_database
from tests.sent_bodies import BodiesOfTest, SentBodies

START = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
ROOT_KEY = base64.b64encode(bytes(range(32))).decode()
SENT_BODIES = SentBodies()
SENT_BODIES.collect()


@pytest.fixture(autouse=True)
def every_request_passes_the_published_schema() -> Iterator[None]:
    """Fail the test in which rulecast sent what Meta's own schema refuses."""
    yield
    assert SENT_BODIES.new_faults() == []


@pytest.fixture
def sent_bodies() -> BodiesOfTest:
    """What this test's simulators are sent."""
    return BodiesOfTest(SENT_BODIES)


@pytest.fixture(autouse=True)
def every_test_leaves_the_logs_as_they_were() -> Iterator[None]:
    """Take back what a test that runs a process's role in this one made of the logs."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    yield
    root.handlers[:], logging.raiseExceptions = before[0], before[2]
    root.setLevel(before[1])
    structlog.reset_defaults()


@pytest.fixture
def clock() -> ManualClock:
    """A clock standing at Tuesday 2026-11-17, 19:55 in Casablanca."""
    return ManualClock(START)


@pytest.fixture
def promises_are_broken_on_purpose() -> None:
    """Asked for by a test that writes what no sender would have written."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of this test's own; what was sent from it to the stand-in for Meta must have kept the promises."""
    with cloned_database(MAIN_DIRECTORY) as conninfo:
        yield conninfo
        with psycopg.connect(conninfo, autocommit=True) as connection:
            if {"graph", "promises_are_broken_on_purpose"} & set(request.fixturenames) == {"graph"}:
                assert broken_promises(connection) == {}
            if connection.execute(HAS_SENT).fetchone() == (True,):
                assert leaks_in_database(connection) == []


@pytest.fixture
def keys_database_url() -> Iterator[str]:
    with cloned_database(KEYS_DIRECTORY) as conninfo:
        yield conninfo


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database(database_url, pool_size=8).open()
    yield opened
    await opened.close()


@pytest.fixture
async def keys_database(keys_database_url: str) -> AsyncIterator[Database]:
    opened = await Database(keys_database_url, pool_size=4).open()
    yield opened
    await opened.close()


@pytest.fixture
def environment(database_url: str, keys_database_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables under which a process of the product works on this test's databases."""
    return {
        "RULECAST_HOME": str(tmp_path / "home"),
        "RULECAST_DATABASE_URL": database_url,
        "RULECAST_KEYS_DATABASE_URL": keys_database_url,
        "RULECAST_ROOT_KEY": ROOT_KEY,
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return load_settings(environment)


@pytest.fixture
async def vault(keys_database: Database, tmp_path: Path) -> Vault:
    return await open_vault(Settings(home=tmp_path / "home", root_key=ROOT_KEY), keys_database)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test whose output or logs hold a value of a person; the last of its reports has all of them."""
    report = yield
    if report.when == "teardown":
        fail_what_told(report)
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs the public data sets where they are not named, and say how many that is."""
    if os.environ.get("RULECAST_TEST_DATA") or os.environ.get("RULECAST_COUNT_REAL_DATA"):
        return
    if os.environ.get("CI"):
        raise pytest.UsageError("RULECAST_TEST_DATA must name the public data sets in CI")
    left_out = [item for item in items if item.get_closest_marker("real_data")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
