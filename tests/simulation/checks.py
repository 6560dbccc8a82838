"""What must hold: at each commit, at each request, and at the end; each broken promise is named by its number."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.drawn import Drawn, Person
from tests.simulation.memory_database import MemoryDatabase, Row, Transaction
from tests.simulation.memory_gate_queries import stops_of
from tests.simulation.meta import Asked, Ledger

from rulecast.deliver.state import TRANSITIONS, MessageState
from rulecast.gate.replay_verdict import Answer, replay_verdict

QUIET_FROM_MINUTE, QUIET_UNTIL_MINUTE = 21 * 60, 9 * 60
CAP_COUNT, CAP_WINDOW = 2, timedelta(hours=24)
STOP_SECONDS = 1.0
FINAL = frozenset({"accepted", "held", "refused", "cancelled", "expired", "unresolved"})
UNSENT = frozenset({"planned", "deferred", "claimed", "cancelled", "expired"})
COUNTED = frozenset({"accepted", "held", "unknown", "unresolved"})


@dataclass(slots=True, kw_only=True)
class Checks:
    """Collects what was broken; the first few are enough."""

    drawn: Drawn
    people: Mapping[int, Person]
    broken: list[str] = field(default_factory=list)
    in_force: dict[str, float] = field(default_factory=dict)
    starts: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    commits: int = 0
    decisions: int = 0

    def fail(self, promise: str, what: str) -> None:
        """Note a broken promise."""
        if len(self.broken) < 20:
            self.broken.append(f"{promise}: {what}")

    def at_commit(self, t: Transaction, loop_seconds: float) -> None:
        """Look at what a transaction is about to make visible."""
        self.commits += 1
        if "message" in t.writes:
            self._states(t)
        if "attempt" in t.writes:
            self._intents(t)
        if "budget" in t.writes:
            for run_id, row in t.writes["budget"].items():
                if row is not None and not 0 <= row["spent_e4"] <= row["limit_e4"]:
                    self.fail("budget", f"run {run_id} has spent {row['spent_e4']} of {row['limit_e4']}")
        self._note_stops(t, loop_seconds)

    def _states(self, t: Transaction) -> None:
        doubted = 0
        for key, row in t.writes["message"].items():
            before = t.database.tables["message"].get(key)
            if before is None or row is None or before["state"] == row["state"]:
                continue
            doubted += row["state"] == "unknown" and row["reason"] == "sender_died"
            arrow = (MessageState(before["state"]), MessageState(row["state"]))
            if arrow not in TRANSITIONS:
                self.fail("P2", f"message {key} went from {arrow[0]} to {arrow[1]}")
        if doubted > self.drawn.slots:
            self.fail("P3", f"{doubted} doubts after a death with {self.drawn.slots} slots")

    def _intents(self, t: Transaction) -> None:
        committed = t.database.tables.get("attempt", {})
        fresh = [row for key, row in t.writes["attempt"].items() if key not in committed and row is not None]
        for row in fresh:
            permit = t.find("permit", row["permit_id"])
            assert permit is not None
            lease = t.database.tables["lease"][permit["business_number_id"]]
            if lease["epoch"] != row["fence"]:
                self.fail("fence", f"an intent of epoch {row['fence']} under epoch {lease['epoch']}")
            self._permit(t, permit)

    def _permit(self, t: Transaction, permit: Row) -> None:
        contact_id, at = permit["contact_id"], permit["granted_at"]
        live = [
            row
            for _, row in t.rows("permit")
            if row["contact_id"] == contact_id and row["released_at"] is None
        ]
        if Counter(row["message_id"] for row in live)[permit["message_id"]] != 1:
            self.fail("P1", f"message {permit['message_id']} has more than one live permit")
        if permit["purpose"] != "marketing":
            return
        # What is committed, not what this transaction saw.
        if stops_of(Snapshot(t.database), contact_id):
            self.fail("P5", f"an intent for {contact_id} after the opt-out")
        consent = t.database.tables["consent"].get(contact_id, {}).get("marketing")
        if consent is None or consent["status"] != "granted" or not consent["is_proven"]:
            self.fail("P4", f"an intent for {contact_id} without consent")
        elif permit["consent_id"] != consent["consent_id"]:
            self.fail("P4", f"the permit of {contact_id} names another consent")
        near = [row for row in live if row["purpose"] == "marketing" and row["granted_at"] > at - CAP_WINDOW]
        if len(near) > CAP_COUNT:
            self.fail("P9", f"{len(near)} messages to {contact_id} in a day")
        if is_quiet(self.people[contact_id], at):
            self.fail("P9", f"an intent for {contact_id} in the quiet hours, {at}")

    def _note_stops(self, t: Transaction, loop_seconds: float) -> None:
        for key, row in t.writes.get("stop", {}).items():
            if row is not None and row["resumed_at"] is None:
                self.in_force.setdefault(f"stop {key} {row['scope']} {row['target']}", loop_seconds)
            elif row is not None:
                self.in_force.pop(f"stop {key} {row['scope']} {row['target']}", None)
        for number, row in t.writes.get("number", {}).items():
            if row is not None and row["state"] != "active":
                self.in_force.setdefault(f"number {number}", loop_seconds)
            else:
                self.in_force.pop(f"number {number}", None)

    def at_request(self, asked: Asked, rule_name: str, before: list[Asked]) -> None:
        """Look at a request of which the first byte leaves."""
        if any(not one.is_surely_not for one in before):
            self.fail("P1", f"message {asked.message_id} was asked again")
        for name, since in self.in_force.items():
            is_meant = _concerns(name, asked.number, rule_name)
            if is_meant and asked.loop_seconds > since + STOP_SECONDS:
                late = asked.loop_seconds - since
                self.fail("P7", f"message {asked.message_id} left {late:.2f} s after {name}")
        starts = self.starts[asked.number]
        starts.append(asked.loop_seconds)
        while starts[0] <= asked.loop_seconds - 1.0:
            starts.popleft()
        if len(starts) > self.drawn.throughput:
            self.fail("P8", f"{len(starts)} requests in a second, {self.drawn.throughput} allowed")

    def at_end(self, database: MemoryDatabase, ledger: Ledger) -> None:
        """Compare both ledgers once everything has come to rest."""
        told: dict[bytes, dict[str, datetime]] = {}
        for status in ledger.told:
            assert status.opaque_id is not None
            words = told.setdefault(bytes(status.opaque_id), {})
            words[status.status] = min(status.occurred_at, words.get(status.status, status.occurred_at))
        permits: Counter[int] = Counter(
            row["message_id"] for row in database.tables["permit"].values() if row["released_at"] is None
        )
        for row in database.tables.get("verdict", {}).values():
            self.decisions += 1
            told_then = Answer(row["outcomes"], row["reasons"], row["deferred_until"])
            if replay_verdict(row["facts"], row["decided_at"]) != told_then:
                self.fail(
                    "P15", f"the decision on message {row['message_ids']} was {told_then}, now it is not"
                )
        for key, row in database.tables["message"].items():
            asked = ledger.by_message.get(key, [])
            self._final(row, asked, permits[key])
            taken = [one for one in asked if one.is_accepted]
            for one in taken:
                self._told(row, told.get(one.opaque_id, {}))

    def _final(self, row: Row, asked: list[Asked], permits: int) -> None:
        key, state = row["message_id"], row["state"]
        taken = sum(one.is_accepted for one in asked)
        if taken > 1:
            self.fail("P1", f"message {key} was accepted {taken} times")
        if state not in FINAL:
            self.fail("P2", f"message {key} ended as {state}")
        if state == "accepted" and not taken:
            self.fail("P2", f"message {key} is called accepted and was not")
        if taken and (state in UNSENT or (state == "refused" and row["failed_at"] is None)):
            self.fail("P2", f"message {key} was accepted and is called {state}")
        if state in COUNTED and permits != 1:
            self.fail("P9", f"message {key} is {state} and counts {permits} times")
        if state in UNSENT and permits:
            self.fail("P9", f"message {key} is {state} and still counts")

    def _told(self, row: Row, words: dict[str, datetime]) -> None:
        for word, column in (("sent", "sent_at"), ("delivered", "delivered_at"), ("read", "read_at")):
            if word in words and row[column] != words[word]:
                self.fail(
                    "P12", f"message {row['message_id']} has {column} {row[column]}, told was {words[word]}"
                )
        if words and row["state"] in {"unknown", "unresolved", *UNSENT}:
            self.fail(
                "P10", f"message {row['message_id']} is {row['state']} after the statuses {sorted(words)}"
            )


def _concerns(name: str, number: str, rule_name: str) -> bool:
    """Return whether what is in force is about a request of this number and rule."""
    kind, *rest = name.split(" ")
    if kind == "number":
        return rest == [number]
    _, scope, target = rest
    return {"all": True, "rule": target == rule_name, "sender": target == number}[scope]


class Snapshot:
    """What is committed, read like a transaction."""

    def __init__(self, database: MemoryDatabase) -> None:
        """Take the database."""
        self.database = database

    def find(self, table: str, key: Any) -> Row | None:
        """Return a committed row."""
        return self.database.tables.get(table, {}).get(key)


def is_quiet(person: Person, at: datetime) -> bool:
    """Return whether it is quiet where somebody lives, by plain arithmetic on a fixed offset."""
    local = at + timedelta(minutes=person.offset_minutes)
    minute = local.hour * 60 + local.minute
    longer = 15 if person.has_own_hours else 0
    return minute >= QUIET_FROM_MINUTE - longer or minute < QUIET_UNTIL_MINUTE + longer
