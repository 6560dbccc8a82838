"""The only file of this part that reaches the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.values.ids import RuleVersionId, RunId

__all__ = ["QUERIES", "Connection", "LaunchedCounts", "Newest", "RuleIncident", "UsualCounts"]

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchedCounts:
    """What has become of the messages of one run; `number_...` leaves out what its number was let go on after."""

    run_id: RunId
    rule_version_id: RuleVersionId
    rule_name: str
    business_number_id: str
    launched_on: date
    delivered: int
    failed: int
    opted_out: int
    blocked: int
    number_delivered: int
    number_failed: int
    number_opted_out: int
    number_blocked: int
    is_at_rest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualCounts:
    """What became of the messages of a rule from a number before."""

    rule_name: str
    business_number_id: str
    delivered: int
    failed: int
    opted_out: int
    blocked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """How far the ledgers have come."""

    permit_id: int
    attempt_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleIncident:
    """An open incident of a rule, and whether a version of the rule is held."""

    incident_id: int
    rule_name: str
    is_held: bool


async def list_launched_counts(connection: Connection, *, since: datetime) -> list[LaunchedCounts]:
    """Return the counts of every run launched since."""
    return await fetch_all(
        connection, QUERIES["list_launched_counts"], {"since": since}, record=LaunchedCounts
    )


async def list_usual(
    connection: Connection,
    rule_names: Sequence[str],
    numbers: Sequence[str],
    *,
    from_day: date,
    before_day: date,
) -> list[UsualCounts]:
    """Return the history of rules and numbers between two days, the second one not included."""
    parameters = {
        "rule_names": list(rule_names),
        "numbers": list(numbers),
        "from_day": from_day,
        "before_day": before_day,
    }
    return await fetch_all(connection, QUERIES["list_usual"], parameters, record=UsualCounts)


async def keep_history(connection: Connection, *, since: datetime, forget_before: date) -> None:
    """Keep the counts of runs launched since as history, and forget what is too old."""
    await execute(connection, QUERIES["keep_history"], {"since": since})
    await execute(connection, QUERIES["forget_history"], {"before_day": forget_before})


async def find_newest(connection: Connection) -> Newest:
    """Return how far the ledgers have come."""
    found = await fetch_one(connection, QUERIES["find_newest"], record=Newest)
    assert found is not None, "an aggregate has a row"
    return found


async def find_first(
    connection: Connection, *, permit_ids: Sequence[int], message_ids: Sequence[int]
) -> Newest:
    """Return where the ledgers stood before the oldest of these; beyond everything where there are none."""
    parameters = {"permit_ids": list(permit_ids), "message_ids": list(message_ids)}
    found = await fetch_one(connection, QUERIES["find_first"], parameters, record=Newest)
    assert found is not None, "an aggregate has a row"
    return found


async def find_breaches(
    connection: Connection, *, after: Newest, slack_seconds: float
) -> dict[str, list[str]]:
    """Return the keys of what breaks each promise among permits and attempts after these."""
    parameters: Mapping[str, object] = {
        "after_permit": after.permit_id,
        "after_attempt": after.attempt_id,
        "slack": slack_seconds,
    }
    asked = {
        "permit_without_consent": QUERIES["find_unconsented"],
        "permit_despite_stop": QUERIES["find_despite_stop"],
        "accepted_twice": QUERIES["find_accepted_twice"],
        "accepted_without_permit": QUERIES["find_without_permit"],
    }
    found = {}
    for name, query in asked.items():
        keys = [row[0] for row in await fetch_all(connection, query, parameters)]
        if keys:
            found[name] = keys
    return found


async def insert_breach(
    connection: Connection, invariant: str, keys: Sequence[str], *, incident_id: int, now: datetime
) -> None:
    """Keep what was found, with its incident."""
    parameters = {"invariant": invariant, "keys": list(keys), "incident_id": incident_id, "now": now}
    await execute(connection, QUERIES["insert_breach"], parameters)


async def list_known_breaches(connection: Connection, keys: Sequence[str]) -> set[tuple[str, str]]:
    """Return which of these were found before."""
    return set(await fetch_all(connection, QUERIES["list_known_breaches"], {"keys": list(keys)}))


async def list_breaches_of(connection: Connection, incident_id: int) -> list[tuple[str, str]]:
    """Return what an incident was opened for."""
    rows = await fetch_all(connection, QUERIES["list_breaches_of"], {"incident_id": incident_id})
    return [(row[0], row[1]) for row in rows]


async def list_rule_incidents(connection: Connection) -> list[RuleIncident]:
    """Return the open incidents of rules."""
    return await fetch_all(connection, QUERIES["list_rule_incidents"], record=RuleIncident)


async def find_standing_quality(connection: Connection, business_number_id: str) -> str:
    """Return Meta's last word about the quality of a number; empty where it told none."""
    parameters = {"business_number_id": business_number_id}
    return str(await fetch_value(connection, QUERIES["find_standing_quality"], parameters) or "")


async def find_standing_end(
    connection: Connection, *, scope: str, scope_id: str, cause: str, now: datetime
) -> datetime | None:
    """Return until when Meta's own word holds; None where it has no end or none that is to come."""
    parameters = {"scope": scope, "scope_id": scope_id, "cause": cause, "now": now}
    until: datetime | None = await fetch_value(connection, QUERIES["list_standing_holds"], parameters)
    return until
