"""The send path with one mistake each: the simulation is worth what it finds of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.simulation import campaign, checks, memory_gate_queries, memory_queries
from tests.simulation.memory_database import HANDLERS, Answer, Handler, Transaction
from tests.simulation.packed import listed

from rulecast.deliver import result
from rulecast.deliver.courier import Courier
from rulecast.deliver.error_code import CodeOutcome
from rulecast.deliver.pacing import NumberPacer
from rulecast.deliver.start_line import StartLine
from rulecast.deliver.state import AttemptState, MessageState
from rulecast.deliver.statuses.store import QUERIES as STATUSES
from rulecast.deliver.stop_watch import StopWatch
from rulecast.deliver.store import QUERIES as DELIVER
from rulecast.gate import facts
from rulecast.gate.store import QUERIES as GATE
from rulecast.policy.sending_policy import SendingPolicy

Parameters = Mapping[str, Any]


@contextmanager
def changed(place: Any, name: str, value: Any) -> Iterator[None]:
    """Put something wrong in the place of what is right."""
    kept = place[name] if isinstance(place, dict) else getattr(place, name)
    _put(place, name, value)
    try:
        yield
    finally:
        _put(place, name, kept)


def _put(place: Any, name: str, value: Any) -> None:
    if isinstance(place, dict):
        place[name] = value
    else:
        setattr(place, name, value)


def changed_query(queries: Mapping[str, str], name: str, wrong: Handler, *, is_async: bool = True) -> Any:
    return changed(HANDLERS, queries[name], (name, wrong, is_async))


@contextmanager
def locks_and_reads_at_once() -> Iterator[None]:
    """The facts come from the snapshot of the statement that waits for the lock."""
    _, lock, _ = HANDLERS[GATE["lock_guards"]]
    _, read, _ = HANDLERS[GATE["read_people_facts"]]
    seen: dict[Transaction, dict[int, list[str]]] = {}

    async def lock_late(t: Transaction, p: Parameters) -> Answer:
        seen[t] = {one: memory_gate_queries.stops_of(t, one) for one in listed(p["contact_ids"])}
        found = lock(t, p)
        return await found

    def read_early(t: Transaction, p: Parameters) -> Answer:
        rows = read(t, p)
        return [{**row, "stops": seen[t].get(row["contact_id"], [])} for row in rows]

    with (
        changed_query(GATE, "lock_guards", lock_late),
        changed_query(GATE, "read_people_facts", read_early, is_async=False),
    ):
        yield


def opts_out_without_the_lock() -> Any:
    """An opt-out writes without locking the person first."""

    async def unlocked(_connection: object, contact_ids: list[int]) -> set[int]:
        return set(contact_ids)

    return changed(campaign, "lock_guards", unlocked)


def resends_what_is_unknown() -> Any:
    """A lost answer counts as a message that was not sent."""
    again = (MessageState.PLANNED, AttemptState.CANCELLED, True)
    return changed(result._STATES, CodeOutcome.UNKNOWN, again)


def recovers_intents_as_planned() -> Any:
    """After a death every intent is sent again."""

    async def recover(t: Transaction, p: Parameters) -> int:
        count = 0
        for key, row in t.rows("message"):
            if row["state"] == "intent" and row["fence"] < p["epoch"]:
                t.change("message", key, state="planned")
                count += 1
        return count

    return changed_query(DELIVER, "doubt_intents", recover)


@contextmanager
def ignores_the_fence() -> Iterator[None]:
    """Whoever held the number once believes to hold it for ever."""

    def hold(_: Transaction, __: Parameters) -> Answer:
        return [("",)]

    def renew(_: Transaction, __: Parameters) -> Answer:
        return 1

    with (
        changed_query(DELIVER, "hold_lease", hold, is_async=False),
        changed_query(DELIVER, "renew_lease", renew, is_async=False),
    ):
        yield


def overwrites_results() -> Any:
    """A late result is written whatever stands there."""

    async def write(t: Transaction, p: Parameters) -> Answer:
        for message_id, state in zip(listed(p["message_ids"]), listed(p["states"]), strict=True):
            await t.lock("message", message_id)
            t.change("message", message_id, state=state)
        return await memory_queries._write_results(t, p)

    return changed_query(DELIVER, "write_results", write)


@contextmanager
def is_deaf_to_stops() -> Iterator[None]:
    """Neither the watch nor the gate looks at stops."""
    with (
        changed(StopWatch, "stops_number", lambda _self, _number: False),
        changed(StopWatch, "stops_message", lambda _self, _number, _rule: False),
        changed(facts, "_stops", lambda _terms, _shared: frozenset()),
        changed(facts, "_number_state", lambda _state: "active"),
    ):
        yield


@contextmanager
def sends_without_pace() -> Iterator[None]:
    """The bucket is always full, and nobody stands in line."""
    with (
        changed(NumberPacer, "take", lambda _self, wanted, _now, **_: wanted),
        changed(StartLine, "seconds_to_wait", lambda _self, _limit: 0.0),
    ):
        yield


def forgets_caps() -> Any:
    """Nothing a person has got counts."""
    return changed(facts, "_count", lambda *_, **__: 0)


def knows_no_quiet_hours() -> Any:
    """It is never quiet."""
    return changed(SendingPolicy, "quiet_hours_for", lambda *_: None)


def forgets_own_hours() -> Any:
    """It is quiet when the workspace says so, whatever a person asked for."""
    usual = SendingPolicy.quiet_hours_for
    return changed(
        SendingPolicy,
        "quiet_hours_for",
        lambda policy, purpose, country="", _own="": usual(policy, purpose, country),
    )


def believes_every_consent() -> Any:
    """A consent without proof counts like one with it."""

    def read(t: Transaction, p: Parameters) -> Answer:
        rows = memory_gate_queries._read_people_facts(t, p)
        return [{**row, "is_proven": True} if row["consent_id"] else row for row in rows]

    return changed_query(GATE, "read_people_facts", read, is_async=False)


def starts_what_is_old() -> Any:
    """A process that was frozen starts its requests as if nothing had happened."""
    return changed(Courier, "_reason_not_to_start", lambda *_: None)


def loses_claims_in_doubt() -> Any:
    """Claims whose commit is in doubt are forgotten, as they once were."""

    async def back(t: Transaction, p: Parameters) -> Answer:
        ids = [
            (one, opaque) for one, opaque in _given(p) if (t.find("message", one) or {})["state"] == "intent"
        ]
        return await memory_queries._return_unstarted(t, _without(p, ids))

    return changed_query(DELIVER, "return_unstarted", back)


def returns_later_intents() -> Any:
    """Giving back twice, after doubt on doubt, gives back what has been asked of Meta since, as it once did."""

    async def back(t: Transaction, p: Parameters) -> Answer:
        newest = {
            row["message_id"]: row["opaque_id"] for _, row in t.rows("attempt") if row["state"] == "intent"
        }
        return await memory_queries._return_unstarted(
            t, _without(p, [(one, newest.get(one)) for one, _ in _given(p)])
        )

    return changed_query(DELIVER, "return_unstarted", back)


def _given(p: Parameters) -> list[tuple[int, bytes | None]]:
    return list(zip(listed(p["message_ids"]), listed(p["opaque_ids"]), strict=True))


def _without(p: Parameters, kept: list[tuple[int, bytes | None]]) -> dict[str, Any]:
    return {**p, "message_ids": [one for one, _ in kept], "opaque_ids": [opaque for _, opaque in kept]}


def forgets_early_statuses() -> Any:
    """A status that is faster than the answer is thrown away."""
    return changed_query(STATUSES, "lock_attempted", lambda _t, _p: [], is_async=False)


def keeps_the_last_status() -> Any:
    """Of two equal statuses the later one wins."""
    return changed(
        memory_gate_queries, "_earliest", lambda *instants: next((i for i in instants[::-1] if i), None)
    )


MUTANTS: dict[str, Callable[[], Any]] = {
    one.__name__: one
    for one in (
        locks_and_reads_at_once,
        opts_out_without_the_lock,
        resends_what_is_unknown,
        recovers_intents_as_planned,
        ignores_the_fence,
        overwrites_results,
        is_deaf_to_stops,
        sends_without_pace,
        forgets_caps,
        knows_no_quiet_hours,
        forgets_own_hours,
        believes_every_consent,
        loses_claims_in_doubt,
        returns_later_intents,
        forgets_early_statuses,
    )
}
assert checks
