"""Documents that hold together: links resolve, decisions have their five parts, code and pages use the same words.

That every setting, command, error and reason has its place in the reference is held by tests/unit/test_config.py and
tests/unit/test_reference_pages.py; every problem of the rule language by tests/spec/test_rule_problems.py.
"""

import re
import subprocess
from dataclasses import fields
from pathlib import Path
from urllib.parse import unquote

import pytest

from rulecast.cli.reference import all_errors, render_commands_page
from rulecast.config import Settings
from rulecast.config.load_settings import variable_of
from rulecast.deliver.state import AttemptState, MessageState
from rulecast.values.reason import Reason

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"!?\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?[^)\n]*\)")
CODE_BLOCK = re.compile(r"(?ms)^```.*?^```$|^(?: {4}|\t).*?$|`[^`\n]+`")
HEADING = re.compile(r"(?m)^#{1,6} +(.+?) *$")
DECISION_PARTS = ("Question.", "Choice.", "Because.", "Price.", "Look again when")
# Variables of the tests, not of the program.
TEST_SETTINGS = {
    "RULECAST_TEST_DATA",
    "RULECAST_TEST_RULE_EXAMPLES",
    "RULECAST_TEST_WHOLE_DATA",
    "RULECAST_TEST_WAKE_UP_CASES",
    "RULECAST_TEST_WAKE_UP_WORLDS",
}
# Pages under docs that nobody is led to are not read.
INDEX = "docs/README.md"


def pages() -> list[str]:
    """Return every Markdown file of the project, also one that is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(name for name in set(listed.stdout.splitlines()) if (ROOT / name).is_file())


def targets(page: Path) -> list[tuple[str, str]]:
    """Return the relative links of a page as path and heading."""
    prose = CODE_BLOCK.sub("", page.read_text("utf-8"))
    found = [link for link in LINK.findall(prose) if not re.match(r"[a-z][a-z0-9+.-]*:", link)]
    return [(unquote(path), anchor) for path, _, anchor in (link.partition("#") for link in found)]


def anchors(page: Path) -> set[str]:
    """Return the names under which a repository's host links the headings of a page."""
    prose = re.sub(r"(?ms)^```.*?^```$", "", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        for heading in HEADING.findall(prose)
    }


@pytest.mark.parametrize("name", pages())
def test_every_relative_link_leads_somewhere_in_the_project(name: str) -> None:
    page = ROOT / name
    lost = []
    for path, anchor in targets(page):
        target = (page.parent / path).resolve() if path else page
        leaves = not target.is_relative_to(ROOT)
        if leaves or not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(f"{path}#{anchor}" if anchor else path)
    assert lost == []


def test_the_index_leads_to_every_page_under_docs() -> None:
    index = ROOT / INDEX
    led = {(index.parent / path).resolve() for path, _ in targets(index)}
    unread = [
        name
        for name in pages()
        if name.startswith("docs/") and name != INDEX and not {ROOT / name, (ROOT / name).parent} & led
    ]
    assert unread == []


@pytest.mark.parametrize("name", [name for name in pages() if name.startswith("docs/decisions/")])
def test_every_decision_has_its_date_and_five_parts_in_order(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    number = Path(name).name.partition("-")[0]
    assert re.match(rf"# {number} \S", text)
    assert re.search(r"(?m)^Date: \d{4}-\d\d-\d\d\. Status: \w+", text)
    assert re.findall(r"(?m)^\*\*([^*]+)\*\*", text) == list(DECISION_PARTS)


def test_decisions_are_numbered_without_gap_or_double() -> None:
    numbers = [int(Path(name).name[:4]) for name in pages() if name.startswith("docs/decisions/")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_page_names_a_command_setting_or_error_that_the_program_lacks() -> None:
    commands = set(re.findall(r"(?m)^## `rulecast (.+)`$", render_commands_page()))
    groups = {command.partition(" ")[0] for command in commands}
    # A group may stand in a group.
    commands |= {command.rpartition(" ")[0] for command in commands}
    settings = {variable_of(one.name) for one in fields(Settings)} | TEST_SETTINGS
    codes = {error.code for error in all_errors()}
    wrong: list[str] = []
    for name in pages():
        text = (ROOT / name).read_text("utf-8")
        typed = re.findall(r"(?m)(?:^ {4}(?:\$ )?|`)rulecast ([a-z]+(?:-[a-z]+)*)(?: ([a-z-]*[a-z]))?", text)
        wrong += [
            f"{name}: rulecast {one} {two}"
            for one, two in typed
            if one not in groups or (one not in commands and two and f"{one} {two}" not in commands)
        ]
        wrong += [f"{name}: {one}" for one in set(re.findall(r"\bRULECAST_[A-Z_]*[A-Z]\b", text)) - settings]
        wrong += [f"{name}: {one}" for one in set(re.findall(r"\bRC-[A-Z]+-\d{3}\b", text)) - codes]
    assert wrong == []


def test_every_state_and_reason_of_the_code_is_a_word_of_the_glossary_or_the_reasons() -> None:
    glossary = set(re.findall(r"(?m)^- \*\*([^*]+)\*\*:", (ROOT / "GLOSSARY.md").read_text("utf-8")))
    reasons = set(re.findall(r"(?m)^\| `(\w+)` \|", (ROOT / "docs/reference/reasons.md").read_text("utf-8")))
    words = {one.value for kind in (MessageState, AttemptState, Reason) for one in kind}
    assert sorted(words - glossary - reasons) == []
    # A reason that is gone from the code must not be promised by the page.
    assert sorted(reasons - {one.value for one in Reason}) == []


def test_the_glossary_is_in_order_and_has_every_word_once() -> None:
    words = re.findall(r"(?m)^- \*\*([^*]+)\*\*:", (ROOT / "GLOSSARY.md").read_text("utf-8"))
    assert words == sorted(set(words), key=str.lower)


def test_the_chinese_front_page_has_the_parts_commands_and_outputs_of_the_english_one() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
    assert outline(chinese) == outline(english)
    assert blocks(chinese) == blocks(english)
    assert sorted(linked(chinese, "README.md")) == sorted(linked(english, "README.zh-CN.md"))


def outline(page: str) -> list[int]:
    """Return the depths of a page's headings."""
    return [len(marks) for marks in re.findall(r"(?m)^(#+) ", page)]


def blocks(page: str) -> list[str]:
    """Return the lines of commands and outputs, without the remarks behind commands."""
    return [re.sub(r" +# .*$", "", line) for line in re.findall(r"(?m)^ {4}(.*\S)$", page)]


def linked(page: str, sibling: str) -> set[str]:
    """Return what a front page links, but for its sibling in the other language."""
    return set(LINK.findall(page)) - {sibling}
