"""`rulecast rule analyse`: what the rules of the book have to do with each other."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from rulecast.cli.rule_catalogue import Against, InWorkspaceOption, WithoutWorkspaceOption, catalogue_of_file
from rulecast.cli.session import JsonOption, Terminal, run, session_of
from rulecast.cli.text_file import read_text_file, read_text_now
from rulecast.rule.analyse.solver import is_available
from rulecast.values.clock import SystemClock
from rulecast.wiring.rule_analysis import BookAnalysis, CountedFinding, analyse_book, analyse_texts
from rulecast.wiring.workspace import Workspace

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RULE]...", help="Names, or files ending in .rule; without any, the whole book."),
]
# The exit code where a rule that was asked for has errors.
LEFT_OUT = 1
SENTENCES = {
    "contradictory": "means nobody",
    "shadowed": "means only people whom a stronger rule means too",
    "redundant": "sends only people a message who get it by another rule too",
    "overlapping": "shares people",
}


def register(rule: typer.Typer) -> None:
    """Add the command."""
    rule.command("analyse")(analyse)


def analyse(
    context: typer.Context,
    names: NamesArgument = None,
    workspace_file: WithoutWorkspaceOption = None,
    in_workspace: InWorkspaceOption = False,
    json: JsonOption = False,
) -> None:
    """Find rules that are shadowed, redundant, contradictory or overlap, with a made-up person who shows it."""
    against = Against(file=workspace_file, workspace=in_workspace)
    given = names or []
    if against.file is not None:
        _analyse_files(context, given, against.file, json=json)
        return

    async def work(workspace: Workspace, terminal: Terminal) -> int:
        texts = [await read_text_file(Path(name)) for name in given if name.endswith(".rule")]
        only = frozenset(name for name in given if not name.endswith(".rule"))
        found = await analyse_book(workspace, texts, only=only)
        _answer(found, terminal, json=json)
        return LEFT_OUT if given and found.left_out else 0

    run(context, work)


def _analyse_files(context: typer.Context, names: list[str], workspace_file: Path, *, json: bool) -> None:
    """Analyse rule files among themselves; names of the book mean nothing without a workspace.

    Raises:
        BadParameter: no file is named, or something else is.
    """
    if not names or not all(name.endswith(".rule") for name in names):
        raise typer.BadParameter("With --workspace-file, name files ending in .rule.")
    texts = [read_text_now(Path(name)) for name in names]
    catalogue = catalogue_of_file(context, workspace_file)
    found = analyse_texts(texts, catalogue, now=SystemClock().now())
    _answer(found, session_of(context).terminal, json=json)
    if found.left_out:
        raise typer.Exit(LEFT_OUT)


def _answer(found: BookAnalysis, terminal: Terminal, *, json: bool) -> None:
    if json:
        terminal.print_json(
            {
                "rules": found.rules,
                "left_out": found.left_out,
                "findings": [_json(one) for one in found.findings],
            }
        )
    else:
        _show(found, terminal)


def _show(found: BookAnalysis, terminal: Terminal) -> None:
    if found.left_out:
        terminal.print(Text(f"Left out, they have errors: {', '.join(found.left_out)}.", style="yellow"))
    table = Table("rule", "", "with", "people", "for example")
    for one in found.findings:
        finding = one.finding
        table.add_row(
            finding.rule,
            SENTENCES[finding.kind],
            ", ".join(finding.others),
            "" if one.people is None else f"{one.people:,}",
            "could not decide" if finding.certainty == "undecided" else "; ".join(one.witness),
        )
    if found.findings:
        terminal.print(table)
    terminal.print(f"{len(found.findings)} findings among {found.rules} rules.")
    if not is_available():
        terminal.note("Install rulecast[analysis] to decide what interval arithmetic alone cannot.")


def _json(one: CountedFinding) -> dict[str, object]:
    return {
        "kind": one.finding.kind,
        "rule": one.finding.rule,
        "others": one.finding.others,
        "certainty": one.finding.certainty,
        "witness": one.witness,
        "people": one.people,
    }
