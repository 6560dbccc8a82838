"""What the named queries of the send path do, over the tables of `memory_database`.

Each handler says in Python what its SQL says; where a statement locks, what it decides on is read again under the
lock, as PostgreSQL does it. `test_memory_queries.py` runs both on the same rows and compares.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.memory_database import NO_KEY, SHARE, UPDATE, Row, Transaction, handles
from tests.simulation.memory_incident_queries import holds_of
from tests.simulation.packed import listed

from rulecast.deliver.store import QUERIES as DELIVER

Parameters = Mapping[str, Any]
WAITING = frozenset({"planned", "deferred"})
OPEN = frozenset({"planned", "deferred", "claimed", "intent"})
IN_DOUBT = frozenset({"intent", "unknown", "unresolved"})
SECONDS = 1.0


def _clock() -> float:
    """Return the server's own clock."""
    return asyncio.get_running_loop().time()


def _messages(t: Transaction, number: str) -> list[Row]:
    return [row for _, row in t.rows("message") if row["business_number_id"] == number]


def doubted_permits(t: Transaction, message_id: int) -> set[int]:
    """Return the permits of attempts nobody knows the fate of."""
    return {
        row["permit_id"]
        for _, row in t.rows("attempt")
        if row["message_id"] == message_id and row["state"] == "unknown"
    }


def _ended(t: Transaction, message_id: int, state: str) -> str:
    """Return the state a message ends in: none while an earlier attempt is in doubt."""
    is_end = state in {"cancelled", "expired", "refused"}
    return "unresolved" if is_end and doubted_permits(t, message_id) else state


async def _locked(t: Transaction, message_ids: list[int]) -> list[Row]:
    """Lock these messages in the order of their ids and return them as they are then."""
    rows = []
    for message_id in sorted(message_ids):
        if t.find("message", message_id) is not None:
            await t.lock("message", message_id)
            found = t.find("message", message_id)
            assert found is not None
            rows.append(found)
    return rows


@handles(DELIVER, "list_senders")
def _list_senders(t: Transaction, _: Parameters) -> list[Row]:
    return [_sender(t, number, row) for number, row in sorted(t.rows("number"))]


def _sender(t: Transaction, number: str, row: Row) -> Row:
    if not t.database.tables.get("hold") and not t.database.tables.get("slowdown"):
        return dict(row)
    slow = t.find("slowdown", number) or {"share": 1.0, "slowed_at": None}
    rests = any(hold["kind"] in {"all", "business_initiated"} for _, hold in holds_of(t, number))
    state = "held" if rests and row["state"] == "active" else row["state"]
    return {**row, "state": state, "slow_share": slow["share"], "slowed_at": slow["slowed_at"]}


@handles(DELIVER, "read_stops")
def _read_stops(t: Transaction, _: Parameters) -> list[tuple[str, str]]:
    return [(row["scope"], row["target"]) for _, row in t.rows("stop") if row["resumed_at"] is None]


@handles(DELIVER, "lock_lease")
async def _lock_lease(t: Transaction, p: Parameters) -> list[tuple[str, int, bool]]:
    number = p["business_number_id"]
    if t.find("lease", number) is None:
        return []
    await t.lock("lease", number, UPDATE)
    row = t.find("lease", number)
    assert row is not None
    return [(row["holder"], row["epoch"], row["expires_at"] > _clock())]


@handles(DELIVER, "insert_lease")
async def _insert_lease(t: Transaction, p: Parameters) -> list[tuple[int]]:
    number = p["business_number_id"]
    await t.lock("lease", number, UPDATE)
    if t.find("lease", number) is not None:
        return []
    t.put("lease", number, {"holder": p["holder"], "epoch": 1, "expires_at": _clock() + p["lease_seconds"]})
    return [(1,)]


@handles(DELIVER, "take_lease")
def _take_lease(t: Transaction, p: Parameters) -> list[tuple[int]]:
    number = p["business_number_id"]
    row = t.find("lease", number)
    assert row is not None
    expires_at = _clock() + p["lease_seconds"]
    taken = t.change("lease", number, holder=p["holder"], epoch=row["epoch"] + 1, expires_at=expires_at)
    return [(taken["epoch"],)]


def _holds(t: Transaction, p: Parameters) -> bool:
    row = t.find("lease", p["business_number_id"])
    return row is not None and row["epoch"] == p["epoch"] and row["expires_at"] > _clock()


@handles(DELIVER, "renew_lease")
async def _renew_lease(t: Transaction, p: Parameters) -> int:
    if not _holds(t, p):
        return 0
    await t.lock("lease", p["business_number_id"], NO_KEY)
    if not _holds(t, p):
        return 0
    t.change("lease", p["business_number_id"], expires_at=_clock() + p["lease_seconds"])
    return 1


@handles(DELIVER, "release_lease")
async def _release_lease(t: Transaction, p: Parameters) -> int:
    await t.lock("lease", p["business_number_id"], NO_KEY)
    row = t.find("lease", p["business_number_id"])
    if row is None or row["epoch"] != p["epoch"]:
        return 0
    t.change("lease", p["business_number_id"], expires_at=_clock())
    return 1


@handles(DELIVER, "hold_lease")
async def _hold_lease(t: Transaction, p: Parameters) -> list[tuple[str]]:
    if not _holds(t, p):
        return []
    await t.lock("lease", p["business_number_id"], SHARE)
    return [(p["idle_ms"],)] if _holds(t, p) else []


@handles(DELIVER, "doubt_intents")
async def _doubt_intents(t: Transaction, p: Parameters) -> int:
    old = [
        row["message_id"]
        for row in _messages(t, p["business_number_id"])
        if row["state"] == "intent" and row["fence"] < p["epoch"]
    ]
    doubted = set()
    for row in await _locked(t, old):
        if row["state"] == "intent" and row["fence"] < p["epoch"]:
            t.change("message", row["message_id"], state="unknown", reason="sender_died", changed_at=p["now"])
            doubted.add(row["message_id"])
    return _close_attempts(t, doubted, "unknown", p["now"])


def _close_attempts(t: Transaction, message_ids: set[int], state: str, now: datetime) -> int:
    closed = [
        key for key, row in t.rows("attempt") if row["message_id"] in message_ids and row["state"] == "intent"
    ]
    for key in closed:
        t.change("attempt", key, state=state, finished_at=now)
    return len(closed)


@handles(DELIVER, "return_claims")
async def _return_claims(t: Transaction, p: Parameters) -> int:
    claimed = [
        row["message_id"]
        for row in _messages(t, p["business_number_id"])
        if row["state"] == "claimed" and row["fence"] < p["epoch"]
    ]
    count = 0
    for row in await _locked(t, claimed):
        if row["state"] == "claimed" and row["fence"] < p["epoch"]:
            t.change("message", row["message_id"], state="planned", changed_at=p["now"])
            count += 1
    return count


@handles(DELIVER, "claim_messages")
async def _claim_messages(t: Transaction, p: Parameters) -> list[Row]:
    now, stopped = p["now"], set(listed(p["stopped_rules"]))
    due = [
        row
        for row in _messages(t, p["business_number_id"])
        if row["state"] in WAITING
        and row["send_from"] <= now
        and _rule_of(t, row) not in stopped
        and (not p.get("only_first") or _goes_first(t, row))
        and not t.is_locked_by_others("message", row["message_id"])
    ]
    due.sort(key=lambda row: (not _goes_first(t, row), row["send_from"], row["message_id"]))
    taken = []
    for row in due[: p["count_max"]]:
        await t.lock("message", row["message_id"])
        is_late = row["send_until"] <= now
        changed = t.change(
            "message",
            row["message_id"],
            state=_ended(t, row["message_id"], "expired") if is_late else "claimed",
            reason="outside_window" if is_late else "",
            fence=p["epoch"],
            changed_at=now,
        )
        taken.append({**changed, "goes_first": _goes_first(t, row)})
    return taken


def _rule_of(t: Transaction, row: Row) -> str:
    run = t.find("run", row["run_id"])
    return "" if run is None else str(run["rule_name"])


def _goes_first(t: Transaction, row: Row) -> bool:
    run = t.find("run", row["run_id"])
    return run is not None and run["purpose"] != "marketing"


@handles(DELIVER, "return_drafts")
async def _return_drafts(t: Transaction, p: Parameters) -> int:
    count = 0
    for row in await _locked(t, listed(p["message_ids"])):
        if row["state"] == "claimed" and row["fence"] == p["epoch"]:
            t.change("message", row["message_id"], state="planned", changed_at=p["now"])
            count += 1
    return count


@handles(DELIVER, "return_unstarted")
async def _return_unstarted(t: Transaction, p: Parameters) -> list[tuple[int]]:
    opaque_ids = dict(zip(listed(p["message_ids"]), listed(p["opaque_ids"]), strict=True))
    attempts = {
        row["message_id"]: key
        for key, row in t.rows("attempt")
        if row["state"] == "intent"
        and row["message_id"] in opaque_ids
        and row["opaque_id"] == opaque_ids[row["message_id"]]
    }
    back = []
    for row in await _locked(t, list(opaque_ids)):
        key = row["message_id"]
        is_claimed, is_intent = row["state"] == "claimed", row["state"] == "intent" and key in attempts
        if row["fence"] == p["epoch"] and (is_claimed or is_intent):
            t.change("message", key, state="planned", changed_at=p["now"])
            if key in attempts:
                t.change("attempt", attempts[key], state="cancelled", finished_at=p["now"])
            back.append((key,))
    return back


@handles(DELIVER, "lock_messages")
async def _lock_messages(t: Transaction, p: Parameters) -> list[tuple[int, bool]]:
    return [
        (row["message_id"], row["state"] == "claimed" and row["fence"] == p["epoch"])
        for row in await _locked(t, listed(p["message_ids"]))
    ]


@handles(DELIVER, "write_refusals")
async def _write_refusals(t: Transaction, p: Parameters) -> int:
    given = zip(*(listed(p[name]) for name in ("message_ids", "states", "reasons", "send_from")), strict=True)
    count = 0
    for message_id, state, reason, send_from in given:
        await t.lock("message", message_id)
        row = t.find("message", message_id)
        if row is not None and row["state"] == "claimed" and row["fence"] == p["epoch"]:
            later, ended = send_from or row["send_from"], _ended(t, message_id, state)
            t.change("message", message_id, state=ended, reason=reason, send_from=later, changed_at=p["now"])
            count += 1
    return count


@handles(DELIVER, "write_intents")
async def _write_intents(t: Transaction, p: Parameters) -> list[tuple[int, int]]:
    names = ("message_ids", "contact_ids", "permit_ids", "attempts", "opaque_ids")
    written = []
    for message_id, contact_id, permit_id, attempt, opaque_id in zip(
        *(listed(p[name]) for name in names), strict=True
    ):
        await t.lock("message", message_id)
        row = t.find("message", message_id)
        if row is None or row["state"] != "claimed" or row["fence"] != p["epoch"]:
            continue
        t.change(
            "message",
            message_id,
            state="intent",
            reason="",
            error_code=0,
            attempts=attempt,
            changed_at=p["now"],
        )
        attempt_id = t.database.next_id()
        t.put(
            "attempt",
            attempt_id,
            {
                "attempt_id": attempt_id,
                "intent_at": p["now"],
                "message_id": message_id,
                "contact_id": contact_id,
                "permit_id": permit_id,
                "opaque_id": opaque_id,
                "fence": p["epoch"],
                "state": "intent",
                "error_code": 0,
                "finished_at": None,
            },
        )
        written.append((message_id, attempt_id))
    return written


@handles(DELIVER, "write_results")
async def _write_results(t: Transaction, p: Parameters) -> list[tuple[int]]:
    names = (
        "message_ids", "attempt_ids", "attempts", "states", "attempt_states", "reasons", "error_codes", "send_from",
        "wamid_indexes",
    )  # fmt: skip
    counted = []
    for given in zip(*(listed(p[name]) for name in names), strict=True):
        one = dict(zip(names, given, strict=True))
        message_id = one["message_ids"]
        await t.lock("message", message_id)
        row = t.find("message", message_id)
        is_ours = row is not None and row["fence"] == p["epoch"] and row["attempts"] == one["attempts"]
        if row is None or row["state"] != "intent" or not is_ours:
            continue
        t.change(
            "message",
            message_id,
            state=_ended(t, message_id, one["states"]),
            reason=one["reasons"],
            error_code=one["error_codes"],
            changed_at=p["now"],
            send_from=one["send_from"] or row["send_from"],
            wamid_index=one["wamid_indexes"],
            accepted_at=p["now"] if one["states"] == "accepted" else None,
        )
        attempt = t.find("attempt", one["attempt_ids"])
        if attempt is not None and attempt["state"] == "intent":
            state, code = one["attempt_states"], one["error_codes"]
            t.change("attempt", one["attempt_ids"], state=state, error_code=code, finished_at=p["now"])
            counted.append((message_id,))
    return counted


@handles(DELIVER, "known_wamids")
def _known_wamids(t: Transaction, p: Parameters) -> list[tuple[bytes]]:
    asked = set(listed(p["wamid_indexes"]))
    return [(row["wamid_index"],) for _, row in t.rows("message") if row["wamid_index"] in asked]


@handles(DELIVER, "hold_number")
async def _hold_number(t: Transaction, p: Parameters) -> int:
    number = p["business_number_id"]
    await t.lock("number", number)
    row = t.find("number", number)
    if row is None or row["state"] != "active":
        return 0
    t.change("number", number, state="held")
    return 1


@handles(DELIVER, "pause_templates")
async def _pause_templates(t: Transaction, p: Parameters) -> list[tuple[int, str]]:
    paused = []
    for template_id in listed(p["template_ids"]):
        await t.lock("template", template_id)
        row = t.find("template", template_id)
        if row is not None and row["status"] == "approved":
            t.change("template", template_id, status="paused")
            paused.append((template_id, "winback/fr"))
    return paused


@handles(DELIVER, "lock_ending_runs")
async def _lock_ending_runs(t: Transaction, p: Parameters) -> list[tuple[int]]:
    waiting = {row["run_id"] for row in _messages(t, p["business_number_id"]) if row["state"] in WAITING}
    ended = [key for key, row in t.rows("run") if row["state"] == "running" and key not in waiting]
    for key in sorted(ended):
        await t.lock("run", key)
    return [(key,) for key in sorted(ended)]


@handles(DELIVER, "finish_runs")
def _finish_runs(t: Transaction, p: Parameters) -> int:
    open_runs = {row["run_id"] for _, row in t.rows("message") if row["state"] in OPEN}
    ended = [key for key in listed(p["run_ids"]) if key not in open_runs]
    for key in ended:
        t.change("run", key, state="finished")
    return len(ended)


@handles(DELIVER, "next_due")
def _next_due(t: Transaction, p: Parameters) -> list[tuple[datetime]]:
    due = [row["send_from"] for row in _messages(t, p["business_number_id"]) if row["state"] in WAITING]
    return [(min(due),)] if due else []


@handles(DELIVER, "give_up_unknown")
async def _give_up_unknown(t: Transaction, p: Parameters) -> int:
    old = [
        row["message_id"]
        for row in _messages(t, p["business_number_id"])
        if row["state"] == "unknown" and row["changed_at"] <= p["before"]
    ]
    count = 0
    for row in await _locked(t, old):
        if row["state"] == "unknown" and row["changed_at"] <= p["before"]:
            t.change("message", row["message_id"], state="unresolved", changed_at=p["now"])
            count += 1
    return count


@handles(DELIVER, "notify_send")
def _notify_send(t: Transaction, _: Parameters) -> int:
    t.notices.append("send")
    return 0


def days(count: float) -> timedelta:
    """Return so many days."""
    return timedelta(days=count)
