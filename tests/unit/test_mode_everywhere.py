"""Every command and every page says whether the workspace is simulated or live."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import typer

import rulecast.cli
from rulecast.cli.app import build_app, run_command, show_error, told_mode
from rulecast.cli.session import Terminal
from rulecast.config.errors import SettingInvalidError

LIVE = {"RULECAST_MODE": "live"}


def commands() -> Iterator[list[str]]:
    """Yield the words of every command."""

    def leaves(command: Any, words: list[str]) -> Iterator[list[str]]:
        if not hasattr(command, "commands"):
            yield words
            return
        for name, inner in command.commands.items():
            yield from leaves(inner, [*words, name])

    yield from leaves(typer.main.get_command(build_app({}, {})), [])


def test_every_command_tells_its_mode_before_anything_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told = [words for words in commands() if words != ["demo"]]
    assert len(told) > 50
    home = {"RULECAST_HOME": str(tmp_path)}
    for number, words in enumerate(told):
        # An option nobody knows ends the command before it does anything.
        environ, mark = ((home, " SIMULATED "), ({**home, **LIVE}, " LIVE "))[number % 2]
        assert run_command([*words, "--no-such-option"], environ) == 2
        assert capfd.readouterr().err.startswith(mark), words
    # A JSON answer holds the mode itself.
    run_command([*told[0], "--no-such-option", "--json"], home)
    assert "SIMULATED" not in capfd.readouterr().err


def test_the_demonstration_is_simulated_whatever_the_settings_say(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "file"
    taken.touch()
    environ = {"RULECAST_HOME": str(tmp_path), **LIVE}
    assert run_command(["demo", "--exit", "--folder", str(taken / "no folder")], environ) != 0
    assert capfd.readouterr().err.startswith(" SIMULATED ")


@pytest.mark.parametrize(
    ("arguments", "environ", "mode"),
    [
        (["rates", "show", "--json"], {}, "simulated"),
        (["rates", "show", "--json"], LIVE, "live"),
        (["rates", "show", "--json"], {"RULECAST_MODE": "both"}, None),
        (["--as", "asha", "demo", "--json"], LIVE, "simulated"),
    ],
)
def test_an_error_as_json_holds_the_mode_as_well(
    arguments: list[str], environ: dict[str, str], mode: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    show_error(SettingInvalidError("It is wrong."), as_json=True, mode=told_mode(arguments, environ))
    assert json.loads(capfd.readouterr().out)["mode"] == mode


def test_every_json_answer_holds_the_mode(capfd: pytest.CaptureFixture[str]) -> None:
    Terminal("live").print_json({"runs": []})
    assert json.loads(capfd.readouterr().out) == {"mode": "live", "runs": []}
    folder = Path(rulecast.cli.__file__).parent
    writers = {path.name for path in folder.glob("*.py") if "json.dumps" in path.read_text("utf-8")}
    assert writers == {"session.py", "app.py"}


def test_every_page_that_refuses_has_a_place_for_the_mode() -> None:
    pages = [one for one in files("rulecast.web").joinpath("static").iterdir() if one.name.endswith(".html")]
    assert len(pages) == 2
    for page in pages:
        assert page.read_text("utf-8").count("{mode}") == 1
