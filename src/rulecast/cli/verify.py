"""`rulecast verify`: a one-time code proves that a number is a person's own."""

import os
from typing import Annotated

import typer

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.profile.one_time_codes import CodeOutcome, CodePurpose
from rulecast.wiring.verify_person import send_one_time_code, try_one_time_code
from rulecast.wiring.workspace import Workspace

ContactArgument = Annotated[
    str, typer.Argument(metavar="CONTACT", help="Number or contact id of the person.")
]
PurposeOption = Annotated[
    CodePurpose, typer.Option("--for", help="What the person asks for: access, export or number_change.")
]
SENTENCES = {
    CodeOutcome.RIGHT: "The code is right: the number is the person's own.",
    CodeOutcome.WRONG: "The code is wrong; {left} more tries.",
    CodeOutcome.FAILED: "The code is wrong and was the last try; send another one.",
    CodeOutcome.EXPIRED: "The code has expired; send another one.",
    CodeOutcome.NONE: "No code is waiting for an answer; send one.",
}
NOT_PROVEN_EXIT = 1


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Prove that a number is a person's own.", no_args_is_help=True)
    group.command("send")(send)
    group.command("check")(check)
    app.add_typer(group, name="verify")


def send(
    context: typer.Context,
    contact: ContactArgument,
    purpose: PurposeOption,
    template: Annotated[
        str | None, typer.Option("--template", help="The authentication template, where there are several.")
    ] = None,
    number: Annotated[
        str | None, typer.Option("--number", help="The business number by its name, where there are several.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Send a person a one-time code; `rulecast serve` or `rulecast send` must run."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        sent = await send_one_time_code(
            workspace,
            contact,
            purpose=purpose,
            random_bytes=os.urandom,
            template=template,
            number=number,
        )
        if json:
            terminal.print_json(
                {
                    "contact_id": sent.contact_id,
                    "run_id": sent.run_id,
                    "expires_at": sent.expires_at.isoformat(),
                }
            )
        else:
            terminal.print(
                f"Run {sent.run_id} sends contact {sent.contact_id} a code that holds until "
                f"{sent.expires_at:%H:%M} UTC."
            )

    run(context, work, acts=True)


def check(
    context: typer.Context,
    contact: ContactArgument,
    purpose: PurposeOption,
    code: Annotated[
        str,
        typer.Option(
            "--code",
            prompt="Code",
            hide_input=True,
            help="What the person says; asked for where it is left out.",
        ),
    ],
    json: JsonOption = False,
) -> None:
    """Check the code a person gives back; the exit code is 1 where it proves nothing."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        tried = await try_one_time_code(workspace, contact, code, purpose=purpose)
        if json:
            terminal.print_json(
                {
                    "contact_id": tried.contact_id,
                    "outcome": tried.outcome.value,
                    "tries_left": tried.tries_left,
                }
            )
        else:
            terminal.print(SENTENCES[tried.outcome].format(left=tried.tries_left))
        if tried.outcome is not CodeOutcome.RIGHT:
            raise typer.Exit(NOT_PROVEN_EXIT)

    run(context, work, acts=True)
