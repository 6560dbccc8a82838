"""`rulecast import`: contact lists and events from files."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.prompt import Confirm

from rulecast.cli.import_tables import outcome_lines, proposal_tables
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.collect.imports.errors import NotConfirmedError
from rulecast.collect.imports.proposal import Proposal
from rulecast.wiring.import_events import import_events
from rulecast.wiring.import_run import ImportOrder, ImportReport
from rulecast.wiring.imports import Progress as Advance
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.prepare_import import (
    REJECTS_ENDING,
    ImportRequest,
    place_beside,
    prepare_import,
    save_mapping,
)
from rulecast.wiring.workspace import Workspace

FileArgument = Annotated[
    Path, typer.Argument(help="CSV, CSV.GZ, XLSX, JSON Lines or Parquet.", metavar="FILE")
]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", help="Mapping file (TOML); without it columns are guessed.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Take the mapping as shown, without asking.")]
RegionOption = Annotated[
    str | None,
    typer.Option("--default-region", help="Country of numbers without country code, for example MA."),
]
RejectsOption = Annotated[
    Path | None, typer.Option("--rejects", help="Where refused rows are listed; default: beside the file.")
]
RawOption = Annotated[
    bool,
    typer.Option("--with-raw", help="List refused rows with their content: personal data in a plain file."),
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Read a file again that was imported before; what is stored stays.")
]
FiresOption = Annotated[
    bool,
    typer.Option(
        "--fires-triggers",
        help="Let what is imported set rules off: its events, and who enters an audience by it.",
    ),
]
EncodingOption = Annotated[
    str | None, typer.Option("--encoding", help="Encoding of a text file, where it cannot be told.")
]
DelimiterOption = Annotated[
    str | None, typer.Option("--delimiter", help="Delimiter of a text file: one character, or tab.")
]


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Import contact lists and events from files.", no_args_is_help=True)
    group.command("contacts")(contacts)
    group.command("events")(events)
    app.add_typer(group, name="import")


def contacts(
    context: typer.Context,
    file: FileArgument,
    mapping: MappingOption = None,
    yes: YesOption = False,
    default_region: RegionOption = None,
    rejects: RejectsOption = None,
    with_raw: RawOption = False,
    again: AgainOption = False,
    fires_triggers: FiresOption = False,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import people with attributes, tags and consents; importing a file twice changes nothing."""
    request = ImportRequest(
        kind="contacts",
        file=file,
        mapping_file=mapping,
        default_region=default_region,
        encoding=encoding,
        delimiter=delimiter,
    )
    answers = _Answers(
        yes=yes,
        rejects=rejects,
        with_raw=with_raw,
        again=again,
        fires_triggers=fires_triggers,
        as_json=as_json,
    )
    run(context, lambda workspace, terminal: _import(workspace, terminal, request, answers))


def events(
    context: typer.Context,
    file: FileArgument,
    mapping: Annotated[Path, typer.Option("--mapping", help="Mapping file (TOML).")],
    yes: YesOption = False,
    default_region: RegionOption = None,
    rejects: RejectsOption = None,
    with_raw: RawOption = False,
    again: AgainOption = False,
    fires_triggers: FiresOption = False,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import what people did, by a mapping file; an event that is stored already is stored once."""
    request = ImportRequest(
        kind="events",
        file=file,
        mapping_file=mapping,
        default_region=default_region,
        encoding=encoding,
        delimiter=delimiter,
    )
    answers = _Answers(
        yes=yes,
        rejects=rejects,
        with_raw=with_raw,
        again=again,
        fires_triggers=fires_triggers,
        as_json=as_json,
    )
    run(context, lambda workspace, terminal: _import(workspace, terminal, request, answers))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What the command line says beside the file and its mapping."""

    yes: bool
    rejects: Path | None
    with_raw: bool
    again: bool
    fires_triggers: bool
    as_json: bool


async def _import(
    workspace: Workspace, terminal: Terminal, request: ImportRequest, answers: _Answers
) -> None:
    proposal = await prepare_import(workspace, request)
    _confirm(terminal, proposal, yes=answers.yes)
    if proposal.is_guessed:
        terminal.note(f"The mapping is saved as {save_mapping(workspace, request.file, proposal.mapping)}.")
    order = ImportOrder(
        proposal=proposal,
        rejects_path=answers.rejects or place_beside(workspace, request.file, REJECTS_ENDING),
        with_raw=answers.with_raw,
        again=answers.again,
        fires_triggers=answers.fires_triggers,
    )
    work = import_contacts if request.kind == "contacts" else import_events
    with _bar(terminal, proposal) as advance:
        report = await work(workspace, order, progress=advance)
    show_report(terminal, report, as_json=answers.as_json)


def _confirm(terminal: Terminal, proposal: Proposal, *, yes: bool) -> None:
    """Show what will happen and ask, unless that was answered on the command line.

    Raises:
        NotConfirmedError: the answer is no, or nobody can be asked.
    """
    terminal.error.print(*proposal_tables(proposal), sep="\n")
    if yes:
        return
    if not sys.stdin.isatty() or not Confirm.ask("Import with this mapping?", console=terminal.error):
        raise NotConfirmedError


@contextmanager
def _bar(terminal: Terminal, proposal: Proposal) -> Iterator[Advance]:
    """Show how many rows are stored."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=terminal.error,
        transient=True,
        disable=not terminal.error.is_terminal,
    ) as progress:
        task = progress.add_task("rows", total=proposal.source.facts.rows)
        yield lambda rows_done: progress.update(task, completed=rows_done)


def show_report(terminal: Terminal, report: ImportReport, *, as_json: bool) -> None:
    """Print what an import did."""
    if as_json:
        answer = {name: value for name, value in asdict(report).items() if name != "counts"}
        terminal.print_json({**answer, **asdict(report.counts)})
    else:
        terminal.print(*outcome_lines(report))
