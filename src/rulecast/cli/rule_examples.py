"""`rulecast rule test`: the examples written inside rules, run, and what they never tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import RenderableType
from rich.text import Text

from rulecast.cli.rule_catalogue import (
    Against,
    WorkspaceFileOption,
    WorkspaceOption,
    rule_files,
    with_catalogue,
)
from rulecast.cli.rule_texts import PROBLEMS, FilesArgument
from rulecast.cli.session import JsonOption, Terminal
from rulecast.cli.text_file import read_text_now
from rulecast.cli.why_tree import condition_tree
from rulecast.rule.analyse import ExampleOutcome, ExampleReport, run_examples
from rulecast.values.catalogue import Catalogue
from rulecast.values.clock import SystemClock
from rulecast.wiring.plan_terms import check as check_or_refuse


def register(rule: typer.Typer) -> None:
    """Add the command."""
    rule.command("test")(run_them)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedFile:
    """One rule file and what came of its examples."""

    file: Path
    rule_name: str
    report: ExampleReport


def run_them(
    context: typer.Context,
    files: FilesArgument,
    workspace_file: WorkspaceFileOption = None,
    workspace: WorkspaceOption = False,
    json: JsonOption = False,
) -> None:
    """Run the examples of rules and say which of their conditions were never true or never false."""
    found = rule_files(files)

    def answer(catalogue: Catalogue, terminal: Terminal) -> int:
        examined = [_examine(file, catalogue) for file in found]
        for one in examined:
            if json:
                terminal.print_json(_as_json(one))
            else:
                terminal.print(*_show(one))
        return 0 if all(one.report.has_passed for one in examined) else PROBLEMS

    with_catalogue(context, found, Against(file=workspace_file, workspace=workspace), answer)


def _examine(file: Path, catalogue: Catalogue) -> ExaminedFile:
    checked = check_or_refuse(read_text_now(file), catalogue)
    report = run_examples(checked, catalogue, now=SystemClock().now())
    return ExaminedFile(file=file, rule_name=checked.rule.name, report=report)


def _show(examined: ExaminedFile) -> Iterator[RenderableType]:
    outcomes = examined.report.outcomes
    passed = sum(outcome.has_passed for outcome in outcomes)
    yield Text.assemble(
        (examined.rule_name, "bold"),
        f": {passed} of {len(outcomes)} examples passed" if outcomes else ": no examples",
    )
    for outcome in outcomes:
        mark, style = ("✔", "green") if outcome.has_passed else ("✘", "bold red")
        yield Text(f"  {mark} {outcome.example.about}{_verdict(outcome)}", style=style)
        if not outcome.has_passed:
            yield condition_tree(outcome.explanation)
    for atom in examined.report.coverage if outcomes else ():
        if not atom.is_covered:
            never = "true" if atom.true_count == 0 else "false"
            yield Text(f"  ! never {never} in an example: {atom.text}", style="yellow")


def _verdict(outcome: ExampleOutcome) -> str:
    if outcome.has_passed:
        return ""
    return " should match and does not" if outcome.example.matches else " should not match and does"


def _as_json(examined: ExaminedFile) -> dict[str, object]:
    return {
        "file": str(examined.file),
        "rule": examined.rule_name,
        "ok": examined.report.has_passed,
        "examples": [
            {
                "about": outcome.example.about,
                "line": outcome.example.span.line,
                "expected": outcome.example.matches,
                "found": outcome.truth,
                "ok": outcome.has_passed,
            }
            for outcome in examined.report.outcomes
        ],
        "coverage": [
            {"condition": atom.text, "true": atom.true_count, "false": atom.false_count}
            for atom in examined.report.coverage
        ],
    }
