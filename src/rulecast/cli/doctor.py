"""`rulecast doctor`: what stands well, what does not, and what to do about it."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from rulecast.cli.session import JsonOption, Session, run_async, session_of
from rulecast.values.clock import read_clock
from rulecast.values.errors import RulecastError
from rulecast.wiring.connect.health import examine_connections
from rulecast.wiring.doctor import answer_disk_question, examine_settings, examine_workspace
from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.template_health import examine_templates
from rulecast.wiring.workspace import open_workspace

STYLES = {Health.GOOD: "green", Health.NOTE: "yellow", Health.PROBLEM: "bold red"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("doctor")
    def doctor(
        context: typer.Context,
        disk_encrypted: Annotated[
            bool | None,
            typer.Option(
                "--disk-encrypted/--disk-not-encrypted",
                help="Answer whether the disk under PostgreSQL is encrypted.",
            ),
        ] = None,
        json: JsonOption = False,
    ) -> None:
        """Look at settings, key, database, mart, senders, and what Meta says of connected numbers."""
        session = session_of(context)
        findings = run_async(lambda: _examine(session, disk_encrypted=disk_encrypted))
        problems = sum(one.health is Health.PROBLEM for one in findings)
        if json:
            session.terminal.print_json(
                {
                    "problems": problems,
                    "findings": [
                        {
                            "name": one.name,
                            "health": one.health.value,
                            "what": one.what,
                            "what_to_do": one.what_to_do,
                        }
                        for one in findings
                    ],
                }
            )
        else:
            session.terminal.print(_table(findings))
        if problems:
            raise typer.Exit(1)


async def _examine(session: Session, *, disk_encrypted: bool | None) -> list[Finding]:
    """Look at everything that can be reached; what cannot be opened is itself a finding."""
    settings = session.settings
    findings = examine_settings(settings, read_clock(settings.clock).now().date())
    try:
        async with open_workspace(settings, actor=session.actor, announce=session.terminal.note) as workspace:
            if disk_encrypted is not None:
                await answer_disk_question(workspace, is_encrypted=disk_encrypted)
            findings += [*await examine_workspace(workspace), await examine_templates(workspace)]
            findings += await examine_connections(workspace)
    except RulecastError as error:
        findings.append(
            Finding(
                name="workspace",
                health=Health.PROBLEM,
                what=f"{error.code}: {error.what}",
                what_to_do=error.hint,
            )
        )
    return findings


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, padding=(0, 1), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for one in findings:
        what = Text(one.what)
        if one.what_to_do:
            what.append(f"\n{one.what_to_do}", style="dim")
        table.add_row(Text(one.health.value, style=STYLES[one.health]), Text(one.name, style="bold"), what)
    return table
