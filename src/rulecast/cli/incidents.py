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
from rulecast.gate.incidents.records import Entry
from rulecast.gate.incidents.responses import RESPONSE_SENTENCES, Response, signal_responses
from rulecast.observe.metrics import render_metrics
from rulecast.wiring.drill import drill
from rulecast.wiring.incidents import (
    Story,
    incident_samples,
    mark_done,
    note_incident,
    read_incidents,
    read_story,
    resume_incident,
    take_incident,
)
from rulecast.wiring.workspace import Workspace

BecauseOption = Annotated[str, typer.Option("--because", help="What was found out and done; required.")]
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
    for add in (_add_own, _add_note, _add_done, _add_signals, _add_drill):
        add(group)


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
        """Show one incident: what rests, what to do before resuming, what was done, who was told."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            story = await read_story(workspace, number)
            if json:
                terminal.print_json(
                    {
                        **asdict(story.incident),
                        "entries": [asdict(one) for one in story.entries],
                        "alerts": [asdict(one) for one in story.alerts],
                    }
                )
            else:
                terminal.print(*_lines(story))

        run(context, work)


def _add_resume(group: typer.Typer) -> None:
    @group.command("resume")
    def resume_command(
        context: typer.Context,
        number: NumberArgument,
        because: BecauseOption = "",
        force: Annotated[
            bool, typer.Option("--force", help="Also where what caused it still stands; stays in the record.")
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """Close an incident and lift what it made rest; what waited goes on through the same gate."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            closed = await resume_incident(workspace, number, because=because, is_forced=force)
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


def _add_own(group: typer.Typer) -> None:
    @group.command("own")
    def own_command(context: typer.Context, number: NumberArgument, json: JsonOption = False) -> None:
        """Take an incident in hand; it is not raised any more for want of an answer."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            incident = await take_incident(workspace, number)
            if json:
                terminal.print_json({"incident": number, "owner": incident.owner})
            else:
                terminal.print(f"Incident {number} ({incident.cause}) is in the hands of {incident.owner}.")

        run(context, work, acts=True)


def _add_note(group: typer.Typer) -> None:
    @group.command("note")
    def note_command(
        context: typer.Context,
        number: NumberArgument,
        text: Annotated[str, typer.Argument(help="What was found out or agreed; nothing about a person.")],
        json: JsonOption = False,
    ) -> None:
        """Write a note into the record of an incident."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            await note_incident(workspace, number, text=text)
            if json:
                terminal.print_json({"incident": number, "noted": True})
            else:
                terminal.print(f"Noted in incident {number}.")

        run(context, work, acts=True)


def _add_done(group: typer.Typer) -> None:
    @group.command("done")
    def done_command(
        context: typer.Context,
        number: NumberArgument,
        step: Annotated[int, typer.Argument(help="Number of the step.", min=1)],
        json: JsonOption = False,
    ) -> None:
        """Mark a step of an incident as done."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            await mark_done(workspace, number, step)
            if json:
                terminal.print_json({"incident": number, "step": step, "done": True})
            else:
                terminal.print(f"Step {step} of incident {number} is done.")

        run(context, work, acts=True)


def _add_signals(group: typer.Typer) -> None:
    @group.command("signals")
    def signals_command(context: typer.Context, json: JsonOption = False) -> None:
        """List every signal, what rests because of it, and who is told."""

        async def work(_workspace: Workspace, terminal: Terminal) -> None:
            if json:
                terminal.print_json({"signals": [asdict(one) for one in signal_responses()]})
                return
            table = Table(Column("signal", overflow="fold"), "rests", "then", "told", "meaning")
            for one in signal_responses():
                then = ", ".join(one.raises_to)
                table.add_row(
                    Text(one.signal), one.response.value, then, ", ".join(one.alerts), Text(one.meaning)
                )
            terminal.print(table)

        run(context, work)


def _add_drill(group: typer.Typer) -> None:
    @group.command("drill")
    def drill_command(
        context: typer.Context,
        signal: Annotated[str, typer.Argument(help="A signal of `rulecast incident signals`.")],
        really: Annotated[
            bool, typer.Option("--really", help="Stop sending too, until the drill is resumed.")
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """Walk a marked incident through the whole machine, and measure how long people take to hear of it."""

        async def work(workspace: Workspace, terminal: Terminal) -> int:
            drilled = await drill(workspace, signal, really=really)
            number, seconds = drilled.incident.incident_id, drilled.seconds_to_alert
            channels = {one.channel: one.state for one in drilled.alerts}
            if json:
                terminal.print_json(
                    {
                        "incident": number,
                        "signal": drilled.row.signal,
                        "would_rest": drilled.row.response.value,
                        "really": really,
                        "seconds_to_alert": None if seconds is None else round(seconds, 3),
                        "told_by": drilled.told_by,
                        "channels": channels,
                    }
                )
            else:
                told = (
                    "nobody was told: set RULECAST_ALERT_WEBHOOK_URL or RULECAST_SMTP_HOST"
                    if seconds is None
                    else f"told after {seconds:.1f} s by {drilled.told_by}"
                )
                terminal.print(
                    f"DRILL incident {number} ({drilled.incident.cause}): {told}.",
                    f"In earnest: {drilled.row.response.value}; now "
                    + ("sending is stopped." if really else "nothing rests."),
                    f"End it: rulecast incident resume {number} --because REASON",
                )
            return 0 if seconds is not None else 1

        run(context, work, acts=True)


def _incidents(incidents: list[Incident]) -> Table:
    table = Table("number", Column("cause", overflow="fold"), "of", "rests", "owner", "since", "closed")
    for one in incidents:
        closed = "" if one.closed_at is None else f"{one.closed_at:%Y-%m-%d %H:%M} {one.closed_by}"
        table.add_row(
            str(one.incident_id),
            Text(f"DRILL {one.cause}" if one.is_drill else one.cause),
            Text(f"{one.scope} {one.scope_id}"),
            one.response,
            Text(one.owner or ""),
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


def _lines(story: Story) -> list[Text]:
    incident = story.incident
    closed = "open" if incident.closed_at is None else f"closed by {incident.closed_by}: {incident.because}"
    done = {one.step: one for one in story.entries if one.kind == "step"}
    rests = RESPONSE_SENTENCES[Response(incident.response)]
    return [
        Text(
            f"{'DRILL ' if incident.is_drill else ''}Incident {incident.incident_id}: {incident.cause} of "
            f"{incident.scope} {incident.scope_id}"
        ),
        Text(f"Since {incident.opened_at:%Y-%m-%d %H:%M} UTC, {closed}"),
        Text(f"In force: {incident.response}: {rests}"),
        Text("Nobody has it in hand." if incident.owner is None else f"In the hands of {incident.owner}."),
        *(Text(f"  {name}: {value}") for name, value in sorted(incident.facts.items())),
        *(
            Text(f"  {place}. {step}{_done(done.get(place))}")
            for place, step in enumerate(incident.steps, start=1)
        ),
        *(
            Text(f"  {one.at:%Y-%m-%d %H:%M} {one.by_whom} {one.kind}: {one.what}".rstrip(": "))
            for one in story.entries
            if one.kind != "step"
        ),
        *(
            Text(f"  {one.channel} ({one.occasion}): {one.state} {one.last_problem}".rstrip())
            for one in story.alerts
        ),
    ]


def _done(entry: Entry | None) -> str:
    return "" if entry is None else f" [done by {entry.by_whom}, {entry.at:%Y-%m-%d %H:%M}]"
