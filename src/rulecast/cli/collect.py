"""`rulecast collect`: what comes in from outside, sent again by hand."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run, session_of
from rulecast.values.errors import RulecastError
from rulecast.wiring.replay_webhooks import ReplayOrder, ReplayRow, Tell, replay_webhooks
from rulecast.wiring.workspace import Workspace

FAILED = 1


class ReceiverAbsentError(RulecastError):
    """This program was built without the receiver."""

    code = "RC-REPLAY-002"
    summary = "This process has no receiver to send webhooks to."
    remedy = "Run the program as `rulecast` or `python -m rulecast`; a part of it alone has no receiver."


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="What comes in from outside, sent again by hand.", no_args_is_help=True)
    group.command("replay")(replay)
    app.add_typer(group, name="collect")


def replay(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of .json files, one raw body each.", metavar="DIR")],
    twice: Annotated[bool, typer.Option("--twice", help="Send every body twice, as Meta may.")] = False,
    shuffle: Annotated[
        int | None,
        typer.Option("--shuffle", help="Send in another order, drawn from this seed.", metavar="SEED"),
    ] = None,
    split: Annotated[bool, typer.Option("--split", help="Send every update in a body of its own.")] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Send all updates in one body, as far as Meta's limits allow.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Send webhook bodies from files through the real endpoint, signed, and say what became of each.

    What they tell is acted upon as if Meta had sent it now; facts older than 8 days are read and counted, and
    nothing acts upon them. With --json: a line for each file and a line of sums.
    """
    order = ReplayOrder(folder=folder, is_twice=twice, shuffle_seed=shuffle, is_split=split, is_merged=merge)
    receiver = session_of(context).roles.get("receiver")

    async def work(workspace: Workspace, terminal: Terminal) -> int | None:
        if receiver is None:
            raise ReceiverAbsentError
        with _telling(terminal, is_quiet=as_json) as tell:
            rows = await replay_webhooks(workspace, order, receiver=receiver, tell=tell)
        sums = sums_of(rows)
        if as_json:
            for row in rows:
                terminal.print_json(row_of(row))
            terminal.print_json(sums)
        else:
            terminal.print(_table(rows), _summary(sums))
        return FAILED if sums["crashed"] or sums["refused"] else None

    run(context, work, acts=True)


def row_of(row: ReplayRow) -> dict[str, object]:
    """Return what became of one file as it is printed: no value of a body."""
    return {
        "file": row.name,
        "posts": row.posts,
        "stored": row.is_stored,
        "facts": _sorted(row.facts),
        "unread": _sorted(row.unread),
        "too_old": row.too_old,
        "quarantined": row.quarantined,
        "refused": row.refused,
        "crashed": row.crashed,
        "skipped": row.skipped,
    }


def sums_of(rows: Sequence[ReplayRow]) -> dict[str, object]:
    """Return the sums of a replay: files sent, files wholly stored, facts by kind, and what went wrong."""
    sent = [row for row in rows if not row.skipped]
    return {
        "files": len(sent),
        "stored": sum(row.is_stored for row in sent),
        "facts": _sorted(_total(row.facts for row in sent)),
        "quarantined": sum(bool(row.quarantined) for row in sent),
        "crashed": sum(bool(row.crashed) for row in sent),
        "unread": _sorted(_total(row.unread for row in sent)),
        "too_old": sum(row.too_old for row in sent),
        "refused": sum(bool(row.refused) for row in sent),
        "posts": sum(row.posts for row in sent),
        "skipped": len(rows) - len(sent),
    }


def _total(counts: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


@contextmanager
def _telling(terminal: Terminal, *, is_quiet: bool) -> Iterator[Tell | None]:
    if is_quiet:
        yield None
        return
    columns = (TextColumn("[progress.description]{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=terminal.error, transient=True) as progress:
        task = progress.add_task("bodies", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _table(rows: Sequence[ReplayRow]) -> Table:
    table = Table("file", "stored", "facts", "not read", box=None, pad_edge=False)
    for row in rows:
        went_wrong = row.crashed or row.refused or row.quarantined or row.skipped
        table.add_row(
            Text(row.name),
            "yes" if row.is_stored else "no",
            Text(_listed(row.facts)),
            Text(went_wrong or _listed(row.unread)),
        )
    return table


def _listed(counts: Counter[str]) -> str:
    return ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in sorted(counts.items()))


def _summary(sums: dict[str, object]) -> Text:
    return Text(
        f"{sums['files']} files, {sums['stored']} stored, {sums['quarantined']} quarantined, "
        f"{sums['refused']} refused, {sums['crashed']} crashed, {sums['skipped']} not sent; "
        f"{sums['too_old']} facts too old to act upon."
    )
