"""Open incidents: what rests, who has them in hand, the steps with their marks, and going on with a reason."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from nicegui import ui

from rulecast.gate.incidents import Incident
from rulecast.gate.incidents.responses import RESPONSE_SENTENCES, Response, find_response
from rulecast.gate.stop import StopScope
from rulecast.values.errors import RulecastError
from rulecast.wiring.incidents import mark_done, resume_incident, take_incident
from rulecast.wiring.live import REASON_LENGTH_MAX, IncidentCard
from rulecast.wiring.workspace import Workspace


class IncidentList:
    """Everything on the page that is about incidents."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        actor: str,
        on_hold: Callable[[StopScope, str], None],
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        self._workspace = replace(workspace, actor=actor)
        self._on_hold = on_hold
        self._on_change = on_change
        self._shown: Sequence[IncidentCard] | None = None

    def build(self) -> None:
        """Build the place where open incidents stand."""
        self._place = (
            ui.element("section").classes("rc-incidents").props('data-testid=incidents role="status"')
        )

    def show(self, cards: Sequence[IncidentCard]) -> None:
        """Show the open incidents, the newest first."""
        if cards == self._shown:
            return
        self._shown = tuple(cards)
        self._place.clear()
        with self._place:
            for card in cards:
                self._card(card)

    def _card(self, card: IncidentCard) -> None:
        one = card.incident
        kind = "rc-incident rc-incident-drill" if one.is_drill else "rc-incident"
        with ui.element("div").classes(kind).props(f"data-testid=incident-{one.incident_id}"):
            with ui.element("div").classes("rc-incident-head"):
                if one.is_drill:
                    ui.label("DRILL").classes("rc-pill rc-pill-simulated")
                ui.label(f"{one.incident_id}. {find_response(one.cause).meaning}").classes("rc-stop-what")
                ui.label(
                    f"{one.cause}, {one.scope} {one.scope_id}, since {one.opened_at:%d %b %H:%M} UTC"
                ).classes("rc-muted")
            ui.label(_rests(one)).classes("rc-incident-rests")
            with ui.element("ol").classes("rc-incident-steps"):
                for place, step in enumerate(one.steps, start=1):
                    self._step(card, place, step)
            with ui.element("div").classes("rc-incident-actions"):
                self._actions(one)

    def _step(self, card: IncidentCard, place: int, step: str) -> None:
        number, done_by = card.incident.incident_id, card.steps_done.get(place)
        with ui.element("li"):
            ui.label(step).classes("rc-step-done" if done_by else "")
            if done_by:
                ui.label(f"done by {done_by}").classes("rc-muted")
                return
            self._button(
                "Done",
                lambda: self._act(mark_done(self._workspace, number, place)),
                f"incident-{number}-done-{place}",
            )

    def _actions(self, one: Incident) -> None:
        number = one.incident_id
        if one.owner is None:
            ui.label("Nobody has it in hand").classes("rc-muted")
            self._button(
                "Take it", lambda: self._act(take_incident(self._workspace, number)), f"incident-{number}-own"
            )
        else:
            ui.label(f"In the hands of {one.owner}").classes("rc-muted")
        if (
            one.scope == "number"
            and one.response not in {Response.HOLD_NUMBER, Response.STOP_ALL}
            and not one.is_drill
        ):
            self._button("Stop the number", lambda: self._hold(one.scope_id), f"incident-{number}-hold")
        self._button("Resume", lambda: self._ask(one), f"incident-{number}-resume")

    async def _hold(self, business_number_id: str) -> None:
        self._on_hold("sender", business_number_id)

    async def _ask(self, one: Incident) -> None:
        """Ask for a reason, and whether to go on although the cause stands."""
        dialog = ui.dialog().props("persistent")
        with dialog, ui.card().classes("rc-dialog"):
            ui.label(f"Close incident {one.incident_id}?").classes("rc-dialog-title")
            ui.label("What it made rest goes on; every message passes the gate again.").classes("rc-muted")
            because = (
                ui.textarea("What was found out and done?")
                .props(f"outlined autofocus maxlength={REASON_LENGTH_MAX} data-testid=incident-because")
                .classes("rc-wide")
            )
            force = ui.checkbox("Also if the cause still stands").props("data-testid=incident-force")

            async def confirm() -> None:
                if not (because.value or "").strip():
                    because.props("error error-message='An incident is closed only with a reason.'")
                    return
                dialog.value = False
                await self._act(
                    resume_incident(
                        self._workspace,
                        one.incident_id,
                        because=because.value,
                        is_forced=bool(force.value),
                    )
                )

            with ui.element("div").classes("rc-dialog-actions"):
                ui.button("Cancel", on_click=lambda: dialog.set_value(False), color=None).props(
                    "flat no-caps"
                ).classes("rc-button")
                ui.button("Close it", on_click=confirm, color=None).props(
                    "no-caps unelevated data-testid=incident-confirm"
                ).classes("rc-button rc-button-primary")
        dialog.value = True

    def _button(self, text: str, act: Callable[[], Awaitable[None]], test_id: str) -> None:
        ui.button(text, on_click=act, color=None).props(
            f"no-caps outline dense data-testid={test_id}"
        ).classes("rc-button")

    async def _act(self, work: Awaitable[object]) -> None:
        try:
            await work
        except RulecastError as error:
            ui.notify(f"{error.what} {error.hint}", type="negative")
        await self._on_change()


def _rests(one: Incident) -> str:
    if one.is_drill:
        return f"A drill; in earnest: {RESPONSE_SENTENCES[Response(one.response)]}."
    raised = f", raised {one.level} times" if one.level else ""
    return f"In force{raised}: {RESPONSE_SENTENCES[Response(one.response)]}."
