"""One run in full: tiles, funnel, timeline, the plan's waterfall, what did not arrive, who lost to whom."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui

from rulecast.gate.stop import StopScope
from rulecast.observe import Funnel, Rate, price_of, rates_of
from rulecast.observe.store import Loss
from rulecast.values.reason import DESCRIPTIONS, Reason
from rulecast.web.charts import COLOURS, STEP_NAMES, funnel_options, timeline_options, waterfall_options
from rulecast.web.table import build_table
from rulecast.wiring.live import RunDetail

TILES = ("planned", "accepted", "delivered", "read", "clicked", "replied", "converted", "opted_out", "failed")
REASON_NAMES = {reason.value: reason.value.replace("_", " ") for reason in Reason}
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


class RunSection:
    """The selected run; elements are built once and filled again only when their data changed."""

    def __init__(self, *, on_stop: Callable[[StopScope, str], None]) -> None:
        self._on_stop = on_stop
        self._rule_name = ""
        self._shown: object = None
        self._tiles: dict[str, tuple[ui.label, ui.label]] = {}

    def build(self) -> None:
        """Build the empty section."""
        with ui.element("section").classes("rc-run").props("data-testid=run"):
            self._empty = ui.element("div").classes("rc-card rc-empty")
            with self._empty:
                ui.label("Nothing has been sent yet").classes("rc-empty-title")
                ui.label(
                    "Write a rule, look at its plan, have it approved and launch it. "
                    "This page then shows every person's way through it, live."
                ).classes("rc-muted")
            self._body = ui.element("div").classes("rc-run-body")
            with self._body:
                self._build_body()
        self._body.set_visibility(False)

    def show(self, detail: RunDetail | None, currency: str, *, is_stopped: bool) -> None:
        """Fill the section."""
        if detail is None or (detail, currency, is_stopped) == self._shown:
            return
        self._shown = (detail, currency, is_stopped)
        self._empty.set_visibility(False)
        self._body.set_visibility(True)
        run, funnel = detail.card.run, detail.card.funnel
        self._rule_name = run.rule_name
        self._title.set_text(run.rule_name)
        test = " · test, outside all reports" if run.is_test else ""
        self._about.set_text(
            f"run {run.run_id} · plan {run.plan_id} · from {run.number_name} · launched by {run.launched_by}, "
            f"{run.launched_at:%d %b %Y %H:%M} UTC · {run.state}{test}"
        )
        self._stop.set_visibility(run.state == "running" and not is_stopped)
        self._show_tiles(funnel, currency)
        _set_options(self._funnel, funnel_options(funnel))
        _set_options(self._waterfall, waterfall_options(funnel, REASON_NAMES))
        _set_options(self._timeline, timeline_options(detail.timeline))
        self._timeline_title.set_text(f"Over time (UTC), per {_bucket_name(detail.bucket_seconds)}")
        self._show_balance(funnel)
        self._show_reasons(funnel)
        self._show_problems(funnel)
        self._show_losses(detail.losses)

    def _build_body(self) -> None:
        with ui.element("div").classes("rc-run-title"):
            with ui.element("div"):
                self._title = ui.label().classes("rc-h1").props("data-testid=run-title")
                self._about = ui.label().classes("rc-muted")
            self._stop = (
                ui.button(
                    "Stop this rule", on_click=lambda: self._on_stop("rule", self._rule_name), color=None
                )
                .props("no-caps outline data-testid=stop-rule")
                .classes("rc-button rc-button-outline-stop")
            )
        with ui.element("div").classes("rc-tiles"):
            for name in TILES:
                self._tiles[name] = _tile(name, STEP_NAMES[name], COLOURS[name])
            self._tiles["cost"] = _tile("cost", "Cost, estimated", COLOURS["considered"])
        self._balance = ui.element("div").classes("rc-balance").props("data-testid=balance")
        with ui.element("div").classes("rc-two"):
            with ui.element("div").classes("rc-card"):
                ui.label("Funnel").classes("rc-card-title")
                self._funnel = ui.echart({}).classes("rc-chart")
            with ui.element("div").classes("rc-card"):
                self._timeline_title = ui.label("Over time").classes("rc-card-title")
                self._timeline = ui.echart({}).classes("rc-chart")
        with ui.element("div").classes("rc-card"):
            ui.label("Who was left out of the plan, and why").classes("rc-card-title")
            with ui.element("div").classes("rc-waterfall"):
                self._waterfall = ui.echart({}).classes("rc-chart")
                self._reasons = ui.element("div").classes("rc-scroll").props("data-testid=reasons")
        with ui.element("div").classes("rc-two"):
            with ui.element("div").classes("rc-card"):
                ui.label("Planned, and not delivered").classes("rc-card-title")
                self._problems = ui.element("div").classes("rc-scroll").props("data-testid=problems")
            with ui.element("div").classes("rc-card"):
                ui.label("Who lost people to whom").classes("rc-card-title")
                self._losses = ui.element("div").classes("rc-scroll").props("data-testid=losses")

    def _show_tiles(self, funnel: Funnel, currency: str) -> None:
        rates: dict[str, Rate] = {rate.name: rate for rate in rates_of(funnel)}
        for name in TILES:
            value, note = self._tiles[name]
            value.set_text(f"{rates[name].count:,}")
            note.set_text(rates[name].text)
        if funnel.worth:
            self._tiles["converted"][1].set_text(
                ", ".join(f"worth {one.amount:,} {one.currency}" for one in funnel.worth)
            )
        value, note = self._tiles["cost"]
        value.set_text(f"{price_of(funnel.cost_estimated_e4, currency):,} {currency}")
        note.set_text(f"{price_of(funnel.cost_billed_e4, currency):,} {currency} billed so far")

    def _show_balance(self, funnel: Funnel) -> None:
        self._balance.clear()
        with self._balance:
            ui.label(f"{funnel.planned:,} planned =").classes("rc-number")
            for place, (state, count) in enumerate(funnel.states.items()):
                plus = "+ " if place else ""
                ui.label(f"{plus}{count:,} {STATE_NAMES[state]}").classes("rc-number")
            is_even = funnel.difference == 0
            ui.label(f"difference {funnel.difference:,}").classes(
                "rc-chip rc-number " + ("rc-chip-even" if is_even else "rc-chip-odd")
            )

    def _show_reasons(self, funnel: Funnel) -> None:
        rows = [
            (REASON_NAMES.get(name, name), f"{count:,}", _meaning(name))
            for name, count in funnel.excluded.items()
        ]
        _fill(self._reasons, ("Reason", "#People", "Meaning"), rows, empty="The plan left nobody out.")

    def _show_problems(self, funnel: Funnel) -> None:
        rows = [
            (STATE_NAMES[state], REASON_NAMES.get(reason, reason), f"{count:,}")
            for state, found in funnel.reasons.items()
            for reason, count in found.items()
        ]
        rows += [("refused", f"code {code}", f"{count:,}") for code, count in funnel.refused.items()]
        rows += [("failed", f"code {code}", f"{count:,}") for code, count in funnel.failed.items()]
        _fill(self._problems, ("What", "Why", "#Messages"), rows, empty="Nothing was refused or failed.")

    def _show_losses(self, losses: Sequence[Loss]) -> None:
        rows = [(one.lost_to, f"{one.people:,}", one.by) for one in losses]
        _fill(
            self._losses,
            ("Lost to the rule", "#People", "#By priority"),
            rows,
            empty="No other rule reached the same people.",
        )


def _tile(name: str, title: str, colour: str) -> tuple[ui.label, ui.label]:
    with ui.element("div").classes("rc-tile").style(f"--tile: {colour}").props(f"data-testid=tile-{name}"):
        ui.label(title).classes("rc-tile-name")
        value = ui.label("0").classes("rc-tile-value rc-number")
        note = ui.label("").classes("rc-tile-note")
    return value, note


def _fill(place: ui.element, head: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str) -> None:
    place.clear()
    with place:
        if rows:
            build_table(head, rows)
        else:
            ui.label(empty).classes("rc-muted")


def _set_options(chart: ui.echart, options: dict[str, Any]) -> None:
    if chart.options == options:
        return
    chart.options.clear()
    chart.options.update(options)
    chart.update()


def _meaning(name: str) -> str:
    try:
        return DESCRIPTIONS[Reason(name)]
    except ValueError:
        return "A reason of another release."


def _bucket_name(seconds: int) -> str:
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return name if count == 1 else f"{count} {name}s"
    return "second" if seconds == 1 else f"{seconds} seconds"
