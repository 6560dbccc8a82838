"""What must hold beside `checks`: rests of pairs, people of a portfolio, codes, holds, slowed numbers, later steps."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulation.checks import Checks
from tests.simulation.extras import Extras
from tests.simulation.memory_database import Row, Transaction
from tests.simulation.memory_incident_queries import PLACE, open_incidents
from tests.simulation.meta import Asked
from typing_extensions import override

from rulecast.account.slowdown import Slowdown

DAY = timedelta(hours=24)
# Six seconds between two messages of a campaign to one person; the next sender counts from the intent of the last.
PAIR_SECONDS, INTENT_SECONDS_MAX = 6.0, 2.0
# An intent reads the facts and starts within two seconds, or not at all.
FACTS_SECONDS_MAX = 2.0
# Senders read how fast they may be within a second; the second that is counted was half over by then.
SLOWED_SECONDS = 2.2
LATER_STEP = 2


@dataclass(slots=True)
class Seen:
    """What is in force, each with the second of the machine's clock at which it was committed."""

    holds: dict[tuple[str, str, str], tuple[float, str]] = field(default_factory=dict)
    slowed: dict[str, tuple[float, Slowdown]] = field(default_factory=dict)
    replies: dict[int, list[tuple[float, datetime]]] = field(default_factory=lambda: defaultdict(list))
    codes: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    pairs: dict[tuple[str, int], list[Asked]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True, kw_only=True)
class SharedChecks(Checks):
    """All checks of a world."""

    extras: Extras
    seen: Seen = field(default_factory=Seen)

    @override
    def at_commit(self, t: Transaction, loop_seconds: float) -> None:
        """Look at what a transaction is about to make visible."""
        Checks.at_commit(self, t, loop_seconds)
        if self.extras.people_max is not None and "permit" in t.writes:
            self._people(t, self.extras.people_max)
        for key, row in t.writes.get("hold", {}).items():
            if row is not None and row["is_in_force"]:
                self.seen.holds[key] = (loop_seconds, row["kind"])
            else:
                self.seen.holds.pop(key, None)
        for number, row in t.writes.get("slowdown", {}).items():
            if row is None:
                self.seen.slowed.pop(number, None)
            else:
                self.seen.slowed[number] = (loop_seconds, Slowdown(**row))
        for row in t.writes.get("event", {}).values():
            if row is not None:
                self.seen.replies[row["contact_id"]].append((loop_seconds, row["occurred_at"]))

        for row in t.writes.get("incident", {}).values():
            if row is not None and row["closed_at"] is not None:
                self._closed(t, row)

    def _closed(self, t: Transaction, incident: Row) -> None:
        """Look whether anything still rests because of an incident somebody closed."""
        hold = t.find("hold", (incident["scope"], incident["scope_id"], incident["cause"]))
        if hold is not None and hold["is_in_force"]:
            self.fail("incident", f"{incident['cause']} is closed and still holds")
        reason = f"incident {incident['incident_id']}: {incident['cause']}"
        if any(row["reason"] == reason and row["resumed_at"] is None for _, row in t.rows("stop")):
            self.fail("incident", f"{incident['cause']} is closed and still stops everything")
        is_slow = any(row["response"] == "slow" for row in open_incidents(t))
        if incident["response"] == "slow" and not is_slow and any(True for _ in t.rows("slowdown")):
            self.fail("incident", f"{incident['cause']} is closed and numbers are still slow")

    def _people(self, t: Transaction, people_max: int) -> None:
        """Count the people of the day once more where one was added; what Meta's statuses proved wrong is nobody's."""
        committed = t.database.tables["permit"]
        fresh = [row for key, row in t.writes["permit"].items() if key not in committed and row is not None]
        if not fresh:
            return
        at = fresh[0]["granted_at"]
        live = [
            row
            for _, row in t.rows("permit")
            if row["released_at"] is None and row["granted_at"] > at - DAY and not row.get("is_retaken")
        ]
        people = {row["contact_id"] for row in live}
        before = {row["contact_id"] for row in live if row not in fresh}
        if len(people) > people_max and people > before:
            self.fail("P8", f"{len(people)} people in a day, {people_max} allowed")

    def look_at(self, asked: Asked, run: Row, first_accepted_at: datetime | None, now: datetime) -> None:
        """Look at a request of which the first byte leaves."""
        self._rests(asked, is_marketing=run["purpose"] == "marketing")
        self._slowed(asked, now)
        if asked.code:
            self._code(asked)
        pair = self.seen.pairs[asked.number, asked.contact_id]
        for one in pair[-3:]:
            gap = (asked.at - one.at).total_seconds()
            if not one.is_surely_not and gap < PAIR_SECONDS - INTENT_SECONDS_MAX:
                self.fail(
                    "P8", f"two messages of number {asked.number} to {asked.contact_id} within {gap:.2f} s"
                )
        pair.append(asked)
        if first_accepted_at is not None:
            for since, at in self.seen.replies[asked.contact_id]:
                if at >= first_accepted_at and asked.loop_seconds > since + FACTS_SECONDS_MAX:
                    self.fail(
                        "later step", f"{asked.contact_id} had answered before message {asked.message_id}"
                    )

    def _rests(self, asked: Asked, *, is_marketing: bool) -> None:
        places = {("number", asked.number)} | {(scope, "77") for scope in PLACE if scope != "number"}
        for (scope, place, cause), (since, kind) in self.seen.holds.items():
            is_meant = (scope, place) in places and (is_marketing or kind in {"all", "business_initiated"})
            if is_meant and asked.loop_seconds > since + FACTS_SECONDS_MAX:
                self.fail("incident", f"message {asked.message_id} left under a hold of {cause}")

    def _slowed(self, asked: Asked, now: datetime) -> None:
        since, slowdown = self.seen.slowed.get(asked.number, (0.0, None))
        if slowdown is None or asked.loop_seconds < since + SLOWED_SECONDS:
            return
        allowed = max(1, int(self.drawn.throughput * slowdown.share_at(now)))
        count = len(self.starts[asked.number])
        if count > allowed:
            self.fail("incident", f"{count} requests in a second of a slowed number, {allowed} allowed")

    def _code(self, asked: Asked) -> None:
        if asked.code.startswith("S"):
            self.fail("code", f"message {asked.message_id} left with a stand-in for its code")
        others = [one for one in self.seen.codes[asked.code] if one.contact_id != asked.contact_id]
        if any(not one.is_surely_not for one in others):
            self.fail("code", f"the code of message {asked.message_id} is somebody else's")
        self.seen.codes[asked.code].append(asked)
