"""`rulecast rule`: checking, formatting, explaining and keeping rule files."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.text_file import read_text_file, read_text_now
from rulecast.rule.book.store import list_rules, save_rule
from rulecast.rule.language import (
    CheckedRule,
    RuleProblem,
    RuleProblems,
    check_rule,
    explain_rule,
    format_rule,
    parse_rule,
)
from rulecast.rule.language.format_condition import format_condition
from rulecast.values.errors import RulecastError
from rulecast.wiring.plan_terms import check as check_or_refuse
from rulecast.wiring.workspace import Workspace

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]
PROBLEMS = 1


class RuleTextError(RulecastError):
    """A rule file cannot be read as a rule."""

    code = "RC-RULE-001"
    summary = "A rule file cannot be read as a rule."
    remedy = "Correct the places shown; `rulecast rule check FILE` shows all of them."


def register(app: typer.Typer) -> None:
    """Add the group `rule`."""
    rule = typer.Typer(no_args_is_help=True, help="Rules: who gets which message, when.")
    rule.command("check")(check)
    rule.command("fmt")(fmt)
    rule.command("explain")(explain)
    rule.command("save")(save)
    rule.command("list")(list_kept)
    app.add_typer(rule, name="rule")


def check(context: typer.Context, file: FileArgument, json: JsonOption = False) -> None:
    """Check a rule against the workspace and show every problem with its place and a hint."""

    async def work(workspace: Workspace, terminal: Terminal) -> int:
        text = await _read(file)
        async with workspace.database.connection() as connection:
            found = check_rule(text, await workspace.catalogue(connection))
        problems = found.problems if isinstance(found, RuleProblems) else found.warnings
        has_errors = isinstance(found, RuleProblems)
        if json:
            terminal.print_json({"ok": not has_errors, "problems": [_problem_json(one) for one in problems]})
        else:
            for problem in problems:
                terminal.print(Text(problem.render(text) + "\n"))
            verdict = ("has errors", "bold red") if has_errors else ("checks", "bold green")
            terminal.print(Text.assemble(f"{file.name} ", verdict))
        return PROBLEMS if has_errors else 0

    run(context, work)


def fmt(
    file: FileArgument,
    check_only: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 if it would change.")
    ] = False,
) -> None:
    """Write a rule file in its one canonical form."""
    text = read_text_now(file)
    parsed = parse_rule(text)
    if isinstance(parsed, RuleProblems):
        shown = "\n".join(problem.render(text) for problem in parsed.problems)
        raise RuleTextError(f"{file.name} cannot be read.\n{shown}")
    formatted = format_rule(parsed)
    if formatted == text:
        sys.stdout.write(f"{file.name} has its canonical form.\n")
        return
    if check_only:
        sys.stdout.write(f"{file.name} would change.\n")
        raise typer.Exit(PROBLEMS)
    file.write_text(formatted, encoding="utf-8")
    sys.stdout.write(f"{file.name} was formatted.\n")


def explain(
    context: typer.Context,
    file: FileArgument,
    passes: Annotated[
        bool, typer.Option("--passes", help="Also show the condition as written and with exact meaning.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say in plain sentences what a rule does."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        checked = await _checked(workspace, file)
        sentences = explain_rule(checked.rule)
        if json:
            terminal.print_json(
                {
                    "sentences": list(sentences),
                    "attributes_read": sorted(checked.attributes_read),
                    "events_read": sorted(checked.events_read),
                    "reads_behaviour": checked.reads_behaviour,
                    "as_written": format_condition(checked.rule.condition),
                    "exact": format_condition(checked.condition),
                }
            )
            return
        for sentence in sentences:
            terminal.print(Text(sentence))
        reads = sorted(checked.attributes_read | checked.events_read)
        terminal.note(f"Reads {', '.join(reads) or 'nothing'} about people.")
        if passes:
            terminal.print(Text(f"\nAs written:\n  {format_condition(checked.rule.condition)}"))
            terminal.print(Text(f"With exact meaning:\n  {format_condition(checked.condition)}"))

    run(context, work)


def save(context: typer.Context, file: FileArgument, json: JsonOption = False) -> None:
    """Keep a rule in the workspace's book; the same content is kept once."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        checked = await _checked(workspace, file)
        async with workspace.database.transaction() as connection:
            kept = await save_rule(
                connection,
                checked.rule,
                author=workspace.actor,
                now=workspace.clock.now(),
                is_edit=True,
            )
        if json:
            terminal.print_json({"rule": kept.rule_name, "version": kept.version, "id": kept.rule_version_id})
        else:
            terminal.print(f"{kept.rule_name} version {kept.version} is kept, written by {kept.author}.")

    run(context, work)


def list_kept(context: typer.Context, json: JsonOption = False) -> None:
    """List the newest version of every rule in the book."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        async with workspace.database.connection() as connection:
            kept = await list_rules(connection)
        if json:
            terminal.print_json({"rules": [{"rule": one.rule_name, "version": one.version} for one in kept]})
            return
        table = Table("rule", "version", "written by", "kept at")
        for one in kept:
            table.add_row(
                one.rule_name, str(one.version), one.author, one.created_at.isoformat(timespec="minutes")
            )
        terminal.print(
            table if kept else "No rule is kept yet: `rulecast rule save FILE` or `rulecast plan FILE`."
        )

    run(context, work)


async def _checked(workspace: Workspace, file: Path) -> CheckedRule:
    text = await _read(file)
    async with workspace.database.connection() as connection:
        return check_or_refuse(text, await workspace.catalogue(connection))


async def _read(file: Path) -> str:
    return await read_text_file(file)


def _problem_json(problem: RuleProblem) -> dict[str, object]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "line": problem.span.line,
        "column": problem.span.column,
        "hint": problem.hint,
    }
