"""`rulecast rule diff A B`: what changes in the text and in the people."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rulecast.cli.rule_catalogue import Against, InWorkspaceOption, WithoutWorkspaceOption, catalogue_of_file
from rulecast.cli.session import JsonOption, Terminal, run, session_of
from rulecast.cli.text_file import read_text_file, read_text_now
from rulecast.wiring.rule_diff import RuleDifference, diff_rules, diff_texts, text_of_file, text_of_rule
from rulecast.wiring.workspace import Workspace

RuleArgument = Annotated[
    str, typer.Argument(metavar="RULE", help="A rule file such as new.rule, NAME, or NAME@VERSION.")
]
STYLES = {"+": "green", "-": "red", "@": "dim"}


def register(rule: typer.Typer) -> None:
    """Add the command."""
    rule.command("diff")(diff)


def diff(
    context: typer.Context,
    before: RuleArgument,
    after: RuleArgument,
    workspace_file: WithoutWorkspaceOption = None,
    in_workspace: InWorkspaceOption = False,
    json: JsonOption = False,
) -> None:
    """Say what changes from one rule to another, also in people on the current mart."""
    against = Against(file=workspace_file, workspace=in_workspace)
    if against.file is not None:
        texts = [(name, text_of_file(Path(name), read_text_now(Path(name)))) for name in (before, after)]
        found = diff_texts(texts[0], texts[1], catalogue_of_file(context, against.file))
        _answer(found, session_of(context).terminal, json=json)
        return

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        texts = [(name, await _text(workspace, name)) for name in (before, after)]
        _answer(await diff_rules(workspace, texts[0], texts[1]), terminal, json=json)

    run(context, work)


def _answer(found: RuleDifference, terminal: Terminal, *, json: bool) -> None:
    if json:
        terminal.print_json(
            {
                "before": found.before_name,
                "after": found.after_name,
                "lines": found.lines,
                "people_before": found.people_before,
                "people_after": found.people_after,
                "added": found.added,
                "removed": found.removed,
            }
        )
    else:
        _show(found, terminal)


async def _text(workspace: Workspace, name: str) -> str:
    file = Path(name)
    if file.suffix:
        return text_of_file(file, await read_text_file(file))
    return await text_of_rule(workspace, name)


def _show(found: RuleDifference, terminal: Terminal) -> None:
    for line in found.lines:
        terminal.print(Text(line, style=STYLES.get(line[:1], "")))
    if not found.lines:
        terminal.print("The rules say the same.")
    if found.added is None:
        return
    terminal.print(
        Text.assemble(
            (f"+{found.added:,}", "bold green"),
            " ",
            (f"\N{MINUS SIGN}{found.removed:,}", "bold red"),
            f" people: {found.people_before:,} before, {found.people_after:,} after",
        )
    )
