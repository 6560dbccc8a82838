"""The commands around templates, as a person types them, without an account to ask."""

import json
from pathlib import Path

import pytest
from tests.planning import WORKSPACE_FILE

from rulecast.cli.app import run_command

BAD_FILE = WORKSPACE_FILE.replace("Hello {{name}}, 20%", "{{name}}, hello 20%")


def test_templates_are_checked_listed_shown_and_drawn(
    environment: dict[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def rulecast(*arguments: str, code: int = 0) -> str:
        capfd.readouterr()
        assert run_command(arguments, environment) == code
        told = capfd.readouterr()
        return told.out if code in {0, 1} else told.err

    good, bad, page = tmp_path / "workspace.toml", tmp_path / "bad.toml", tmp_path / "winback.html"
    good.write_text(WORKSPACE_FILE, encoding="utf-8")
    bad.write_text(BAD_FILE, encoding="utf-8")

    found = json.loads(rulecast("template", "check", "--file", str(bad), "--json", code=1))["templates"]
    assert [(one["code"], one["place"]) for one in found[2]["findings"]] == [("RT-002", "body")]
    refused = rulecast("workspace", "apply", str(bad), code=2)
    assert "winback (en): RT-002 body" in " ".join(refused.replace("│", "").split())

    rulecast("workspace", "apply", str(good))
    listed = json.loads(rulecast("template", "list", "--json"))["templates"]
    assert {(one["language"], one["status"], one["is_sendable"]) for one in listed} == {
        (language, "approved", True) for language in ("ar", "en", "fr")
    }
    shown = rulecast("template", "show", "winback", "--language", "fr")
    assert "Rules in force that send it: none." in shown
    assert "RT-106" in shown
    assert "Bonjour Asha, 20 %" in rulecast(
        "template", "preview", "winback", "--language", "fr", "--set", "name=Asha"
    )
    rulecast("template", "preview", "winback", "--html", str(page))
    assert page.read_text("utf-8").count("<svg") == 2

    assert "no value of a variable" in rulecast("template", "preview", "winback", "--set", "name", code=2)
    assert "It has: name." in rulecast("template", "preview", "winback", "--set", "nom=Asha", code=2)
    assert "There is no template nobody" in rulecast("template", "show", "nobody", code=2)
    assert rulecast("template", "delete", "winback", code=1) == ""
    assert "Meta holds no winback" in rulecast("template", "delete", "winback", "--yes", code=2)
