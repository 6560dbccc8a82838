"""A campaign written straight into a database: people, a plan with members, a run with messages.

Tests of the report and the page need outcomes of every kind without sending anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from rulecast.values.reason import NUMBERS, Reason

NUMBER_ID = "106540352242922"
RULE_TEXT = """rule {name}
  version 1
  priority promotion/40
  purpose marketing
  when city in ("Casablanca", "Rabat")
  send template winback in fr from casablanca_main
  test holdout 10%; success {success}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many messages end in the same way."""

    count: int
    state: str = "accepted"
    reason: str = ""
    error_code: int = 0
    delivered: bool = False
    read: bool = False
    clicked: bool = False
    replied: bool = False
    opted_out: bool = False
    failed_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What one launched rule did to whom."""

    rule_name: str
    outcomes: Sequence[Outcome]
    excluded: Mapping[Reason, int] = field(default_factory=dict)
    is_test: bool = False
    run_state: str = "running"
    success: str = "purchase within 72 hours"
    # The plan of another campaign that won those who were lost.
    lost_to_plan: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The numbers of what was written."""

    plan_id: int
    run_id: int
    contact_ids: tuple[int, ...]
    message_ids: tuple[int, ...]


async def write_campaign(connection: AsyncConnection[tuple], campaign: Campaign, now: datetime) -> Written:
    """Write people, plan, run, messages and permits; the caller commits."""
    await _write_ground(connection, now)
    planned = sum(one.count for one in campaign.outcomes)
    contacts = await _write_people(connection, planned + sum(campaign.excluded.values()), now)
    plan_id, version_id = await _write_plan(connection, campaign, now)
    await _write_members(connection, plan_id, campaign, contacts)
    row = await (
        await connection.execute(
            "INSERT INTO deliver.run (plan_id, rule_name, business_number_id, state, is_test, launched_by, launched_at,"
            " finished_at) VALUES (%s, %s, %s, %s, %s, 'amal', %s, %s) RETURNING run_id",
            (
                plan_id,
                campaign.rule_name,
                NUMBER_ID,
                campaign.run_state,
                campaign.is_test,
                now,
                None if campaign.run_state == "running" else now,
            ),
        )
    ).fetchone()
    run_id = row[0]
    messages = []
    people = iter(contacts)
    for outcome in campaign.outcomes:
        for _ in range(outcome.count):
            contact_id = next(people)
            message_id = await _write_message(
                connection, outcome, run_id=run_id, contact_id=contact_id, now=now
            )
            messages.append((message_id, contact_id, outcome))
    await _write_permits(connection, campaign, messages, version_id=version_id, now=now)
    return Written(
        plan_id=plan_id,
        run_id=run_id,
        contact_ids=tuple(contacts),
        message_ids=tuple(m for m, _, _ in messages),
    )


async def _write_ground(connection: AsyncConnection[tuple], now: datetime) -> None:
    await connection.execute(
        "INSERT INTO account.portfolio (portfolio_id) VALUES ('1000') ON CONFLICT DO NOTHING"
    )
    await connection.execute(
        "INSERT INTO account.business_number (business_number_id, portfolio_id, name, waba_id)"
        " VALUES (%s, '1000', 'casablanca_main', '2000') ON CONFLICT DO NOTHING",
        (NUMBER_ID,),
    )
    await connection.execute(
        "INSERT INTO template.template (name, language, category, status, components, components_hash, updated_at)"
        " VALUES ('winback', 'fr', 'marketing', 'approved', %s, %s, %s) ON CONFLICT DO NOTHING",
        (Jsonb([{"type": "BODY", "text": "Bonjour {{name}}"}]), bytes(32), now),
    )


async def _write_people(connection: AsyncConnection[tuple], count: int, now: datetime) -> list[int]:
    rows = await connection.execute(
        "INSERT INTO profile.contact (first_seen_at, recorded_at, source, is_reachable)"
        " SELECT %s, %s, 'import', true FROM generate_series(1, %s) RETURNING contact_id",
        (now, now, count),
    )
    contacts = [contact_id for (contact_id,) in await rows.fetchall()]
    await connection.execute("INSERT INTO profile.sending_guard SELECT unnest(%b::bigint[])", (contacts,))
    await connection.execute(
        "INSERT INTO profile.consent (contact_id, purpose, status, occurred_at, method, wording_version,"
        " effective_at, source, recorded_at)"
        " SELECT unnest(%b::bigint[]), 'marketing', 'granted', %s, 'form', 'v1', %s, 'import', %s",
        (contacts, now, now, now),
    )
    return contacts


async def _write_plan(
    connection: AsyncConnection[tuple], campaign: Campaign, now: datetime
) -> tuple[int, int]:
    text = RULE_TEXT.format(name=campaign.rule_name, success=campaign.success)
    row = await (
        await connection.execute(
            "INSERT INTO rule.rule_version (rule_name, version, text, content_hash, author, created_at)"
            " VALUES (%s, 1, %s, %s, 'amal', %s) ON CONFLICT DO NOTHING RETURNING rule_version_id",
            (campaign.rule_name, text, blake2b(text.encode(), digest_size=32).digest(), now),
        )
    ).fetchone()
    if row is None:
        row = await (
            await connection.execute(
                "SELECT rule_version_id FROM rule.rule_version WHERE rule_name = %s", (campaign.rule_name,)
            )
        ).fetchone()
    version_id = row[0]
    row = await (
        await connection.execute(
            "INSERT INTO plan.plan (rule_version_id, rule_name, purpose, state, evaluated_at, created_at, created_by,"
            " expires_at, tzdata_version, business_number_id, document, content_hash, is_test)"
            " VALUES (%s, %s, 'marketing', 'launched', %s, %s, 'amal', %s, '2026.6', %s, '{}', %s, %s)"
            " RETURNING plan_id",
            (
                version_id,
                campaign.rule_name,
                now,
                now,
                now + timedelta(hours=72),
                NUMBER_ID,
                bytes(32),
                campaign.is_test,
            ),
        )
    ).fetchone()
    return row[0], version_id


async def _write_members(
    connection: AsyncConnection[tuple], plan_id: int, campaign: Campaign, contacts: Sequence[int]
) -> None:
    numbers = [0] * sum(one.count for one in campaign.outcomes)
    for reason, count in campaign.excluded.items():
        numbers += [NUMBERS[reason]] * count
    await connection.execute(
        "INSERT INTO plan.member (plan_id, contact_id, reason_number, lost_to_plan_id, margin)"
        " SELECT %(plan)s, contact_id, reason_number,"
        " CASE WHEN reason_number = %(lost)s THEN %(winner)s ELSE 0 END,"
        " CASE WHEN reason_number = %(lost)s THEN 15 ELSE 0 END"
        " FROM unnest(%(contacts)b::bigint[], %(numbers)b::smallint[]) AS given (contact_id, reason_number)",
        {
            "plan": plan_id,
            "lost": NUMBERS[Reason.LOST_TO_RULE],
            "winner": campaign.lost_to_plan,
            "contacts": list(contacts),
            "numbers": numbers,
        },
    )


async def _write_message(
    connection: AsyncConnection[tuple], outcome: Outcome, *, run_id: int, contact_id: int, now: datetime
) -> int:
    def at(happened: bool, seconds: int) -> datetime | None:
        return now + timedelta(seconds=seconds) if happened else None

    row = await (
        await connection.execute(
            "INSERT INTO deliver.message (run_id, contact_id, business_number_id, template_id, state, reason,"
            " error_code, send_from, send_until, changed_at, accepted_at, delivered_at, read_at, clicked_at,"
            " replied_at, opted_out_at, failed_at, failed_code, billed_category)"
            " SELECT %(run)s, %(contact)s, %(number)s, template_id, %(state)s, %(reason)s, %(code)s, %(now)s,"
            " %(until)s, %(now)s, %(accepted)s, %(delivered)s, %(read)s, %(clicked)s, %(replied)s, %(out)s, %(failed)s,"
            " %(failed_code)s, %(billed)s FROM template.template WHERE name = 'winback' RETURNING message_id",
            {
                "run": run_id,
                "contact": contact_id,
                "number": NUMBER_ID,
                "state": outcome.state,
                "reason": outcome.reason,
                "code": outcome.error_code,
                "now": now,
                "until": now + timedelta(days=1),
                "accepted": at(outcome.state == "accepted", 0),
                "delivered": at(outcome.delivered, 3),
                "read": at(outcome.read, 120),
                "clicked": at(outcome.clicked, 180),
                "replied": at(outcome.replied, 200),
                "out": at(outcome.opted_out, 220),
                "failed": at(outcome.failed_code is not None, 5),
                "failed_code": outcome.failed_code,
                "billed": "marketing" if outcome.delivered else "",
            },
        )
    ).fetchone()
    return row[0]


async def _write_permits(
    connection: AsyncConnection[tuple],
    campaign: Campaign,
    messages: Sequence[tuple[int, int, Outcome]],
    *,
    version_id: int,
    now: datetime,
) -> None:
    permitted = [
        (message_id, contact_id)
        for message_id, contact_id, outcome in messages
        if outcome.state in {"accepted", "unknown", "unresolved", "refused", "held"}
    ]
    await connection.execute(
        "INSERT INTO gate.permit (message_id, contact_id, rule_name, rule_version_id, business_number_id, category,"
        " purpose, consent_id, is_test, price_e4, granted_at, released_at)"
        " SELECT message.message_id, message.contact_id, %(rule)s, %(version)s, %(number)s, 'marketing', 'marketing',"
        " consent.consent_id, %(test)s, 41400, %(now)s,"
        " CASE WHEN message.state IN ('refused', 'held') THEN %(now)s::timestamptz END"
        " FROM deliver.message AS message JOIN profile.consent AS consent USING (contact_id)"
        " WHERE message.message_id = ANY(%(messages)b::bigint[])",
        {
            "rule": campaign.rule_name,
            "version": version_id,
            "number": NUMBER_ID,
            "test": campaign.is_test,
            "now": now,
            "messages": [message_id for message_id, _ in permitted],
        },
    )


WINBACK = Campaign(
    rule_name="winback_casablanca",
    outcomes=(
        Outcome(count=30, delivered=True, read=True, clicked=True),
        Outcome(count=20, delivered=True, read=True),
        Outcome(count=5, delivered=True, read=True, replied=True, opted_out=True),
        Outcome(count=25, delivered=True),
        Outcome(count=4, failed_code=131026),
        Outcome(count=6),
        Outcome(count=3, state="refused", error_code=132001),
        Outcome(count=2, state="unknown"),
        Outcome(count=1, state="held", error_code=131031),
        Outcome(count=2, state="cancelled", reason="stopped"),
        Outcome(count=1, state="expired", reason="outside_window"),
        Outcome(count=4, state="deferred", reason="quiet_hours"),
        Outcome(count=7, state="planned"),
    ),
    excluded={
        Reason.NO_CONSENT: 40,
        Reason.LOST_TO_RULE: 12,
        Reason.HOLDOUT: 11,
        Reason.SUPPRESSED: 6,
        Reason.UNDER_AGE: 3,
    },
)
