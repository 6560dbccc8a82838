"""The commands around triggers, as a person types them."""

import asyncio
import json
from datetime import timedelta

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people
from tests.triggering import happens, put_in_force, triggered_rule

from rulecast.cli.app import run_command
from rulecast.config import load_settings
from rulecast.wiring.doctor import examine_workspace
from rulecast.wiring.finding import Health
from rulecast.wiring.workspace import open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file


def test_triggers_are_run_looked_at_and_compared(
    environment: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    def rulecast(*arguments: str) -> str:
        capfd.readouterr()
        assert run_command(arguments, environment) == 0
        return capfd.readouterr().out

    async def prepare() -> None:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            await apply_workspace_file(workspace, WORKSPACE_FILE, source="workspace.toml")
            (asha,) = await create_people(workspace, [Person(phone="+212612345601")])
            entering = triggered_rule("vips", "on entering the audience", condition='tag "vip"')
            await put_in_force(workspace, triggered_rule("thanks", "on purchase", clauses=""), entering)
            await happens(workspace, asha, ago=timedelta(0))

    async def findings() -> dict[str, Health]:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            return {one.name: one.health for one in await examine_workspace(workspace)}

    asyncio.run(prepare())
    assert "2 rules listen, 1 firings wait" in rulecast("triggers", "run", "--until-done")
    status = json.loads(rulecast("triggers", "status", "--json"))
    assert (status["versions"], status["arrivals"], status["waiting"], status["held"]) == (2, 0, 1, 0)
    assert "vips: 0 people, 0 missing, 0 too many" in rulecast("triggers", "check")
    assert 'rulecast_audience_difference{kind="missing",rule="vips"} 0.0' in rulecast(
        "triggers", "status", "--metrics"
    )
    assert asyncio.run(findings())["triggers"] is Health.GOOD
