"""The list of runs beside the page: state, progress, the three numbers people look for."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from rulecast.gate.stop import Stop
from rulecast.values.ids import RunId
from rulecast.web.stop_control import is_rule_stopped
from rulecast.wiring.live import RunCard

STATE_CLASSES = {"running": "rc-chip-running", "finished": "rc-chip-finished", "cancelled": "rc-chip-stopped"}


class RunList:
    """Runs, the newest first."""

    def __init__(self, *, on_select: Callable[[RunId], Awaitable[None]]) -> None:
        self._on_select = on_select
        self._shown: object = None

    def build(self) -> None:
        """Build the empty list."""
        with ui.element("section").classes("rc-card"):
            ui.label("Runs").classes("rc-card-title")
            self._list = ui.element("div").classes("rc-runs").props("data-testid=runs")

    def show(self, cards: Sequence[RunCard], selected: RunId | None, stops: Sequence[Stop]) -> None:
        """Show the runs; nothing is drawn again that did not change."""
        wanted = (tuple(cards), selected, tuple(stops))
        if wanted == self._shown:
            return
        self._shown = wanted
        self._list.clear()
        with self._list:
            if not cards:
                ui.label("No run yet").classes("rc-empty-title")
                ui.label("Plan a rule, have it approved and launch it; it appears here by itself.").classes(
                    "rc-muted"
                )
            for card in cards:
                self._row(
                    card,
                    is_selected=card.run.run_id == selected,
                    is_stopped=is_rule_stopped(stops, card.run.rule_name),
                )

    def _row(self, card: RunCard, *, is_selected: bool, is_stopped: bool) -> None:
        run, funnel = card.run, card.funnel
        row = ui.element("button").classes("rc-run-row" + (" rc-run-row-selected" if is_selected else ""))
        row.props(f'type="button" data-testid="run-{run.run_id}"')
        row.on("click", lambda: self._on_select(run.run_id))
        halted = is_stopped and run.state == "running"
        with row:
            with ui.element("div").classes("rc-run-head"):
                ui.label(run.rule_name).classes("rc-run-name")
                state = "stopped" if halted else run.state
                ui.label(state).classes(
                    f"rc-chip {'rc-chip-stopped' if halted else STATE_CLASSES.get(run.state, '')}"
                )
            settled = funnel.planned - funnel.open
            share = settled / funnel.planned if funnel.planned else 0.0
            with ui.element("div").classes("rc-bar"):
                ui.element("div").classes("rc-bar-fill").style(f"width: {share:.2%}")
            test = ", test" if run.is_test else ""
            with ui.element("div").classes("rc-run-foot"):
                ui.label(f"run {run.run_id}{test}").classes("rc-muted")
                ui.label(f"{settled:,} of {funnel.planned:,} settled").classes("rc-muted rc-number")
