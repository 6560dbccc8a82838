"""`plan`, `plans`, `why`, `approve`, `launch`, `try` and `seed`: from a rule to its messages."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from rulecast.cli.plan_people import (
    AfterOption,
    ListOption,
    PlanOption,
    ToOption,
    show_people,
    wanted_people,
)
from rulecast.cli.plan_tables import render_plan
from rulecast.cli.session import JsonOption, Terminal, run, session_of
from rulecast.cli.text_file import read_text_file
from rulecast.cli.why_tree import render_why, why_json
from rulecast.plan import Plan
from rulecast.plan.errors import PlanInputError
from rulecast.values.ids import ContactId, PlanId
from rulecast.wiring.approve import approve as approve_plan
from rulecast.wiring.launch import launch as launch_plan
from rulecast.wiring.plan import list_plans, plan_rules
from rulecast.wiring.run_progress import wait_for_run
from rulecast.wiring.seeds import mark_seed
from rulecast.wiring.try_message import try_rule
from rulecast.wiring.why import explain_person
from rulecast.wiring.workspace import Workspace

PlanArgument = Annotated[int, typer.Argument(metavar="PLAN", help="Number of the plan.")]
FilesArgument = Annotated[list[Path] | None, typer.Argument(metavar="[FILE...]", exists=True, dir_okay=False)]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]
AsOption = Annotated[str | None, typer.Option("--as", help="Who acts; default: the actor of the session.")]


def register(app: typer.Typer) -> None:
    """Add the commands from a rule to its messages."""
    app.command("plan")(plan)
    app.command("plans")(plans)
    app.command("why")(why)
    app.command("approve")(approve)
    app.command("launch")(launch)
    app.command("try")(try_on_staff)
    app.command("seed")(seed)


def plan(
    context: typer.Context,
    files: FilesArgument = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Instant of valid time, ISO 8601.")] = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", help="Only what was recorded by this instant, ISO 8601.")
    ] = None,
    number: PlanOption = None,
    decision: ListOption = None,
    after: AfterOption = 0,
    to: ToOption = None,
    language: Annotated[
        Literal["en", "zh"], typer.Option("--lang", help="The language of the reasons.")
    ] = "en",
    json: JsonOption = False,
) -> None:
    """Freeze who would get which message, who not and why, what it costs and when it ends; nothing is sent."""
    valid_at, recorded_at = _instant(as_of), _instant(known_at)
    given = files or []
    wanted = wanted_people(decision, plan=number, files=len(given), after=after, file=to)

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        texts = [await read_text_file(file) for file in given]
        made = await plan_rules(workspace, texts, as_of=valid_at, known_at=recorded_at) if texts else []
        if wanted is not None:
            plan_id = made[0].plan_id if made else PlanId(number or 0)
            await show_people(workspace, terminal, plan_id, wanted, as_json=json)
            return
        if json:
            terminal.print_json({"plans": [plan_json(one) for one in made]})
            return
        zone = workspace.settings.default_timezone
        for one in made:
            terminal.print(*render_plan(one, zone=zone, mode=workspace.settings.mode, language=language))
            if one.document["planned"]:
                terminal.note(f"Next: rulecast approve {one.plan_id} --as NAME")

    run(context, work)


def plan_json(one: Plan) -> dict[str, object]:
    """Return a plan as plain data."""
    return {
        "plan_id": one.plan_id,
        "state": one.state,
        "content_hash": one.content_hash.hex(),
        "approved_by": one.approved_by or None,
        **one.document,
    }


def plans(context: typer.Context, json: JsonOption = False) -> None:
    """List the latest plans."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        found = await list_plans(workspace)
        if json:
            terminal.print_json({"plans": [_summary(one) for one in found]})
            return
        table = Table("plan", "rule", "state", "audience", "planned", "made by", "approved by", "expires")
        for one in found:
            table.add_row(
                str(one.plan_id),
                one.rule_name + (" (test)" if one.is_test else _step(one)),
                one.state,
                f"{one.document.get('audience', 0):,}",
                f"{one.document.get('planned', 0):,}",
                one.created_by,
                one.approved_by,
                one.expires_at.isoformat(timespec="minutes"),
            )
        terminal.print(table if found else "No plan has been made yet: `rulecast plan FILE`.")

    run(context, work)


def why(
    context: typer.Context,
    contact: Annotated[int, typer.Argument(metavar="CONTACT", help="Contact id.")],
    plan_number: Annotated[int, typer.Option("--plan", help="Number of the plan.")],
    json: JsonOption = False,
) -> None:
    """Show why a person is in or out of a plan: each condition with their values, then each check."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        found = await explain_person(workspace, ContactId(contact), PlanId(plan_number))
        if json:
            terminal.print_json(why_json(found))
        else:
            terminal.print(*render_why(found))

    run(context, work)


def approve(
    context: typer.Context, plan_number: PlanArgument, actor: AsOption = None, json: JsonOption = False
) -> None:
    """Sign a plan; whoever wrote the rule or made the plan cannot, except in a simulated workspace."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        signed = await approve_plan(workspace, PlanId(plan_number), approved_by=actor or workspace.actor)
        if json:
            terminal.print_json(_summary(signed))
            return
        planned = signed.document["planned"]
        terminal.print(
            f"Plan {signed.plan_id} is approved by {signed.approved_by}: {planned:,} "
            f"{'person' if planned == 1 else 'people'}, content {signed.content_hash.hex()[:12]}."
        )
        terminal.note(f"Next: rulecast launch {signed.plan_id}")

    run(context, work, acts=True)


def launch(
    context: typer.Context,
    plan_number: PlanArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until every message has an end.")] = False,
    actor: AsOption = None,
    json: JsonOption = False,
) -> None:
    """Launch an approved plan; launching it again shows the first run."""
    name = actor or session_of(context).actor

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        launched = await launch_plan(workspace, PlanId(plan_number), launched_by=name)
        if not json:
            verb = "launched" if launched.is_new else "was launched before"
            terminal.print(f"Plan {plan_number} {verb}: run {launched.run_id}.")
        if wait:
            await wait_for_run(workspace, launched.run_id, console=terminal.error)
        if json:
            terminal.print_json(
                {"plan_id": plan_number, "run_id": launched.run_id, "is_new": launched.is_new}
            )

    run(context, work, acts=True)


def try_on_staff(
    context: typer.Context,
    file: FileArgument,
    to: Annotated[str, typer.Option("--to", help="To whom: only `seed`, the listed staff.")],
    json: JsonOption = False,
) -> None:
    """Send the exact rendering of a rule to listed, consented staff, through the same gate, outside reports."""
    if to != "seed":
        raise PlanInputError(
            "A rule is tried on `seed` only: listed, consented staff.", hint="Write `--to seed`."
        )

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        text = await read_text_file(file)
        trial = await try_rule(workspace, text)
        if json:
            terminal.print_json({"plan_id": trial.plan_id, "run_id": trial.run_id, "people": trial.people})
        else:
            terminal.print(
                f"Test run {trial.run_id} for {trial.people} members of staff (plan {trial.plan_id})."
            )

    run(context, work, acts=True)


def seed(
    context: typer.Context,
    contact: Annotated[
        str, typer.Argument(metavar="CONTACT", help="Number or contact id of a member of staff.")
    ],
    remove: Annotated[bool, typer.Option("--remove", help="No longer.")] = False,
) -> None:
    """Mark a contact as staff who get the messages of `rulecast try`."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        contact_id = await mark_seed(workspace, contact, is_seed=not remove)
        what = "no longer gets" if remove else "gets"
        terminal.print(Text(f"Contact {contact_id} {what} test messages."))

    run(context, work, acts=True)


def _step(one: Plan) -> str:
    step = one.document.get("step", 1)
    return f" (step {step})" if step > 1 else ""


def _summary(one: Plan) -> dict[str, object]:
    return {
        "plan_id": one.plan_id,
        "rule": one.rule_name,
        "step": one.document.get("step", 1),
        "state": one.state,
        "audience": one.document.get("audience", 0),
        "planned": one.document.get("planned", 0),
        "created_by": one.created_by,
        "approved_by": one.approved_by or None,
        "expires_at": one.expires_at,
        "content_hash": one.content_hash.hex(),
        "is_test": one.is_test,
    }


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise PlanInputError(f"`{text}` is no instant.") from error
    if read.tzinfo is None:
        raise PlanInputError(f"`{text}` has no time zone.")
    return read
