"""What the named queries of shared people and of codes do; see `memory_queries.py`."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.simulation.memory_database import UPDATE, Row, Transaction, answers, handles
from tests.simulation.packed import listed

from rulecast.gate.coupons.store import QUERIES as COUPONS
from rulecast.gate.people_chunks.store import QUERIES as CHUNKS
from rulecast.gate.store import QUERIES as GATE
from rulecast.plan.store import QUERIES as PLAN

Parameters = Mapping[str, Any]

# A person about whom nothing is known but that they are there.
answers(PLAN, "read_events", [])
# Which pools lack codes is looked at by the operator; codes that cannot be opened are nobody's here.
answers(COUPONS, "set_coupons_aside", 0)


@handles(PLAN, "read_changes")
def _read_changes(t: Transaction, p: Parameters) -> list[tuple[Any, ...]]:
    return [(one, "contact", "{}", p["valid_until"]) for one in sorted(listed(p["contact_ids"]))]


# ---- people of a portfolio


@handles(CHUNKS, "hold_chunks")
async def _hold_chunks(t: Transaction, p: Parameters) -> list[tuple[int, int]]:
    mine = [
        key
        for key, row in sorted(t.rows("chunk"))
        if row["business_number_id"] == p["business_number_id"]
        and row["is_marketing"] == p["is_marketing"]
        and row["used"] < row["granted"]
        and row["expires_at"] > _clock()
        and row["people_max"] <= p["people_max"]
        and not t.is_locked_by_others("chunk", key)
    ][:2]
    found = []
    for key in mine:
        await t.lock("chunk", key)
        row = t.find("chunk", key)
        if row is not None:
            found.append((key, row["granted"] - row["used"]))
    return found


@handles(CHUNKS, "lock_portfolio")
async def _lock_portfolio(t: Transaction, p: Parameters) -> int:
    await t.lock("portfolio", p["portfolio_id"])
    return 1


@handles(CHUNKS, "drop_expired")
async def _drop_expired(t: Transaction, p: Parameters) -> int:
    dropped = [
        key
        for key, row in t.rows("chunk")
        if (
            row["expires_at"] <= _clock()
            or row["used"] == row["granted"]
            or row["people_max"] > p["marketing_max" if row["is_marketing"] else "other_max"]
        )
        and not t.is_locked_by_others("chunk", key)
    ]
    for key in dropped:
        await t.lock("chunk", key, UPDATE)
        t.put("chunk", key, None)
    return len(dropped)


@handles(CHUNKS, "count_people")
def _count_people(t: Transaction, p: Parameters) -> list[Row]:
    newest: dict[int, datetime] = {}
    purposes: dict[int, set[str]] = {}
    for _, row in t.rows("permit"):
        if row["released_at"] is None and row["granted_at"] > p["counted_from"]:
            contact_id, at = row["contact_id"], row["granted_at"]
            newest[contact_id] = max(newest.get(contact_id, at), at)
            purposes.setdefault(contact_id, set()).add(row["purpose"])
    out = [(row["granted"] - row["used"], row["is_marketing"]) for _, row in t.rows("chunk")]
    return [
        {
            "people": len(newest),
            "marketed_only": sum(one == {"marketing"} for one in purposes.values()),
            "oldest_at": min(newest.values(), default=None),
            "out": sum(left for left, _ in out),
            "out_marketing": sum(left for left, is_marketing in out if is_marketing),
            "holders": sum(row["state"] == "active" for _, row in t.rows("number")),
        }
    ]


@handles(CHUNKS, "insert_chunk")
def _insert_chunk(t: Transaction, p: Parameters) -> list[tuple[int]]:
    chunk_id = t.database.next_id()
    names = ("portfolio_id", "business_number_id", "is_marketing", "granted", "people_max")
    row = {**{name: p[name] for name in names}, "used": 0, "expires_at": _clock() + p["seconds"]}
    t.put("chunk", chunk_id, row)
    return [(chunk_id,)]


@handles(CHUNKS, "use_chunks")
async def _use_chunks(t: Transaction, p: Parameters) -> int:
    for chunk_id, used in zip(listed(p["chunk_ids"]), listed(p["used"]), strict=True):
        await t.lock("chunk", chunk_id)
        row = t.find("chunk", chunk_id)
        if row is not None:
            assert row["used"] + used <= row["granted"], "as the CHECK of the table says"
            t.change("chunk", chunk_id, used=row["used"] + used)
    return 1


@handles(CHUNKS, "delete_chunks")
async def _delete_chunks(t: Transaction, p: Parameters) -> int:
    mine = [key for key, row in t.rows("chunk") if row["business_number_id"] == p["business_number_id"]]
    for key in sorted(mine):
        await t.lock("chunk", key, UPDATE)
        t.put("chunk", key, None)
    return len(mine)


def _clock() -> float:
    return asyncio.get_running_loop().time()


# ---- codes


@handles(COUPONS, "lock_coupon_pools")
async def _lock_coupon_pools(t: Transaction, p: Parameters) -> list[Row]:
    found = []
    for key, row in sorted(t.rows("pool")):
        if row["name"] in set(listed(p["names"])):
            await t.lock("pool", key)
            found.append(row)
    return found


@handles(COUPONS, "lock_held_coupons")
async def _lock_held_coupons(t: Transaction, p: Parameters) -> list[Row]:
    wanted = set(zip(listed(p["contact_ids"]), listed(p["rule_names"]), strict=True))
    held = [key for key, row in t.rows("coupon") if (row["contact_id"], row["rule_name"]) in wanted]
    found = []
    for key in sorted(held):
        await t.lock("coupon", key)
        row = t.find("coupon", key)
        if row is not None and (row["contact_id"], row["rule_name"]) in wanted:
            found.append({**row, "is_usable": True})
    return found


def _free(t: Transaction) -> list[int]:
    return [key for key, row in sorted(t.rows("coupon")) if row["contact_id"] is None]


@handles(COUPONS, "count_free_coupons")
def _count_free_coupons(t: Transaction, p: Parameters) -> list[tuple[int]]:
    return [(min(len(_free(t)), p["count_max"]),)]


@handles(COUPONS, "lock_free_coupons")
async def _lock_free_coupons(t: Transaction, p: Parameters) -> list[Row]:
    found: list[Row] = []
    for key in _free(t):
        if len(found) < p["count_max"] and not t.is_locked_by_others("coupon", key):
            await t.lock("coupon", key)
            row = t.find("coupon", key)
            if row is not None and row["contact_id"] is None:
                found.append(row)
    return found


@handles(COUPONS, "take_coupons")
async def _take_coupons(t: Transaction, p: Parameters) -> int:
    names = ("coupon_ids", "contact_ids", "rule_names")
    count = 0
    for coupon_id, contact_id, rule_name in zip(*(listed(p[name]) for name in names), strict=True):
        await t.lock("coupon", coupon_id)
        row = t.find("coupon", coupon_id)
        if row is not None and row["contact_id"] is None:
            t.change("coupon", coupon_id, contact_id=contact_id, rule_name=rule_name)
            count += 1
    return count


@handles(COUPONS, "insert_coupon_uses")
def _insert_coupon_uses(t: Transaction, p: Parameters) -> int:
    names = ("permit_ids", "coupon_ids", "contact_ids", "message_ids")
    for permit_id, coupon_id, contact_id, message_id in zip(
        *(listed(p[name]) for name in names), strict=True
    ):
        use = {"coupon_id": coupon_id, "contact_id": contact_id, "message_id": message_id}
        t.put("coupon_use", permit_id, {**use, "freed_at": None})
    return 1


@handles(COUPONS, "mark_pools_low")
async def _mark_pools_low(t: Transaction, p: Parameters) -> int:
    for key, row in tuple(t.rows("pool")):
        if row["name"] in set(listed(p["names"])) and row["low_since"] is None:
            await t.lock("pool", key)
            t.change("pool", key, low_since=p["now"])
    return 1


def _released(t: Transaction, permit_id: int, rested_until: datetime) -> bool:
    """Return whether a use is over for long: its permit's release is the release of its code."""
    permit = t.find("permit", permit_id)
    assert permit is not None
    return permit["released_at"] is not None and permit["released_at"] <= rested_until


@handles(COUPONS, "lock_released_coupons")
async def _lock_released_coupons(t: Transaction, p: Parameters) -> list[tuple[int]]:
    wanted = {
        use["coupon_id"]
        for permit_id, use in t.rows("coupon_use")
        if use["freed_at"] is None and _released(t, permit_id, p["rested_until"])
    }
    found = []
    for key in sorted(wanted):
        if not t.is_locked_by_others("coupon", key):
            await t.lock("coupon", key)
            found.append((key,))
    return found


@handles(COUPONS, "free_released_coupons")
async def _free_released_coupons(t: Transaction, p: Parameters) -> list[tuple[int]]:
    given, count = set(listed(p["coupon_ids"])), 0
    doubts = {
        row["permit_id"] for _, row in t.rows("attempt") if row["state"] not in {"refused", "cancelled"}
    }
    for coupon_id in sorted(given):
        uses = [(key, use) for key, use in t.rows("coupon_use") if use["coupon_id"] == coupon_id]
        row = t.find("coupon", coupon_id)
        assert row is not None
        is_over = all(_released(t, key, p["rested_until"]) and key not in doubts for key, _ in uses)
        if is_over and row["contact_id"] is not None:
            t.change("coupon", coupon_id, contact_id=None, rule_name=None)
            count += 1
        for key, use in uses:
            if use["freed_at"] is None and _released(t, key, p["rested_until"]):
                t.change("coupon_use", key, freed_at=p["now"])
    return [(count,)]


# ---- later steps


@handles(GATE, "read_followed")
def _read_followed(t: Transaction, p: Parameters) -> list[Row]:
    found = []
    for contact_id in sorted(listed(p["contact_ids"])):
        followed = t.find("follow_up", (p["first_run_id"], contact_id))
        message = None if followed is None else t.find("message", followed["after_message_id"])
        if followed is None or message is None:
            continue
        said = [
            row["what"]
            for _, row in t.rows("event")
            if row["contact_id"] == contact_id and row["occurred_at"] >= followed["first_accepted_at"]
        ]
        was_delivered = message["delivered_at"] or message["read_at"]
        found.append(
            {
                "contact_id": contact_id,
                "first_accepted_at": followed["first_accepted_at"],
                "was_delivered": was_delivered is not None,
                "was_read": message["read_at"] is not None,
                "was_clicked": False,
                "has_failed": message["failed_at"] is not None and was_delivered is None,
                "has_replied": "replied" in said,
                "has_opted_out": False,
            }
        )
    return found
