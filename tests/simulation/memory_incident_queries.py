"""What the named queries of incidents, holds and slowdowns do; see `memory_queries.py`."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.memory_database import Row, Transaction, answers, handles
from tests.simulation.packed import listed

from rulecast.account.facts.store import QUERIES as FACTS
from rulecast.gate.incidents.store import QUERIES as INCIDENTS

Parameters = Mapping[str, Any]
PLACE = {"number": "business_number_id", "waba": "waba_id", "portfolio": "portfolio_id"}

# Who is told, and what is written down about it, matters to no check.
answers(INCIDENTS, "insert_entry", 1)
answers(INCIDENTS, "insert_alerts", 1)
answers(INCIDENTS, "notify_alert", 0)


def open_incidents(t: Transaction) -> list[Row]:
    """Return the incidents nobody has closed, the oldest first."""
    return [row for _, row in sorted(t.rows("incident")) if row["closed_at"] is None]


def _of_place(t: Transaction, p: Parameters) -> list[Row]:
    names = ("cause", "scope", "scope_id")
    return [row for _, row in sorted(t.rows("incident")) if all(row[name] == p[name] for name in names)]


@handles(INCIDENTS, "insert_incident")
async def _insert_incident(t: Transaction, p: Parameters) -> list[tuple[int]]:
    await t.lock("incident_place", (p["cause"], p["scope"], p["scope_id"]))
    if any(row["closed_at"] is None for row in _of_place(t, p)):
        return []
    incident_id = t.database.next_id()
    row = {
        "incident_id": incident_id,
        **{
            name: p[name] for name in ("cause", "scope", "scope_id", "steps", "response", "level", "is_drill")
        },
        **dict.fromkeys(("opened_at", "raised_at", "seen_at"), p["at"]),
        **dict.fromkeys(("closed_at", "closed_by", "owner")),
        "because": "",
        "facts": {},
        "repeat_count": 0,
    }
    t.put("incident", incident_id, row)
    return [(incident_id,)]


@handles(INCIDENTS, "find_open_incident")
def _find_open_incident(t: Transaction, p: Parameters) -> list[tuple[int]]:
    return [(row["incident_id"],) for row in _of_place(t, p) if row["closed_at"] is None]


@handles(INCIDENTS, "find_closed_response")
def _find_closed_response(t: Transaction, p: Parameters) -> list[tuple[str, int]]:
    closed = [
        row for row in _of_place(t, p) if row["closed_at"] is not None and row["closed_at"] > p["since"]
    ]
    closed.sort(key=lambda row: row["closed_at"], reverse=True)
    return [(row["response"], row["level"]) for row in closed[:1]]


async def _open(t: Transaction, incident_id: int) -> Row | None:
    await t.lock("incident", incident_id)
    row = t.find("incident", incident_id)
    return row if row is not None and row["closed_at"] is None else None


@handles(INCIDENTS, "see_again")
async def _see_again(t: Transaction, p: Parameters) -> list[Row]:
    row = await _open(t, p["incident_id"])
    if row is None or row["seen_at"] > p["before"]:
        return []
    return [t.change("incident", p["incident_id"], repeat_count=row["repeat_count"] + 1, seen_at=p["at"])]


@handles(INCIDENTS, "raise_incident")
async def _raise_incident(t: Transaction, p: Parameters) -> list[tuple[int]]:
    row = await _open(t, p["incident_id"])
    if row is None:
        return []
    raised_at = max(row["raised_at"], p["now"])
    level = min(row["level"] + 1, 20)
    t.change("incident", p["incident_id"], response=p["response"], level=level, raised_at=raised_at)
    return [(level,)]


@handles(INCIDENTS, "close_incident")
async def _close_incident(t: Transaction, p: Parameters) -> list[Row]:
    row = await _open(t, p["incident_id"])
    if row is None:
        return []
    closed_at = max(row["opened_at"], p["now"])
    return [
        t.change("incident", p["incident_id"], closed_at=closed_at, closed_by=p["by"], because=p["because"])
    ]


@handles(INCIDENTS, "find_incident")
def _find_incident(t: Transaction, p: Parameters) -> list[Row]:
    row = t.find("incident", p["incident_id"])
    return [] if row is None else [row]


@handles(INCIDENTS, "list_open_of_place")
def _list_open_of_place(t: Transaction, p: Parameters) -> list[tuple[int]]:
    return [
        (row["incident_id"],)
        for row in open_incidents(t)
        if row["incident_id"] != p["incident_id"]
        and row["response"] == p["response"]
        and (p["response"] == "stop_all" or (row["scope"], row["scope_id"]) == (p["scope"], p["scope_id"]))
    ]


@handles(INCIDENTS, "list_numbers_of_place")
def _list_numbers_of_place(t: Transaction, p: Parameters) -> list[tuple[str]]:
    column = PLACE.get(p["scope"], "")
    return [(key,) for key, row in sorted(t.rows("number")) if row.get(column) == p["scope_id"]]


@handles(INCIDENTS, "find_slowdown")
async def _find_slowdown(t: Transaction, p: Parameters) -> list[Row]:
    number = p["business_number_id"]
    if t.find("slowdown", number) is None:
        return []
    await t.lock("slowdown", number)
    row = t.find("slowdown", number)
    return [] if row is None else [row]


@handles(INCIDENTS, "put_slowdown")
async def _put_slowdown(t: Transaction, p: Parameters) -> int:
    number = p["business_number_id"]
    await t.lock("slowdown", number)
    t.put("slowdown", number, {"share": p["share"], "slowed_at": p["slowed_at"]})
    return 1


@handles(INCIDENTS, "end_slowdown")
async def _end_slowdown(t: Transaction, p: Parameters) -> int:
    for number in listed(p["business_number_ids"]):
        await t.lock("slowdown", number)
        t.put("slowdown", number, None)
    return 1


def _stops_of_everything(t: Transaction) -> list[tuple[int, Row]]:
    return [(key, row) for key, row in t.rows("stop") if row["scope"] == "all" and row["resumed_at"] is None]


@handles(INCIDENTS, "find_stop_reason")
def _find_stop_reason(t: Transaction, _: Parameters) -> list[tuple[str]]:
    return [(row["reason"],) for _, row in _stops_of_everything(t)]


@handles(INCIDENTS, "keep_stop")
async def _keep_stop(t: Transaction, p: Parameters) -> int:
    for key, row in _stops_of_everything(t):
        if row["reason"] == p["old_reason"]:
            await t.lock("stop", key)
            t.change("stop", key, reason=p["reason"])
    return 1


@handles(INCIDENTS, "find_stop_owner")
def _find_stop_owner(t: Transaction, _: Parameters) -> list[tuple[int, str]]:
    return [
        (row["incident_id"], row["cause"])
        for row in open_incidents(t)
        if row["response"] == "stop_all" and not row["cause"].startswith("code:")
    ][:1]


@handles(INCIDENTS, "lift_stop_of_reason")
async def _lift_stop_of_reason(t: Transaction, p: Parameters) -> int:
    lifted = [key for key, row in _stops_of_everything(t) if row["reason"] == p["reason"]]
    for key in lifted:
        await t.lock("stop", key)
        t.change("stop", key, resumed_at=p["now"])
    return len(lifted)


@handles(INCIDENTS, "release_number")
async def _release_number(t: Transaction, p: Parameters) -> int:
    number = p["business_number_id"]
    await t.lock("number", number)
    row = t.find("number", number)
    if row is None or row["state"] != "held":
        return 0
    t.change("number", number, state="active")
    return 1


@handles(INCIDENTS, "notify_lifted")
def _notify_lifted(t: Transaction, _: Parameters) -> int:
    t.notices.append("stop")
    return 0


@handles(INCIDENTS, "list_open_codes")
def _list_open_codes(t: Transaction, p: Parameters) -> list[tuple[int, str, str]]:
    return [
        (row["incident_id"], row["cause"], row["scope_id"])
        for row in open_incidents(t)
        if row["scope"] == "number"
        and row["cause"].startswith("code:")
        and row["incident_id"] != p["incident_id"]
    ]


# ---- what Meta, or the machine, makes rest


def holds_of(t: Transaction, number: str) -> list[tuple[tuple[str, str, str], Row]]:
    """Return the holds in force that concern a number, each with its scope, place and cause."""
    row = t.find("number", number)
    if row is None:
        return []
    places = {(scope, row[column]) for scope, column in PLACE.items()}
    return [(key, hold) for key, hold in t.rows("hold") if hold["is_in_force"] and (key[0], key[1]) in places]


@handles(FACTS, "put_hold")
async def _put_hold(t: Transaction, p: Parameters) -> int:
    key = (p["scope"], p["scope_id"], p["cause"])
    await t.lock("hold", key)
    kept = t.find("hold", key)
    if kept is not None and kept["since"] >= p["at"]:
        return 0
    t.put("hold", key, {"kind": p["kind"], "is_in_force": p["is_in_force"], "since": p["at"]})
    return 1


@handles(FACTS, "lift_hold")
async def _lift_hold(t: Transaction, p: Parameters) -> int:
    key = (p["scope"], p["scope_id"], p["cause"])
    row = t.find("hold", key)
    if row is None or not row["is_in_force"]:
        return 0
    await t.lock("hold", key)
    t.change("hold", key, is_in_force=False)
    return 1
