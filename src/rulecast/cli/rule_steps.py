"""`rulecast rule approve|activate|pause|resume|archive|run-due`: the life of a rule."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.table import Table

from rulecast.cli.rule_book import NameArgument
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.rule.book import KeptRule
from rulecast.rule.book.errors import EnvelopeInvalidError
from rulecast.wiring.moments.run import run_due_moments
from rulecast.wiring.recurring import run_due_rules
from rulecast.wiring.rule_steps import (
    Offer,
    activate_rule,
    approve_rule,
    archive_rule,
    pause_rule,
    resume_rule,
)
from rulecast.wiring.workspace import Workspace

WhyOption = Annotated[str, typer.Option("--why", help="Why, for the history; at most 500 characters.")]
AsOption = Annotated[
    str | None, typer.Option("--as", help="Who approves; default: the actor of the session.")
]
RunningOption = Annotated[
    bool, typer.Option("--running", help="The version in force, instead of a newer text beside it.")
]


def register(rule: typer.Typer) -> None:
    """Add the steps of a rule's life."""
    rule.command("approve")(approve)
    rule.command("activate")(activate)
    rule.command("pause")(pause)
    rule.command("resume")(resume)
    rule.command("archive")(archive)
    rule.command("run-due")(run_due)


def approve(
    context: typer.Context,
    name: NameArgument,
    people_per_run: Annotated[int, typer.Option("--people-per-run", help="People a run may write to.")],
    people_per_day: Annotated[
        int, typer.Option("--people-per-day", help="People all runs of a day may write to.")
    ],
    cost_per_run: Annotated[
        str,
        typer.Option(
            "--cost-per-run", metavar="AMOUNT", help="What a run may cost, in the billing currency."
        ),
    ],
    until: Annotated[
        str,
        typer.Option("--until", metavar="DATE", help="Last day, at most 90 days away, such as 2026-12-31."),
    ],
    sensitive: Annotated[
        list[str] | None,
        typer.Option(
            "--sensitive", metavar="ATTRIBUTE", help="A sensitive attribute it may read; repeatable."
        ),
    ] = None,
    running: RunningOption = False,
    actor: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Sign a rule that runs by itself, its templates and an envelope; only in a simulation its author can."""
    offer = Offer(
        people_per_run=people_per_run,
        people_per_day=people_per_day,
        cost_per_run=_amount(cost_per_run),
        until=_day(until),
        sensitive_fields=tuple(sensitive or ()),
    )

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        who = actor or workspace.actor
        signed = await approve_rule(workspace, name, offer, approved_by=who, is_of_running=running)
        ends = signed.envelope.valid_until
        if json:
            answer = {"rule": name, "id": signed.rule_version_id, "approved_by": signed.approved_by}
            terminal.print_json({**answer, "valid_until": ends, "content_hash": signed.rule_hash.hex()})
            return
        terminal.print(
            f"{name} is approved by {signed.approved_by} until {ends.isoformat(timespec='minutes')}."
        )
        terminal.note(f"Next: rulecast rule activate {name}")

    run(context, work, acts=True)


def activate(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Let the approved version of a rule run by itself, in place of the one before."""
    _step(context, json, lambda workspace: activate_rule(workspace, name))


def pause(context: typer.Context, name: NameArgument, why: WhyOption = "", json: JsonOption = False) -> None:
    """Let a rule rest: no run starts and nothing it launched before is sent until it is resumed."""
    _step(context, json, lambda workspace: pause_rule(workspace, name, why=why))


def resume(context: typer.Context, name: NameArgument, why: WhyOption = "", json: JsonOption = False) -> None:
    """End a pause or a hold of a rule."""
    _step(context, json, lambda workspace: resume_rule(workspace, name, why=why))


def archive(
    context: typer.Context, name: NameArgument, why: WhyOption = "", json: JsonOption = False
) -> None:
    """End a rule: nothing of any of its versions is sent any more; saving it again makes it a draft."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        versions = await archive_rule(workspace, name, why=why)
        if json:
            terminal.print_json({"rule": name, "archived": versions})
        else:
            terminal.print(f"{name} is archived, {len(versions)} of its versions now.")

    run(context, work, acts=True)


def run_due(context: typer.Context, json: JsonOption = False) -> None:
    """Run every recurring rule, next step and notice that is due now; `rulecast serve` does the same by itself."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        try:
            runs = await run_due_rules(workspace)
        finally:
            # A rule that fails holds up no message of the others.
            after = await run_due_moments(workspace)
        if json:
            rows = [
                {
                    "rule": one.rule_name,
                    "day": one.run_day,
                    "outcome": one.outcome,
                    "plan_id": one.plan_id,
                    "detail": one.detail,
                }
                for one in runs
            ]
            terminal.print_json({"runs": rows, "steps": after.settled, "notices": after.calls})
            return
        table = Table("rule", "day", "outcome", "plan", "detail")
        for one in runs:
            plan = "" if one.plan_id is None else str(one.plan_id)
            table.add_row(one.rule_name, one.run_day.isoformat(), one.outcome, plan, one.detail)
        terminal.print(table if runs else "No recurring rule is due.")
        if after.settled or after.calls:
            terminal.print(f"{after.settled} next steps taken, recipients told in {after.calls} calls.")

    run(context, work, acts=True)


def _step(context: typer.Context, as_json: bool, take: Callable[[Workspace], Awaitable[KeptRule]]) -> None:
    async def work(workspace: Workspace, terminal: Terminal) -> None:
        kept = await take(workspace)
        if as_json:
            terminal.print_json(
                {"rule": kept.rule_name, "id": kept.rule_version_id, "state": kept.state.value}
            )
        else:
            terminal.print(f"{kept.rule_name} version {kept.version} is {kept.state.value}.")

    run(context, work, acts=True)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise EnvelopeInvalidError(f"`{text}` is no amount of money.")
    return amount


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise EnvelopeInvalidError(f"`{text}` is no date.") from error
