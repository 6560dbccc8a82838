"""Every form of a condition decides who gets a message: the numbers that a simulator accepted are the people it names.

Each form has twelve people of its own, so that no rule can win or lose one to another. One rule for each form is
planned from the mart, approved, launched and sent over HTTP; and one runs by itself when an event of each person is
matched. So the SQL of audiences, the batch matcher and the reference each decide about real messages.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from tests.acceptance.every_condition import (
    BY_BUCKET,
    EVENTS,
    FORMS,
    MORE,
    NAMES,
    PEOPLE,
)
from tests.simulated import TOKEN, Bench, bench
from tests.spec.tables import rows_of
from tests.triggering import put_in_force, settle

from cloud_api_simulator.clock import real_seconds
from rulecast.collect import NewEvent, record_events
from rulecast.config import Settings
from rulecast.profile import (
    ConsentEntry,
    LabelEntry,
    NewContact,
    add_tags,
    create_contacts,
    record_consents,
    record_labels,
)
from rulecast.profile.identity import Identity
from rulecast.values.clock import ManualClock, VirtualClock
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.approve import approve
from rulecast.wiring.launch import launch
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.plan_making import RULES_MAX
from rulecast.wiring.sender import run_sender
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.workspace import Workspace, open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file

WORKSPACE_FILE = """
[sending_policy]
quiet_hours = { start = "03:00", end = "04:00" }

[segments]
regulars = "orders >= 3"

[places.maarif]
latitude = 33.5867
longitude = -7.6323

[labels]
churn_risk = ["low", "high"]

[[attributes]]
name = "orders"
type = "integer"

[[attributes]]
name = "balance"
type = "decimal"

[[attributes]]
name = "is_member"
type = "boolean"

[[attributes]]
name = "joined_on"
type = "date"

[[attributes]]
name = "paid_at"
type = "instant"

[[attributes]]
name = "interests"
type = "list of text"

[[attributes]]
name = "location"
type = "place"

[[events]]
name = "purchase"
properties = { amount = "decimal", category = "text" }

[[events]]
name = "campaign"
properties = { number = "integer", category = "text" }

[[events]]
name = "redemption"
properties = { number = "integer" }

[[events]]
name = "signup"

[[events]]
name = "knock"

[[portfolios]]
id = "900"

[[numbers]]
name = "casablanca_main"
id = "106540352242922"
waba_id = "102290129340398"
portfolio = "900"
throughput_per_second = 1000

[[templates]]
name = "account_news"
category = "utility"

[[templates.languages]]
language = "fr"
status = "approved"
body = "Bonjour, votre compte a changé."
"""
RULE = """rule form_{number}
  purpose service
  when {condition}
  send template account_news in fr from casablanca_main
  {clauses}
"""
READERS: Mapping[str, Any] = {
    "orders": int,
    "balance": Decimal,
    "is_member": lambda cell: cell == "true",
    "paid_at": lambda cell: cell + "+00:00",
    "interests": lambda cell: cell.split(", "),
    "location": lambda cell: dict(
        zip(("latitude", "longitude"), (Decimal(one) for one in cell.split()), strict=True)
    ),
}
SENDING_SECONDS_MAX = 60
KEYS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A workspace with twelve people for each form, and the simulator it sends to."""

    workspace: Workspace
    bench: Bench
    # By number of the form and first name.
    people: Mapping[tuple[int, str], ContactId]

    def expected(self, number: int) -> list[str]:
        """Return who the form is true for."""
        names = FORMS[number][1]
        return sorted(self._in_bucket(number) if names == BY_BUCKET else names.split())

    def _in_bucket(self, number: int) -> list[str]:
        # The manual's own arithmetic: eight digits of the MD5 of `word:contact`, as a share of 2^32.
        shares = {
            name: int(hashlib.md5(f"autumn:{self.people[number, name]}".encode()).hexdigest()[:8], 16)
            for name in NAMES
        }
        return [name for name, share in shares.items() if share < 2**31]

    def mistakes(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return the forms that reached others than expected, with both."""
        reached = self.receivers()
        pairs = {text: (reached[number], self.expected(number)) for number, (text, _) in enumerate(FORMS)}
        return {text: pair for text, pair in pairs.items() if pair[0] != pair[1]}

    def receivers(self) -> list[list[str]]:
        """Return for each form the first names whose numbers the simulator accepted a message for, each time."""
        reached: list[list[str]] = [[] for _ in FORMS]
        by_phone = {phone_of(number, name): (number, name) for number, name in self.people}
        for row in self.bench.ledger():
            if row.get("outcome") == "accepted":
                number, name = by_phone["+" + row["to"].removeprefix("+")]
                reached[number].append(name)
        return [sorted(names) for names in reached]


def phone_of(number: int, name: str) -> str:
    """Return the phone of a person of a form."""
    return f"+2126{number:04d}{NAMES.index(name):04d}"


async def test_every_form_of_a_condition_reaches_exactly_the_people_it_names(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with town(settings, clock, tmp_path) as here:
        texts = rules()
        for first in range(0, len(texts), RULES_MAX):
            for plan in await plan_rules(here.workspace, texts[first : first + RULES_MAX]):
                await approve(here.workspace, plan.plan_id, approved_by="badr")
                await launch(here.workspace, plan.plan_id, launched_by="badr")
        await _send(here.workspace)
        assert here.mistakes() == {}


async def test_every_form_of_a_condition_decides_about_an_event_of_exactly_the_people_it_names(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with town(settings, clock, tmp_path) as here:
        await put_in_force(here.workspace, *rules("on knock decide within 0 seconds"))
        await settle(here.workspace)
        clock.advance(1)
        knocks = [
            NewEvent(
                contact_id=contact_id,
                name="knock",
                occurred_at=clock.now(),
                event_key=next(KEYS).to_bytes(16, "big"),
                source="track",
            )
            for contact_id in here.people.values()
        ]
        async with here.workspace.database.transaction() as connection:
            await record_events(connection, knocks, clock.now())
        clock.advance(1)
        await settle(here.workspace)
        await _send(here.workspace)
        assert here.mistakes() == {}


def rules(clauses: str = "") -> list[str]:
    """Return one rule for each form, about the twelve people of the form."""
    return [
        RULE.format(number=number, condition=f'tag "cohort {number}" and ({text})', clauses=clauses)
        for number, (text, _) in enumerate(FORMS)
    ]


async def _send(workspace: Workspace) -> None:
    running = VirtualClock(start=workspace.clock.now(), real_start_seconds=real_seconds(), speed=1.0)
    sending = run_sender(replace(workspace, clock=running), stop_event=asyncio.Event(), until_idle=True)
    await asyncio.wait_for(sending, SENDING_SECONDS_MAX)


@asynccontextmanager
async def town(settings: Settings, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Town]:
    """Open a workspace whose people are stored as a day before, but for their tags."""
    async with bench(tmp_path / "simulator") as running:
        pointed = replace(settings, graph_base_url=running.url, access_token=TOKEN)
        async with open_workspace(pointed, actor="amal", clock=clock) as workspace:
            await apply_workspace_file(workspace, WORKSPACE_FILE, source="workspace.toml")
            await push_templates(workspace)
            yield Town(workspace=workspace, bench=running, people=await _settle_people(workspace))


async def _settle_people(workspace: Workspace) -> dict[tuple[int, str], ContactId]:
    now = workspace.clock.now()
    attributes = {row["person"]: row for row in rows_of(PEOPLE)}
    more = {row["person"]: row for row in rows_of(MORE)}
    who = [(number, name) for number in range(len(FORMS)) for name in NAMES]
    people = [
        _contact(phone_of(number, name), attributes.get(name, {}), more.get(name, {}), now)
        for number, name in who
    ]
    async with workspace.database.transaction() as connection:
        ids = await create_contacts(connection, workspace.vault, people, now)
    settled = dict(zip(who, ids, strict=True))
    tags = [(one, f"cohort {number}") for (number, _), one in settled.items()]
    tags += [
        (one, more[name]["tags"]) for (_, name), one in settled.items() if more.get(name, {}).get("tags")
    ]
    labels = [
        LabelEntry(contact_id=one, label=more[name]["label"], value=more[name]["value"])
        for (_, name), one in settled.items()
        if more.get(name, {}).get("label")
    ]
    consents = [
        entry for (_, name), one in settled.items() for entry in _consents(one, more.get(name, {}), now)
    ]
    events = [
        _event(settled[number, row["person"]], row, now)
        for number in range(len(FORMS))
        for row in rows_of(EVENTS)
    ]
    async with workspace.database.transaction() as connection:
        await record_consents(connection, workspace.vault, consents, now)
        await add_tags(connection, tags, now)
        await record_labels(connection, labels, now)
        await record_events(connection, events, now)
    return settled


def _contact(phone: str, row: Mapping[str, str], more: Mapping[str, str], now: datetime) -> NewContact:
    known = {**row, **{name: more.get(name, "") for name in ("interests", "location")}}
    values = {name: READERS.get(name, str)(cell) for name, cell in known.items() if cell and name != "person"}
    since = now - timedelta(days=int(more.get("known") or 90))
    return NewContact(
        identities=(Identity(kind="phone", value=phone),),
        source="import",
        first_seen_at=since,
        attributes={
            "country": "ma",
            "language": "fr",
            "zone": more.get("zone") or "Africa/Casablanca",
            **values,
        },
        attributes_valid_from=since,
    )


def _consents(contact_id: ContactId, more: Mapping[str, str], now: datetime) -> list[ConsentEntry]:
    said = [(Purpose.SERVICE, ConsentStatus.GRANTED, 2)]
    if more.get("marketing"):
        word, days, _ = more["marketing"].split()
        said.append((Purpose.MARKETING, ConsentStatus(word), int(days)))
    return [
        ConsentEntry(
            contact_id=contact_id,
            purpose=purpose,
            status=status,
            occurred_at=now - timedelta(days=days),
            method="form",
            wording_version="v1",
            source="import",
        )
        for purpose, status, days in said
    ]


def _event(contact_id: ContactId, row: Mapping[str, str], now: datetime) -> NewEvent:
    words = row["ago"].split()
    ago = timedelta(**{unit: int(number) for number, unit in zip(words[::2], words[1::2], strict=True)})
    readers: Mapping[str, Any] = {"amount": Decimal, "category": str, "number": int}
    return NewEvent(
        contact_id=contact_id,
        name=row["event"],
        occurred_at=now - ago,
        event_key=next(KEYS).to_bytes(16, "big"),
        source="track",
        properties={name: read(row[name]) for name, read in readers.items() if row[name]},
    )
