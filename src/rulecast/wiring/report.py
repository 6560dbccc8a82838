"""The report of a run, a rule or everything: one reading of the database, nothing changed."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.account.billing_zones import month_start
from rulecast.account.store import list_billing_zones
from rulecast.database import Connection
from rulecast.observe import Funnel, Grain, Scope, find_run, list_losses, list_runs, read_funnels
from rulecast.observe.cost import Allowance, CostLine
from rulecast.observe.reconcile_costs import read_allowances, reconcile_costs
from rulecast.observe.store import Loss, RunRow
from rulecast.values.errors import RulecastError
from rulecast.values.ids import RunId
from rulecast.wiring.moments.views import Afterwards, read_afterwards
from rulecast.wiring.workspace import Workspace

# A terminal page; older runs are asked for by number or rule.
RUNS_SHOWN = 20
HOURS_SHOWN = 48


class RunUnknownError(RulecastError):
    """There is no run of this number."""

    code = "RC-REPORT-001"
    summary = "There is no run of this number."
    remedy = "`rulecast report` without a number lists the newest runs."


class RuleWithoutRunsError(RulecastError):
    """No run of this rule was ever launched."""

    code = "RC-REPORT-002"
    summary = "No run of this rule was ever launched."
    remedy = "`rulecast report` lists the rules that have runs; test runs do not count."


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything the report shows about one scope."""

    scope: Scope
    currency: str
    total: Funnel
    runs: tuple[RunRow, ...]
    by_run: tuple[Funnel, ...]
    by_rule: tuple[Funnel, ...]
    by_variant: tuple[Funnel, ...]
    by_template: tuple[Funnel, ...]
    by_hour: tuple[Funnel, ...]
    losses: tuple[Loss, ...]
    afterwards: Afterwards
    costs: tuple[CostLine, ...]
    allowances: tuple[Allowance, ...]


async def make_report(workspace: Workspace, *, run_id: int | None, rule_name: str | None) -> Report:
    """Read the funnels of one run, one rule, or all runs that are no tests.

    Raises:
        RunUnknownError: there is no such run.
        RuleWithoutRunsError: the rule has no run.
    """
    scope = Scope(run_id=None if run_id is None else RunId(run_id), rule_name=rule_name)
    async with workspace.database.transaction() as connection:
        runs = await list_runs(connection, limit=RUNS_SHOWN)
        if scope.run_id is not None:
            run = await find_run(connection, scope.run_id)
            if run is None:
                raise RunUnknownError(f"There is no run {scope.run_id}.")
            runs = [run]
        by_rule = await read_funnels(connection, Grain.RULE, scope)
        if rule_name is not None and not by_rule:
            raise RuleWithoutRunsError(f"The rule {rule_name[:80]} has no launched run.")
        total = await read_funnels(connection, Grain.ALL, scope)
        return Report(
            scope=scope,
            currency=workspace.billing_currency,
            total=total[0] if total else Funnel(key="all"),
            runs=tuple(run for run in runs if rule_name is None or run.rule_name == rule_name),
            by_run=await read_funnels(connection, Grain.RUN, scope),
            by_rule=by_rule,
            by_variant=await read_funnels(connection, Grain.VARIANT, scope),
            by_template=await read_funnels(connection, Grain.TEMPLATE, scope),
            by_hour=(await read_funnels(connection, Grain.HOUR, scope))[-HOURS_SHOWN:],
            losses=tuple(await list_losses(connection, scope)),
            afterwards=await read_afterwards(connection, run_id=scope.run_id, rule_name=rule_name),
            costs=tuple(await reconcile_costs(connection, scope)),
            allowances=tuple(await read_allowances(connection, await _month_starts(connection, workspace))),
        )


async def _month_starts(connection: Connection, workspace: Workspace) -> dict[str, datetime]:
    """Return when the running month of each number's account began."""
    now, default = workspace.clock.now(), workspace.settings.default_timezone
    zones = await list_billing_zones(connection)
    return {number: month_start(zone or default, now) for number, zone in zones.items()}
