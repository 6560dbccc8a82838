"""What followed from messages, as tables of the report: holds, steps, actions, notices."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rulecast.wiring.moments.views import Afterwards


def afterwards_tables(afterwards: Afterwards) -> Iterator[RenderableType]:
    """Yield what there is, what needs a person first."""
    for hold in afterwards.holds:
        yield Text.assemble(
            ("\n HELD ", "bold white on red"),
            f"  {hold.rule_name}: {hold.why or hold.reason}. Resume with: "
            f"rulecast rule resume {hold.rule_name} --why ...",
        )
    if afterwards.steps:
        yield _table(
            "Next steps",
            ("rule", "step", "state", "people", "why"),
            [
                (one.rule_name, str(one.step), one.state, f"{one.people:,}", one.meaning)
                for one in afterwards.steps
            ],
        )
    if afterwards.actions:
        yield _table(
            "Done at moments",
            ("rule", "moment", "action", "messages"),
            [(one.rule_name, one.moment, one.what, f"{one.messages:,}") for one in afterwards.actions],
        )
    if afterwards.notices:
        yield _table(
            "Recipients",
            ("recipient", "state", "messages", "last problem"),
            [(one.recipient, one.state, f"{one.messages:,}", one.last_problem) for one in afterwards.notices],
        )


def _table(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> RenderableType:
    table = Table(title=f"\n{title}", title_justify="left", title_style="bold", box=None, pad_edge=True)
    for heading in headings:
        is_count = heading in {"people", "messages", "step"}
        table.add_column(heading, justify="right" if is_count else "left")
    for row in rows:
        table.add_row(*row)
    return table
