"""`rulecast serve`: every role in one supervised process group, or one role alone."""

import asyncio
from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from rulecast.cli.session import JsonOption, Session, Terminal, banner, run, session_of
from rulecast.config import Settings
from rulecast.config.load_settings import variable_of
from rulecast.values.errors import RulecastError
from rulecast.wiring.doctor import examine_settings
from rulecast.wiring.errors import RoleNotPossibleError
from rulecast.wiring.finding import Health
from rulecast.wiring.journal import replay_journal
from rulecast.wiring.page_access import make_page_token, page_url, remember_page_port
from rulecast.wiring.restore import look
from rulecast.wiring.roles import (
    LISTENING_ROLES,
    ROLES,
    Post,
    listen_on,
    port_of,
    run_until_stopped,
    stop_when_orphaned,
)
from rulecast.wiring.serve import Group, adopt_listener, supervise
from rulecast.wiring.workspace import Workspace


class RoleName(StrEnum):
    """The roles a process can have."""

    RECEIVER = "receiver"
    ENGINE = "engine"
    WEB = "web"
    SENDER = "sender"


# What a role cannot start without; a simulated workspace starts the others and says what is missing.
NEEDED_SETTINGS = {"receiver": ("app_secret", "verify_token"), "sender": ("access_token",)}


class ServeIncompleteError(RulecastError):
    """A setting without which a live workspace cannot run is missing."""

    code = "RC-SERVE-004"
    summary = "A setting without which a live workspace cannot run is missing."
    remedy = "Set the named variables; `rulecast doctor` shows everything that is missing."


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("serve")
    def serve(
        context: typer.Context,
        role: Annotated[
            RoleName | None,
            typer.Option("--role", help="Run this role alone; default: all of them, supervised."),
        ] = None,
        supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
        listener: Annotated[int | None, typer.Option("--listener", hidden=True)] = None,
        json: JsonOption = False,
    ) -> None:
        """Run rulecast: receiver, engine, page and sender, until Ctrl-C."""
        session = session_of(context)

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            if role is None:
                await _serve_all(workspace, terminal, session, is_supervised=supervised, as_json=json)
            else:
                place = _Place(name=role.value, is_supervised=supervised, descriptor=listener)
                await _serve_one(workspace, terminal, session, place=place, as_json=json)

        run(context, work)


class _Place:
    """Which role this process is, and what its supervisor handed down."""

    def __init__(self, *, name: str, is_supervised: bool, descriptor: int | None) -> None:
        self.name = name
        self.is_supervised = is_supervised
        self.descriptor = descriptor


async def _serve_all(
    workspace: Workspace, terminal: Terminal, session: Session, *, is_supervised: bool, as_json: bool
) -> None:
    roles = _possible_roles(workspace.settings, session, terminal)
    listeners = {role: listen_on(port_of(workspace, role)) for role in roles if role in LISTENING_ROLES}
    ports = {role: listener.getsockname()[1] for role, listener in listeners.items()}
    for finding in examine_settings(workspace.settings, workspace.clock.now().date()):
        if finding.health is Health.PROBLEM:
            terminal.note(f"{finding.name}: {finding.what}. {finding.what_to_do}")
    held = await look(workspace)
    if held.causes:
        terminal.note(f"Nothing is sent: {held.sentences} See `rulecast restore show`.")
    await replay_journal(workspace)
    stop = asyncio.Event()
    if is_supervised:
        await stop_when_orphaned(stop)
    group = Group(options=session.options, environ=session.environ, listeners=listeners)
    terminal.show_mode(banner(workspace.settings))
    remember_page_port(workspace, ports["web"])
    address = page_url(ports["web"], await make_page_token(workspace))
    receiver = f"http://127.0.0.1:{ports['receiver']}" if "receiver" in ports else None
    if as_json:
        terminal.print_json({"page": address, "receiver": receiver, "roles": list(roles)})
    else:
        _print_address(terminal, address)
        if receiver:
            terminal.print(Text.assemble("Webhooks and links  ", (receiver, "bold")))
        terminal.print(Text("Ctrl-C ends every role after the messages in flight are settled.", style="dim"))
    try:
        await supervise(group, roles, stop)
    finally:
        for listener in listeners.values():
            listener.close()


async def _serve_one(
    workspace: Workspace, terminal: Terminal, session: Session, *, place: _Place, as_json: bool
) -> None:
    role = session.roles.get(place.name)
    if role is None:
        raise RoleNotPossibleError(f"The role {place.name} is not part of this program.")
    listener = None
    if place.name in LISTENING_ROLES:
        listener = (
            listen_on(port_of(workspace, place.name))
            if place.descriptor is None
            else adopt_listener(place.descriptor)
        )
    if listener is not None and not place.is_supervised:
        terminal.show_mode(banner(workspace.settings))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if place.name == "web":
            remember_page_port(workspace, listener.getsockname()[1])
            address = page_url(listener.getsockname()[1], await make_page_token(workspace))
        if as_json:
            terminal.print_json({"page" if place.name == "web" else "receiver": address})
        elif place.name == "web":
            _print_address(terminal, address)
        else:
            terminal.print(Text(f"Listening on {address}"))
    post = Post(workspace=workspace, stop=asyncio.Event(), listener=listener)
    await run_until_stopped(role, post, is_supervised=place.is_supervised)


def _possible_roles(settings: Settings, session: Session, terminal: Terminal) -> tuple[str, ...]:
    """Return the roles that can run; a live workspace runs all of them or none."""
    found = {
        role: [variable_of(name) for name in names if not getattr(settings, name)]
        for role, names in NEEDED_SETTINGS.items()
    }
    missing = {role: names for role, names in found.items() if names}
    if missing and settings.mode == "live":
        everything = ", ".join(name for names in missing.values() for name in names)
        raise ServeIncompleteError(f"Missing: {everything}.")
    for role, names in missing.items():
        terminal.note(f"The {role} does not run: {' and '.join(names)} not set.")
    return tuple(role for role in ROLES if role in session.roles and role not in missing)


def _print_address(terminal: Terminal, address: str) -> None:
    terminal.print(
        Text.assemble("The page            ", (address, "bold cyan")),
        Text(
            "The address works once and for 15 minutes; `rulecast page` prints another.",
            style="dim",
        ),
    )
