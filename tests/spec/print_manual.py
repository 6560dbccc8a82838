"""Prints docs/reference/language.md from the specification: `python -m tests.spec.print_manual`."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path

from rulecast.rule.language import RuleProblems, check_rule, format_rule, limits, parse_rule, rule_from_json
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.find_loops import find_book_loops
from rulecast.rule.language.keywords import keywords
from rulecast.rule.language.problem import KINDS
from rulecast.values.catalogue import BUILT_IN_ATTRIBUTES, BUILT_IN_EVENTS
from tests.spec.chapters import CHAPTERS, PARTS
from tests.spec.clauses import BY_ITSELF, CLAUSES, EXAMPLE
from tests.spec.forms import CALCULATIONS, FORMS, WINDOWS
from tests.spec.problem_cases import CASES, RULE, ProblemCase
from tests.spec.tables import CATALOGUE, NOW, Chapter, rows_of

MANUAL = Path(__file__).parents[2] / "docs" / "reference" / "language.md"
INTRODUCTION = """\
# The rule language

<!-- Printed by `python -m tests.spec.print_manual` from tests/spec; a test compares. Do not edit. -->

A rule is a text file. `rulecast rule check FILE` says whether it can run, `rulecast rule fmt FILE` writes it in its
one canonical form, `rulecast rule explain FILE` says in sentences what it does. Rules as JSON hold the same without
loss. Every row of every table is executed by a test on each evaluator: the reference that asks one person, the matcher
that asks many rules of an event, and the SQL of audiences on DuckDB and (but for regular expressions) on PostgreSQL.
"""


def manual() -> str:
    """Return the whole manual."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield INTRODUCTION
    yield from _contents()
    yield "## A rule\n"
    yield from _code(EXAMPLE)
    yield "Clauses stand in any order, each once, parted by lines or semicolons; keywords may have capital letters."
    yield 'A remark is `about "text"`; `#` comments are refused because formatting could not keep them.\n'
    yield "Somebody launches the rule above. The next one runs by itself, under a standing approval, and has most of"
    yield "what a rule can have:\n"
    yield from _code(BY_ITSELF)
    yield "| Clause | Meaning |\n| --- | --- |"
    for form, meaning in CLAUSES:
        yield f"| `{form}` | {meaning} |"
    yield "\n## The forms of conditions\n"
    yield "| Form | True when |\n| --- | --- |"
    for form, meaning in FORMS:
        yield f"| `{form}` | {meaning} |"
    yield "\n### Windows\n"
    yield "They follow an event, or its count.\n"
    yield "| Window | Holds |\n| --- | --- |"
    for form, meaning in WINDOWS:
        yield f"| `{form}` | {meaning} |"
    yield "\n### Calculations\n"
    yield "They stand on either side of =, !=, <, <=, >, >=.\n"
    yield "| Calculation | Is |\n| --- | --- |"
    for form, meaning in CALCULATIONS:
        yield f"| `{form}` | {meaning} |"
    yield ""
    for part in PARTS:
        yield f"## {part.title}\n"
        yield f"{part.text}\n"
        for chapter in part.chapters:
            yield from _chapter(chapter)
    yield from _catalogue()
    yield from _limits()
    yield from _chinese()
    yield "## Problems\n"
    yield "A rule with errors does not run. Warnings are told and change nothing.\n"
    for kind, case in zip(KINDS, CASES, strict=True):
        yield f"### {kind.code} {kind.title}\n"
        yield f"{kind.severity.capitalize()}. {kind.explanation}\n"
        if case.shown:
            yield from _code(_rendered(case))


def _contents() -> Iterator[str]:
    rows = sum(len(chapter.cases) for chapter in CHAPTERS)
    yield f"The tables below have {rows} rows; the first column is a condition, the second who it is true for.\n"
    for title in ("A rule", "The forms of conditions"):
        yield f"- {_link(title)}"
    for part in PARTS:
        yield f"- {_link(part.title)}: {', '.join(_link(chapter.title) for chapter in part.chapters)}"
    for title in ("What every workspace has", "Limits", "Chinese keywords", "Problems"):
        yield f"- {_link(title)}"
    yield ""


def _link(title: str) -> str:
    anchor = "".join(sign for sign in title.lower().replace(" ", "-") if sign.isalnum() or sign == "-")
    return f"[{title}](#{anchor})"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"### {chapter.title}\n"
    yield f"{chapter.text}\n"
    yield from _table(chapter.people)
    if chapter.events:
        yield from _table(chapter.events)
    yield "| Condition | True for |\n| --- | --- |"
    for text, people in chapter.cases:
        yield f"| `{text}` | {', '.join(people.split()) or 'nobody'} |"
    yield ""


def _table(table: str) -> Iterator[str]:
    rows = rows_of(inspect.cleandoc(table))
    header = list(rows[0])
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row.values())} |"
    yield ""


def _catalogue() -> Iterator[str]:
    yield "## What every workspace has\n"
    yield "| Attribute | Type | Class | Meaning |\n| --- | --- | --- | --- |"
    for entry in BUILT_IN_ATTRIBUTES:
        yield f"| `{entry.name}` | {entry.type} | {entry.data_class} | {entry.about} |"
    yield "\n| Event | In a rule also | Properties | Meaning |\n| --- | --- | --- | --- |"
    for event in BUILT_IN_EVENTS:
        properties = ", ".join(f"{name} ({kind})" for name, kind in event.properties.items())
        aliases = ", ".join(f"`{alias}`" for alias in event.aliases)
        yield f"| `{event.name}` | {aliases} | {properties} | {event.about} |"
    yield ""


def _limits() -> Iterator[str]:
    """Yield the constants of the limits with the sentence above each, which is its reason."""
    yield "## Limits\n"
    yield "What goes beyond is refused with its place, mostly as RL-002, RL-003 or RL-028.\n"
    yield "| Limit | Value | Because |\n| --- | ---: | --- |"
    reason = ""
    for line in inspect.getsource(limits).splitlines():
        if line.startswith("# "):
            reason = line.removeprefix("# ")
        elif "=" in line and not line.startswith("SENSE_"):
            name = line.partition(" = ")[0]
            words, _, end = name.lower().replace("_", " ").rpartition(" ")
            least = "at least " if end == "min" else "at most "
            yield f"| {words} | {least}{getattr(limits, name):,} | {reason} |"
    yield ""


def _chinese() -> Iterator[str]:
    yield "## Chinese keywords\n"
    yield "Every keyword has a Chinese word that stands at the same place; names, numbers and texts stay as they are."
    yield "`rulecast rule fmt --lang zh FILE` writes a rule so, `--lang en` back; both read as the same rule. Signs of"
    yield "Chinese keyboards, such as （ ， ； “ ”, count where a sign of the language is meant. The rule above:\n"  # noqa: RUF001
    parsed = parse_rule(EXAMPLE)
    assert not isinstance(parsed, RuleProblems)
    yield from _code(format_rule(parsed, language="zh"))
    yield "| English | Chinese |\n| --- | --- |"
    words: dict[str, list[str]] = {}
    for word in keywords():
        words.setdefault(word.english, []).extend(word.chinese)
    for english in sorted(words):
        yield f"| `{english}` | {' or '.join(f'`{word}`' for word in dict.fromkeys(words[english]))} |"
    yield "\nOne English word can have several Chinese ones, by what it means at its place: `after` is 再过 before a"
    yield "follow-up, 延迟 before the wait of a trigger, 满 before a count, and 晚于 between moments.\n"


def _code(text: str) -> Iterator[str]:
    yield f"```text\n{text.rstrip()}\n```\n"


def _rendered(case: ProblemCase) -> str:
    """Return the text of a case as the author sees it with the problem."""
    if case.kind == "json":
        refused = rule_from_json(json.loads(case.text))
        assert isinstance(refused, RuleProblems)
        return f"{case.text}\n\n{refused.problems[0].code}: {refused.problems[0].message}"
    if case.kind == "book":
        rules = [parse_rule(rule) for rule in case.text.split("\n\n")]
        loops = find_book_loops([rule for rule in rules if not isinstance(rule, RuleProblems)])
        return f"{case.text}\n{loops[0].problem.render(case.text)}"
    if case.kind == "rule":
        found = check_rule(case.text, CATALOGUE)
    else:
        checked = check_condition(case.text, CATALOGUE)
        if isinstance(checked, RuleProblems):
            return checked.render(case.text)
        text = RULE.replace('city = "Rabat"', case.text)
        found = check_rule(text, CATALOGUE, now=NOW)
        assert not isinstance(found, RuleProblems)
        return "\n\n".join(warning.render(text) for warning in found.warnings)
    problems = found.problems if isinstance(found, RuleProblems) else found.warnings
    return "\n\n".join(problem.render(case.text) for problem in problems)


def _check_example() -> None:
    parsed = parse_rule(EXAMPLE)
    assert not isinstance(parsed, RuleProblems), parsed.render(EXAMPLE)
    assert format_rule(parsed) == EXAMPLE


if __name__ == "__main__":
    _check_example()
    MANUAL.parent.mkdir(parents=True, exist_ok=True)
    MANUAL.write_text(manual(), encoding="utf-8")
