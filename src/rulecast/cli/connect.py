"""`rulecast connect`: a number, from its token to a delivered hello; a test number against the simulator."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rulecast.account.store import list_numbers
from rulecast.cli.session import JsonOption, Terminal, run, session_of
from rulecast.config import Settings
from rulecast.config.load_settings import check_together
from rulecast.wiring.connect import ConnectOrder, Outcome, Step, connect_number
from rulecast.wiring.connect.conformance import (
    Compared,
    Divergence,
    Verdict,
    compare,
    find_test_bed,
    read_divergences,
)
from rulecast.wiring.connect.errors import ConnectNotPossibleError
from rulecast.wiring.connect.subscribe import FIELDS_NEEDED, FIELDS_NEWER
from rulecast.wiring.workspace import Workspace

MARKS = {
    Outcome.DONE: ("✔", "green"),
    Outcome.NOTE: ("!", "yellow"),
    Outcome.REFUSED: ("✘", "bold red"),
    Outcome.WAITING: ("…", "yellow"),
}
VERDICTS = {
    Verdict.AGREES: ("✔", "green"),
    Verdict.DIFFERS: ("✘", "bold red"),
    Verdict.UNCHECKED: ("·", "dim"),
}
SECRET_LENGTH_MAX = 4096
NOT_DONE_EXIT = 1
WAIT_SECONDS_DEFAULT = 120
SECRETS = {"access_token": "Access token", "app_secret": "App secret", "verify_token": "Verify token"}

NumberId = Annotated[
    str | None,
    typer.Option("--number-id", help="Meta's id of the number (phone number id), not the number itself."),
]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", dir_okay=False, exists=True, help="File with the access token.")
]
AppSecretFile = Annotated[
    Path | None,
    typer.Option("--app-secret-file", dir_okay=False, exists=True, help="File with the app secret."),
]
VerifyTokenFile = Annotated[
    Path | None,
    typer.Option(
        "--verify-token-file", dir_okay=False, exists=True, help="File with a word of your own choice."
    ),
]
CallbackUrl = Annotated[
    str | None,
    typer.Option("--callback-url", help="Public address of webhooks; default: the public base address."),
]
WabaId = Annotated[
    str | None, typer.Option("--waba-id", help="Id of the WhatsApp account, where the token names none.")
]
Name = Annotated[str, typer.Option("--name", help="Name of the number in rules.")]
To = Annotated[str | None, typer.Option("--to", help="Your own phone, with country code: it gets a hello.")]
DeclareRecipient = Annotated[
    bool, typer.Option("--declare-recipient", help="Declare the phone of --to a recipient of tests.")
]
Template = Annotated[
    str | None, typer.Option("--template", help="Utility template of the hello; default: hello_world.")
]
TestNumber = Annotated[
    bool, typer.Option("--test-number", help="Declare the number a test number of Meta's.")
]
WaitSeconds = Annotated[
    int, typer.Option("--wait-seconds", min=0, max=3600, help="How long webhooks are waited for.")
]
Conformance = Annotated[
    bool, typer.Option("--conformance", help="Compare a test number with the simulator instead.")
]
Divergences = Annotated[
    Path | None,
    typer.Option(
        "--divergences", dir_okay=False, exists=True, help="The simulator's list; default: shipped."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Send the requests of --conformance without asking.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("connect")(connect)


def connect(
    context: typer.Context,
    number_id: NumberId = None,
    token_file: TokenFile = None,
    app_secret_file: AppSecretFile = None,
    verify_token_file: VerifyTokenFile = None,
    callback_url: CallbackUrl = None,
    waba_id: WabaId = None,
    name: Name = "main",
    to: To = None,
    declare_recipient: DeclareRecipient = False,
    template: Template = None,
    test_number: TestNumber = False,
    wait_seconds: WaitSeconds = WAIT_SECONDS_DEFAULT,
    conformance: Conformance = False,
    divergences: Divergences = None,
    yes: Yes = False,
    json: JsonOption = False,
) -> None:
    """Connect a business number step by step; what is done stays done, and running it again goes on."""
    session = session_of(context)
    files = {"access_token": token_file, "app_secret": app_secret_file, "verify_token": verify_token_file}
    completed = replace(session, settings=_with_secrets(session.settings, files))
    context.find_root().obj = completed
    order = ConnectOrder(
        number_id=number_id or _ask("Number id (WhatsApp Manager, Phone numbers)", is_secret=False),
        number_name=name,
        callback_url=callback_url or f"{completed.settings.public_base_url}/webhook",
        wait_seconds=wait_seconds,
        waba_id=waba_id,
        phone=to,
        template=template,
        is_recipient_declared=declare_recipient,
        is_test_number=test_number,
    )

    async def work(workspace: Workspace, terminal: Terminal) -> int:
        if conformance:
            rows = read_divergences(divergences)
            return await _compare(workspace, terminal, rows, order, is_agreed=yes, as_json=json)
        return await _connect(workspace, terminal, order, as_json=json)

    run(context, work, acts=True)


async def _connect(workspace: Workspace, terminal: Terminal, order: ConnectOrder, *, as_json: bool) -> int:
    if not as_json:
        _print_webhook_values(terminal, workspace.settings, order)
    steps = await connect_number(
        workspace, order, show=(lambda _: None) if as_json else (lambda step: _print_step(terminal, step))
    )
    is_done = not steps[-1].is_end
    if as_json:
        terminal.print_json(
            {
                "connected": is_done,
                "number_id": order.number_id,
                "steps": [
                    {
                        "name": one.name,
                        "outcome": one.outcome.value,
                        "what": one.what,
                        "what_to_do": one.what_to_do,
                    }
                    for one in steps
                ],
            }
        )
    elif is_done:
        await _print_file_lines(workspace, terminal, order)
    return 0 if is_done else NOT_DONE_EXIT


async def _compare(
    workspace: Workspace,
    terminal: Terminal,
    rows: Sequence[Divergence],
    order: ConnectOrder,
    *,
    is_agreed: bool,
    as_json: bool,
) -> int:
    if order.phone is None:
        raise ConnectNotPossibleError("--to is missing.", hint="Name a phone declared as recipient of tests.")
    bed = await find_test_bed(workspace, order.number_id, order.phone)
    asked = [row for row in rows if row.probe is not None]
    sending = sum(row.sends for row in asked)
    question = (
        f"{len(asked)} requests to {workspace.settings.graph_base_url}, {sending} of them sends Meta should refuse "
        "(what it takes reaches the phone of --to). Send them?"
    )
    if not is_agreed and not (sys.stdin.isatty() and typer.confirm(question, err=True)):
        raise ConnectNotPossibleError(f"Nothing was sent. {question}", hint="Add --yes.")
    compared = await compare(
        workspace,
        rows,
        bed,
        show=(lambda _: None) if as_json else (lambda one: _print_compared(terminal, one)),
    )
    counts = {verdict.value: sum(one.verdict is verdict for one in compared) for verdict in Verdict}
    if as_json:
        found = [
            {"id": one.name, "verdict": one.verdict.value, "expected": one.expected, "came": one.came}
            for one in compared
        ]
        terminal.print_json({**counts, "rows": found})
    else:
        terminal.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return NOT_DONE_EXIT if counts[Verdict.DIFFERS.value] else 0


def _with_secrets(settings: Settings, files: Mapping[str, Path | None]) -> Settings:
    """Return the settings with the secrets of the named files, or typed in unseen where a person sits there."""
    read = {name: _read_secret(path) for name, path in files.items() if path is not None}
    for name, label in SECRETS.items():
        if name not in read and not getattr(settings, name) and sys.stdin.isatty():
            read[name] = _ask(f"{label} (not shown)", is_secret=True)
    completed = replace(settings, **read)  # type: ignore[arg-type]  # the three are texts
    check_together(completed)
    return completed


def _read_secret(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        text = file.read(SECRET_LENGTH_MAX + 1).strip()
    if not text or len(text) > SECRET_LENGTH_MAX or not text.isprintable():
        raise ConnectNotPossibleError(f"{path} holds no secret: one line of visible characters is expected.")
    return text


def _ask(label: str, *, is_secret: bool) -> str:
    if not sys.stdin.isatty():
        raise ConnectNotPossibleError(
            "--number-id is missing.", hint="WhatsApp Manager, Phone numbers, shows it."
        )
    return str(typer.prompt(label, hide_input=is_secret, err=True)).strip()


def _print_webhook_values(terminal: Terminal, settings: Settings, order: ConnectOrder) -> None:
    terminal.print(
        Text.assemble(("Callback address  ", "dim"), order.callback_url),
        Text.assemble(
            ("Verify token      ", "dim"), f"the one given; kept in {settings.home / 'secrets.json'}"
        ),
        Text.assemble(("Webhook fields    ", "dim"), ", ".join((*FIELDS_NEEDED, *FIELDS_NEWER))),
    )


def _print_step(terminal: Terminal, step: Step) -> None:
    mark, style = MARKS[step.outcome]
    line = Text.assemble((f"{mark} ", style), (f"{step.name:<13} ", "bold"), step.what)
    if step.what_to_do:
        line.append(f"\n                {step.what_to_do}", style="dim")
    terminal.print(line)


def _print_compared(terminal: Terminal, one: Compared) -> None:
    mark, style = VERDICTS[one.verdict]
    told = f"{one.came}; expected: {one.expected}" if one.verdict is not Verdict.UNCHECKED else one.came
    line = Text.assemble((f"{mark} ", style), (f"{one.name:<26} ", "bold"), told)
    if one.what_to_do:
        line.append(f" {one.what_to_do}", style="dim")
    terminal.print(line)


async def _print_file_lines(workspace: Workspace, terminal: Terminal, order: ConnectOrder) -> None:
    async with workspace.database.connection() as connection:
        number = next(
            one for one in await list_numbers(connection) if str(one.business_number_id) == order.number_id
        )
    terminal.print(
        Text("Connected. For the workspace file in git:", style="bold"),
        Text(
            f'[[portfolios]]\nid = "{number.portfolio_id}"\n\n[[numbers]]\nname = "{number.name}"\n'
            f'id = "{number.business_number_id}"\nwaba_id = "{number.waba_id}"\n'
            f'portfolio = "{number.portfolio_id}"\nthroughput_per_second = {number.throughput_per_second}'
        ),
    )
