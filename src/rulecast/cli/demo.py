"""`rulecast demo`: the whole product on a seeded workspace, against the simulator."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import platformdirs
import typer

from rulecast.cli.demo_end import show_end, stay_open
from rulecast.cli.session import JsonOption, Terminal, mode_line, run_async
from rulecast.wiring.demo.story import SPEED_DEFAULT, StoryOptions, play
from rulecast.wiring.logs import configure_logging

PEOPLE_MIN, PEOPLE_MAX = 500, 200_000
# What a shell reports of a process that ended by SIGTERM.
TERMINATED = 143
HOME_NAME = "rulecast-demo"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("demo")
    def demo(
        seed: Annotated[int, typer.Option("--seed", help="Another seed makes other people.", min=1)] = 1,
        people: Annotated[
            int, typer.Option("--people", help="How many people.", min=PEOPLE_MIN, max=PEOPLE_MAX)
        ] = 20_000,
        speed: Annotated[
            float,
            typer.Option(
                "--speed", help="How many seconds of the story pass in one of ours.", min=1, max=120
            ),
        ] = SPEED_DEFAULT,
        folder: Annotated[
            Path | None, typer.Option("--folder", help="Where the demonstration lives; cleared at its start.")
        ] = None,
        leave: Annotated[bool, typer.Option("--exit", help="End instead of keeping the page open.")] = False,
        json: JsonOption = False,
    ) -> None:
        """Show everything once: import, rules, plan, approval, sending, receipts, opt-outs, report."""
        # Whatever the settings say: the demonstration has a workspace and a simulator of its own.
        terminal = Terminal("simulated")
        if not json:
            terminal.show_mode(mode_line("simulated", "the demonstration: nobody real is reached"))
        # What the story does is told in its own words; only what goes wrong is logged.
        configure_logging("warning")
        home = folder or platformdirs.user_data_path(HOME_NAME)
        options = StoryOptions(home=home.expanduser().absolute(), seed=seed, people=people, speed=speed)

        async def work() -> bool:
            working = asyncio.current_task()
            assert working is not None
            # Told to end in the middle of the story, it ends its processes first.
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, working.cancel)
            async with play(options, terminal.note) as story:
                await show_end(story, terminal, as_json=json)
                if not leave:
                    await stay_open(story, terminal)
                return story.outcome.is_clean

        try:
            is_clean = run_async(work)
        except asyncio.CancelledError:
            raise typer.Exit(TERMINATED) from None
        if not is_clean:
            raise typer.Exit(1)
