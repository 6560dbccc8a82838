"""`rulecast audit`: whether anybody changed what the audit says."""

from dataclasses import asdict

import typer

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.wiring.audit_trail import AuditState, chain_audit, examine_audit
from rulecast.wiring.workspace import Workspace

FAULTS_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help="What people did, and whether it still says so.", rich_markup_mode=None
    )
    app.add_typer(group, name="audit")

    @group.command("verify")
    def verify_command(context: typer.Context, json: JsonOption = False) -> None:
        """Read the whole audit against its chain and this home's anchors; ends with 1 where something does not fit."""
        found: list[AuditState] = []

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            await chain_audit(workspace)
            state = await examine_audit(workspace)
            found.append(state)
            if json:
                terminal.print_json(asdict(state))
                return
            terminal.print(f"{state.rows} rows linked, {state.anchors} anchors in this home.")
            for one in state.faults[:FAULTS_SHOWN]:
                terminal.print(f"place {one.position}: {one.what}" if one.position else one.what)
            if not state.faults:
                terminal.print("Nothing was changed.")

        run(context, work)
        if found and found[0].faults:
            raise typer.Exit(1)
