"""`rulecast rule`: keeping rules, and the group of commands about them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rulecast.cli.rule_texts import check, explain, fmt
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.text_file import read_text_file
from rulecast.rule.book.store import list_rules, save_rule
from rulecast.rule.language import CheckedRule
from rulecast.wiring.plan_terms import check as check_or_refuse
from rulecast.wiring.workspace import Workspace

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]


def register(app: typer.Typer) -> None:
    """Add the group `rule`."""
    rule = typer.Typer(no_args_is_help=True, help="Rules: who gets which message, when.")
    rule.command("check")(check)
    rule.command("fmt")(fmt)
    rule.command("explain")(explain)
    rule.command("save")(save)
    rule.command("list")(list_kept)
    app.add_typer(rule, name="rule")


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
    text = await read_text_file(file)
    async with workspace.database.connection() as connection:
        return check_or_refuse(text, await workspace.catalogue(connection))
