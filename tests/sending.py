"""A workspace that is ready to send: number, template, rule, approved plan, people with proven consent."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rulecast.account.records import BusinessNumber, Portfolio
from rulecast.account.store import save_number, save_portfolio
from rulecast.database import Connection
from rulecast.deliver import create_run
from rulecast.plan import content_hash
from rulecast.plan.store import find_plan, hash_members
from rulecast.profile import ConsentEntry, NewContact, create_contacts, record_consents
from rulecast.profile.identity import Identity
from rulecast.template import MessageTemplate, read_parts
from rulecast.template.store import list_templates, save_template
from rulecast.values.clock import VirtualClock
from rulecast.values.ids import BusinessNumberId, ContactId, PlanId, PortfolioId, RunId, TemplateId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.approve import sign
from rulecast.wiring.workspace import Workspace

START = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
NUMBER = BusinessNumberId("100000000000001")
COMPONENTS: list[dict[str, Any]] = [
    {"type": "BODY", "text": "Bonjour {{name}}, votre offre vous attend."},
    {"type": "FOOTER", "text": "Repondez STOP pour arreter"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "QUICK_REPLY", "text": "STOP", "opt_out": True},
            {"type": "URL", "text": "Voir", "url": "https://example.org/l/{{1}}", "link": "promo"},
        ],
    },
]
RULE = """rule {name}
  version 1
  priority promotion/40
  purpose marketing
  when {condition}
  send template {template} in fr (name: {said}) from {number}
{clauses}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """A run with its people."""

    run_id: RunId
    plan_id: PlanId
    contact_ids: Sequence[ContactId]
    template_id: TemplateId


def running_clock() -> VirtualClock:
    """Return a clock that starts on Tuesday 2026-11-17 at 19:55 in Casablanca and runs in real seconds."""
    return VirtualClock(start=START, real_start_seconds=time.time(), speed=1.0)  # noqa: TID251 - drives the clock


async def prepare_number(
    connection: Connection,
    *,
    number: BusinessNumberId = NUMBER,
    per_second: int = 1000,
    people_max: int | None = None,
) -> None:
    await save_portfolio(
        connection, Portfolio(portfolio_id=PortfolioId("9" + number[-3:]), people_per_day_max=people_max)
    )
    await save_number(
        connection,
        BusinessNumber(
            business_number_id=number,
            portfolio_id=PortfolioId("9" + number[-3:]),
            name=f"number_{number[-3:]}",
            waba_id="77",
            throughput_per_second=per_second,
        ),
    )


async def prepare_template(
    connection: Connection, now: datetime, *, name: str = "winback"
) -> MessageTemplate:
    await save_template(
        connection,
        MessageTemplate(
            template_id=TemplateId(0),
            name=name,
            language="fr",
            category="marketing",
            status="approved",
            components=tuple(COMPONENTS),
            links={"promo": "https://example.org/promo"},
            parts=read_parts(COMPONENTS),
        ),
        now=now,
    )
    return next(one for one in await list_templates(connection) if one.name == name)


async def prepare_people(
    workspace: Workspace, connection: Connection, count: int, *, first: int = 0, city: str = "casablanca"
) -> list[ContactId]:
    now = workspace.clock.now()
    contact_ids = await create_contacts(
        connection,
        workspace.vault,
        [
            NewContact(
                identities=(Identity(kind="phone", value=f"+2126{12_000_000 + first + one:08d}"),),
                source="import",
                first_seen_at=now - timedelta(days=30),
                attributes={"city": city, "country": "ma", "language": "fr", "zone": "Africa/Casablanca"},
                personal={"first_name": f"Asha {one}"},
            )
            for one in range(count)
        ],
        now,
    )
    await record_consents(
        connection,
        workspace.vault,
        [
            ConsentEntry(
                contact_id=one,
                purpose=Purpose.MARKETING,
                status=ConsentStatus.GRANTED,
                occurred_at=now - timedelta(days=20),
                method="form",
                wording_version="v1",
                source="import",
            )
            for one in contact_ids
        ],
        now,
    )
    return contact_ids


async def launch(
    workspace: Workspace,
    connection: Connection,
    contact_ids: Sequence[ContactId],
    *,
    name: str = "winback",
    number: BusinessNumberId = NUMBER,
    condition: str = 'city in ("casablanca", "rabat")',
    clauses: str = "",
    evaluated_ago: timedelta = timedelta(0),
    send_until: datetime = datetime(2030, 1, 1, tzinfo=UTC),
    is_test: bool = False,
    said: str = 'first_name or "client"',
) -> Launched:
    """Write an approved plan over these people and launch it, as the plan room would."""
    now = workspace.clock.now()
    plan_id, template_id = await write_plan(
        workspace,
        connection,
        contact_ids,
        name=name,
        number=number,
        condition=condition,
        clauses=clauses,
        evaluated_ago=evaluated_ago,
        send_until=send_until,
        is_test=is_test,
        said=said,
    )
    run_id = await create_run(
        connection,
        plan_id=plan_id,
        rule_name=name,
        business_number_id=number,
        launched_by="test",
        is_test=is_test,
        now=now,
    )
    return Launched(run_id=run_id, plan_id=plan_id, contact_ids=contact_ids, template_id=template_id)


async def write_plan(
    workspace: Workspace,
    connection: Connection,
    contact_ids: Sequence[ContactId],
    *,
    name: str,
    number: BusinessNumberId = NUMBER,
    condition: str = 'city in ("casablanca", "rabat")',
    clauses: str = "",
    evaluated_ago: timedelta = timedelta(0),
    send_until: datetime = datetime(2030, 1, 1, tzinfo=UTC),
    is_test: bool = False,
    said: str = 'first_name or "client"',
) -> tuple[PlanId, TemplateId]:
    """Write a rule version and a plan of it over these people, marked as launched; returns plan and template."""
    now = workspace.clock.now()
    template = await prepare_template(connection, now)
    text = RULE.format(
        name=name,
        condition=condition,
        template=template.name,
        number=f"number_{number[-3:]}",
        clauses=clauses,
        said=said,
    )
    cursor = await connection.execute(
        "INSERT INTO rule.rule_version (rule_name, version, text, content_hash, author, created_at)"
        " VALUES (%s, (SELECT coalesce(max(version), 0) + 1 FROM rule.rule_version WHERE rule_name = %s), %s, %s,"
        " 'test', %s) RETURNING rule_version_id",
        (name, name, text, hashlib.sha256(f"{text}{now}{contact_ids[:1]}".encode()).digest(), now),
    )
    row = await cursor.fetchone()
    assert row is not None
    cursor = await connection.execute(
        "INSERT INTO plan.plan (rule_version_id, rule_name, purpose, state, evaluated_at, created_at, created_by,"
        " expires_at, tzdata_version, business_number_id, document, content_hash, is_test)"
        " VALUES (%s, %s, 'marketing', 'launched', %s, %s, 'test', %s, 'x', %s, %s::jsonb, %s, %s) RETURNING plan_id",
        (
            row[0],
            name,
            now - evaluated_ago,
            now - evaluated_ago,
            now + timedelta(hours=72),
            number,
            json.dumps({"template_hashes": {str(template.template_id): template.components_hash.hex()}}),
            bytes(32),
            is_test,
        ),
    )
    row = await cursor.fetchone()
    assert row is not None
    plan_id = PlanId(row[0])
    await connection.execute(
        "INSERT INTO plan.member (plan_id, contact_id, reason_number, template_id, send_from, send_until, price_e4)"
        " SELECT %s, unnest(%s::bigint[]), 0, %s, %s, %s, 41400",
        (plan_id, list(contact_ids), template.template_id, now - evaluated_ago, send_until),
    )
    return plan_id, template.template_id


async def approve_plan(workspace: Workspace, connection: Connection, plan_id: PlanId) -> None:
    """Make of a written plan one that waits for its launch: what the planner notes, and the signature of a person."""
    plan = await find_plan(connection, plan_id)
    document = {
        **plan.document,
        "planned": 1,
        "band": 3,
        "priority_number": 40,
        "strength": 40,
        "window_seconds": -1,
    }
    hashed = content_hash(document, await hash_members(connection, plan_id))
    await connection.execute(
        "UPDATE plan.plan SET state = 'draft', document = %s::jsonb, content_hash = %s WHERE plan_id = %s",
        (json.dumps(document), hashed, plan_id),
    )
    await sign(connection, workspace, await find_plan(connection, plan_id), "Bilal")


async def states(workspace: Workspace, run_id: RunId) -> dict[str, int]:
    """Return how many messages of a run stand in each state."""
    async with workspace.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT state, count(*) FROM deliver.message WHERE run_id = %s GROUP BY state", (run_id,)
        )
        return {row[0]: row[1] for row in await cursor.fetchall()}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once the database says so; the caller bounds the wait."""
    while not await holds():  # noqa: ASYNC110 - the event is a row another process may write
        await asyncio.sleep(0.02)
