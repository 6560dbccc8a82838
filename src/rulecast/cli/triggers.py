"""`rulecast triggers`: how the runtime of triggers stands, one run of it in this terminal, the comparison by hand."""

import asyncio
import signal
from dataclasses import asdict
from typing import Annotated

import typer

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.observe.metrics import render_metrics
from rulecast.wiring.triggers import run_triggers
from rulecast.wiring.triggers.figures import read_last_checks, read_trigger_lag, trigger_samples
from rulecast.wiring.triggers.nightly import check_memberships
from rulecast.wiring.triggers.records import AudienceDifference
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands."""
    triggers = typer.Typer(no_args_is_help=True, help="Rules that events or entering an audience set off.")
    app.add_typer(triggers, name="triggers")
    _add_status(triggers)
    _add_run(triggers)
    _add_check(triggers)


def _add_status(triggers: typer.Typer) -> None:
    @triggers.command("status")
    def status(
        context: typer.Context,
        metrics: Annotated[
            bool, typer.Option("--metrics", help="Print the figures as Prometheus reads them.")
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """Show how far the triggers are behind and what the last comparison of memberships found."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            if metrics:
                typer.echo(render_metrics(await trigger_samples(workspace)), nl=False)
                return
            lag, checks = await read_trigger_lag(workspace), await read_last_checks(workspace)
            if json:
                terminal.print_json({**asdict(lag), "audiences": [_check_json(one) for one in checks]})
                return
            terminal.print(
                f"{lag.versions} rules listen, {lag.lag_seconds:.1f} s behind: {lag.arrivals} arrivals wait",
                f"{lag.waiting} firings wait for their time, {lag.overdue} are overdue, {lag.held} are held",
                *_check_lines(checks),
            )

        run(context, work)


def _add_run(triggers: typer.Typer) -> None:
    @triggers.command("run")
    def run_once(
        context: typer.Context,
        until_done: Annotated[
            bool, typer.Option("--until-done", help="Leave as soon as nothing is left to do at this instant.")
        ] = False,
    ) -> None:
        """Run the triggers until Ctrl-C; `rulecast serve` does so by itself."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            stop_event = asyncio.Event()
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, stop_event.set)
            await run_triggers(workspace, stop_event=stop_event, until_idle=until_done)
            lag = await read_trigger_lag(workspace)
            terminal.print(f"{lag.versions} rules listen, {lag.waiting} firings wait for their time.")

        run(context, work, acts=True)


def _add_check(triggers: typer.Typer) -> None:
    @triggers.command("check")
    def check(context: typer.Context, json: JsonOption = False) -> None:
        """Compare who is kept as a member of each audience with a full evaluation, as every night."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            await check_memberships(workspace)
            checks = await read_last_checks(workspace)
            if json:
                terminal.print_json({"audiences": [_check_json(one) for one in checks]})
            else:
                terminal.print(*(_check_lines(checks) or ["No rule waits for people to enter."]))

        run(context, work)


def _check_json(check: AudienceDifference) -> dict[str, object]:
    return {
        "rule": check.rule_name,
        "people": check.people,
        "missing": check.missing,
        "surplus": check.surplus,
    }


def _check_lines(checks: list[AudienceDifference]) -> list[str]:
    return [
        f"{one.rule_name}: {one.people} people, {one.missing} missing, {one.surplus} too many"
        for one in checks
    ]
