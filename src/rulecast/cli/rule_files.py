"""`rulecast rule export|import|copy`: rules as files of a directory, for git."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rulecast.cli.rule_book import NameArgument
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.wiring.rule_directory import export_rules, import_rules
from rulecast.wiring.rule_keeping import copy_rule
from rulecast.wiring.workspace import Workspace

DirectoryArgument = Annotated[
    Path, typer.Argument(metavar="DIRECTORY", file_okay=False, help="One file a rule, NAME.rule.")
]
NAMES_SHOWN_MAX = 20


def register(rule: typer.Typer) -> None:
    """Add the commands that move rules."""
    rule.command("export")(export)
    rule.command("import")(import_)
    rule.command("copy")(copy)


def export(context: typer.Context, directory: DirectoryArgument, json: JsonOption = False) -> None:
    """Write every rule that is not archived into its file; a file that says the same is not touched."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        report = await export_rules(workspace, directory)
        if json:
            terminal.print_json(
                {"written": report.written, "unchanged": report.unchanged, "unknown": report.unknown}
            )
            return
        terminal.print(f"{len(report.written)} files written, {len(report.unchanged)} unchanged.")
        _name(terminal, "Files whose rule the book does not keep, left alone", report.unknown)

    run(context, work)


def import_(context: typer.Context, directory: DirectoryArgument, json: JsonOption = False) -> None:
    """Keep every rule file that says something new as a draft, all of them or none; nothing is deleted."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        report = await import_rules(workspace, directory)
        if json:
            terminal.print_json(
                {
                    "created": report.created,
                    "changed": report.changed,
                    "unchanged": report.unchanged,
                    "archived": report.archived,
                    "missing": report.missing,
                }
            )
            return
        terminal.print(
            f"{len(report.created)} rules created, {len(report.changed)} changed, "
            f"{len(report.unchanged)} unchanged."
        )
        _name(terminal, "Archived in the book, left so", report.archived)
        _name(terminal, "In the book without a file, left alone", report.missing)

    run(context, work, acts=True)


def copy(
    context: typer.Context,
    name: NameArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="Name of the copy.")],
    json: JsonOption = False,
) -> None:
    """Keep what a rule says now as a draft under another name."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        kept = await copy_rule(workspace, name, new_name)
        if json:
            terminal.print_json({"rule": kept.rule_name, "version": kept.version, "id": kept.rule_version_id})
        else:
            terminal.print(f"{kept.rule_name} is a draft that says what {name} says.")

    run(context, work, acts=True)


def _name(terminal: Terminal, what: str, names: Sequence[str]) -> None:
    if not names:
        return
    more = len(names) - NAMES_SHOWN_MAX
    shown = ", ".join(names[:NAMES_SHOWN_MAX])
    terminal.print(f"{what}: {shown}" + (f" and {more} more." if more > 0 else "."))
