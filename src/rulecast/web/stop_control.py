"""The stop button, the banner of stops in force, and resuming."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from rulecast.gate.stop import Stop, StopScope
from rulecast.values.errors import RulecastError
from rulecast.wiring.live import REASON_LENGTH_MAX, resume, stop
from rulecast.wiring.workspace import Workspace


def is_rule_stopped(stops: Sequence[Stop], rule_name: str) -> bool:
    """Tell whether a stop in force halts this rule."""
    return any(one.scope == "all" or (one.scope == "rule" and one.target == rule_name) for one in stops)


class StopControl:
    """Everything on the page that stops or resumes sending."""

    def __init__(self, workspace: Workspace, *, actor: str, on_change: Callable[[], Awaitable[None]]) -> None:
        self._workspace = workspace
        self._actor = actor
        self._on_change = on_change
        self._shown: Sequence[Stop] | None = None

    def build_button(self) -> None:
        """Build the button of the header."""
        self._button = (
            ui.button("Stop all sending", on_click=lambda: self.ask("all", ""), color=None)
            .props("no-caps unelevated data-testid=stop-all")
            .classes("rc-button rc-button-stop")
        )

    def build_banner(self) -> None:
        """Build the place where stops in force stand."""
        self._banner = ui.element("section").classes("rc-stops").props('data-testid=stops role="status"')

    def show(self, stops: Sequence[Stop]) -> None:
        """Show the stops in force."""
        if stops == self._shown:
            return
        self._shown = tuple(stops)
        self._button.set_visibility(not any(one.scope == "all" for one in stops))
        self._banner.clear()
        with self._banner:
            for one in stops:
                self._row(one)

    def ask(self, scope: StopScope, target: str) -> None:
        """Ask for a reason, then stop."""
        what = {"all": "all sending", "rule": f"the rule {target}", "sender": f"the number {target}"}[scope]
        dialog = ui.dialog().props("persistent")
        with dialog, ui.card().classes("rc-dialog"):
            ui.label(f"Stop {what}?").classes("rc-dialog-title")
            ui.label(
                "No new message starts from the next second on. Messages already at WhatsApp cannot be called back."
            ).classes("rc-muted")
            reason = (
                ui.textarea("Why?")
                .props(f"outlined autofocus maxlength={REASON_LENGTH_MAX} data-testid=stop-reason")
                .classes("rc-wide")
            )

            async def confirm() -> None:
                if not (reason.value or "").strip():
                    reason.props("error error-message='A reason helps whoever resumes.'")
                    return
                dialog.value = False
                await self._stop(scope, target, reason.value)

            with ui.element("div").classes("rc-dialog-actions"):
                ui.button("Cancel", on_click=lambda: dialog.set_value(False), color=None).props(
                    "flat no-caps"
                ).classes("rc-button")
                ui.button("Stop now", on_click=confirm, color=None).props(
                    "no-caps unelevated data-testid=stop-confirm"
                ).classes("rc-button rc-button-danger")
        dialog.value = True

    def _row(self, one: Stop) -> None:
        what = {
            "all": "All sending is stopped",
            "rule": f"The rule {one.target} is stopped",
            "sender": f"The number {one.target} is stopped",
        }[one.scope]
        with ui.element("div").classes("rc-stop"):
            with ui.element("div").classes("rc-stop-text"):
                ui.label(what).classes("rc-stop-what")
                ui.label(f"by {one.stopped_by}, {one.stopped_at:%d %b %H:%M} UTC").classes("rc-muted")
                if one.reason:
                    ui.label(one.reason).classes("rc-stop-reason")
            ui.button("Resume", on_click=lambda: self._ask_resume(one), color=None).props(
                "no-caps outline data-testid=resume"
            ).classes("rc-button")

    def _ask_resume(self, one: Stop) -> None:
        dialog = ui.dialog()
        with dialog, ui.card().classes("rc-dialog"):
            ui.label("Resume sending?").classes("rc-dialog-title")
            ui.label(
                "Waiting messages go on where they stopped; every one of them passes the gate again."
            ).classes("rc-muted")

            async def confirm() -> None:
                dialog.value = False
                await self._resume(one)

            with ui.element("div").classes("rc-dialog-actions"):
                ui.button("Cancel", on_click=lambda: dialog.set_value(False), color=None).props(
                    "flat no-caps"
                ).classes("rc-button")
                ui.button("Resume", on_click=confirm, color=None).props(
                    "no-caps unelevated data-testid=resume-confirm"
                ).classes("rc-button rc-button-primary")
        dialog.value = True

    async def _resume(self, one: Stop) -> None:
        try:
            await resume(self._workspace, scope=one.scope, target=one.target, actor=self._actor)
        except RulecastError as error:
            ui.notify(f"{error.what} {error.hint}", type="negative")
        await self._on_change()

    async def _stop(self, scope: StopScope, target: str, reason: str) -> None:
        try:
            await stop(self._workspace, scope=scope, target=target, reason=reason, actor=self._actor)
        except RulecastError as error:
            ui.notify(f"{error.what} {error.hint}", type="negative")
            return
        await self._on_change()
