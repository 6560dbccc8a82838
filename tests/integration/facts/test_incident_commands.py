"""Incidents and declared sign-ups, as a person meets them in a terminal."""

import asyncio
import json
from datetime import timedelta

import pytest

from rulecast.account.facts import apply_account_facts
from rulecast.cli.app import run_command
from rulecast.collect.webhook_facts import AccountFact
from rulecast.config import load_settings
from rulecast.gate.incidents import IncidentReport, open_incident
from rulecast.wiring.doctor import examine_workspace
from rulecast.wiring.finding import Health
from rulecast.wiring.workspace import open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file

SIGNUPS = '[[signups]]\nid = "5501"\nwording_version = "spring"\n'


def test_an_incident_is_listed_shown_and_resumed_with_a_reason(
    environment: dict[str, str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")

    def rulecast(*arguments: str, code: int = 0) -> str:
        capfd.readouterr()
        assert run_command(arguments, environment) == code
        printed = capfd.readouterr()
        # The banner of the workspace and what went wrong are no part of the answer.
        return printed.out if code == 0 else printed.err

    async def prepare() -> None:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            now = workspace.clock.now()
            (new,) = await apply_workspace_file(workspace, SIGNUPS, source="workspace.toml")
            assert (new.kind, new.name, new.is_new) == ("sign-up", "5501", True)
            assert await apply_workspace_file(workspace, SIGNUPS, source="workspace.toml") == []
            told = AccountFact(
                kind="restriction",
                field="account_update",
                event="ACCOUNT_RESTRICTION",
                waba_id="77",
                until=now + timedelta(days=1),
                details={"restriction_type": "RESTRICTED_UTILITY_TEMPLATES"},
            )
            async with workspace.database.transaction() as connection:
                outcome = await apply_account_facts(connection, [told], now)
                (call,) = outcome.calls
                report = IncidentReport(
                    cause=call.cause, scope=call.scope, scope_id=call.scope_id, at=call.at, steps=call.steps
                )
                assert await open_incident(connection, report) == await open_incident(connection, report)

    async def health() -> Health:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            return {one.name: one.health for one in await examine_workspace(workspace)}["incidents"]

    asyncio.run(prepare())
    assert asyncio.run(health()) is Health.PROBLEM
    listed = rulecast("incident", "list")
    assert "restriction:RESTRICTED_UTILITY_TEMPLATES" in listed
    assert "utility" in listed
    assert "rulecast_holds_in_force 1.0" in rulecast("incident", "list", "--metrics")
    number = json.loads(rulecast("incident", "list", "--json"))["incidents"][0]["incident_id"]
    assert "1. Open WhatsApp Manager" in rulecast("incident", "show", str(number))
    assert "RC-INCIDENT-002" in rulecast("incident", "resume", str(number), code=2)
    assert "in the hands of" in rulecast("--as", "amal", "incident", "own", str(number))
    rulecast("incident", "note", str(number), "Meta was asked for a review")
    rulecast("incident", "done", str(number), "2")
    assert "RC-INCIDENT-004" in rulecast("incident", "done", str(number), "50", code=2)
    assert "RC-INCIDENT-003" in rulecast("incident", "drill", "fire", code=2)
    shown = rulecast("incident", "show", str(number))
    assert "In the hands of amal." in shown
    assert "note: Meta was asked for a review" in shown
    assert "[done by " in shown
    assert {"quality", "code:190"} <= {
        one["signal"] for one in json.loads(rulecast("incident", "signals", "--json"))["signals"]
    }
    # Meta's restriction has not ended: whoever goes on all the same says so.
    assert "RC-INCIDENT-005" in rulecast("incident", "resume", str(number), "--because", "x", code=2)
    because = ("--because", "appealed", "--force", "--json")
    lifted = json.loads(rulecast("incident", "resume", str(number), *because))
    assert lifted == {"mode": "simulated", "incident": number, "holds_lifted": 1, "stops_lifted": 0}
    assert "RC-INCIDENT-001" in rulecast("incident", "resume", str(number), "--because", "x", code=2)
    assert "closed by" in rulecast("incident", "show", str(number))
    assert asyncio.run(health()) is Health.GOOD
