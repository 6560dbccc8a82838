"""The only file of this part that reaches the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.rows import Jsonb
from rulecast.gate.incidents.records import Entry, Incident, IncidentReport

__all__ = ["QUERIES", "Connection", "Jsonb"]

QUERIES = load_queries(__package__)

Row = TypeVar("Row")


async def insert_incident(
    connection: Connection,
    report: IncidentReport,
    *,
    steps: Sequence[str],
    response: str,
    level: int,
    is_drill: bool,
) -> int | None:
    """Open an incident and return its number; None where one of this cause and place is open."""
    parameters = {
        **_place(report),
        "at": report.at,
        "steps": list(steps),
        "facts": Jsonb(dict(report.facts)),
        "response": response,
        "level": level,
        "is_drill": is_drill,
    }
    found = await fetch_value(connection, QUERIES["insert_incident"], parameters)
    return None if found is None else int(found)


async def find_open_incident(connection: Connection, report: IncidentReport, *, is_drill: bool) -> int:
    """Return the number of the open incident of this cause and place."""
    parameters = {**_place(report), "is_drill": is_drill}
    return int(await fetch_value(connection, QUERIES["find_open_incident"], parameters))


async def find_closed_response(
    connection: Connection, report: IncidentReport, *, since: datetime, meta: str
) -> str | None:
    """Return the response that was in force when a person last closed this cause and place."""
    parameters = {**_place(report), "since": since, "meta": meta}
    found: str | None = await fetch_value(connection, QUERIES["find_closed_response"], parameters)
    return found


async def see_again(
    connection: Connection, incident_id: int, *, at: datetime, before: datetime, record: type[Row]
) -> Row | None:
    """Count a repetition; None where it is too soon after the last one."""
    parameters = {"incident_id": incident_id, "at": at, "before": before}
    return await fetch_one(connection, QUERIES["see_again"], parameters, record=record)


async def raise_incident(
    connection: Connection, incident_id: int, *, response: str, now: datetime
) -> int | None:
    """Keep the next response and return the new level; None where it is closed."""
    parameters = {"incident_id": incident_id, "response": response, "now": now}
    level: int | None = await fetch_value(connection, QUERIES["raise_incident"], parameters)
    return level


async def list_unanswered(
    connection: Connection, *, before: datetime, level_max: int, record: type[Row]
) -> list[Row]:
    """Lock and return open incidents without an owner that have not moved since."""
    parameters = {"before": before, "level_max": level_max}
    return await fetch_all(connection, QUERIES["list_unanswered"], parameters, record=record)


async def settle_incidents(
    connection: Connection, parameters: Mapping[str, object], *, record: type[Row]
) -> list[Row]:
    """Close the open incident of a cause and place that is not newer."""
    return await fetch_all(connection, QUERIES["settle_incidents"], parameters, record=record)


async def close_incident(
    connection: Connection, parameters: Mapping[str, object], *, record: type[Row]
) -> Row | None:
    """Close an open incident and return it."""
    return await fetch_one(connection, QUERIES["close_incident"], parameters, record=record)


async def own_incident(
    connection: Connection, incident_id: int, owner: str, *, record: type[Row]
) -> Row | None:
    """Keep who has an open incident in hand."""
    parameters = {"incident_id": incident_id, "owner": owner}
    return await fetch_one(connection, QUERIES["own_incident"], parameters, record=record)


async def find_incident(connection: Connection, incident_id: int, *, record: type[Row]) -> Row | None:
    """Return an incident."""
    return await fetch_one(connection, QUERIES["find_incident"], {"incident_id": incident_id}, record=record)


async def list_incidents(connection: Connection, *, with_closed: bool, record: type[Row]) -> list[Row]:
    """Return incidents, the newest first."""
    return await fetch_all(connection, QUERIES["list_incidents"], {"with_closed": with_closed}, record=record)


async def list_open_of_place(connection: Connection, incident: Incident) -> list[int]:
    """Return the other open incidents with the same response at the same place."""
    parameters = {
        "incident_id": incident.incident_id,
        "response": incident.response,
        "scope": incident.scope,
        "scope_id": incident.scope_id,
    }
    return [row[0] for row in await fetch_all(connection, QUERIES["list_open_of_place"], parameters)]


# ---- what was done
async def insert_entry(connection: Connection, entry: Entry) -> None:
    """Append what was done."""
    parameters = {
        "incident_id": entry.incident_id,
        "kind": entry.kind,
        "step": entry.step,
        "by": entry.by_whom,
        "now": entry.at,
        "what": entry.what,
    }
    await execute(connection, QUERIES["insert_entry"], parameters)


async def list_entries(
    connection: Connection, incident_ids: Sequence[int], *, record: type[Row]
) -> list[Row]:
    """Return what was done about incidents."""
    return await fetch_all(
        connection, QUERIES["list_entries"], {"incident_ids": list(incident_ids)}, record=record
    )


# ---- what rests
async def list_numbers_of_place(connection: Connection, scope: str, scope_id: str) -> list[str]:
    """Return the numbers of a place."""
    parameters = {"scope": scope, "scope_id": scope_id}
    return [row[0] for row in await fetch_all(connection, QUERIES["list_numbers_of_place"], parameters)]


async def find_slowdown(connection: Connection, business_number_id: str, *, record: type[Row]) -> Row | None:
    """Lock and return how a number is slowed."""
    parameters = {"business_number_id": business_number_id}
    return await fetch_one(connection, QUERIES["find_slowdown"], parameters, record=record)


async def put_slowdown(
    connection: Connection, business_number_id: str, *, share: float, slowed_at: datetime
) -> None:
    """Keep how a number is slowed."""
    parameters = {"business_number_id": business_number_id, "share": share, "slowed_at": slowed_at}
    await execute(connection, QUERIES["put_slowdown"], parameters)


async def end_slowdown(connection: Connection, business_number_ids: Sequence[str]) -> None:
    """Let numbers send as before."""
    await execute(connection, QUERIES["end_slowdown"], {"business_number_ids": list(business_number_ids)})


async def find_stop_reason(connection: Connection) -> str | None:
    """Return why everything rests; None where it does not."""
    reason: str | None = await fetch_value(connection, QUERIES["find_stop_reason"])
    return reason


async def keep_stop(connection: Connection, *, old_reason: str, reason: str) -> None:
    """Let the stop of everything stand under another reason."""
    await execute(connection, QUERIES["keep_stop"], {"old_reason": old_reason, "reason": reason})


async def find_stop_owner(connection: Connection) -> tuple[int, str] | None:
    """Return number and cause of an open incident of the machine's own that wants everything to rest."""
    rows = await fetch_all(connection, QUERIES["find_stop_owner"], {})
    return (rows[0][0], rows[0][1]) if rows else None


async def lift_stop_of_reason(
    connection: Connection, stop: tuple[str, str, str], *, by: str, now: datetime
) -> int:
    """Lift the stop of this scope, target and reason, tell every sender, and return how many that were."""
    scope, target, reason = stop
    parameters = {"scope": scope, "target": target, "reason": reason, "by": by, "now": now}
    lifted = await execute(connection, QUERIES["lift_stop_of_reason"], parameters)
    await execute(connection, QUERIES["notify_lifted"])
    return lifted


async def release_number(connection: Connection, business_number_id: str) -> int:
    """Let a held number go on, tell every sender, and return how many that were."""
    released = await execute(
        connection, QUERIES["release_number"], {"business_number_id": business_number_id}
    )
    await execute(connection, QUERIES["notify_lifted"])
    return released


async def list_open_codes(connection: Connection, incident_id: int) -> list[tuple[int, str, str]]:
    """Return number, cause and business number of the other open incidents of error codes."""
    rows = await fetch_all(connection, QUERIES["list_open_codes"], {"incident_id": incident_id})
    return [(row[0], row[1], row[2]) for row in rows]


async def release_files(connection: Connection, place: str) -> None:
    """Let the messages of a template (name/language) go on with the files that are uploaded."""
    await execute(connection, QUERIES["release_files"], {"place": place})


# ---- who is told
async def insert_alerts(
    connection: Connection, incident_id: int, *, occasion: str, level: int, now: datetime
) -> None:
    """Have an occasion told, each way once, and wake whoever tells."""
    parameters = {"incident_id": incident_id, "occasion": occasion, "level": level, "now": now}
    await execute(connection, QUERIES["insert_alerts"], parameters)
    await execute(connection, QUERIES["notify_alert"])


async def take_alerts(
    connection: Connection, channel: str, *, now: datetime, count: int, record: type[Row]
) -> list[Row]:
    """Return the alerts of a channel that are due."""
    parameters = {"channel": channel, "now": now, "count": count}
    return await fetch_all(connection, QUERIES["take_alerts"], parameters, record=record)


async def settle_alert(connection: Connection, parameters: Mapping[str, object]) -> None:
    """Keep how telling ended."""
    await execute(connection, QUERIES["settle_alert"], parameters)


async def list_alerts(connection: Connection, incident_ids: Sequence[int], *, record: type[Row]) -> list[Row]:
    """Return the alerts of incidents."""
    return await fetch_all(
        connection, QUERIES["list_alerts"], {"incident_ids": list(incident_ids)}, record=record
    )


async def count_alerts(
    connection: Connection, *, late: datetime, since: datetime, record: type[Row]
) -> Row | None:
    """Return how the telling stands."""
    return await fetch_one(connection, QUERIES["count_alerts"], {"late": late, "since": since}, record=record)


def _place(report: IncidentReport) -> dict[str, object]:
    return {"cause": report.cause, "scope": report.scope, "scope_id": report.scope_id}
