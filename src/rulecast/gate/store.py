"""The only caller of the database in this room."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from rulecast.account.pacing import PORTFOLIO_WINDOW
from rulecast.account.ramp import Ramp
from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.columns import bigints, instants, integers, texts
from rulecast.gate.rows import (
    FollowedRow,
    PermitRow,
    PermittedRow,
    PersonRow,
    RecipientRow,
    SendingNumberRow,
    SharedRow,
    TemplateRow,
    TermsRow,
    VerdictRow,
)

__all__ = [
    "Connection",
    "FollowedRow",
    "PermitRow",
    "PermittedRow",
    "PersonRow",
    "RecipientRow",
    "SendingNumberRow",
    "SharedRow",
    "TemplateRow",
    "TermsRow",
    "VerdictRow",
]

QUERIES = load_queries(__package__)


def policy_table(text: str) -> dict[str, Any]:
    """Read the sending policy as the workspace row keeps it."""
    return msgspec.json.decode(text, type=dict[str, Any])


async def lock_guards(connection: Connection, contact_ids: Sequence[int]) -> set[int]:
    """Lock the guard rows of these people, in order, and return whose rows there are."""
    rows = await fetch_all(connection, QUERIES["lock_guards"], {"contact_ids": bigints(contact_ids)})
    return {row[0] for row in rows}


async def read_people_facts(
    connection: Connection,
    wanted: Sequence[tuple[int, int, int, str]],
    *,
    now: datetime,
    counted_from: datetime,
    portfolio_id: str,
    business_number_id: str,
) -> dict[int, PersonRow]:
    """Return the facts by message for (message, contact, plan, purpose); an empty portfolio has no limit."""
    rows = await fetch_all(
        connection,
        QUERIES["read_people_facts"],
        {
            "message_ids": bigints([one[0] for one in wanted]),
            "contact_ids": bigints([one[1] for one in wanted]),
            "plan_ids": bigints([one[2] for one in wanted]),
            "purposes": texts([one[3] for one in wanted]),
            "now": now,
            "counted_from": counted_from,
            "portfolio_id": portfolio_id,
            "portfolio_from": now - PORTFOLIO_WINDOW,
            "business_number_id": business_number_id,
        },
        record=PersonRow,
    )
    return {row.message_id: row for row in rows}


async def read_shared_facts(
    connection: Connection, business_number_id: str, *, now: datetime
) -> SharedRow | None:
    """Return what concerns the number and everybody, or None where the number does not exist."""
    return await fetch_one(
        connection,
        QUERIES["read_shared_facts"],
        {"business_number_id": business_number_id, "now": now},
        record=SharedRow,
    )


async def read_template_states(connection: Connection, template_ids: Sequence[int]) -> dict[int, TemplateRow]:
    """Return these templates as they stand."""
    rows = await fetch_all(
        connection,
        QUERIES["read_template_states"],
        {"template_ids": list(template_ids)},
        record=TemplateRow,
    )
    return {row.template_id: row for row in rows}


async def read_run_terms(connection: Connection, run_ids: Sequence[int]) -> list[TermsRow]:
    """Return the terms of these runs."""
    return await fetch_all(connection, QUERIES["read_run_terms"], {"run_ids": list(run_ids)}, record=TermsRow)


async def read_followed(
    connection: Connection, *, first_run_id: int, step: int, contact_ids: Sequence[int]
) -> list[FollowedRow]:
    """Return what became of the messages before a step of these people."""
    parameters = {"first_run_id": first_run_id, "step": step, "contact_ids": list(contact_ids)}
    return await fetch_all(connection, QUERIES["read_followed"], parameters, record=FollowedRow)


async def read_events_since(
    connection: Connection, name: str, since: Mapping[int, datetime], *, now: datetime
) -> list[tuple[int, str, datetime, str]]:
    """Return contact, name, instant and properties (JSON text) of one kind of event, each since an instant."""
    parameters = {
        "name": name,
        "contact_ids": list(since),
        "since": list(since.values()),
        "floor": min(since.values()),
        "now": now,
    }
    return await fetch_all(connection, QUERIES["read_events_since"], parameters)


async def read_sending_number(connection: Connection, business_number_id: str) -> SendingNumberRow:
    """Return what of a number shapes its requests; a number that is gone belongs to no portfolio."""
    found = await fetch_one(
        connection,
        QUERIES["read_sending_number"],
        {"business_number_id": business_number_id},
        record=SendingNumberRow,
    )
    return found or SendingNumberRow(portfolio_id="", marketing_messages=False)


async def read_recipients(
    connection: Connection, contact_ids: Sequence[int], *, portfolio_id: str
) -> dict[int, RecipientRow]:
    """Return address and values of these people; BSUIDs of this portfolio only."""
    rows = await fetch_all(
        connection,
        QUERIES["read_recipients"],
        {"contact_ids": list(contact_ids), "portfolio_id": portfolio_id},
        record=RecipientRow,
    )
    return {row.contact_id: row for row in rows}


async def read_typed_replies(connection: Connection, run_ids: Sequence[int]) -> list[tuple[int, int, bytes]]:
    """Return run, contact and sealed text of typed replies."""
    return await fetch_all(connection, QUERIES["read_typed_replies"], {"run_ids": list(run_ids)})


async def lock_budgets(connection: Connection, limits_e4: Mapping[int, int]) -> dict[int, int]:
    """Lock the budgets of these runs, opening them at first use, and return what is left of each."""
    for run_id in sorted(limits_e4):
        await execute(connection, QUERIES["open_budget"], {"run_id": run_id, "limit_e4": limits_e4[run_id]})
    rows = await fetch_all(connection, QUERIES["lock_budgets"], {"run_ids": sorted(limits_e4)})
    return {row[0]: row[1] for row in rows}


async def spend_budgets(connection: Connection, spent_e4: Mapping[int, int]) -> None:
    """Charge the budgets of these runs."""
    await execute(
        connection,
        QUERIES["spend_budgets"],
        {"run_ids": list(spent_e4), "spent_e4": list(spent_e4.values())},
    )


async def lock_month_budgets(
    connection: Connection, limits_e4: Mapping[str, int], *, month: date
) -> dict[str, int]:
    """Lock the budgets of these rules for a month, opening them at first use, and return what each has spent."""
    for rule_name in sorted(limits_e4):
        parameters = {"rule_name": rule_name, "month": month, "limit_e4": limits_e4[rule_name]}
        await execute(connection, QUERIES["open_month_budget"], parameters)
    rows = await fetch_all(
        connection, QUERIES["lock_month_budgets"], {"rule_names": sorted(limits_e4), "month": month}
    )
    return dict(rows)


async def spend_month_budgets(connection: Connection, spent_e4: Mapping[str, int], *, month: date) -> None:
    """Charge the budgets of these rules for a month."""
    await execute(
        connection,
        QUERIES["spend_month_budgets"],
        {"rule_names": list(spent_e4), "spent_e4": list(spent_e4.values()), "month": month},
    )


async def insert_permits(
    connection: Connection, permits: Sequence[PermitRow], *, business_number_id: str, now: datetime
) -> dict[int, int]:
    """Write the permits, mark the reservations they use, and return the permit ids by message."""
    rows = await fetch_all(
        connection,
        QUERIES["insert_permits"],
        {
            "business_number_id": business_number_id,
            "now": now,
            "message_ids": bigints([one.message_id for one in permits]),
            "contact_ids": bigints([one.contact_id for one in permits]),
            "rule_names": texts([one.rule_name for one in permits]),
            "rule_version_ids": bigints([one.rule_version_id for one in permits]),
            "categories": texts([one.category for one in permits]),
            "purposes": texts([one.purpose for one in permits]),
            "consent_ids": bigints([one.consent_id for one in permits]),
            "are_tests": [one.is_test for one in permits],
            "prices_e4": bigints([one.price_e4 for one in permits]),
            "budget_months": [one.budget_month for one in permits],
            "steps": integers([one.step for one in permits]),
            "in_windows": [one.is_in_window for one in permits],
        },
    )
    people = {
        "contact_ids": bigints([one.contact_id for one in permits]),
        "plan_ids": bigints([one.plan_id for one in permits]),
    }
    if await execute(connection, QUERIES["mark_reservations"], people) < len(permits):
        await execute(connection, QUERIES["restore_reservations"], people)
    return {row[0]: row[1] for row in rows}


async def insert_verdicts(connection: Connection, verdicts: Sequence[VerdictRow], *, now: datetime) -> None:
    """Append one verdict a decided message."""
    await execute(
        connection,
        QUERIES["insert_verdicts"],
        {
            "now": now,
            "message_ids": bigints([one.message_id for one in verdicts]),
            "contact_ids": bigints([one.contact_id for one in verdicts]),
            "outcomes": texts([one.outcome for one in verdicts]),
            "reasons": texts([one.reason for one in verdicts]),
            "deferred_until": instants([one.deferred_until for one in verdicts]),
            "facts": texts([one.facts for one in verdicts]),
        },
    )


async def free_reservations(connection: Connection, message_ids: Sequence[int]) -> None:
    """Delete the reservations of messages that ended without a permit."""
    await execute(connection, QUERIES["free_reservations"], {"message_ids": list(message_ids)})


async def unmark_reservations(connection: Connection, message_ids: Sequence[int]) -> None:
    """Mark the reservations of messages that wait again as without a permit."""
    await execute(connection, QUERIES["unmark_reservations"], {"message_ids": list(message_ids)})


async def release_permits(connection: Connection, message_ids: Sequence[int], *, now: datetime) -> None:
    """Release the live permits of messages that Meta surely never accepted."""
    await execute(connection, QUERIES["release_permits"], {"message_ids": list(message_ids), "now": now})


async def retake_permits(
    connection: Connection, message_ids: Sequence[int], *, only_in_doubt: bool = False
) -> None:
    """Put the newest permit of messages without a live one in force again, or the newest whose attempt is in doubt."""
    parameters = {"message_ids": list(message_ids), "only_in_doubt": only_in_doubt}
    await execute(connection, QUERIES["retake_permits"], parameters)


async def stop_target_exists(connection: Connection, *, scope: str, target: str) -> bool:
    """Return whether a rule or number of that name exists."""
    found = await fetch_value(connection, QUERIES["stop_target_exists"], {"scope": scope, "target": target})
    return bool(found)


async def insert_stop(
    connection: Connection, *, scope: str, target: str, reason: str, by: str, now: datetime
) -> int:
    """Put a stop in force, or find the one that stands, and tell every sender at the commit."""
    await execute(
        connection,
        QUERIES["insert_stop"],
        {"scope": scope, "target": target, "reason": reason, "by": by, "now": now},
    )
    stop_id = await fetch_value(connection, QUERIES["find_stop"], {"scope": scope, "target": target})
    await execute(connection, QUERIES["notify_stop"])
    return int(stop_id)


async def lift_stops(connection: Connection, *, scope: str, target: str, by: str, now: datetime) -> int:
    """Lift the stops of this scope and target, with them a hold of the number, and tell every sender."""
    lifted = await execute(
        connection, QUERIES["lift_stops"], {"scope": scope, "target": target, "by": by, "now": now}
    )
    if scope in {"all", "sender"}:
        lifted += await execute(connection, QUERIES["lift_number_hold"], {"scope": scope, "target": target})
        said = {"scope": scope, "target": target, "by": by, "now": now}
        await execute(connection, QUERIES["close_resumed_incidents"], said)
    await execute(connection, QUERIES["notify_stop"])
    return lifted


async def stops_in_force(connection: Connection) -> list[tuple[Any, ...]]:
    """Return every stop in force, the oldest first."""
    return await fetch_all(connection, QUERIES["stops_in_force"])


async def find_permitted(connection: Connection, message_ids: Sequence[int]) -> list[PermittedRow]:
    """Return what these messages were estimated at."""
    return await fetch_all(
        connection, QUERIES["find_permitted"], {"message_ids": list(message_ids)}, record=PermittedRow
    )


async def settle_prices(connection: Connection, billed_e4: Mapping[int, int]) -> int:
    """Keep billed prices by message and return how many were news."""
    ordered = sorted(billed_e4)
    parameters = {"message_ids": ordered, "billed_e4": [billed_e4[one] for one in ordered]}
    return int(await fetch_value(connection, QUERIES["settle_prices"], parameters) or 0)


async def lock_ramps(connection: Connection, template_ids: Sequence[int]) -> dict[int, Ramp]:
    """Return and lock how far these templates have come."""
    rows = await fetch_all(connection, QUERIES["lock_ramps"], {"template_ids": list(template_ids)})
    return {row[0]: Ramp(batch=row[1], began_at=row[2], granted=row[3]) for row in rows}


async def begin_ramps(connection: Connection, template_ids: Sequence[int], *, now: datetime) -> None:
    """Begin the first batch of templates; one that somebody begins at the same time is waited for."""
    await execute(connection, QUERIES["begin_ramps"], {"template_ids": list(template_ids), "now": now})


async def save_ramps(connection: Connection, ramps: Mapping[int, Ramp]) -> None:
    """Keep how far templates have come."""
    ordered = sorted(ramps)
    await execute(
        connection,
        QUERIES["save_ramps"],
        {
            "template_ids": ordered,
            "batches": [ramps[one].batch for one in ordered],
            "began": [ramps[one].began_at for one in ordered],
            "granted": [ramps[one].granted for one in ordered],
        },
    )


async def end_ramps(connection: Connection, template_ids: Sequence[int]) -> None:
    """Let templates begin anew."""
    await execute(connection, QUERIES["end_ramps"], {"template_ids": list(template_ids)})
