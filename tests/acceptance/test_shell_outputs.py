"""What the commands print and log: no phone number ever, an error as code and remedy, one object with --json."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.campaign import WINBACK, write_campaign
from tests.people import ASHA, EVERYBODY

from rulecast.cli.app import run_command
from rulecast.config import Settings
from rulecast.database import Database
from rulecast.profile import NewContact, create_contacts
from rulecast.profile.identity import Identity
from rulecast.values.clock import ManualClock
from rulecast.vault import Vault
from rulecast.wiring.look_up import PersonUnknownError, look_up
from rulecast.wiring.workspace import open_workspace

ROOT = Path(__file__).parents[2]


async def test_no_command_prints_or_logs_a_phone_number(
    database: Database,
    vault: Vault,
    clock: ManualClock,
    environment: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    people = [
        NewContact(
            identities=(Identity(kind="phone", value=one.phone),),
            attributes={},
            personal={"first_name": one.name},
            source="import",
            first_seen_at=clock.now(),
        )
        for one in EVERYBODY
    ]
    async with database.transaction() as connection:
        await create_contacts(connection, vault, people, clock.now())
        written = await write_campaign(connection, WINBACK, clock.now())
    quiet = {**environment, "RULECAST_LOG_LEVEL": "debug"}
    for arguments in (
        ["report"],
        ["report", str(written.run_id), "--json"],
        ["report", "--rule", "winback_casablanca"],
        ["doctor"],
        ["doctor", "--json"],
        ["page"],
        ["report", "999"],
        ["report", ASHA.phone],
        ["no-such-command", ASHA.phone],
    ):
        await asyncio.to_thread(run_command, arguments, quiet)

    printed = capfd.readouterr()
    told = re.sub(r"token=\S+", "", printed.out + printed.err)
    digits = re.sub(r"(?<=\d)[ .\-()]+(?=\d)", "", told)
    asked = ASHA.phone.removeprefix("+")
    for one in EVERYBODY:
        if one is not ASHA:
            assert one.phone.removeprefix("+") not in digits
        assert one.name not in told
    # What a person mistypes is repeated by the command line itself, on the person's own screen, and nowhere
    # else.
    assert asked not in re.sub(r".*(Invalid value|No such command).*", "", digits)


async def test_a_look_up_that_finds_nobody_does_not_repeat_what_was_asked(settings: Settings) -> None:
    async with open_workspace(settings, actor="amal") as workspace:
        with pytest.raises(PersonUnknownError) as refused:
            await look_up(workspace, ASHA.phone, actor="amal")
    assert ASHA.phone not in str(refused.value)


async def test_what_follows_a_number_sign_is_an_id_and_never_a_phone_number(settings: Settings) -> None:
    async with open_workspace(settings, actor="amal") as workspace:
        asha = NewContact(
            identities=(Identity(kind="phone", value=ASHA.phone),),
            attributes={},
            personal={},
            source="import",
            first_seen_at=workspace.clock.now(),
        )
        async with workspace.database.transaction() as connection:
            await create_contacts(connection, workspace.vault, [asha], workspace.clock.now())
        assert await look_up(workspace, ASHA.phone, actor="amal")
        with pytest.raises(PersonUnknownError):
            await look_up(workspace, f"#{ASHA.phone.removeprefix('+')}", actor="amal")


async def test_an_error_is_printed_as_code_what_happened_and_what_to_do(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = await asyncio.to_thread(run_command, ["report", "999", "--json"], environment)
    printed = capsys.readouterr()
    assert code == 2
    assert json.loads(printed.out) == {
        "mode": "simulated",
        "error": {
            "code": "RC-REPORT-001",
            "what": "There is no run 999.",
            "what_to_do": "`rulecast report` without a number lists the newest runs.",
        },
    }
    assert "RC-REPORT-001" in printed.err
    assert "Traceback" not in printed.err


async def test_doctor_answers_no_when_something_stands_badly(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {**environment, "RULECAST_GRAPH_VERSION": "v20.0"}
    code = await asyncio.to_thread(run_command, ["doctor", "--json"], ended)
    answer = json.loads(capsys.readouterr().out)
    assert code == 1
    health = {one["name"]: one["health"] for one in answer["findings"]}
    # The mart's own health hangs on every transaction of the shared test server, so it is not judged here.
    assert health.pop("mart") in {"good", "problem"}
    assert [name for name, one in health.items() if one == "problem"] == ["Graph version"]
    assert health["database"] == health["time zones"] == "good"


async def test_the_version_needs_no_workspace(capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(run_command, ["--version"], {}) == 0
    assert re.fullmatch(r"rulecast \d+\.\d+\.\d+\n", capsys.readouterr().out)


async def test_a_defect_is_named_by_type_and_place_only(
    environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"row of {ASHA.name}, {ASHA.phone}")

    monkeypatch.setattr("rulecast.cli.app.begin_session", broken)
    code = await asyncio.to_thread(run_command, ["report"], environment)
    printed = capsys.readouterr().err
    assert code == 70
    assert "ValueError" in printed
    assert ASHA.phone not in printed
    assert ASHA.name not in printed


async def test_the_group_restarts_a_killed_role_and_drains_on_the_word_to_stop(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environ = {**environment, "RULECAST_WEB_PORT": "0", "PYTHONPATH": str(ROOT / "src")}
    errors = tmp_path / "errors.txt"
    with errors.open("wb") as error_file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rulecast", "serve", "--json"),
            env=environ,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=error_file,
        )
        assert process.stdout is not None
        started = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
        assert started["roles"] == ["engine", "web"]
        first = await _pid_of(errors, "engine", occurrence=0)
        _kill(first)
        second = await _pid_of(errors, "engine", occurrence=1)
        assert second != first
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
    died = [line for line in _lines(errors) if line["event"] == "role died"]
    assert [(line["role"], line["exit_code"]) for line in died] == [("engine", -9)]
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


@pytest.mark.parametrize("program", ["rulecast", "cloud_api_simulator"])
async def test_what_the_demonstration_starts_ends_when_the_demonstration_is_killed(
    environment: dict[str, str], tmp_path: Path, program: str
) -> None:
    arguments = {
        "rulecast": ["serve", "--supervised", "--json"],
        "cloud_api_simulator": [
            *("--app-secret", "of-a-test", "--state-dir", str(tmp_path / "simulator"), "--end-with-stdin"),
        ],
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", program, *arguments[program]),
        env={**environment, "RULECAST_WEB_PORT": "0", "PYTHONPATH": str(ROOT / "src")},
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60)
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_the_simulator_stands_in_for_meta_with_the_workspaces_own_settings(
    environment: dict[str, str], database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        await write_campaign(connection, WINBACK, clock.now())
    environ = {
        **environment,
        "RULECAST_GRAPH_BASE_URL": f"http://127.0.0.1:{_free_port()}",
        "RULECAST_APP_SECRET": "a-secret-of-thirty-two-characters",
        "RULECAST_VERIFY_TOKEN": "the-word-to-verify",
        "RULECAST_ACCESS_TOKEN": "the-token-to-send",
        "PYTHONPATH": str(ROOT / "src"),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rulecast", "simulator"),
        env=environ,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    started = json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    assert started["url"].rstrip("/") == environ["RULECAST_GRAPH_BASE_URL"]
    # Every user of the machine can list the processes.
    listed = _command_line(started["pid"])
    assert "cloud_api_simulator" in listed
    for secret in ("APP_SECRET", "VERIFY_TOKEN", "ACCESS_TOKEN"):
        assert environ[f"RULECAST_{secret}"] not in listed
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 60) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command_line(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text()


def _lines(errors: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in errors.read_text().splitlines() if line.startswith("{")]


def _kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


async def _pid_of(errors: Path, role: str, *, occurrence: int) -> int:
    """Wait for the log to say that a role was started and return its process."""
    for _ in range(600):
        found = [
            line["pid"] for line in _lines(errors) if line["event"] == "role started" and line["role"] == role
        ]
        if len(found) > occurrence:
            return int(found[occurrence])
        await asyncio.sleep(0.1)
    raise AssertionError(f"{role} was not started")
