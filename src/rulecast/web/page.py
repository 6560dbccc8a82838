"""The one page: header, stops in force, incidents, runs, one run in full, look-up."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui import ui

from rulecast.gate.reply_terms import OWN_RULES
from rulecast.values.ids import RunId
from rulecast.values.zone_offsets import local_time
from rulecast.web.incident_list import IncidentList
from rulecast.web.live_state import LiveState
from rulecast.web.look_up_card import LookUpCard
from rulecast.web.run_list import RunList
from rulecast.web.run_section import RunSection
from rulecast.web.stop_control import StopControl, is_rule_stopped
from rulecast.wiring.live import RunCard
from rulecast.wiring.page_access import see_page_session
from rulecast.wiring.workspace import Workspace

TICK_SECONDS = 0.5
# How often an open page asks whether its session still stands: as long as the guard remembers one.
SESSION_TICKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at the page, and the session they came with."""

    actor: str
    secret: str


class LivePage:
    """One open page in one browser."""

    def __init__(self, workspace: Workspace, state: LiveState, visitor: Visitor) -> None:
        self._workspace = workspace
        self._state = state
        self._visitor = visitor
        self._selected: RunId | None = None
        self._version = -1
        self._ticks = 0
        self._stops = StopControl(workspace, actor=visitor.actor, on_change=self._reread)
        self._incidents = IncidentList(
            workspace, actor=visitor.actor, on_hold=self._stops.ask, on_change=self._reread
        )
        self._runs = RunList(on_select=self._select)
        self._run = RunSection(on_stop=self._stops.ask)
        self._look_up = LookUpCard(workspace, actor=visitor.actor)

    def build(self) -> None:
        """Build the empty page; no data is part of the first answer, all of it follows over the socket."""
        ui.query("body").classes("rc-body")
        with ui.element("header").classes("rc-top"):
            ui.label("rulecast").classes("rc-brand")
            self._mode_pill()
            ui.label(self._workspace.name).classes("rc-workspace")
            ui.element("div").classes("rc-spacer")
            self._clock = ui.label().classes("rc-clock")
            self._freshness = ui.label("connecting").classes("rc-live rc-live-off")
            self._stops.build_button()
        self._stops.build_banner()
        self._incidents.build()
        with ui.element("main").classes("rc-main"):
            with ui.element("aside").classes("rc-side"):
                self._runs.build()
                self._look_up.build()
            self._run.build()

    async def start(self) -> None:
        """Show what there is and follow it."""
        self._state.touch()
        await self._reread()
        ui.timer(TICK_SECONDS, self._tick)

    async def _tick(self) -> None:
        self._state.touch()
        self._show_clock()
        self._ticks += 1
        if self._ticks % SESSION_TICKS == 0:
            alive = await see_page_session(self._workspace, self._visitor.secret)
            if alive is None:
                ui.navigate.reload()
                # A browser that does not obey keeps its socket; without elements no click on it does anything.
                ui.context.client.content.clear()
                return
        if self._state.version != self._version:
            await self._show()

    async def _reread(self) -> None:
        """Read now instead of at the next poll: the visitor did something."""
        await self._state.refresh()
        await self._show()

    async def _show(self) -> None:
        overview = self._state.overview
        self._version = self._state.version
        if self._selected is None and overview.cards:
            self._selected = _first_shown(overview.cards)
        self._stops.show(overview.stops)
        self._incidents.show(overview.incidents)
        self._runs.show(overview.cards, self._selected, overview.stops)
        detail = None if self._selected is None else await self._state.detail(self._selected)
        is_stopped = detail is not None and is_rule_stopped(overview.stops, detail.card.run.rule_name)
        self._run.show(detail, self._workspace.billing_currency, is_stopped=is_stopped)
        self._show_clock()

    async def _select(self, run_id: RunId) -> None:
        self._selected = run_id
        await self._show()

    def _show_clock(self) -> None:
        zone = self._workspace.settings.default_timezone
        now = local_time(zone, self._workspace.clock.now())
        self._clock.set_text(f"{now:%a %d %b %Y, %H:%M} {zone}")
        stale = self._state.is_stale
        self._freshness.set_text("not connected" if stale else "live")
        self._freshness.classes(
            add="rc-live-off" if stale else "rc-live-on", remove="rc-live-on" if stale else "rc-live-off"
        )

    def _mode_pill(self) -> None:
        if self._workspace.is_simulated:
            ui.label("SIMULATED").classes("rc-pill rc-pill-simulated").tooltip(
                "Messages go to a simulator; nobody real is reached."
            )
        else:
            ui.label("LIVE").classes("rc-pill rc-pill-live").tooltip("Messages reach real people.")


def _first_shown(cards: Sequence[RunCard]) -> RunId:
    """Return the newest run that somebody launched; our own answers to people are runs too."""
    launched = (card.run.run_id for card in cards if card.run.rule_name not in OWN_RULES)
    return next(launched, cards[0].run.run_id)
