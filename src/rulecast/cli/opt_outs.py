"""`rulecast opt-out`: what was likely an opt-out, looked at by a person."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.observe.metrics import render_metrics
from rulecast.wiring.opt_outs.review import Review, keep_stop, lift_stop, list_reviews, review_samples
from rulecast.wiring.workspace import Workspace

WORDS_SHOWN_MAX = 200
BecauseOption = Annotated[
    str, typer.Option("--because", help="Why, without personal data; required, kept in the audit.")
]
NumberArgument = Annotated[int, typer.Argument(help="Number of the review.", min=1)]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help="What people said about being messaged.", rich_markup_mode=None
    )
    app.add_typer(group, name="opt-out")
    review = typer.Typer(
        no_args_is_help=True,
        help="Likely opt-outs: they block at once; a person says whether they were one.",
        rich_markup_mode=None,
    )
    group.add_typer(review, name="review")
    _add_list(review)
    _add_keep(review)
    _add_lift(review)


def _add_list(group: typer.Typer) -> None:
    @group.command("list")
    def list_command(
        context: typer.Context,
        words: Annotated[
            bool, typer.Option("--words", help="Show what was said; it is written to the audit.")
        ] = False,
        metrics: Annotated[
            bool, typer.Option("--metrics", help="Print the figures as Prometheus reads them.")
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """List likely opt-outs that nobody has decided on, the oldest first."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            if metrics:
                typer.echo(render_metrics(await review_samples(workspace)), nl=False)
                return
            found = await list_reviews(workspace, with_words=words)
            if json:
                terminal.print_json({"reviews": [asdict(one) for one in found]})
            else:
                terminal.print(_table(found, with_words=words) if found else Text("Nothing waits."))

        run(context, work)


def _add_keep(group: typer.Typer) -> None:
    @group.command("keep")
    def keep_command(
        context: typer.Context, number: NumberArgument, because: BecauseOption = "", json: JsonOption = False
    ) -> None:
        """Say that it was an opt-out; the stop stays."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            contact_id = await keep_stop(workspace, number, because=because)
            if json:
                terminal.print_json({"review": number, "contact": contact_id, "decision": "kept"})
            else:
                terminal.print(f"Contact {contact_id} stays stopped.")

        run(context, work, acts=True)


def _add_lift(group: typer.Typer) -> None:
    @group.command("lift")
    def lift_command(
        context: typer.Context, number: NumberArgument, because: BecauseOption = "", json: JsonOption = False
    ) -> None:
        """Say that it was no opt-out, and lift the stop; only where nothing else stops the person or waits."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            lifted = await lift_stop(workspace, number, because=because)
            whose = f"contact {lifted.contact_id}"
            if json:
                answer = {"review": number, "contact": lifted.contact_id, "decision": "lifted"}
                terminal.print_json(answer | {"waiting": lifted.waiting})
            elif lifted.waiting:
                terminal.print(f"Noted; {whose} stays stopped: {lifted.waiting} more of their words wait.")
            else:
                terminal.print(f"The stop of {whose} is lifted; a consent is still needed.")

        run(context, work, acts=True)


def _table(found: list[Review], *, with_words: bool) -> Table:
    columns = [
        Column("number", justify="right"),
        Column("contact", justify="right"),
        Column("said"),
        Column("by"),
    ]
    table = Table(*columns, *([Column("words")] if with_words else []), box=None)
    for one in found:
        said = one.said_at.strftime("%Y-%m-%d %H:%M UTC")
        words = [Text(one.words[:WORDS_SHOWN_MAX] or "not kept")] if with_words else []
        table.add_row(str(one.review_id), str(one.contact_id), said, one.cause, *words)
    return table
