"""`rulecast send`: one sending process in this terminal."""

import asyncio
import signal
from typing import Annotated

import typer

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.wiring.journal import replay_journal
from rulecast.wiring.sender import SenderReport, run_sender
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the sender."""

    @app.command("send")
    def send(
        context: typer.Context,
        until_done: Annotated[
            bool, typer.Option("--until-done", help="Leave as soon as no message is waiting.")
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """Send launched plans until Ctrl-C; what an earlier process left in doubt is settled first."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            stop_event = asyncio.Event()
            loop = asyncio.get_running_loop()
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(name, stop_event.set)
            await replay_journal(workspace)
            report = await run_sender(workspace, stop_event=stop_event, until_idle=until_done)
            if json:
                terminal.print_json(_json(report))
            else:
                terminal.print(*_lines(report))

        run(context, work, acts=True)


def _json(report: SenderReport) -> dict[str, object]:
    return {
        "doubted": report.doubted,
        "returned": report.returned,
        "numbers": {
            number: {
                "started": counts.started,
                "accepted": counts.accepted,
                "refused": counts.refused,
                "again": counts.again,
                "unknown": counts.unknown,
            }
            for number, counts in report.numbers.items()
        },
    }


def _lines(report: SenderReport) -> list[str]:
    lines = [
        f"{number}: {counts.accepted} accepted, {counts.refused} refused, {counts.again} to be sent again, "
        f"{counts.unknown} unknown"
        for number, counts in report.numbers.items()
    ]
    return lines or ["There is no business number yet."]
