"""The commands from a rule to its messages, as a person types them."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people, rule_text

from rulecast.cli.app import run_command
from rulecast.config import load_settings
from rulecast.values.purpose import ConsentStatus
from rulecast.wiring.workspace import open_workspace


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "workspace.toml").write_text(WORKSPACE_FILE, encoding="utf-8")
    (tmp_path / "winback.rule").write_text(rule_text(clauses="budget 800 MAD per run"), encoding="utf-8")
    (tmp_path / "broken.rule").write_text(rule_text().replace("city in", "town in"), encoding="utf-8")
    return tmp_path


def fill(environment: dict[str, str]) -> list[int]:
    async def inside() -> list[int]:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            people = [
                Person(phone="+212612000001"),
                Person(phone="+212612000002", language="ar", status=ConsentStatus.WITHDRAWN),
                Person(phone="+212612000003", city="agadir"),
            ]
            return [int(one) for one in await create_people(workspace, people)]

    return asyncio.run(inside())


def test_from_a_rule_to_its_messages(
    files: Path, environment: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    def rulecast(*arguments: str, code: int = 0) -> str:
        capfd.readouterr()
        assert run_command(arguments, environment) == code
        return capfd.readouterr().out

    def answer(*arguments: str, code: int = 0) -> dict[str, object]:
        return dict(json.loads(rulecast(*arguments, "--json", code=code)))

    rule = str(files / "winback.rule")
    assert "+ number casablanca_main" in rulecast("workspace", "apply", str(files / "workspace.toml"))
    assert "Nothing to change." in rulecast("workspace", "apply", str(files / "workspace.toml"))
    assert "winback" in rulecast("workspace", "show")
    asha, bilal, chitra = fill(environment)

    problems = answer("rule", "check", str(files / "broken.rule"), code=1)
    assert problems["ok"] is False
    assert "checks" in rulecast("rule", "check", rule)
    rulecast("rule", "fmt", rule)
    assert "canonical" in rulecast("rule", "fmt", rule, "--check")
    assert "in their language" in rulecast("rule", "explain", rule)
    # Stored text is folded, and so are the constants of a condition.
    assert 'city in ("casablanca", ' in rulecast("rule", "explain", rule, "--passes")

    # However wide the terminal is.
    shown = " ".join(rulecast("plan", rule).split())
    for part in (
        "audience",
        "consent_withdrawn",
        "planned",
        "Cost",
        "budget 80.00 USD",
        "Calendar",
        "Bonjour A•••",
    ):
        assert part in shown
    assert "Asha" not in shown
    (plan,) = answer("plan", rule)["plans"]  # type: ignore[misc] - JSON
    number = str(plan["plan_id"])
    assert plan["planned"] == 1

    assert "✔" in rulecast("why", str(asha), "--plan", number)
    assert "The latest consent record" in rulecast("why", str(bilal), "--plan", number)
    told = answer("why", str(chitra), "--plan", number)
    assert told["in_audience"] is False

    assert answer("launch", number, code=2)["error"]["code"] == "RC-PLAN-002"  # type: ignore[index] - JSON
    assert "approved by badr" in rulecast("approve", number, "--as", "badr")
    assert "launched: run" in rulecast("launch", number)
    assert answer("launch", number)["is_new"] is False
    listed = answer("plans")["plans"]
    assert [one["state"] for one in listed] == ["launched", "draft"]  # type: ignore[index, union-attr] - JSON
    assert answer("try", rule, "--to", "seed", code=2)["error"]["code"] == "RC-PLAN-013"  # type: ignore[index] - JSON
    assert answer("try", rule, "--to", "everybody", code=2)["error"]["code"] == "RC-PLAN-009"  # type: ignore[index] - JSON
