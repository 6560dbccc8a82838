"""One person as a reader sees them in a terminal."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rulecast.wiring.contact_view import ContactView
from rulecast.wiring.look_up import Person
from rulecast.wiring.moments.views import PersonMoments


def contact_tables(view: ContactView) -> list[RenderableType]:
    """Return the tables of one person, the empty ones named as empty."""
    person = view.person
    identities = ", ".join(f"{kind} {masked}" for kind, masked in person.identities) or "no identity"
    head = Text.assemble(
        (f"Contact {person.contact_id}", "bold"),
        f"  {identities}\n",
        f"known since {_time(person.first_seen_at)}; every time here is in UTC",
    )
    if person.flags:
        head.append(f"\n{', '.join(person.flags)}", style="yellow")
    parts: list[RenderableType] = [head]
    if view.revealed:
        parts.append(_table("Revealed (audited)", ("name", "value"), sorted(view.revealed.items())))
    parts += [
        _table("Attributes", ("name", "value"), person.attributes),
        Text(f"Tags: {', '.join(person.tags) or 'none'}"),
        *_said(person),
        _table(
            "Events, newest first",
            ("when", "event", "properties"),
            [(_time(one.occurred_at), one.name, _pairs(one.properties.items())) for one in view.events],
        ),
        *_sent(person),
        *_moments(view.moments),
    ]
    return parts


def _moments(moments: PersonMoments) -> list[RenderableType]:
    owner = moments.owner
    said = (
        "Conversation: nobody's"
        if owner is None
        else f"Conversation: {owner.team}, by {owner.assigned_by} since {_time(owner.assigned_at)}"
    )
    return [
        Text(said),
        _table(
            "Done by rules, newest first",
            ("when", "rule", "moment", "action"),
            [(_time(one.taken_at), one.rule_name, one.moment, one.what) for one in moments.actions],
        ),
        _table(
            "Next steps, newest first",
            ("due", "rule", "step", "state", "why"),
            [
                (_time(one.due_at), one.rule_name, str(one.step), one.state, one.meaning)
                for one in moments.steps
            ],
        ),
    ]


def _said(person: Person) -> list[RenderableType]:
    return [
        _table(
            "Consent, newest first",
            ("purpose", "status", "proven", "since", "how", "wording"),
            [
                (
                    one.purpose,
                    one.status,
                    "yes" if one.is_proven else "NO",
                    _time(one.effective_at),
                    one.method,
                    one.wording_version,
                )
                for one in person.consents
            ],
            empty="No consent was ever recorded: nothing that needs consent can be sent.",
        ),
        _table(
            "Stops in force",
            ("scope", "cause", "since"),
            [(one.scope, one.cause, _time(one.occurred_at)) for one in person.stops],
        ),
    ]


def _sent(person: Person) -> list[RenderableType]:
    return [
        _table(
            "Messages, newest first",
            ("changed", "message", "rule", "template", "state", "reason"),
            [
                (
                    _time(one.changed_at),
                    str(one.message_id),
                    one.rule_name,
                    one.template_name or "",
                    one.state,
                    one.reason,
                )
                for one in person.messages
            ],
        ),
        _table(
            "Decisions, newest first",
            ("when", "by", "rule", "outcome", "why"),
            [(_time(one.at), one.by, one.rule_name, one.outcome, one.meaning) for one in person.decisions],
        ),
    ]


def _table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str = ""
) -> RenderableType:
    rows = list(rows)
    if not rows:
        return Text(empty or f"{title.split(',', maxsplit=1)[0]}: none", style="dim" if not empty else "bold")
    table = Table(title=title, title_justify="left", title_style="bold")
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    return table


def _pairs(items: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{name} {value}" for name, value in items)


def _time(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
