"""The cost part of the report: what was estimated, what Meta billed, and where the two differ."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rulecast.observe import price_of
from rulecast.observe.cost import CostLine
from rulecast.wiring.report import Report

WORDS = {
    "failed": "not delivered, free",
    "open": "not delivered yet",
    "free": "free",
    "untold": "delivered, price not told",
}


def render_costs(report: Report) -> Iterator[RenderableType]:
    """Yield the table of costs, what Meta counts differently, and the free answers that are left."""
    if not report.costs:
        yield Text("Nothing has been let through yet.")
        return
    table = Table(title=f"Cost, {report.currency}", title_justify="left", box=None)
    for heading in ("Estimated as", "Billed as", "Messages", "Estimated", "Billed", "Difference"):
        table.add_column(heading, justify="left" if heading.endswith("as") else "right")
    for one in report.costs:
        table.add_row(
            one.estimated_as,
            WORDS.get(one.billed_as, one.billed_as),
            f"{one.messages:,}",
            f"{price_of(one.estimated_e4, report.currency)}",
            f"{price_of(one.billed_e4, report.currency)}" if one.is_settled else "",
            f"{price_of(one.difference_e4, report.currency):+}" if one.is_settled else "",
        )
    yield table
    for one in report.costs:
        if one.is_another_category:
            yield Text(_warning(one), style="yellow")
    for allowance in report.allowances:
        if allowance.delivered:
            yield Text(
                f"{allowance.number}: {allowance.delivered:,} answers this month, {allowance.left:,} more are free."
            )


def _warning(line: CostLine) -> str:
    return (
        f"Meta billed {line.messages:,} {line.estimated_as} messages as {line.billed_as}: synchronise the templates,"
        " and ask for a review within 60 days if the category is wrong."
    )


def cost_json(report: Report) -> dict[str, object]:
    """Return the costs as plain data, amounts as decimal text."""
    return {
        "currency": report.currency,
        "costs": [
            {
                "estimated_as": one.estimated_as,
                "billed_as": one.billed_as,
                "messages": one.messages,
                "estimated": str(price_of(one.estimated_e4, report.currency)),
                "billed": str(price_of(one.billed_e4, report.currency)) if one.is_settled else None,
                "difference": str(price_of(one.difference_e4, report.currency)) if one.is_settled else None,
                "is_another_category": one.is_another_category,
            }
            for one in report.costs
        ],
        "service_allowances": [
            {"number": one.number, "delivered": one.delivered, "left": one.left} for one in report.allowances
        ],
    }
