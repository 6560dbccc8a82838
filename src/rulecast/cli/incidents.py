"""`rulecast incident`: what went wrong with accounts, numbers and templates, and going on after it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from rulecast.account.facts import Hold
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.gate.incidents import Incident
from rulecast.observe.metrics import render_metrics
from rulecast.wiring.incidents import incident_samples, read_incident, read_incidents, resume_incident
from rulecast.wiring.workspace import Workspace

NumberArgument = Annotated[int, typer.Argument(help="Number of the incident.", min=1)]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help="What went wrong with accounts, numbers and templates.",
        rich_markup_mode=None,
    )
    app.add_typer(group, name="incident")
    _add_list(group)
    _add_show(group)
    _add_resume(group)


def _add_list(group: typer.Typer) -> None:
    @group.command("list")
    def list_command(
        context: typer.Context,
        everything: Annotated[bool, typer.Option("--all", help="Closed incidents too.")] = False,
        metrics: Annotated[
            bool, typer.Option("--metrics", help="Print the figures as Prometheus reads them.")
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """List open incidents and what Meta makes rest."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            if metrics:
                typer.echo(render_metrics(await incident_samples(workspace)), nl=False)
                return
            found = await read_incidents(workspace, with_closed=everything)
            if json:
                terminal.print_json(
                    {
                        "incidents": [asdict(one) for one in found.incidents],
                        "holds": [asdict(one) for one in found.holds],
                        "conflicts": found.conflict_count,
                    }
                )
                return
            terminal.print(_incidents(found.incidents) if found.incidents else Text("No incident is open."))
            if found.holds:
                terminal.print(_holds(found.holds))
            if found.conflict_count:
                terminal.print(f"{found.conflict_count} pairs of contacts may be one person.")

        run(context, work)


def _add_show(group: typer.Typer) -> None:
    @group.command("show")
    def show_command(context: typer.Context, number: NumberArgument, json: JsonOption = False) -> None:
        """Show one incident: what Meta said, and what to do before resuming."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            incident = await read_incident(workspace, number)
            if json:
                terminal.print_json(asdict(incident))
            else:
                terminal.print(*_lines(incident))

        run(context, work)


def _add_resume(group: typer.Typer) -> None:
    @group.command("resume")
    def resume_command(
        context: typer.Context,
        number: NumberArgument,
        because: Annotated[
            str, typer.Option("--because", help="What was found out and done; required.")
        ] = "",
        json: JsonOption = False,
    ) -> None:
        """Close an incident and lift what it made rest; what waited goes on through the same gate."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            closed = await resume_incident(workspace, number, because=because)
            lifted: Mapping[str, object] = {
                "incident": number,
                "holds_lifted": closed.holds_lifted,
                "stops_lifted": closed.stops_lifted,
            }
            if json:
                terminal.print_json(lifted)
            else:
                terminal.print(
                    f"Closed incident {number} ({closed.incident.cause}): {closed.holds_lifted} holds and "
                    f"{closed.stops_lifted} stops lifted."
                )

        run(context, work, acts=True)


def _incidents(incidents: list[Incident]) -> Table:
    table = Table("number", Column("cause", overflow="fold"), "of", "since", "closed")
    for one in incidents:
        closed = "" if one.closed_at is None else f"{one.closed_at:%Y-%m-%d %H:%M} {one.closed_by}"
        table.add_row(
            str(one.incident_id),
            Text(one.cause),
            Text(f"{one.scope} {one.scope_id}"),
            f"{one.opened_at:%Y-%m-%d %H:%M}",
            Text(closed),
        )
    return table


def _holds(holds: list[Hold]) -> Table:
    table = Table("rests", "of", Column("cause", overflow="fold"), "since", "until")
    for one in holds:
        table.add_row(
            one.kind,
            Text(f"{one.scope} {one.scope_id}"),
            Text(one.cause),
            f"{one.since:%Y-%m-%d %H:%M}",
            "somebody resumes" if one.until is None else f"{one.until:%Y-%m-%d %H:%M}",
        )
    return table


def _lines(incident: Incident) -> list[Text]:
    closed = "open" if incident.closed_at is None else f"closed by {incident.closed_by}: {incident.because}"
    return [
        Text(f"Incident {incident.incident_id}: {incident.cause} of {incident.scope} {incident.scope_id}"),
        Text(f"Since {incident.opened_at:%Y-%m-%d %H:%M} UTC, {closed}"),
        *(Text(f"  {name}: {value}") for name, value in sorted(incident.facts.items())),
        *(Text(f"  {place}. {step}") for place, step in enumerate(incident.steps, start=1)),
    ]
