"""Mistakes in what numbers share, in codes, later steps and incidents; see `mutants.py`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.simulation import memory_shared_queries
from tests.simulation.memory_database import Answer, Transaction
from tests.simulation.mutants import Parameters, changed, changed_query
from tests.simulation.packed import listed

from rulecast.account.facts.store import QUERIES as FACTS
from rulecast.deliver.pacing import PairSpacing
from rulecast.deliver.store import SenderRow
from rulecast.gate import facts, recheck
from rulecast.gate.coupons.share import CouponShare
from rulecast.gate.coupons.store import QUERIES as COUPONS
from rulecast.gate.incidents.store import QUERIES as INCIDENTS
from rulecast.gate.people_chunks.store import QUERIES as CHUNKS


def forgets_what_is_handed_out() -> Any:
    """A portfolio's people are counted without the chunks that its numbers hold."""

    def count(t: Transaction, p: Parameters) -> Answer:
        return [{**row, "out": 0, "out_marketing": 0} for row in memory_shared_queries._count_people(t, p)]

    return changed_query(CHUNKS, "count_people", count, is_async=False)


@contextmanager
def gives_codes_without_a_lock() -> Iterator[None]:
    """Nobody waits for a pool, and what somebody else is taking counts as free."""

    def pools(t: Transaction, p: Parameters) -> Answer:
        return [row for _, row in t.rows("pool") if row["name"] in set(listed(p["names"]))]

    def free(t: Transaction, p: Parameters) -> Answer:
        rows = [row for _, row in sorted(t.rows("coupon")) if row["contact_id"] is None]
        return rows[: p["count_max"]]

    with (
        changed_query(COUPONS, "lock_coupon_pools", pools, is_async=False),
        changed_query(COUPONS, "lock_free_coupons", free, is_async=False),
    ):
        yield


def frees_codes_of_doubts() -> Any:
    """A code whose message is in doubt goes to the next person."""

    async def free(t: Transaction, p: Parameters) -> Answer:
        doubted = [
            use["coupon_id"]
            for _, use in t.rows("coupon_use")
            if (t.find("message", use["message_id"]) or {})["state"] in {"unknown", "unresolved"}
        ]
        for coupon_id in doubted:
            await t.lock("coupon", coupon_id)
            t.change("coupon", coupon_id, contact_id=None, rule_name=None)
        return []

    return changed_query(COUPONS, "lock_released_coupons", free)


def sends_the_stand_in() -> Any:
    """A code is taken, and never put into the request."""
    kept = CouponShare.fill

    def fill(self: CouponShare, prepared: Any, rule_name: str) -> Any:
        kept(self, prepared, rule_name)
        return prepared

    return changed(CouponShare, "fill", fill)


def follows_up_whoever_has_answered() -> Any:
    """Nobody asks what became of the step before."""

    async def ended(*_: object, **__: object) -> dict[int, bool | None]:
        return {}

    return changed(recheck, "_ended", ended)


@contextmanager
def is_deaf_to_holds() -> Iterator[None]:
    """What an incident holds goes on."""
    with changed(facts, "_holds", lambda _group, _country: ()):
        yield


def never_slows() -> Any:
    """A slowed number sends as before."""
    return changed(SenderRow, "per_second", lambda self, _now: self.throughput_per_second)


@contextmanager
def never_lifts() -> Iterator[None]:
    """Whoever closes an incident does not end what it made rest."""
    with (
        changed_query(INCIDENTS, "lift_stop_of_reason", lambda _t, _p: 0, is_async=False),
        changed_query(INCIDENTS, "end_slowdown", lambda _t, _p: 0, is_async=False),
        changed_query(FACTS, "lift_hold", lambda _t, _p: 0, is_async=False),
    ):
        yield


def forgets_pairs() -> Any:
    """Two rules write to one person at once."""
    return changed(PairSpacing, "seconds_to_wait", lambda *_, **__: 0.0)


SHARED_MUTANTS = {
    one.__name__: one
    for one in (
        forgets_what_is_handed_out,
        gives_codes_without_a_lock,
        frees_codes_of_doubts,
        sends_the_stand_in,
        follows_up_whoever_has_answered,
        is_deaf_to_holds,
        never_slows,
        never_lifts,
        forgets_pairs,
    )
}
