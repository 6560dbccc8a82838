"""`rulecast restore`: what to do with a database that was copied, restored, or taken over by a standby."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.deliver.restore.judge import CAUSE_SENTENCES
from rulecast.wiring.accept_restored import accept
from rulecast.wiring.journal import replay_journal
from rulecast.wiring.prove_backup import prove_backup
from rulecast.wiring.restore import Look, look
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help="A database that was copied or restored is held until you decide.",
        rich_markup_mode=None,
    )
    app.add_typer(group, name="restore")
    _add_show(group)
    _add_replay(group)
    _add_accept(group)
    _add_prove(group)


def _add_show(group: typer.Typer) -> None:
    @group.command("show")
    def show_command(context: typer.Context, json: JsonOption = False) -> None:
        """Show whether this database is held, why, and how many messages may have been sent in between."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            found = await look(workspace)
            if json:
                terminal.print_json(_answer(found))
            else:
                terminal.print(*_lines(found))

        run(context, work)


def _add_replay(group: typer.Typer) -> None:
    @group.command("replay")
    def replay_command(context: typer.Context, json: JsonOption = False) -> None:
        """Say to the database every opt-out that this home's journal knows and the database lacks; accepts nothing."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            count = await replay_journal(workspace)
            if json:
                terminal.print_json({"stops_restored": count})
            else:
                terminal.print(f"{count} stops and resumes restored from the journal.")

        run(context, work, acts=True)


def _add_accept(group: typer.Typer) -> None:
    @group.command("accept")
    def accept_command(
        context: typer.Context,
        because: Annotated[
            str, typer.Option("--because", help="What happened, and why it may be sent from.")
        ],
        nothing_was_sent: Annotated[
            bool,
            typer.Option(
                "--nothing-was-sent",
                help="A planned move: nothing was sent after the state that was restored. Leaves messages, codes and "
                "rules as they are; refused where this home knows better.",
            ),
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """Let a held database be sent from; what may have been sent in between is never sent again."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            done = await accept(workspace, because=because, nothing_was_sent=nothing_was_sent)
            if json:
                terminal.print_json(
                    {
                        "causes": [cause.value for cause in done.causes],
                        "stops_restored": done.stops_restored,
                        "doubted": done.doubted,
                        "ended": done.ended,
                        "codes_doubted": done.codes_doubted,
                        "rules_held": done.rules_held,
                    }
                )
                return
            terminal.print(
                f"Accepted. {done.stops_restored} stops restored from the journal, {done.doubted} messages made "
                f"unknown, {done.ended} steps and replies ended, {done.rules_held} rules held: "
                "`rulecast rule resume NAME` lets each go on."
            )
            if done.codes_doubted:
                terminal.print(
                    f"{done.codes_doubted} codes may have been given in between and are given to nobody: import other "
                    "ones, or, where none of a pool was, `rulecast coupon put-back POOL --because TEXT`."
                )

        run(context, work, acts=True)


def _add_prove(group: typer.Typer) -> None:
    @group.command("prove")
    def prove_command(
        context: typer.Context,
        directory: Annotated[Path, typer.Argument(help="Directory of a dump of both databases.")],
        json: JsonOption = False,
    ) -> None:
        """Restore a backup into databases beside, open what it holds, and throw them away; the doctor asks for it."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            proof = await prove_backup(workspace, directory)
            if json:
                terminal.print_json(asdict(proof))
                return
            terminal.print(
                f"The backup of {proof.written_at:%Y-%m-%d %H:%M} UTC can be restored: {proof.contacts} people, "
                f"{proof.messages} messages, {proof.opened} people opened."
            )

        run(context, work, acts=True)


def _answer(found: Look) -> dict[str, object]:
    standing, memory = found.standing, found.memory
    return {
        "held": bool(found.causes),
        "causes": [cause.value for cause in found.causes],
        "gap_count": found.gap_count,
        "last_sent": standing.beaten_at,
        "remembered": None if memory is None else memory.seen_at,
    }


def _lines(found: Look) -> list[Text]:
    standing, memory = found.standing, found.memory
    last = "never" if standing.beaten_at is None else f"{standing.beaten_at:%Y-%m-%d %H:%M:%S} UTC"
    known = "never" if memory is None else f"{memory.seen_at:%Y-%m-%d %H:%M:%S} UTC"
    lines = [
        Text(f"This database says that it was last sent from:    {last}"),
        Text(f"This home remembers having last sent from one:    {known}"),
    ]
    if not found.causes:
        return [Text("Not held.", style="bold green"), *lines]
    return [
        Text("Held: nothing is sent.", style="bold red"),
        *(Text(f"  {CAUSE_SENTENCES[cause]}") for cause in found.causes),
        *lines,
        Text(f"Messages that may have been sent in between:      {found.gap_count}"),
        Text(
            "A copy, as for a rehearsal: leave it held. The database that is to be sent from from now on: make sure "
            "that nobody sends from the old one, then `rulecast restore accept --because TEXT`."
        ),
    ]
