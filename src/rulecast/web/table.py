"""A plain table: text left, numbers right, every cell is text and nothing else."""

from collections.abc import Sequence

from nicegui import ui

NUMBER_MARK = "#"


def build_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Build a table at the current place; a heading that begins with # stands over numbers."""
    is_number = [name.startswith(NUMBER_MARK) for name in head]
    with ui.element("table").classes("rc-table"):
        with ui.element("thead"), ui.element("tr"):
            for name, right in zip(head, is_number, strict=True):
                _cell("th", name.removeprefix(NUMBER_MARK), right=right)
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    for text, right in zip(row, is_number, strict=True):
                        _cell("td", text, right=right)


def _cell(tag: str, text: str, *, right: bool) -> None:
    with ui.element(tag).classes("rc-right rc-number" if right else ""):
        ui.label(text)
