"""The three example rules run to messages at the simulator; each audience is counted again in plain Python."""

import importlib.util
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.simulated import CERTAIN, TOKEN, bench
from tests.street import Street

from rulecast.cli.app import run_command
from rulecast.collect.imports.mapping import ImportKind
from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.wiring.import_events import import_events
from rulecast.wiring.import_run import ImportOrder
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.prepare_import import ImportRequest, prepare_import
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.workspace import Workspace, open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file

EXAMPLES = Path(__file__).parents[2] / "examples" / "rules"
RULES = tuple(sorted(EXAMPLES.glob("*.rule")))
NOON = datetime(2026, 11, 17, 12, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 17, 20, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
KEPT_SEED, KEPT_COUNT = 1, 60
OTHER_SEED = 2

Row = Mapping[str, Any]


def _maker() -> Any:
    specification = importlib.util.spec_from_file_location("make_people", EXAMPLES / "make_people.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _age(row: Row) -> int | None:
    if not row["birth_date"]:
        return None
    born, today = date.fromisoformat(row["birth_date"]), NOON.date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _is_inactive(_: Row, visits: list[datetime]) -> bool:
    return not any(NOON - WEEK <= at < NOON for at in visits)


def _is_of_the_city(row: Row, _: list[datetime]) -> bool:
    return bool(row["city"] == "Casablanca")


def _is_of_the_age(row: Row, _: list[datetime]) -> bool:
    age = _age(row)
    return age is not None and 25 <= age <= 34


def _may_be_written_to(row: Row) -> bool:
    age = _age(row)
    return row["consent"] == "yes" and (age is None or age >= 18)


COUNTS: Mapping[str, tuple[Callable[[Row, list[datetime]], bool], str]] = {
    "seed_inactive": (_is_inactive, "seed_promotion"),
    "seed_city": (_is_of_the_city, "seed_local_offer"),
    "seed_evening": (_is_of_the_age, "seed_news"),
}


@asynccontextmanager
async def _shop(settings: Settings, clock: ManualClock, tmp_path: Path, files: Path) -> AsyncIterator[Street]:
    """Open a workspace as the README says: apply, push, import."""
    async with bench(tmp_path / "simulator", behaviour=CERTAIN) as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN, lease_seconds=2)
        async with open_workspace(pointed, actor="amal", clock=clock) as workspace:
            text = (EXAMPLES / "workspace.toml").read_text(encoding="utf-8")
            await apply_workspace_file(workspace, text, source="workspace.toml")
            await push_templates(workspace)
            await _import(workspace, "contacts", files / "people.csv")
            await _import(workspace, "events", files / "visits.csv")
            yield Street(workspace=workspace, clock=clock, bench=running, people=[])


async def _import(workspace: Workspace, kind: ImportKind, file: Path) -> None:
    request = ImportRequest(kind=kind, file=file, mapping_file=EXAMPLES / f"{file.stem}.toml")
    order = ImportOrder(
        proposal=await prepare_import(workspace, request), rejects_path=file.with_suffix(".rejects.csv")
    )
    report = await (import_contacts if kind == "contacts" else import_events)(workspace, order)
    assert report.reject_codes == {}


@pytest.mark.parametrize(
    ("rule", "seed"), [*((rule, KEPT_SEED) for rule in COUNTS), ("seed_inactive", OTHER_SEED)]
)
async def test_a_seed_rule_reaches_exactly_the_people_counted_in_plain_python(
    settings: Settings, clock: ManualClock, tmp_path: Path, rule: str, seed: int
) -> None:
    belongs, template = COUNTS[rule]
    people, visits = _maker().make(seed, KEPT_COUNT)
    _maker().write(tmp_path, seed, KEPT_COUNT)
    visits_of: dict[str, list[datetime]] = {row["phone"]: [] for row in people}
    for one in visits:
        visits_of[one["phone"]].append(datetime.fromisoformat(one["at"]))
    audience = [row for row in people if belongs(row, visits_of[row["phone"]])]
    written_to = sorted(row["phone"] for row in audience if _may_be_written_to(row))
    assert 0 < len(written_to) < len(audience) < len(people)

    clock.set(NOON)
    async with _shop(settings, clock, tmp_path, tmp_path) as shop:
        (plan,) = await shop.plan((EXAMPLES / f"{rule}.rule").read_text(encoding="utf-8"))
        assert plan.document["audience"] == len(audience)
        assert plan.document["planned"] == len(written_to)
        await shop.start(plan)
        await shop.send()
        if rule == "seed_evening":
            assert _accepted(shop) == []
            clock.set(EVENING)
            await shop.send()
        assert _accepted(shop) == [(phone, template) for phone in written_to]


def _accepted(shop: Street) -> list[tuple[str, str]]:
    rows = [row for row in shop.bench.ledger() if row.get("outcome") == "accepted"]
    return sorted(("+" + row["to"].removeprefix("+"), row["template"]) for row in rows)


def test_the_files_of_the_people_are_those_of_their_seed(tmp_path: Path) -> None:
    _maker().write(tmp_path, KEPT_SEED, KEPT_COUNT)
    for name in ("people.csv", "visits.csv"):
        assert (tmp_path / name).read_bytes() == (EXAMPLES / name).read_bytes()


def test_the_example_rules_check_clean_and_their_examples_pass(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = {"HOME": str(tmp_path), "RULECAST_HOME": str(tmp_path / "home")}
    for command in ("check", "test", "fmt"):
        options = ("--check",) if command == "fmt" else ()
        assert run_command(("rule", command, *options, *map(str, RULES)), environment) == 0
    printed = capfd.readouterr().out
    assert [printed.count(f"{rule.name} checks") for rule in RULES] == [1, 1, 1]
    assert "RL-" not in printed
