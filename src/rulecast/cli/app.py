"""The command line: one explicit list of groups, global options, and how errors reach a person."""

import importlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from rulecast import __version__
from rulecast.cli.session import banner, begin_session
from rulecast.config import Mode
from rulecast.values.errors import RulecastError
from rulecast.wiring.logs import mask_numbers
from rulecast.wiring.roles import NO_ROLES, Role

# Every group of commands: the file with its `register` function, and the commands it adds. A call loads the one file
# it needs; help and the manual load all of them.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "workspace": ("workspace",),
    "connect": ("connect",),
    "templates": ("template",),
    "media": ("media",),
    "imports": ("import",),
    "contacts": ("contact",),
    "rules": ("rule",),
    "plans": ("plan", "plans", "why", "approve", "launch", "try", "seed"),
    "triggers": ("triggers",),
    "send": ("send",),
    "stop": ("stop", "resume"),
    "incidents": ("incident",),
    "report": ("report",),
    "messages": ("message",),
    "runs": ("run",),
    "serve": ("serve",),
    "page": ("page",),
    "doctor": ("doctor",),
    "codes": ("codes",),
    "rates": ("rates",),
    "coupons": ("coupon",),
    "tiers": ("tiers",),
    "collect": ("collect",),
    "simulator": ("simulator",),
    "marks": ("mark",),
    "verify": ("verify",),
    "reply": ("reply",),
    "suppress": ("suppress",),
    "opt_outs": ("opt-out",),
    "restore": ("restore",),
    "audit": ("audit",),
    "demo": ("demo",),
}

USER_ERROR = 2
DEFECT = 70
INTERRUPTED = 130
FRAMES_SHOWN = 6
# Where these stand no line tells the mode: a JSON answer holds it, help asks nothing, and a supervised role has told
# it through its supervisor. The demonstration is simulated whatever the settings say.
TELL_NO_MODE = frozenset({"--json", "--help", "--version", "--supervised", "demo"})


def build_app(
    environ: Mapping[str, str],
    roles: Mapping[str, Role],
    groups: Iterable[str] = tuple(GROUPS),
    *,
    tells_mode: bool = False,
) -> typer.Typer:
    """Return the application with these groups of commands, all of them by default.

    With `tells_mode` every command first prints on standard error whether the workspace is simulated or live.
    """
    app = typer.Typer(
        name="rulecast",
        help="Decide who may receive which WhatsApp message, when and why, and prove it.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode=None,
    )

    @app.callback()
    def begin(
        context: typer.Context,
        home: Annotated[
            Path | None, typer.Option("--home", help="Directory of the workspace, instead of RULECAST_HOME.")
        ] = None,
        actor: Annotated[
            str | None, typer.Option("--as", help="Who acts, for the audit; default: the system user.")
        ] = None,
        _version: Annotated[
            bool,
            typer.Option(
                "--version", help="Print the version and leave.", is_eager=True, callback=_print_version
            ),
        ] = False,
    ) -> None:
        """Prepare the session of every command."""
        session = begin_session(home, actor, environ=environ, roles=roles)
        context.obj = session
        if tells_mode:
            session.terminal.show_mode(banner(session.settings))

    for group in groups:
        importlib.import_module(f"rulecast.cli.{group}").register(app)
    return app


def groups_of(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the groups whose commands a command line names, or all where it names none.

    A value of an option may look like a command too; then one group too many is loaded, which does no harm.
    """
    named = tuple(group for group, commands in GROUPS.items() if not set(commands).isdisjoint(arguments))
    return named or (() if "--version" in arguments else tuple(GROUPS))


def run_command(
    arguments: Sequence[str],
    environ: Mapping[str, str] | None = None,
    *,
    roles: Mapping[str, Role] = NO_ROLES,
) -> int:
    """Run one command line and return its exit code; errors of users are printed, never traced."""
    environ = os.environ if environ is None else environ
    try:
        tells_mode = TELL_NO_MODE.isdisjoint(arguments)
        app = build_app(environ, roles, groups_of(arguments), tells_mode=tells_mode)
        app(args=list(arguments), prog_name="rulecast")
    except SystemExit as leaving:
        return _exit_code(leaving)
    except RulecastError as error:
        show_error(error, as_json="--json" in arguments, mode=told_mode(arguments, environ))
        return USER_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as defect:  # noqa: BLE001 - the outermost door: a person never meets a traceback
        _show_defect(defect)
        return DEFECT
    return 0


def told_mode(arguments: Sequence[str], environ: Mapping[str, str]) -> Mode | None:
    """Return of which kind the workspace of a command line is; None where the settings say nothing that is one.

    An error may be about the settings themselves, so this one is read by itself; the demonstration is always simulated.
    """
    said = environ.get("RULECAST_MODE", "").strip() or "simulated"
    if "demo" in arguments or said == "simulated":
        return "simulated"
    return "live" if said == "live" else None


def show_error(error: RulecastError, *, as_json: bool, mode: Mode | None) -> None:
    """Print code, what happened and what to do; with `--json` also as an object on standard output.

    Whatever a person typed may be quoted in it, a phone number too: numbers are masked like in a log.
    """
    what, hint = mask_numbers(error.what), mask_numbers(error.hint)
    if as_json:
        answer = {"mode": mode, "error": {"code": error.code, "what": what, "what_to_do": hint}}
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    console = Console(stderr=True, highlight=False)
    body = Text.assemble(what, "\n", ("What to do: ", "bold"), hint)
    console.print(Panel(body, title=Text(error.code, "bold red"), title_align="left", border_style="red"))


def _show_defect(defect: Exception) -> None:
    """Name a defect by its type and the places it went through: its text may quote a person's data."""
    console = Console(stderr=True, highlight=False)
    places: list[str] = []
    trace = defect.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_qualname}")
        trace = trace.tb_next
    body = Text.assemble(
        f"rulecast met a defect of its own: {type(defect).__name__}. Nothing half-done was kept.\n",
        ("What to do: ", "bold"),
        "report it with these lines; they hold no data of people.\n",
        (mask_numbers("\n".join(places[-FRAMES_SHOWN:])), "dim"),
    )
    console.print(Panel(body, title=Text("Defect", "bold red"), title_align="left", border_style="red"))


def _exit_code(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    return leaving.code if isinstance(leaving.code, int) else 1


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"rulecast {__version__}\n")
        raise typer.Exit
