"""Looks one person up; what was typed goes over the page's socket, never into an address."""

from nicegui import ui

from rulecast.values.errors import RulecastError
from rulecast.web.table import build_table
from rulecast.wiring.look_up import Person, look_up
from rulecast.wiring.workspace import Workspace


class LookUpCard:
    """The field, and the person found, in a dialog over the page."""

    def __init__(self, workspace: Workspace, *, actor: str) -> None:
        self._workspace = workspace
        self._actor = actor

    def build(self) -> None:
        """Build the field."""
        with ui.element("section").classes("rc-card"):
            ui.label("Look a person up").classes("rc-card-title")
            self._field = (
                ui.input(placeholder="+212… or contact id")
                .props("outlined dense maxlength=40 autocomplete=off data-testid=look-up-field")
                .classes("rc-wide")
                .on("keydown.enter", self._look_up)
            )
            ui.button("Look up", on_click=self._look_up, color=None).props(
                "no-caps unelevated data-testid=look-up"
            ).classes("rc-button rc-button-primary rc-wide")
            self._problem = ui.label().classes("rc-problem").props("data-testid=look-up-problem")
            ui.label("Numbers are shown masked; every look-up is recorded.").classes("rc-muted rc-small")

    async def _look_up(self) -> None:
        asked = str(self._field.value or "")
        self._problem.set_text("")
        if not asked.strip():
            return
        try:
            person = await look_up(self._workspace, asked, actor=self._actor)
        except RulecastError as error:
            self._problem.set_text(f"{error.what} {error.hint}")
            return
        self._field.set_value("")
        _show(person)


def _show(person: Person) -> None:
    dialog = ui.dialog()
    # A closed look-up leaves nothing of the person behind in the page.
    _ = dialog.on("hide", dialog.delete)
    with dialog, ui.card().classes("rc-dialog rc-person").props("data-testid=person"):
        with ui.element("div").classes("rc-run-title"):
            with ui.element("div"):
                ui.label(person.name or f"Contact {person.contact_id}").classes("rc-h1").props(
                    "data-testid=person-name"
                )
                ui.label(f"contact {person.contact_id}, known since {person.first_seen_at:%d %b %Y}").classes(
                    "rc-muted"
                )
            ui.button("Close", on_click=lambda: dialog.set_value(False), color=None).props(
                "flat no-caps"
            ).classes("rc-button")
        _chips(person)
        _tables(person)
    dialog.value = True


def _chips(person: Person) -> None:
    with ui.element("div").classes("rc-chips"):
        for kind, value in person.identities:
            ui.label(f"{kind} {value}").classes("rc-chip rc-number").props("data-testid=identity")
        for stop in person.stops:
            ui.label(f"stopped: {stop.scope}, {stop.cause.replace('_', ' ')}").classes(
                "rc-chip rc-chip-stopped"
            )
        for flag in person.flags:
            ui.label(flag).classes("rc-chip rc-chip-warn")
        for tag in person.tags:
            ui.label(tag).classes("rc-chip")


def _tables(person: Person) -> None:
    _section(
        "Decisions",
        ("When (UTC)", "By", "Rule", "Outcome", "Reason", "Meaning"),
        [
            (_time(one.at), one.by, one.rule_name, one.outcome, one.reason.replace("_", " "), one.meaning)
            for one in person.decisions
        ],
        empty="No plan and no message has looked at this person yet.",
    )
    _section(
        "Messages",
        ("When (UTC)", "Rule", "Template", "State", "Why"),
        [
            (
                _time(one.changed_at),
                one.rule_name,
                one.template_name or "",
                _standing(
                    one.state, is_read=one.read_at is not None, is_delivered=one.delivered_at is not None
                ),
                one.reason.replace("_", " ") or (f"code {one.failed_code}" if one.failed_code else ""),
            )
            for one in person.messages
        ],
        empty="No message.",
    )
    _section(
        "Consent",
        ("Said (UTC)", "Purpose", "Status", "Proof", "Method", "Wording"),
        [
            (
                _time(one.effective_at),
                one.purpose,
                one.status,
                "proven" if one.is_proven else "unproven",
                one.method,
                one.wording_version,
            )
            for one in person.consents
        ],
        empty="Never asked: no marketing message is ever sent to this person.",
    )
    _section("Attributes", ("Name", "Value"), list(person.attributes), empty="None.")


def _section(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]], *, empty: str) -> None:
    ui.label(title).classes("rc-card-title rc-section-title")
    with ui.element("div").classes("rc-scroll"):
        if rows:
            build_table(head, rows)
        else:
            ui.label(empty).classes("rc-muted")


def _time(moment: object) -> str:
    return f"{moment:%d %b %Y %H:%M}"


def _standing(state: str, *, is_read: bool, is_delivered: bool) -> str:
    if is_read:
        return "read"
    return "delivered" if is_delivered else state
