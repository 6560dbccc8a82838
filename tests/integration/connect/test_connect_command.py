"""`rulecast connect` as a person types it: marks and words on the screen, one object with --json, no secret."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.connect.standing import Standing, standing
from tests.integration.receiver.serving import VERIFY_TOKEN
from tests.people import ASHA
from tests.simulated import NUMBER, SECRET, TOKEN

from rulecast.cli.app import run_command
from rulecast.config import Settings

SECRETS = {"token": TOKEN, "app-secret": SECRET, "verify-token": VERIFY_TOKEN}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Options that name a file for each secret."""
    options = []
    for name, secret in SECRETS.items():
        path = tmp_path / name
        path.write_text(f"{secret}\n")
        options += [f"--{name}-file", str(path)]
    return options


async def call(place: Standing, environment: dict[str, str], *arguments: str) -> int:
    settings = place.workspace.settings
    environ = {
        **environment,
        "RULECAST_GRAPH_BASE_URL": place.url,
        "RULECAST_CLOCK": settings.clock,
        "RULECAST_PUBLIC_BASE_URL": place.receiver.address,
        "RULECAST_LEASE_SECONDS": "2",
    }
    return await asyncio.to_thread(run_command, ["connect", "--number-id", NUMBER, *arguments], environ)


async def test_connecting_and_comparing_at_the_command_line(
    settings: Settings,
    environment: dict[str, str],
    files: list[str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    async with standing(settings, tmp_path) as place:
        said: list[str] = []

        def told() -> str:
            printed = capfd.readouterr()
            said.extend((printed.out, printed.err))
            return printed.out

        def answer() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(told())
            assert "error" in found or found["mode"] == "simulated"
            return found

        assert await call(place, environment, "--json") == 2
        assert "--token-file" in answer()["error"]["what_to_do"]
        assert await call(place, environment, *files, "--wait-seconds", "0") == 1
        out = told()
        assert "\u2714 token" in out
        assert "\u2026 test webhook" in out
        assert f"{place.receiver.address}/webhook" in out

        # The second call needs no files: the secrets are kept. It goes on from where the first one stood.
        await place.control("test_event", {"field": "messages"})
        person = ("--to", ASHA.phone, "--declare-recipient")
        assert await call(place, environment, *person, "--test-number", "--wait-seconds", "20", "--json") == 0
        connected = answer()
        assert connected["connected"]
        assert connected["steps"][-1]["name"] == "hello"
        assert await call(place, environment, "--wait-seconds", "20") == 0
        assert 'waba_id = "102290129340398"' in told()

        # Nothing is sent before somebody has agreed.
        assert await call(place, environment, "--conformance", "--to", ASHA.phone, "--json") == 2
        assert "Nothing was sent" in answer()["error"]["what"]
        asked = ("--conformance", "--to", ASHA.phone, "--yes")
        assert await call(place, environment, *asked, "--json") == 0
        compared = answer()
        assert compared["differs"] == 0
        assert compared["agrees"] > 10
        assert compared["agrees"] + compared["unchecked"] == len(compared["rows"])
        other = tmp_path / "list.json"
        other.write_text(
            '[{"id": "x", "we_do": "a", "check": "b", "probe": {"method": "DELETE", "path": "/{waba}"}}]'
        )
        assert await call(place, environment, *asked, "--divergences", str(other)) == 2

        await asyncio.to_thread(
            run_command, ["doctor"], {**environment, "RULECAST_GRAPH_BASE_URL": place.url}
        )
        out = told()
        assert f"webhooks of {NUMBER}" in out
        whole = "".join(said)
        for secret in (SECRET, VERIFY_TOKEN, ASHA.phone.removeprefix("+")):
            assert secret not in whole


def test_a_secret_is_one_line_and_is_never_repeated(
    environment: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "token"
    for text in ("", "two\nlines", "x" * 5000):
        path.write_text(text)
        arguments = ["connect", "--number-id", NUMBER, "--token-file", str(path)]
        assert run_command(arguments, environment) == 2
        printed = capfd.readouterr()
        assert "RC-CONNECT-001" in printed.err
        assert not text or text not in printed.err
