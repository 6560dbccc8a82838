"""What every command shares: settings, who acts, where output goes, and the opened workspace."""

import asyncio
import getpass
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, TypeVar

import typer
import uvloop
from rich.console import Console, RenderableType
from rich.text import Text

from rulecast.config import Mode, Settings, load_settings
from rulecast.config.kept_secrets import with_kept_secrets
from rulecast.wiring.logs import configure_logging
from rulecast.wiring.roles import Role
from rulecast.wiring.workspace import Workspace, open_workspace

# A pipe has no width; tables of a report need about this much to keep their words whole.
PIPE_WIDTH = 120
ACTOR_LENGTH_MAX = 100

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]


class Terminal:
    """Where a command prints: answers on standard output, notes and banners on standard error."""

    def __init__(self, mode: Mode) -> None:
        """Take the workspace's mode, which stands in every JSON answer."""
        self.out = _console(is_error=False)
        self.error = _console(is_error=True)
        self._mode = mode
        self._shown = Text()

    def show_mode(self, line: Text) -> None:
        """Print the line that tells a rehearsal from the real thing, unless it stands there already."""
        if line != self._shown:
            self.error.print(line)
            self._shown = line

    def print(self, *renderables: RenderableType) -> None:
        """Print an answer."""
        for renderable in renderables:
            self.out.print(renderable)

    def print_json(self, answer: Mapping[str, object]) -> None:
        """Print an answer as one JSON object on one line, with the workspace's mode in it."""
        told = {"mode": self._mode, **answer}
        self.out.file.write(json.dumps(told, ensure_ascii=False, default=_jsonable) + "\n")
        self.out.file.flush()

    def note(self, text: str) -> None:
        """Print a remark that is no part of the answer."""
        self.error.print(Text(text, style="dim"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One call of the program: its settings, who acts, and the terminal."""

    settings: Settings
    actor: str
    terminal: Terminal
    # What a process of the same workspace is started with: its global options and its environment.
    options: tuple[str, ...]
    environ: Mapping[str, str]
    roles: Mapping[str, Role]


Answer = TypeVar("Answer")
Work = Callable[[Workspace, Terminal], Awaitable[int | None]]


def begin_session(
    home: Path | None, actor: str | None, *, environ: Mapping[str, str], roles: Mapping[str, Role]
) -> Session:
    """Read the settings and prepare output and logging."""
    settings = load_settings(environ)
    if home is not None:
        settings = replace(settings, home=home.expanduser().absolute())
    settings = with_kept_secrets(settings)
    configure_logging(settings.log_level)
    actor = (actor or _system_user())[:ACTOR_LENGTH_MAX]
    return Session(
        settings=settings,
        actor=actor,
        terminal=Terminal(settings.mode),
        options=("--home", str(settings.home), "--as", actor),
        environ=environ,
        roles=roles,
    )


def session_of(context: typer.Context) -> Session:
    """Return the session of the running command."""
    session = context.find_root().obj
    assert isinstance(session, Session)
    return session


def run(context: typer.Context, work: Work, *, acts: bool = False) -> None:
    """Open the workspace, do the work in it, and leave with the exit code the work returns.

    Args:
        context: the command's context.
        work: awaited with the workspace and the terminal.
        acts: whether the command changes or sends something; then standard error tells which kind of workspace
        it is even beside a JSON answer.
    """
    session = session_of(context)

    async def inside() -> int | None:
        async with open_workspace(
            session.settings, actor=session.actor, announce=session.terminal.note
        ) as workspace:
            if acts:
                session.terminal.show_mode(banner(workspace.settings))
            return await work(workspace, session.terminal)

    code = run_async(inside)
    if code:
        raise typer.Exit(code)


def run_async(start: Callable[[], Awaitable[Answer]]) -> Answer:
    """Run a coroutine on uvloop until it is done."""

    async def main() -> Answer:
        return await start()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def banner(settings: Settings) -> Text:
    """Return the line that tells a rehearsal from the real thing."""
    if settings.mode == "live":
        return mode_line("live", f"workspace {settings.workspace}: messages reach real people")
    where = (
        f"messages go to {settings.graph_base_url}, nobody real is reached"
        if settings.access_token is not None
        else "without RULECAST_ACCESS_TOKEN no message is sent"
    )
    return mode_line("simulated", f"workspace {settings.workspace}: {where}")


def mode_line(mode: Mode, told: str) -> Text:
    """Return the mark of a mode with a sentence beside it."""
    return Text.assemble(mode_mark(mode), f" {told}")


def mode_mark(mode: Mode) -> tuple[str, str]:
    """Return the word of a mode as it is marked everywhere, with its style."""
    return (" LIVE ", "bold white on red") if mode == "live" else (" SIMULATED ", "bold black on yellow")


def _console(*, is_error: bool) -> Console:
    console = Console(stderr=is_error, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _jsonable(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
