"""The tables of the report: numbers aligned, every rate beside its denominator."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rulecast.cli.report_afterwards import afterwards_tables
from rulecast.cli.session import mode_mark
from rulecast.observe import Funnel, Rate, price_of, rates_of
from rulecast.observe.store import Loss, RunRow
from rulecast.values.reason import DESCRIPTIONS, Reason
from rulecast.wiring.report import Report

BAR_CELLS = 24
STEP_NAMES = {
    "planned": "Planned",
    "accepted": "Accepted by WhatsApp",
    "delivered": "Delivered",
    "read": "Read",
    "clicked": "Clicked",
    "replied": "Replied",
    "converted": "Converted",
    "opted_out": "Opted out",
    "failed": "Failed after acceptance",
}
STATE_NAMES = {
    "accepted": "accepted",
    "held": "held for a person",
    "refused": "refused",
    "cancelled": "cancelled",
    "expired": "expired",
    "unknown": "unknown",
    "unresolved": "unresolved",
    "deferred": "deferred",
    "intent": "being sent",
    "claimed": "claimed",
    "planned": "waiting",
}


def render_report(report: Report, *, is_simulated: bool) -> Iterator[RenderableType]:
    """Yield the tables of a report in reading order."""
    if not report.by_run:
        yield Text("No run has been launched yet. `rulecast plan FILE`, approve, launch, then look here.")
        return
    yield _title(report, is_simulated=is_simulated)
    yield _funnel_table(report.total, report.currency)
    yield _balance(report.total)
    if report.total.excluded:
        yield _excluded_table(report.total)
    if problems := _problems(report.total):
        yield problems
    if report.scope.run_id is not None and {"expired", "cancelled", "deferred"} & report.total.states.keys():
        yield Text(f" `rulecast run rest {report.scope.run_id}` names who waits and who was dropped.")
    if len(report.by_run) > 1:
        yield _runs_table(report)
    if report.losses:
        yield _losses_table(report.losses)
    yield from afterwards_tables(report.afterwards)
    if report.by_variant:
        yield _comparison("By variant", "rule and variant", report.by_variant)
    if len(report.by_template) > 1:
        yield _comparison("By template", "template", report.by_template)
    if len(report.by_hour) > 1:
        yield _comparison("By hour of acceptance (UTC)", "hour", report.by_hour)


def _title(report: Report, *, is_simulated: bool) -> RenderableType:
    what = "All runs"
    if report.scope.run_id is not None:
        run = report.runs[0]
        what = (
            f"Run {run.run_id}, rule {run.rule_name}, plan {run.plan_id}, from {run.number_name}: {run.state}"
        )
        what += ", a test outside all other reports" if run.is_test else ""
    elif report.scope.rule_name is not None:
        what = f"Rule {report.scope.rule_name}, {len(report.by_run)} runs"
    mark = mode_mark("simulated" if is_simulated else "live")
    return Padding(Text.assemble(mark, "  ", (what, "bold")), (1, 0, 0, 0))


def _funnel_table(funnel: Funnel, currency: str) -> RenderableType:
    table = _table("What became of everyone")
    table.add_column("", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("rate", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_row("Considered", f"{funnel.considered:,}", "", "")
    table.add_row("Left out", f"{funnel.excluded_people:,}", "see the reasons below", "")
    for rate in rates_of(funnel):
        table.add_row(STEP_NAMES[rate.name], f"{rate.count:,}", rate.text, _bar(rate))
        for worth in funnel.worth if rate.name == "converted" else ():
            table.add_row("  worth", f"{worth.amount:,}", worth.currency, "")
    table.add_section()
    estimated, billed = (
        price_of(amount, currency) for amount in (funnel.cost_estimated_e4, funnel.cost_billed_e4)
    )
    table.add_row("Cost, estimated", f"{estimated:,}", f"{currency}, for every permit", "")
    table.add_row("Cost, billed", f"{billed:,}", f"{currency}, delivered and charged", "")
    return table


def _bar(rate: Rate) -> Text:
    colour = {"opted_out": "yellow", "failed": "red"}.get(rate.name, "cyan")
    cells = round((rate.share or 0) * BAR_CELLS)
    return Text("█" * cells, style=colour)


def _balance(funnel: Funnel) -> RenderableType:
    """Spell out that planned people and named states are the same number."""
    parts = " + ".join(f"{count:,} {STATE_NAMES[state]}" for state, count in funnel.states.items()) or "0"
    style = "green" if funnel.difference == 0 else "bold red"
    return Text.assemble(
        f"\n {funnel.planned:,} planned = {parts}   ", (f"difference {funnel.difference:,}", style)
    )


def _excluded_table(funnel: Funnel) -> RenderableType:
    table = _table("Left out, and why")
    table.add_column("reason", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("meaning")
    for name, count in funnel.excluded.items():
        table.add_row(name, f"{count:,}", _meaning(name))
    return table


def _meaning(name: str) -> str:
    try:
        return DESCRIPTIONS[Reason(name)]
    except ValueError:
        return "A reason of another release."


def _problems(funnel: Funnel) -> RenderableType | None:
    rows = [
        (STATE_NAMES[state], reason, count)
        for state, found in funnel.reasons.items()
        for reason, count in found.items()
    ]
    rows += [("refused", f"code {code}", count) for code, count in funnel.refused.items()]
    rows += [("failed", f"code {code}", count) for code, count in funnel.failed.items()]
    if not rows:
        return None
    table = _table("Planned, and not delivered")
    table.add_column("what", no_wrap=True)
    table.add_column("why", no_wrap=True)
    table.add_column("messages", justify="right")
    for what, why, count in rows:
        table.add_row(what, why, f"{count:,}")
    return table


def _runs_table(report: Report) -> RenderableType:
    runs = {str(run.run_id): run for run in report.runs}
    table = _table("Runs")
    for name in ("run", "rule", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("planned", "accepted", "delivered", "read ≥", "clicked", "replied", "opt-outs", "open"):
        table.add_column(name, justify="right", no_wrap=True)
    for funnel in reversed(report.by_run):
        run: RunRow | None = runs.get(funnel.key)
        table.add_row(
            funnel.key,
            run.rule_name if run else "",
            run.state if run else "",
            *(f"{count:,}" for count in (funnel.planned, *_counts(funnel), funnel.open)),
        )
    return table


def _comparison(title: str, name: str, funnels: tuple[Funnel, ...]) -> RenderableType:
    table = _table(title)
    table.add_column(name, no_wrap=True)
    for column in ("messages", "accepted", "delivered", "read ≥", "clicked", "replied", "opt-outs"):
        table.add_column(column, justify="right", no_wrap=True)
    for funnel in funnels:
        table.add_row(funnel.key, *(f"{count:,}" for count in (funnel.planned, *_counts(funnel))))
    return table


def _counts(funnel: Funnel) -> tuple[int, ...]:
    return (
        funnel.accepted,
        funnel.delivered,
        funnel.read,
        funnel.clicked,
        funnel.replied,
        funnel.opted_out,
    )


def _losses_table(losses: tuple[Loss, ...]) -> RenderableType:
    table = _table("Who lost people to whom")
    for name in ("rule", "lost to"):
        table.add_column(name, no_wrap=True)
    table.add_column("people", justify="right")
    table.add_column("by priority", justify="right")
    for loss in losses:
        table.add_row(loss.rule_name, loss.lost_to, f"{loss.people:,}", loss.by)
    return table


def _table(title: str) -> Table:
    return Table(
        title=f"\n {title}",
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=None,
        padding=(0, 1),
    )
