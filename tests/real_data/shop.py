"""A data set as the product holds it: imported by the verbs of `rulecast import`, asked as of a day inside it."""

import asyncio
import random
import resource
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString, TypeVar

from rulecast.collect.imports.mapping import ImportKind
from rulecast.config import load_settings
from rulecast.database import fetch_all, fetch_value
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY
from rulecast.plan import store as plan_store
from rulecast.profile import find_contacts
from rulecast.profile.identity import Identity, lookup_of
from rulecast.rule.engine import PersonFacts, evaluate
from rulecast.rule.engine.mart import Frame
from rulecast.rule.language import CheckedRule, RuleProblems, check_rule
from rulecast.wiring.engine import Engine, open_engine
from rulecast.wiring.import_events import import_events
from rulecast.wiring.import_run import ImportOrder, ImportReport
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.prepare_import import ImportRequest, prepare_import
from rulecast.wiring.workspace import Workspace, open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file
from tests.conftest import ROOT_KEY
from tests.database import cloned_database
from tests.real_data.part import folder_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# The server of the tests is shared: another test's open transaction may hold the horizon for a while.
HORIZON_LIMIT_SECONDS = 60
MEBIBYTE = 1024

Result = TypeVar("Result")


def data_folder(name: str) -> Path:
    """Return where a public data set, or the part of it that this run uses, lies."""
    return folder_of(name)


def example(kind: ImportKind, path: str, mapping: str) -> "File":
    """Return a file of a data set with its example mapping."""
    name, file = path.split("/")
    return File(kind=kind, path=data_folder(name) / file, mapping=EXAMPLES / name / mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a data set and the mapping that reads it."""

    kind: ImportKind
    path: Path
    mapping: Path


@dataclass(slots=True, kw_only=True)
class Shop:
    """One imported data set: a workspace on databases of its own, asked from plain tests."""

    name: str
    environment: dict[str, str]
    workspace: Workspace
    runner: asyncio.Runner
    reports: dict[str, ImportReport] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    memory_mib: int = 0
    numbers: dict[int, int] = field(default_factory=dict)

    def rule_path(self, rule: str) -> Path:
        return EXAMPLES / self.name / f"{rule}.rule"

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def audience(self, rule: str, now: datetime) -> set[int]:
        """Return the data set's own numbers of everybody whom the rule meets as of an instant."""
        return {self.numbers[contact_id] for contact_id in self.run(self._match(rule, now))}

    def audience_by_reference(self, rule: str, now: datetime, numbers: Iterable[int]) -> set[int]:
        """Return which of these people the reference evaluator finds the rule true for."""
        return self.run(self._evaluate(rule, now, sorted(numbers)))

    def events_by_name(self) -> dict[str, int]:
        """Return how many events of each name are stored."""
        return dict(self.rows("SELECT name, count(*) FROM collect.event GROUP BY name ORDER BY name"))

    def value(self, statement: LiteralString) -> Any:
        """Return the one value of a statement."""
        return self.rows(statement)[0][0]

    def rows(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        """Return the rows of a statement on PostgreSQL."""

        async def read() -> list[tuple[Any, ...]]:
            async with self.workspace.database.connection() as connection:
                return await fetch_all(connection, statement, {})

        return self.run(read())

    def sample(self, audience: set[int], size: int) -> set[int]:
        """Return people of whom up to half are in the audience; the same ones every time."""
        chance = random.Random(len(audience))
        inside = chance.sample(sorted(audience), min(len(audience), size // 2))
        outside = sorted(set(self.numbers.values()) - audience)
        return {*inside, *chance.sample(outside, size - len(inside))}

    async def _match(self, rule: str, now: datetime) -> list[int]:
        async with open_engine(self.workspace) as engine:
            checked = await self._check(rule)
            return await engine.mart.match(checked.condition, Frame(now=now, as_of=now))

    async def _evaluate(self, rule: str, now: datetime, numbers: Sequence[int]) -> set[int]:
        contact_of = {number: contact_id for contact_id, number in self.numbers.items()}
        checked = await self._check(rule)
        async with self.workspace.database.connection() as connection:
            people = await plan_store.read_people(
                connection,
                [contact_of[number] for number in numbers],
                catalogue=await self.workspace.catalogue(connection),
                events_read=checked.events_read,
                valid_until=now,
                known_until=self.workspace.clock.now(),
            )
        nobody = PersonFacts(contact_id=0)
        return {
            number
            for number in numbers
            if evaluate(checked.condition, people.get(contact_of[number], nobody), now)
        }

    async def _check(self, rule: str) -> CheckedRule:
        text = self.rule_path(rule).read_text(encoding="utf-8")
        async with self.workspace.database.connection() as connection:
            found = check_rule(text, await self.workspace.catalogue(connection))
        assert not isinstance(found, RuleProblems), "\n".join(one.render(text) for one in found.problems)
        return found


@contextmanager
def imported(name: str, files: Sequence[File], home: Path, *, zone: str) -> Iterator[Shop]:
    """Import the files into fresh databases and bring the mart up to date; everything goes at the end."""
    with (
        cloned_database(MAIN_DIRECTORY) as main_url,
        cloned_database(KEYS_DIRECTORY) as keys_url,
        asyncio.Runner() as runner,
    ):
        environment = {
            "RULECAST_HOME": str(home),
            "RULECAST_DATABASE_URL": main_url,
            "RULECAST_KEYS_DATABASE_URL": keys_url,
            "RULECAST_ROOT_KEY": ROOT_KEY,
            "RULECAST_DEFAULT_TIMEZONE": zone,
        }
        opening = open_workspace(load_settings(environment), actor="test")
        workspace = runner.run(opening.__aenter__())
        try:
            shop = Shop(name=name, environment=environment, workspace=workspace, runner=runner)
            runner.run(_fill(shop, files, home))
            yield shop
        finally:
            runner.run(opening.__aexit__(None, None, None))


async def _fill(shop: Shop, files: Sequence[File], home: Path) -> None:
    text = (EXAMPLES / "workspace.toml").read_text(encoding="utf-8")
    await apply_workspace_file(shop.workspace, text, source="workspace.toml")
    for file in files:
        started = time.monotonic()
        proposal = await prepare_import(
            shop.workspace,
            ImportRequest(kind=file.kind, file=file.path, mapping_file=file.mapping),
        )
        verb = import_contacts if file.kind == "contacts" else import_events
        order = ImportOrder(proposal=proposal, rejects_path=home / f"{file.path.name}.rejects.csv")
        shop.reports[file.path.name] = await verb(shop.workspace, order)
        shop.seconds[file.path.name] = time.monotonic() - started
    shop.memory_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEBIBYTE
    started = time.monotonic()
    async with open_engine(shop.workspace) as engine:
        await _sync(engine)
    shop.seconds["mart"] = time.monotonic() - started


async def _sync(engine: Engine) -> None:
    """Sync until everything committed by now is in."""
    async with engine.workspace.database.connection() as connection:
        catalogue = await engine.workspace.catalogue(connection)
        wanted = await fetch_value(
            connection, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint", {}
        )
        async with asyncio.timeout(HORIZON_LIMIT_SECONDS):
            report = await engine.mart.sync(connection, catalogue)
            while report.horizon < wanted:
                await asyncio.sleep(0.05)
                report = await engine.mart.sync(connection, catalogue)


def name_people(shop: Shop, numbers: Iterable[int]) -> None:
    """Learn which contact each number of the data set became; numbers nobody has are left out."""
    vault = shop.workspace.vault
    by_lookup = {lookup_of(vault, Identity(kind="external", value=str(one))): one for one in numbers}

    async def find() -> dict[bytes, Any]:
        async with shop.workspace.database.connection() as connection:
            return await find_contacts(connection, list(by_lookup))

    shop.numbers = {contact_id: by_lookup[lookup] for lookup, contact_id in shop.run(find()).items()}
