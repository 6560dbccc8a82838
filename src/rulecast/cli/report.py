"""`rulecast report`: what became of everyone, as a marketer reads it."""

from dataclasses import asdict
from typing import Annotated

import typer

from rulecast.cli.report_costs import cost_json, render_costs
from rulecast.cli.report_tables import render_report
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.observe.summary import summary_of
from rulecast.wiring.report import Report, make_report
from rulecast.wiring.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the report."""

    @app.command("report")
    def report(
        context: typer.Context,
        run_number: Annotated[
            int | None, typer.Argument(metavar="[RUN]", help="Number of one run; default: all runs.")
        ] = None,
        rule: Annotated[str | None, typer.Option("--rule", help="Only the runs of this rule.")] = None,
        cost: Annotated[
            bool, typer.Option("--cost", help="Only the cost: estimated, billed, and the difference.")
        ] = False,
        json: JsonOption = False,
    ) -> None:
        """Show what became of everyone: left out and why, sent, delivered, read, clicked, answered, cost."""

        async def work(workspace: Workspace, terminal: Terminal) -> None:
            found = await make_report(workspace, run_id=run_number, rule_name=rule)
            if json:
                terminal.print_json(cost_json(found) if cost else report_json(found))
            elif cost:
                terminal.print(*render_costs(found))
            else:
                terminal.print(*render_report(found, is_simulated=workspace.is_simulated))

        run(context, work)


def report_json(report: Report) -> dict[str, object]:
    """Return the report as plain data."""
    runs = {str(one.run_id): one for one in report.runs}
    return {
        "run": report.scope.run_id,
        "rule": report.scope.rule_name,
        "total": summary_of(report.total, report.currency),
        "runs": [
            {
                **summary_of(one, report.currency),
                "run": int(one.key),
                "rule": runs[one.key].rule_name if one.key in runs else None,
                "plan": runs[one.key].plan_id if one.key in runs else None,
                "state": runs[one.key].state if one.key in runs else None,
                "is_test": runs[one.key].is_test if one.key in runs else None,
                "launched_at": runs[one.key].launched_at if one.key in runs else None,
            }
            for one in report.by_run
        ],
        "rules": [summary_of(one, report.currency) for one in report.by_rule],
        "variants": [summary_of(one, report.currency) for one in report.by_variant],
        "templates": [summary_of(one, report.currency) for one in report.by_template],
        "hours": [summary_of(one, report.currency) for one in report.by_hour],
        "lost": [
            {"rule": one.rule_name, "lost_to": one.lost_to, "people": one.people} for one in report.losses
        ],
        **asdict(report.afterwards),
        **cost_json(report),
        "unbalanced": sum(abs(one.difference) for one in report.by_run),
    }
