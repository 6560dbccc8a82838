"""What the named queries of the gate, of the rests and of the statuses do; see `memory_queries.py`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.memory_database import Row, Transaction, answers, handles
from tests.simulation.memory_incident_queries import holds_of
from tests.simulation.memory_queries import doubted_permits
from tests.simulation.packed import listed

from rulecast.deliver.statuses.store import QUERIES as STATUSES
from rulecast.gate.rests.store import QUERIES as RESTS
from rulecast.gate.store import QUERIES as GATE

Parameters = Mapping[str, Any]
DAY = timedelta(hours=24)
STATUS_FIELDS = (
    "occurred", "wamid_indexes", "statuses", "error_codes", "opaque_ids", "status_message_ids", "pricing_types",
    "pricing_categories",
)  # fmt: skip
IN_DOUBT = frozenset({"intent", "unknown", "unresolved"})
INSTANTS = ("sent_at", "delivered_at", "read_at", "failed_at")
MARKS = ("message_ids", "sent", "delivered", "read", "failed", "failed_codes", "new_wamid_indexes")

# Whose answers matter to no check: reservations, and incidents that end with a resumption.
answers(GATE, "mark_reservations", 1_000_000)
answers(GATE, "free_reservations", 0)
answers(GATE, "unmark_reservations", 0)
answers(GATE, "close_resumed_incidents", 0)
answers(GATE, "stop_target_exists", [(True,)])


@handles(GATE, "lock_guards")
async def _lock_guards(t: Transaction, p: Parameters) -> list[tuple[int]]:
    found = []
    for contact_id in sorted(listed(p["contact_ids"])):
        if t.find("guard", contact_id) is not None:
            await t.lock("guard", contact_id)
            found.append((contact_id,))
    return found


@handles(GATE, "read_people_facts")
def _read_people_facts(t: Transaction, p: Parameters) -> list[Row]:
    names = ("message_ids", "contact_ids", "plan_ids", "purposes")
    wanted = list(zip(*(listed(p[name]) for name in names), strict=True))
    permits = _live_permits(t, {one[1] for one in wanted})
    return [
        _person(t, message_id, contact_id, purpose, permits.get(contact_id, []), p)
        for message_id, contact_id, _, purpose in wanted
    ]


def _live_permits(t: Transaction, contact_ids: set[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for _, row in t.rows("permit"):
        if row["contact_id"] in contact_ids and row["released_at"] is None:
            found.setdefault(row["contact_id"], []).append(row)
    return found


def _person(
    t: Transaction, message_id: int, contact_id: int, purpose: str, permits: list[Row], p: Parameters
) -> Row:
    contact = t.find("contact", contact_id)
    assert contact is not None
    consent = (t.find("consent", contact_id) or {}).get(purpose)
    said = dict.fromkeys(("consent_id", "status", "is_proven", "effective_at", "wording_version"))
    counted = [
        row for row in permits if row["granted_at"] > p["counted_from"] and row["message_id"] != message_id
    ]
    return {
        **(said if consent is None else consent),
        "message_id": message_id,
        "contact_id": contact_id,
        "is_restricted": False,
        "objects_to_profiling": False,
        "is_reachable": True,
        "birth_date": None,
        "country": contact["country"],
        "zone": contact["zone"],
        "quiet_hours": contact["quiet_hours"],
        "stops": stops_of(t, contact_id),
        "granted": [row["granted_at"] for row in counted],
        "rules": [row["rule_name"] for row in counted],
        "purposes": [row["purpose"] for row in counted],
        "is_counted": any(row["granted_at"] > p["now"] - DAY for row in permits),
        "in_holdout": False,
        "price_e4": 41_400,
        "lost_to": None,
        "lost_by": 0,
        "lost_by_score": 0.0,
        "lookups": [contact["lookup"]],
        "rests": _rests(t, contact_id, p["now"]),
        "is_in_window": False,
    }


def stops_of(t: Any, contact_id: int) -> list[str]:
    """Return the stops in force for a person: of each scope the newest word, a tie is a stop."""
    newest: dict[str, tuple[datetime, bool]] = {}
    for scope, action, occurred_at in (t.find("suppression", contact_id) or {"words": ()})["words"]:
        word = (occurred_at, action == "stop")
        newest[scope] = max(newest.get(scope, word), word)
    return [f"{scope}:stop_word" for scope, (_, is_stop) in newest.items() if is_stop]


def _rests(t: Transaction, contact_id: int, now: datetime) -> list[str]:
    return [
        f"{row['kind']}|{key[1]}|{row['rests_until'].timestamp()}"
        for key, row in t.rows("rest")
        if key[0] == contact_id and row["rests_until"] > now
    ]


@handles(GATE, "read_shared_facts")
def _read_shared_facts(t: Transaction, p: Parameters) -> list[Row]:
    number = t.find("number", p["business_number_id"])
    if number is None:
        return []
    stops = [f"{row['scope']}:{row['target']}" for _, row in t.rows("stop") if row["resumed_at"] is None]
    holds = holds_of(t, p["business_number_id"]) if t.database.tables.get("hold") else []
    return [
        {
            "business_number_id": p["business_number_id"],
            "state": number["state"],
            "portfolio_id": "9001",
            "people_per_day_max": t.database.tables["limit"]["9001"]["people_max"],
            "told_people_per_day_max": None,
            "stops": stops,
            "holds": [f"{row['kind']}||{'|'.join(key)}" for key, row in holds],
            "archived": {},
            "sending_policy": t.database.tables["policy"][0]["text"],
        }
    ]


@handles(GATE, "read_template_states")
def _read_template_states(t: Transaction, p: Parameters) -> list[Row]:
    found = (t.find("template", one) for one in listed(p["template_ids"]))
    return [row for row in found if row is not None]


@handles(GATE, "lock_ramps")
async def _lock_ramps(t: Transaction, p: Parameters) -> list[tuple[Any, ...]]:
    found = []
    for template_id in sorted(listed(p["template_ids"])):
        if t.find("ramp", template_id) is not None:
            await t.lock("ramp", template_id)
            row = t.find("ramp", template_id)
            assert row is not None
            found.append((template_id, row["batch"], row["began_at"], row["granted"]))
    return found


@handles(GATE, "begin_ramps")
async def _begin_ramps(t: Transaction, p: Parameters) -> int:
    for template_id in listed(p["template_ids"]):
        await t.lock("ramp", template_id)
        if t.find("ramp", template_id) is None:
            t.put("ramp", template_id, {"batch": 0, "began_at": p["now"], "granted": 0})
    return 1


@handles(GATE, "save_ramps")
async def _save_ramps(t: Transaction, p: Parameters) -> int:
    names = ("template_ids", "batches", "began", "granted")
    for template_id, batch, began_at, granted in zip(*(listed(p[name]) for name in names), strict=True):
        await t.lock("ramp", template_id)
        kept = t.find("ramp", template_id)
        row = {"batch": batch, "began_at": began_at, "granted": granted}
        if kept is not None and batch <= kept["batch"]:
            row = {**kept, "granted": max(kept["granted"], granted)}
        t.put("ramp", template_id, row)
    return 1


@handles(GATE, "end_ramps")
async def _end_ramps(t: Transaction, p: Parameters) -> int:
    for template_id in listed(p["template_ids"]):
        await t.lock("ramp", template_id)
        t.put("ramp", template_id, None)
    return 1


@handles(GATE, "open_budget")
async def _open_budget(t: Transaction, p: Parameters) -> int:
    await t.lock("budget", p["run_id"])
    if t.find("budget", p["run_id"]) is not None:
        return 0
    t.put("budget", p["run_id"], {"limit_e4": p["limit_e4"], "spent_e4": 0})
    return 1


@handles(GATE, "lock_budgets")
async def _lock_budgets(t: Transaction, p: Parameters) -> list[tuple[int, int]]:
    found = []
    for run_id in sorted(listed(p["run_ids"])):
        await t.lock("budget", run_id)
        row = t.find("budget", run_id)
        if row is not None:
            found.append((run_id, row["limit_e4"] - row["spent_e4"]))
    return found


@handles(GATE, "spend_budgets")
async def _spend_budgets(t: Transaction, p: Parameters) -> int:
    for run_id, spent_e4 in zip(listed(p["run_ids"]), listed(p["spent_e4"]), strict=True):
        await _charge(t, run_id, spent_e4)
    return 1


async def _charge(t: Transaction, run_id: int, more_e4: int) -> None:
    if t.find("budget", run_id) is not None:
        await t.lock("budget", run_id)
        row = t.find("budget", run_id)
        assert row is not None
        t.change("budget", run_id, spent_e4=row["spent_e4"] + more_e4)


@handles(GATE, "insert_permits")
def _insert_permits(t: Transaction, p: Parameters) -> list[tuple[int, int]]:
    names = ("message_ids", "contact_ids", "rule_names", "purposes", "consent_ids", "prices_e4")
    written = []
    for message_id, contact_id, rule_name, purpose, consent_id, price_e4 in zip(
        *(listed(p[name]) for name in names), strict=True
    ):
        permit_id = t.database.next_id()
        t.put(
            "permit",
            permit_id,
            {
                "permit_id": permit_id,
                "message_id": message_id,
                "contact_id": contact_id,
                "rule_name": rule_name,
                "purpose": purpose,
                "consent_id": consent_id,
                "business_number_id": p["business_number_id"],
                "price_e4": price_e4,
                "granted_at": p["now"],
                "released_at": None,
            },
        )
        written.append((message_id, permit_id))
    return written


@handles(GATE, "insert_verdicts")
def _insert_verdicts(t: Transaction, p: Parameters) -> int:
    names = ("message_ids", "outcomes", "reasons", "deferred_until", "facts")
    rows = [
        dict(zip(names, one, strict=True)) for one in zip(*(listed(p[name]) for name in names), strict=True)
    ]
    for row in rows:
        t.put("verdict", t.database.next_id(), {**row, "decided_at": p["now"]})
    return len(rows)


@handles(GATE, "release_permits")
async def _release_permits(t: Transaction, p: Parameters) -> int:
    wanted = set(listed(p["message_ids"]))
    live = [
        key for key, row in t.rows("permit") if row["message_id"] in wanted and row["released_at"] is None
    ]
    for key in live:
        await t.lock("permit", key)
        row = t.find("permit", key)
        if row is not None and row["released_at"] is None:
            t.change("permit", key, released_at=p["now"])
            await _charge(t, _run_of(t, row["message_id"]), -row["price_e4"])
    return len(live)


@handles(GATE, "retake_permits")
async def _retake_permits(t: Transaction, p: Parameters) -> int:
    for message_id in listed(p["message_ids"]):
        permits = [(key, row) for key, row in t.rows("permit") if row["message_id"] == message_id]
        if any(row["released_at"] is None for _, row in permits):
            continue
        if p["only_in_doubt"]:
            doubted = doubted_permits(t, message_id)
            permits = [(key, row) for key, row in permits if key in doubted]
        if not permits:
            continue
        key, row = max(permits, key=lambda one: (one[1]["granted_at"], one[0]))
        await t.lock("permit", key)
        t.change("permit", key, released_at=None, is_retaken=True)
        await _charge(t, _run_of(t, message_id), row["price_e4"])
    return 1


def _run_of(t: Transaction, message_id: int) -> int:
    row = t.find("message", message_id)
    assert row is not None
    return int(row["run_id"])


@handles(GATE, "insert_stop")
async def _insert_stop(t: Transaction, p: Parameters) -> int:
    key = (p["scope"], p["target"])
    await t.lock("stop_target", key)
    if any(row["resumed_at"] is None and (row["scope"], row["target"]) == key for _, row in t.rows("stop")):
        return 0
    row = {
        **{name: p[name] for name in ("scope", "target", "reason")},
        "stopped_at": p["now"],
        "resumed_at": None,
    }
    t.put("stop", t.database.next_id(), row)
    return 1


@handles(GATE, "find_stop")
def _find_stop(t: Transaction, p: Parameters) -> list[tuple[int]]:
    key = (p["scope"], p["target"])
    return [
        (stop_id,)
        for stop_id, row in t.rows("stop")
        if row["resumed_at"] is None and (row["scope"], row["target"]) == key
    ]


@handles(GATE, "notify_stop")
def _notify_stop(t: Transaction, _: Parameters) -> int:
    t.notices.append("stop")
    return 0


@handles(GATE, "lift_stops")
async def _lift_stops(t: Transaction, p: Parameters) -> int:
    key = (p["scope"], p["target"])
    found = [
        stop_id
        for stop_id, row in t.rows("stop")
        if row["resumed_at"] is None and (row["scope"], row["target"]) == key
    ]
    for stop_id in found:
        await t.lock("stop", stop_id)
        t.change("stop", stop_id, resumed_at=p["now"])
    return len(found)


@handles(GATE, "lift_number_hold")
async def _lift_number_hold(t: Transaction, p: Parameters) -> int:
    count = 0
    for number, row in t.rows("number"):
        if row["state"] == "held" and (p["scope"] == "all" or number == p["target"]):
            await t.lock("number", number)
            t.change("number", number, state="active")
            count += 1
    return count


@handles(RESTS, "lock_rests")
async def _lock_rests(t: Transaction, p: Parameters) -> list[tuple[Any, ...]]:
    found = []
    for key in zip(listed(p["contact_ids"]), listed(p["codes"]), strict=True):
        if t.find("rest", key) is not None:
            await t.lock("rest", key)
            row = t.find("rest", key)
            assert row is not None
            found.append((*key, row["failed_at"]))
    return found


@handles(RESTS, "find_last_deliveries")
def _find_last_deliveries(t: Transaction, p: Parameters) -> list[tuple[int, datetime]]:
    wanted = set(listed(p["contact_ids"]))
    newest: dict[int, datetime] = {}
    for _, row in t.rows("message"):
        at = row["delivered_at"] or row["read_at"]
        if row["contact_id"] in wanted and at is not None:
            newest[row["contact_id"]] = max(newest.get(row["contact_id"], at), at)
    return list(newest.items())


@handles(RESTS, "save_rest")
async def _save_rest(t: Transaction, p: Parameters) -> int:
    key = (p["contact_id"], p["code"])
    await t.lock("rest", key)
    kept = t.find("rest", key)
    failed_at = sorted({*listed(p["failed_at"]), *(kept["failed_at"] if kept else ())})[-12:]
    until = max([p["rests_until"], *([kept["rests_until"]] if kept else [])])
    t.put("rest", key, {"kind": p["kind"], "failed_at": failed_at, "rests_until": until})
    return 1


def _matched(position: int, row: Row) -> tuple[Any, ...]:
    return (
        position,
        row["message_id"],
        row["contact_id"],
        row["business_number_id"],
        row["run_id"],
        row["template_id"],
        "",
        row["state"],
        row["wamid_index"] is None,
        row["delivered_at"] is not None or row["read_at"] is not None,
        row["failed_at"] is not None or row["state"] == "refused",
    )


@handles(STATUSES, "lock_known")
async def _lock_known(t: Transaction, p: Parameters) -> list[tuple[Any, ...]]:
    by_wamid = {row["wamid_index"]: key for key, row in t.rows("message") if row["wamid_index"] is not None}
    wanted = [
        (by_wamid[index], place)
        for place, index in enumerate(listed(p["wamid_indexes"]), 1)
        if index in by_wamid
    ]
    return [_matched(place, await _lock_message(t, key)) for key, place in sorted(wanted)]


@handles(STATUSES, "lock_attempted")
async def _lock_attempted(t: Transaction, p: Parameters) -> list[tuple[Any, ...]]:
    by_opaque = {row["opaque_id"]: row["message_id"] for _, row in t.rows("attempt")}
    wanted = [
        (by_opaque[opaque_id], place)
        for place, opaque_id in zip(listed(p["positions"]), listed(p["opaque_ids"]), strict=True)
        if opaque_id in by_opaque
    ]
    return [_matched(place, await _lock_message(t, key)) for key, place in sorted(wanted)]


async def _lock_message(t: Transaction, key: int) -> Row:
    await t.lock("message", key)
    row = t.find("message", key)
    assert row is not None
    return row


@handles(STATUSES, "merge_statuses")
async def _merge_statuses(t: Transaction, p: Parameters) -> list[tuple[int]]:
    length = len(listed(p["statuses"]))
    repeated = []
    for place, given in enumerate(zip(*(listed(p[name], length) for name in STATUS_FIELDS), strict=True), 1):
        one = dict(zip(STATUS_FIELDS, given, strict=True))
        key = (one["wamid_indexes"], one["occurred"], one["statuses"], one["error_codes"] or 0)
        if t.find("status", key) is not None:
            repeated.append((place,))
        else:
            t.put("status", key, {**one, "recorded_at": p["now"], "message_id": one["status_message_ids"]})
    people = len(listed(p["message_ids"]))
    for given in zip(*(listed(p[name], people) for name in MARKS), strict=True):
        told = dict(zip(MARKS, given, strict=True))
        row = await _lock_message(t, told["message_ids"])
        t.put("message", told["message_ids"], _merged(row, told, p["now"]))
    return repeated


def _merged(row: Row, told: Row, now: datetime) -> Row:
    """Merge as a join: the earliest instant of each kind stays."""
    has_left = any(told[name] is not None for name in ("sent", "delivered", "read"))
    state, before = row["state"], _earliest(*(row[name] for name in INSTANTS))
    told_first = _earliest(told["sent"], told["delivered"], told["read"], told["failed"])
    is_by_answer = row["accepted_at"] is not None and row["accepted_at"] != before
    is_accepted = row["accepted_at"] is not None or has_left or state in {*IN_DOUBT, "held"}
    failed = [(row["failed_at"], row.get("failed_code", 0)), (told["failed"], told["failed_codes"] or 0)]
    failed_at, failed_code = min((one for one in failed if one[0] is not None), default=(None, 0))
    is_dropped = state == "held" or (state == "refused" and row["accepted_at"] is not None)
    return {
        **row,
        "sent_at": _earliest(row["sent_at"], told["sent"]),
        "delivered_at": _earliest(row["delivered_at"], told["delivered"]),
        "read_at": _earliest(row["read_at"], told["read"]),
        "failed_at": failed_at,
        "failed_code": failed_code,
        "state": "accepted" if has_left or state in IN_DOUBT else "refused" if state == "held" else state,
        "reason": "" if has_left else row["reason"],
        "error_code": 0 if has_left else failed_code if is_dropped else row["error_code"],
        "accepted_at": row["accepted_at"]
        if is_by_answer
        else _earliest(before, told_first)
        if is_accepted
        else None,
        "wamid_index": row["wamid_index"] or told["new_wamid_indexes"],
        "changed_at": row["changed_at"] if state in {"accepted", "refused"} else now,
    }


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((one for one in instants if one is not None), default=None)


@handles(STATUSES, "settle_attempts")
def _settle_attempts(t: Transaction, p: Parameters) -> int:
    messages, opaque_ids = set(listed(p["message_ids"])), set(listed(p["opaque_ids"]))
    count = 0
    for key, row in t.rows("attempt"):
        is_named = row["opaque_id"] in opaque_ids
        if row["message_id"] in messages and (is_named or row["state"] in {"intent", "held"}):
            state = "accepted" if is_named or row["state"] == "held" else "unknown"
            t.change("attempt", key, state=state, finished_at=row["finished_at"] or p["now"])
            count += 1
    return count


@handles(STATUSES, "list_parked")
def _list_parked(t: Transaction, p: Parameters) -> list[Row]:
    known = {row["wamid_index"] for _, row in t.rows("message")}
    return [
        {
            "occurred_at": row["occurred"],
            "wamid_index": row["wamid_indexes"],
            "status": row["statuses"],
            "error_code": row["error_codes"] or 0,
            "opaque_id": row["opaque_ids"],
            "pricing_type": "",
            "pricing_category": "",
        }
        for _, row in t.rows("status")
        if row["message_id"] is None and row["wamid_indexes"] in known and row["recorded_at"] > p["after"]
    ]


@handles(STATUSES, "adopt_parked")
def _adopt_parked(t: Transaction, p: Parameters) -> int:
    by_wamid = {row["wamid_index"]: key for key, row in t.rows("message")}
    names = ("wamid_indexes", "occurred", "statuses", "error_codes")
    for key in zip(*(listed(p[name]) for name in names), strict=True):
        t.change("status", key, message_id=by_wamid[key[0]])
    return 1


@handles(STATUSES, "describe_runs")
def _describe_runs(t: Transaction, p: Parameters) -> list[Row]:
    # Called rehearsals, so that no facts about people are made of their statuses: no check here reads those.
    return [
        {"run_id": one, "rule_name": (t.find("run", one) or {})["rule_name"], "is_test": True, "step": 1}
        for one in listed(p["run_ids"])
    ]


@handles(STATUSES, "describe_templates")
def _describe_templates(t: Transaction, p: Parameters) -> list[tuple[Any, ...]]:
    return [(one, "winback", "marketing", "", "marketing") for one in listed(p["template_ids"])]
