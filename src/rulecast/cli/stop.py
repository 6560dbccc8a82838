"""`rulecast stop` and `rulecast resume`: the brake, and taking the foot off it."""

from typing import Annotated

import typer

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.gate.stop import StopTargetError
from rulecast.wiring.stop import StopTarget, resume, stop
from rulecast.wiring.workspace import Workspace

SenderOption = Annotated[
    str | None, typer.Option("--sender", help="Only this business number, by name or id.")
]
RuleOption = Annotated[str | None, typer.Option("--rule", help="Only this rule, by name.")]
AllOption = Annotated[bool, typer.Option("--all", help="Everything.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for whoever resumes.")]


def register(app: typer.Typer) -> None:
    """Add stop and resume."""

    @app.command("stop")
    def stop_command(
        context: typer.Context,
        sender: SenderOption = None,
        rule: RuleOption = None,
        everything: AllOption = False,
        reason: ReasonOption = "",
        json: JsonOption = False,
    ) -> None:
        """Stop sending within a second: everything, a rule, or a number; what is planned keeps waiting."""
        target = _target(sender, rule, everything=everything)

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            stop_id = await stop(workspace, target, reason=reason)
            if json:
                terminal.print_json({"stop_id": stop_id, "scope": target.scope, "target": target.name})
            else:
                terminal.print(f"Stopped ({_name(target)}). Resume with: rulecast resume {_option(target)}")

        run(context, work, acts=True)

    @app.command("resume")
    def resume_command(
        context: typer.Context,
        sender: SenderOption = None,
        rule: RuleOption = None,
        everything: AllOption = False,
        json: JsonOption = False,
    ) -> None:
        """Lift a stop, a hold of the number and its incidents of codes; what waited goes on through the same gate.

        What Meta itself holds is lifted by `rulecast incident resume`.
        """
        target = _target(sender, rule, everything=everything)

        async def work(workspace: Workspace, terminal: Terminal) -> int:
            lifted = await resume(workspace, target)
            if json:
                terminal.print_json({"lifted": lifted, "scope": target.scope, "target": target.name})
            else:
                terminal.print(
                    f"Resumed ({_name(target)})." if lifted else f"Nothing was stopped ({_name(target)})."
                )
            return 0 if lifted else 1

        run(context, work, acts=True)


def _target(sender: str | None, rule: str | None, *, everything: bool) -> StopTarget:
    if [sender is not None, rule is not None, everything].count(True) != 1:
        raise StopTargetError("Name one thing: --sender NAME, --rule NAME or --all.")
    if sender is not None:
        return StopTarget(scope="sender", name=sender)
    return StopTarget(scope="rule", name=rule) if rule is not None else StopTarget(scope="all")


def _name(target: StopTarget) -> str:
    return "everything" if target.scope == "all" else f"{target.scope} {target.name}"


def _option(target: StopTarget) -> str:
    return "--all" if target.scope == "all" else f"--{target.scope} {target.name}"
