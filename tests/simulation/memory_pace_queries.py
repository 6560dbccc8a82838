"""What the named queries of the pace that outlives a sender do; see `memory_queries.py`."""

import asyncio
from collections.abc import Mapping
from typing import Any

from tests.simulation.memory_database import Row, Transaction, answers, handles

from rulecast.deliver.clock_watch.store import QUERIES as CLOCK
from rulecast.deliver.pace_memory.store import QUERIES as PACE

Parameters = Mapping[str, Any]

# Nobody writes to the business in these worlds.
answers(PACE, "read_inbound", [])
answers(PACE, "forget_inbound", 0)


@handles(CLOCK, "read_clock")
def _read_clock(_t: Transaction, _p: Parameters) -> list[tuple[float]]:
    return [(asyncio.get_running_loop().time(),)]


@handles(PACE, "find_pace")
def _find_pace(t: Transaction, p: Parameters) -> list[tuple[Any, ...]]:
    row = t.find("pace", p["business_number_id"])
    return [] if row is None else [(row["factor"], row["factor_at"], row["rests_until"])]


@handles(PACE, "count_recent_starts")
def _count_recent_starts(t: Transaction, p: Parameters) -> list[tuple[int]]:
    number = p["business_number_id"]
    count = sum(
        _number_of(t, row) == number
        and row["intent_at"] > p["intents_from"]
        and (row["finished_at"] is None or row["finished_at"] > p["ends_from"])
        for _, row in t.rows("attempt")
    )
    return [(count,)]


def _number_of(t: Transaction, attempt: Row) -> str:
    message = t.find("message", attempt["message_id"])
    assert message is not None
    return str(message["business_number_id"])


@handles(PACE, "find_recent_pairs")
def _find_recent_pairs(t: Transaction, p: Parameters) -> list[tuple[int, list[Any]]]:
    pairs: dict[int, list[Any]] = {}
    for _, row in t.rows("permit"):
        is_mine = row["business_number_id"] == p["business_number_id"]
        if is_mine and row["released_at"] is None and row["granted_at"] > p["repaid_from"]:
            pairs.setdefault(row["contact_id"], []).append(row["granted_at"])
    found = [
        (contact_id, sorted(granted))
        for contact_id, granted in pairs.items()
        if max(granted) > p["spaced_from"] or len(granted) > 1
    ]
    return sorted(found, key=lambda one: one[1][-1], reverse=True)[: p["pairs_max"]]


@handles(PACE, "keep_pace")
async def _keep_pace(t: Transaction, p: Parameters) -> int:
    number = p["business_number_id"]
    await t.lock("pace", number)
    kept = t.find("pace", number)
    earlier = kept["rests_until"] if kept and kept["factor_at"] <= p["factor_at"] else None
    rests = [one for one in (p["rests_until"], earlier) if one is not None]
    row: Row = {"factor": p["factor"], "factor_at": p["factor_at"], "rests_until": max(rests, default=None)}
    t.put("pace", number, row)
    return 1
