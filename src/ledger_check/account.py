"""Reads the sender's own account of what it did, by SQL."""

from dataclasses import dataclass
from typing import Any

import psycopg

from ledger_check.limits import Number, read_numbers

# One row per attempt: whose message, of which run, with which consent in force when the intent was committed. A permit
# names the stops it saw; one that did not look at all is found by the clock, late enough for one that runs fast.
ATTEMPTS = """
    SELECT
        attempt.opaque_id, attempt.state, extract(epoch FROM attempt.intent_at)::float8,
        message.message_id, message.run_id, message.contact_id, message.state,
        message.delivered_at IS NOT NULL OR message.read_at IS NOT NULL,
        permit.purpose <> 'marketing' OR EXISTS (
            SELECT 1 FROM (
                SELECT consent.status, consent.occurred_at IS NOT NULL
                    AND consent.method <> '' AND consent.wording_version <> '' AS is_proven
                FROM profile.consent AS consent
                WHERE consent.contact_id = message.contact_id AND consent.purpose = permit.purpose
                    AND consent.effective_at <= attempt.intent_at AND consent.recorded_at <= attempt.intent_at
                ORDER BY consent.effective_at DESC, (consent.status = 'granted') LIMIT 1
            ) AS newest
            WHERE newest.status = 'granted' AND newest.is_proven
        ),
        EXISTS (
            SELECT 1 FROM profile.suppression AS stop
            WHERE stop.contact_id = message.contact_id AND stop.action = 'stop'
                AND CASE WHEN permit.words_seen IS NULL THEN stop.recorded_at < attempt.intent_at
                    ELSE stop.suppression_id = ANY(permit.words_seen)
                        OR stop.recorded_at < attempt.intent_at - interval '5 minutes' END
                AND (stop.scope = 'all' OR permit.purpose = 'marketing')
                AND NOT EXISTS (
                    SELECT 1 FROM profile.suppression AS later
                    WHERE later.contact_id = stop.contact_id AND later.action = 'resume' AND later.scope = stop.scope
                        AND later.occurred_at > stop.occurred_at
                        AND CASE WHEN permit.words_seen IS NULL THEN later.recorded_at < attempt.intent_at
                            ELSE later.suppression_id = ANY(permit.words_seen) END
                )
        ),
        permit.purpose = 'marketing', permit.is_in_window, message.template_id = 0
    FROM deliver.attempt AS attempt
    JOIN deliver.message AS message USING (message_id)
    JOIN gate.permit AS permit ON permit.permit_id = attempt.permit_id
"""

# Messages that are missing for planned people of a launched plan, or that no plan asked for.
BALANCE = """
    SELECT coalesce(sum(abs(planned.people - coalesce(made.messages, 0))), 0)::bigint
    FROM (
        SELECT plan.plan_id, count(member.contact_id) AS people
        FROM plan.plan AS plan
        JOIN deliver.run AS run USING (plan_id)
        LEFT JOIN plan.member AS member ON member.plan_id = plan.plan_id AND member.reason_number = 0
        GROUP BY plan.plan_id
    ) AS planned
    LEFT JOIN (
        SELECT run.plan_id, count(*) AS messages
        FROM deliver.message JOIN deliver.run AS run USING (run_id) GROUP BY run.plan_id
    ) AS made USING (plan_id)
"""

# Messages of finished runs that are still in a state that should have ended.
OPEN_IN_FINISHED = """
    SELECT count(*) FROM deliver.message JOIN deliver.run AS run USING (run_id)
    WHERE run.state = 'finished' AND message.state IN ('planned', 'claimed', 'intent', 'deferred')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt as the sender remembers it; instants are seconds of its clock."""

    opaque: bytes
    state: str
    intent_seconds: float
    message_id: int
    run_id: int
    contact_id: int
    message_state: str
    has_receipt: bool
    has_consent: bool
    was_stopped: bool
    is_marketing: bool
    # In the person's open window: reaches nobody new as Meta counts.
    is_in_window: bool
    is_answer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything the sender remembers."""

    attempts: dict[bytes, Attempt]
    numbers: dict[str, Number]
    missing_messages: int
    open_in_finished: int


def read_account(conninfo: str) -> Account:
    """Read the sender's database."""
    with psycopg.connect(conninfo) as connection:
        attempts = [_attempt(row) for row in connection.execute(ATTEMPTS)]
        return Account(
            attempts={attempt.opaque: attempt for attempt in attempts},
            numbers=read_numbers(connection),
            missing_messages=_count(connection, BALANCE),
            open_in_finished=_count(connection, OPEN_IN_FINISHED),
        )


def _attempt(row: tuple[Any, ...]) -> Attempt:
    names = (
        "opaque", "state", "intent_seconds", "message_id", "run_id", "contact_id", "message_state", "has_receipt",
        "has_consent", "was_stopped", "is_marketing", "is_in_window", "is_answer",
    )  # fmt: skip
    values = dict(zip(names, row, strict=True))
    values["opaque"] = bytes(values["opaque"])
    return Attempt(**values)


def _count(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0
