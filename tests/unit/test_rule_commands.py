"""Checking, formatting and explaining rule files where no workspace is."""

import json
from pathlib import Path

import pytest

from rulecast.cli.app import run_command

EXAMPLES = Path(__file__).parents[2] / "examples" / "first-campaign"
WORKSPACE = EXAMPLES / "workspace.toml"
RULE = (EXAMPLES / "autumn.rule").read_text(encoding="utf-8")
ENTERING = '  on entering the audience\n  when delivered: tag add "{}"\n'


class Commands:
    """The program's `rule` commands on files of one folder."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capture = capture

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)

    def __call__(self, *arguments: str, code: int = 0) -> str:
        environment = {"HOME": str(self.folder), "RULECAST_HOME": str(self.folder / "home")}
        self.capture.readouterr()
        assert run_command(("rule", *arguments), environment) == code
        return self.capture.readouterr().out


@pytest.fixture
def rule(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Commands:
    return Commands(tmp_path, capfd)


def test_many_files_are_checked_without_a_workspace(rule: Commands) -> None:
    good = rule.file("good.rule", RULE)
    bad = rule.file("bad.rule", RULE.replace("city", "town").replace("marketing", "marketting"))
    printed = rule("check", good, bad, "--workspace-file", str(WORKSPACE), "--json", code=1)
    first, second = (json.loads(line) for line in printed.splitlines())
    assert first == {"mode": "simulated", "file": good, "ok": True, "problems": []}
    assert second["ok"] is False
    assert [problem["code"] for problem in second["problems"]] == ["RL-015", "RL-010"]
    misspelled, unknown = second["problems"]
    assert unknown["span"] == {"line": 5, "column": 8, "length": 4}
    assert set(unknown) == {"code", "severity", "message", "span", "expected", "found", "hint"}
    assert misspelled["hint"] == "did you mean marketing?"
    assert not (rule.folder / "home").exists()


def test_a_syntax_error_says_what_was_expected_and_found(rule: Commands) -> None:
    bad = rule.file("bad.rule", RULE.replace("send template", "send tmplate"))
    (line,) = rule("check", bad, "--workspace-file", str(WORKSPACE), "--json", code=1).splitlines()
    (problem,) = json.loads(line)["problems"]
    assert (problem["expected"], problem["found"]) == ("template", "tmplate")


def test_f94_files_that_start_each_other_are_refused_together(rule: Commands) -> None:
    one = RULE.replace("rule autumn", "rule one").replace('city in ("Casablanca", "Rabat")', 'tag "a"')
    two = RULE.replace("rule autumn", "rule two").replace('city in ("Casablanca", "Rabat")', 'tag "b"')
    first = rule.file("one.rule", one + ENTERING.format("b"))
    second = rule.file("two.rule", two + ENTERING.format("a"))
    assert "checks" in rule("check", first, "--workspace-file", str(WORKSPACE))
    printed = rule("check", first, second, "--workspace-file", str(WORKSPACE), code=1)
    assert "RL-094" in printed
    assert 'one: tag add "b" starts two' in " ".join(printed.split())


def test_a_file_goes_to_chinese_and_back(rule: Commands) -> None:
    file = rule.file("autumn.rule", RULE)
    assert "canonical" in rule("fmt", file)
    rule("fmt", file, "--lang", "zh")
    chinese = Path(file).read_text(encoding="utf-8")
    assert chinese.startswith("规则 autumn\n  版本 1\n")
    assert "canonical" in rule("fmt", file), "without --lang a file keeps its language"
    assert "checks" in rule("check", file, "--workspace-file", str(WORKSPACE))
    rule("fmt", file, "--lang", "en", "--check", code=1)
    rule("fmt", file, "--lang", "en")
    assert Path(file).read_text(encoding="utf-8") == RULE


def test_a_rule_is_explained_in_both_languages(rule: Commands) -> None:
    file = rule.file("autumn.rule", RULE)
    english = rule("explain", file, "--workspace-file", str(WORKSPACE), "--json")
    chinese = rule("explain", file, "--workspace-file", str(WORKSPACE), "--json", "--lang", "zh")
    assert 'city is one of "Casablanca", "Rabat"' in json.loads(english)["sentences"][1]
    assert 'city 是 "Casablanca"、"Rabat" 之一' in json.loads(chinese)["sentences"][1]


def test_rules_are_compared_and_analysed_where_no_workspace_is(rule: Commands) -> None:
    one = rule.file("one.rule", RULE)
    two = rule.file("two.rule", RULE.replace("rule autumn", "rule two").replace(', "Rabat"', ""))
    against = ("--workspace-file", str(WORKSPACE))
    found = json.loads(rule("diff", one, two, *against, "--json"))
    assert "+rule two" in found["lines"]
    assert found["added"] is None
    assert "people" not in rule("diff", one, two, *against)
    analysis = json.loads(rule("analyse", one, two, *against, "--json"))
    assert analysis["rules"] == 2
    assert {finding["people"] for finding in analysis["findings"]} == {None}
    assert {"autumn", "two"} == {
        name for one in analysis["findings"] for name in (one["rule"], *one["others"])
    }
    rule("analyse", one, rule.file("bad.rule", RULE.replace("city", "town")), *against, code=1)
    rule("analyse", "autumn", *against, code=2)
    assert not (rule.folder / "home").exists()


@pytest.mark.parametrize("command", ["check", "test", "explain", "diff", "analyse"])
def test_a_workspace_and_a_workspace_file_exclude_each_other(rule: Commands, command: str) -> None:
    files = [rule.file("one.rule", RULE)] * (2 if command == "diff" else 1)
    rule(command, *files, "--workspace", "--workspace-file", str(WORKSPACE), code=2)


def test_problems_are_told_in_the_language_of_the_file_or_the_one_asked_for(rule: Commands) -> None:
    file = rule.file("autumn.rule", RULE)
    rule("fmt", "--lang", "zh", file)
    bad = rule.file("bad.rule", Path(file).read_text(encoding="utf-8").replace("city", "town"))
    against = (bad, "--workspace-file", str(WORKSPACE))
    assert "没有名为 town 的属性" in rule("check", *against, code=1)
    assert "There is no attribute town" in rule("check", "--lang", "en", *against, code=1)
    (problem,) = json.loads(rule("check", "--json", *against, code=1))["problems"]
    assert problem["message"] == "没有名为 town 的属性。"
