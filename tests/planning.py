"""A small workspace to plan in: one number, templates in three languages, and people of every kind."""

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rich.console import Console, RenderableType

from rulecast.config import Settings
from rulecast.plan import Plan
from rulecast.profile import ConsentEntry, NewContact, create_contacts, record_consents
from rulecast.profile.identity import Identity
from rulecast.values.clock import Clock
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.workspace import Workspace, open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file

WORKSPACE_FILE = """
[sending_policy]
quiet_hours = { start = "21:00", end = "09:00" }

[sending_policy.budget_rates]
MAD = "0.10"

[[attributes]]
name = "points"
type = "integer"

[[events]]
name = "purchase"
purpose = "marketing"
properties = { amount = "decimal" }

[[portfolios]]
id = "900"

[[numbers]]
name = "casablanca_main"
id = "106540352242922"
waba_id = "102290129340398"
portfolio = "900"
throughput_per_second = 80

[[templates]]
name = "winback"
category = "marketing"
links = { promo = "https://shop.example/promo" }

[[templates.languages]]
language = "fr"
status = "approved"
body = "Bonjour {{name}}, 20 % sur tout cette semaine."
footer = "Répondez STOP pour ne plus recevoir nos offres"
buttons = [
  { type = "QUICK_REPLY", text = "Stop" },
  { type = "URL", text = "Voir", link = "promo" },
]

[[templates.languages]]
language = "ar"
status = "approved"
body = "مرحبا {{name}}، خصم 20٪ هذا الأسبوع."
footer = "للإلغاء أرسل توقف"

[[templates.languages]]
language = "en"
status = "approved"
body = "Hello {{name}}, 20% off everything this week."
footer = "Reply STOP to unsubscribe"
"""

RULE = """rule {name}
  version 1
  priority promotion/{priority}
  purpose marketing
  when city in ("Casablanca", "Rabat", "Lyon", "Tunis")
  send template winback in the contact's language (fr, ar, en; else fr) (name: {name_value}) from casablanca_main
{clauses}"""


def rule_text(
    name: str = "winback",
    *,
    priority: int = 40,
    clauses: str = "",
    name_value: str = 'first_name or "client"',
) -> str:
    """Return a rule over everybody of four cities."""
    lines = "".join(f"  {line}\n" for line in clauses.splitlines() if line)
    return RULE.format(name=name, priority=priority, clauses=lines, name_value=name_value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody to be created, and what they said about marketing."""

    phone: str
    city: str = "casablanca"
    country: str = "ma"
    language: str = "fr"
    zone: str = "Africa/Casablanca"
    first_name: str = "Asha"
    birth_date: str | None = None
    status: ConsentStatus | None = ConsentStatus.GRANTED
    wording: str = "v1"
    said_before: timedelta = timedelta(days=30)
    extra: dict[str, object] = field(default_factory=dict)


@asynccontextmanager
async def planning_workspace(
    settings: Settings, clock: Clock, *, actor: str = "amal"
) -> AsyncIterator[Workspace]:
    """Open a workspace with the file applied."""
    async with open_workspace(settings, actor=actor, clock=clock) as workspace:
        await apply_workspace_file(workspace, WORKSPACE_FILE, source="workspace.toml")
        yield workspace


async def create_people(workspace: Workspace, people: Sequence[Person]) -> list[ContactId]:
    """Create people with their consents and return their ids."""
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        ids = await create_contacts(
            connection, workspace.vault, [_new_contact(person, now) for person in people], now
        )
        entries = [
            ConsentEntry(
                contact_id=contact_id,
                purpose=Purpose.MARKETING,
                status=person.status,
                source="import",
                occurred_at=now - person.said_before,
                method="form",
                wording_version=person.wording,
            )
            for contact_id, person in zip(ids, people, strict=True)
            if person.status is not None
        ]
        await record_consents(connection, workspace.vault, entries, now)
    return ids


def _new_contact(person: Person, now: datetime) -> NewContact:
    attributes: dict[str, object] = {
        "city": person.city,
        "country": person.country,
        "language": person.language,
        "zone": person.zone,
        **person.extra,
    }
    if person.birth_date is not None:
        attributes["birth_date"] = person.birth_date
    return NewContact(
        identities=(Identity(kind="phone", value=person.phone),),
        source="import",
        first_seen_at=now - timedelta(days=90),
        attributes=attributes,
        personal={"first_name": person.first_name} if person.first_name else {},
        attributes_valid_from=now - timedelta(days=90),
    )


def exclusions(plan: Plan) -> dict[str, int]:
    """Return the counts of a plan's waterfall by reason."""
    return {one["reason"]: one["count"] for one in plan.document["exclusions"]}


def printed(*renderables: RenderableType) -> str:
    """Return what a wide terminal shows."""
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(*renderables)
    return console.export_text()
