"""The manual cannot go stale: commands, errors and reasons are compared with their pages."""

from collections import Counter
from pathlib import Path

import pytest
from typer.main import get_command

from rulecast.cli.app import GROUPS, build_app, groups_of
from rulecast.cli.reference import COMMAND, PAGES, all_errors
from rulecast.values.errors import RulecastError

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_page_is_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), f"run {COMMAND}"


def test_every_error_has_a_code_of_its_own_and_says_what_to_do() -> None:
    errors = all_errors()
    kinds: list[type[RulecastError]] = [RulecastError]
    codes: Counter[str] = Counter()
    while kinds:
        kind = kinds.pop()
        kinds.extend(kind.__subclasses__())
        if kind.__module__.startswith("rulecast.") and "code" in vars(kind):
            codes[kind.code] += 1
    assert [code for code, count in codes.items() if count > 1] == []
    assert [error.code for error in errors if not error.summary or not error.remedy] == []


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_adds_the_commands_its_list_names(group: str) -> None:
    assert tuple(get_command(build_app({}, {}, [group])).commands) == GROUPS[group]


def test_a_call_loads_only_the_group_it_needs() -> None:
    assert groups_of(["--as", "amal", "report", "3"]) == ("report",)
    assert groups_of(["--help"]) == tuple(GROUPS)
    assert groups_of(["--as", "plan", "stop", "--all"]) == ("plans", "stop")
