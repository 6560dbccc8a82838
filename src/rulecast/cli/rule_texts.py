"""`rulecast rule check|fmt|explain`: reading, formatting and explaining rule files."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from rulecast.cli.rule_catalogue import (
    Against,
    WorkspaceFileOption,
    WorkspaceOption,
    rule_files,
    with_catalogue,
)
from rulecast.cli.session import JsonOption, Terminal
from rulecast.cli.text_file import read_text_now
from rulecast.rule.engine.executable import refuse_unexecutable
from rulecast.rule.language import (
    CheckedRule,
    RuleProblem,
    RuleProblems,
    check_rule,
    explain_rule,
    format_rule,
    parse_rule,
)
from rulecast.rule.language.find_loops import find_book_loops
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.keywords import Language, language_of
from rulecast.values.catalogue import Catalogue
from rulecast.values.clock import SystemClock
from rulecast.values.errors import RulecastError
from rulecast.wiring.plan_terms import check as check_or_refuse

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]
FilesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", exists=True, help="Rule files, or directories with rule files."),
]
LanguageOption = Annotated[
    Literal["en", "zh"] | None,
    typer.Option("--lang", help="English or Chinese; without it, the language of the file."),
]
PROBLEMS = 1


class RuleTextError(RulecastError):
    """A rule file cannot be read as a rule."""

    code = "RC-RULE-001"
    summary = "A rule file cannot be read as a rule."
    remedy = "Correct the places shown; `rulecast rule check FILE` shows all of them."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """One rule file, its text, and what was found."""

    file: Path
    text: str
    found: CheckedRule | RuleProblems
    loops: tuple[RuleProblem, ...] = ()

    @property
    def problems(self) -> tuple[RuleProblem, ...]:
        """Return errors or, where the rule is correct, its warnings."""
        found = self.found.problems if isinstance(self.found, RuleProblems) else self.found.warnings
        return (*self.loops, *found)

    @property
    def is_correct(self) -> bool:
        """Return whether the rule may be kept."""
        return not self.loops and not isinstance(self.found, RuleProblems)


def check(
    context: typer.Context,
    files: FilesArgument,
    workspace_file: WorkspaceFileOption = None,
    workspace: WorkspaceOption = False,
    lang: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Check rules and show every problem with its place and a hint."""
    found = rule_files(files)

    def answer(catalogue: Catalogue, terminal: Terminal) -> int:
        texts = [read_text_now(file) for file in found]
        return _show(_check_all(found, texts, catalogue), terminal, lang, json=json)

    with_catalogue(context, found, Against(file=workspace_file, workspace=workspace), answer)


def _check_all(files: Sequence[Path], texts: Sequence[str], catalogue: Catalogue) -> list[CheckedFile]:
    """Check each file alone, and all that are correct together."""
    now = SystemClock().now()
    found = [refuse_unexecutable(check_rule(text, catalogue, now=now)) for text in texts]
    loops = find_book_loops(
        replace(one.rule, condition=one.condition, actions=one.actions)
        for one in found
        if isinstance(one, CheckedRule)
    )
    return [
        CheckedFile(
            file=file,
            text=text,
            found=one,
            loops=tuple(
                loop.problem
                for loop in loops
                if isinstance(one, CheckedRule) and loop.steps[0].rule == one.rule.name
            ),
        )
        for file, text, one in zip(files, texts, found, strict=True)
    ]


def _show(checked: Sequence[CheckedFile], terminal: Terminal, lang: Language | None, *, json: bool) -> int:
    for one in checked:
        language = lang or language_of(one.text)
        if json:
            terminal.print_json(
                {
                    "file": str(one.file),
                    "ok": one.is_correct,
                    "problems": [_problem_json(problem.said_in(language)) for problem in one.problems],
                }
            )
            continue
        for problem in one.problems:
            terminal.print(Text(problem.render(one.text, language=language) + "\n"))
        verdict = ("checks", "bold green") if one.is_correct else ("has errors", "bold red")
        terminal.print(Text.assemble(f"{one.file.name} ", verdict))
    return 0 if all(one.is_correct for one in checked) else PROBLEMS


def _problem_json(problem: RuleProblem) -> dict[str, object]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "span": {
            "line": problem.span.line,
            "column": problem.span.column,
            "length": problem.span.length,
        },
        "expected": problem.expected,
        "found": problem.found,
        "hint": problem.hint,
    }


def fmt(
    files: FilesArgument,
    lang: LanguageOption = None,
    check_only: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 if it would change.")
    ] = False,
) -> None:
    """Write rule files in their one canonical form, with keywords in English or Chinese."""
    would_change = [_format_file(file, lang, check_only=check_only) for file in rule_files(files)]
    if check_only and any(would_change):
        raise typer.Exit(PROBLEMS)


def _format_file(file: Path, language: Language | None, *, check_only: bool) -> bool:
    """Format one file, or only look, and return whether its text is another than the canonical one."""
    text = read_text_now(file)
    parsed = parse_rule(text)
    if isinstance(parsed, RuleProblems):
        shown = "\n".join(problem.render(text) for problem in parsed.problems)
        raise RuleTextError(f"{file.name} cannot be read.\n{shown}")
    formatted = format_rule(parsed, language=language or language_of(text))
    if formatted == text:
        sys.stdout.write(f"{file.name} has its canonical form.\n")
        return False
    if not check_only:
        file.write_text(formatted, encoding="utf-8")
    sys.stdout.write(f"{file.name} {'would change' if check_only else 'was formatted'}.\n")
    return True


def explain(
    context: typer.Context,
    file: FileArgument,
    lang: Annotated[
        Literal["en", "zh"], typer.Option("--lang", help="The language of the sentences.")
    ] = "en",
    workspace_file: WorkspaceFileOption = None,
    workspace: WorkspaceOption = False,
    passes: Annotated[
        bool, typer.Option("--passes", help="Also show the condition as written and with exact meaning.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say in plain sentences what a rule does."""

    def answer(catalogue: Catalogue, terminal: Terminal) -> int:
        checked = check_or_refuse(read_text_now(file), catalogue)
        sentences = explain_rule(checked.rule, language=lang)
        if json:
            terminal.print_json(_explanation_json(checked, sentences))
            return 0
        for sentence in sentences:
            terminal.print(Text(sentence))
        reads = sorted(checked.attributes_read | checked.events_read)
        terminal.note(
            f"读取联系人的 {'、'.join(reads) or '无'}。"
            if lang == "zh"
            else f"Reads {', '.join(reads) or 'nothing'} about people."
        )
        if passes:
            terminal.print(Text(f"\nAs written:\n  {format_condition(checked.rule.condition)}"))
            terminal.print(Text(f"With exact meaning:\n  {format_condition(checked.condition)}"))
        return 0

    with_catalogue(context, [file], Against(file=workspace_file, workspace=workspace), answer)


def _explanation_json(checked: CheckedRule, sentences: Sequence[str]) -> dict[str, object]:
    return {
        "sentences": list(sentences),
        "attributes_read": sorted(checked.attributes_read),
        "events_read": sorted(checked.events_read),
        "reads_behaviour": checked.reads_behaviour,
        "as_written": format_condition(checked.rule.condition),
        "exact": format_condition(checked.condition),
    }
