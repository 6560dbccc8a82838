"""One world from one seed: a campaign of an hour, with faults, then without, run by the product's own send path.

Real: sender, courier, group transaction, lease, gate, policy, pacing, error table, statuses, reconciliation. Stood in
for, through the ports they are handed in by: the clock, chance, the database (`memory_database`), the network (`meta`),
the loop's time, and the freezing of requests, which needs the vault. Time without work is skipped.
"""

import asyncio
import contextvars
import gc
import hashlib
import inspect
import itertools
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from tests.simulation import (
    memory_gate_queries,
    memory_incident_queries,
    memory_pace_queries,
    memory_queries,
    memory_shared_queries,
)
from tests.simulation.actors import Operator, follow_up, import_codes, reply, signal
from tests.simulation.checks import FINAL
from tests.simulation.checks_shared import LATER_STEP, SharedChecks
from tests.simulation.drawn import Drawn, DrawnRun, Event, draw
from tests.simulation.extras import POOL, Extras, draw_extras
from tests.simulation.memory_database import Connection, MemoryDatabase, Transaction, Weather
from tests.simulation.meta import Asked, Climate, Meta
from tests.simulation.simulated_loop import Process, SimulatedLoop

from rulecast.collect.webhook_facts import StatusFact
from rulecast.database.errors import OperationalError
from rulecast.deliver import sender as sender_module
from rulecast.deliver.group import Hooks, LeaseLostError
from rulecast.deliver.lease import Lease, acquire_lease
from rulecast.deliver.pace_memory import recall_pace
from rulecast.deliver.pacing import PaceMemory
from rulecast.deliver.reconcile import reconcile_unknown
from rulecast.deliver.sender import NumberSender
from rulecast.deliver.sender_parts import SenderParts
from rulecast.deliver.statuses import MessageDirectory, apply_statuses, settle_parked
from rulecast.deliver.stop_watch import StopWatch
from rulecast.gate import Gate, PreparedDraft, resume_sending, stop_sending
from rulecast.gate.coupon_slot import CouponSlot
from rulecast.gate.coupons import free_coupons
from rulecast.gate.store import lock_guards
from rulecast.gate.terms import RunTerms
from rulecast.rule.language import CheckedRule, check_rule
from rulecast.values.catalogue import Catalogue, Template
from rulecast.values.ids import OpaqueId, RunId
from rulecast.values.purpose import Purpose

assert memory_queries
assert memory_gate_queries
assert memory_pace_queries
assert memory_incident_queries
assert memory_shared_queries

NUMBER = "1"
PORTFOLIO, ACCOUNT = "9001", "77"
# The later step of the first run, where a world has one.
LATER_RUN = 9
WAITING = frozenset({"planned", "deferred", "claimed"})
# As wiring.sender waits; doubts are looked at more often, which only makes worlds shorter.
SUPERVISION_SECONDS, RESTART_SECONDS, RECONCILE_SECONDS = 0.25, 2.0, 1.0
COMPONENTS_HASH = b"c" * 32
# How often whoever looks after the numbers has time for incidents.
LOOKS_SHARE = 0.3
TABLES = (
    "message", "attempt", "permit", "lease", "stop", "consent", "run", "pace", "follow_up", "event", "pool", "coupon",
    "coupon_use", "chunk", "hold", "slowdown", "incident",
)  # fmt: skip
FAULTS_SECONDS_MAX = 30.0
LIVELINESS_SECONDS = 240.0
UNKNOWN_DEADLINE = timedelta(hours=24)
CLOCK_JUMPS_SECONDS = (-900, -20, -3, 5, 400)
RULE = """rule winback
  version 1
  priority promotion/40
  purpose marketing
  when everybody
  send template winback in fr from main
  after 10 minutes if not clicked send template winback in fr from main
"""
POLICY = {
    "quiet_hours": {"start": "21:00", "end": "09:00"},
    "marketing_caps": [{"count": 2, "per_hours": 24}],
}


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a world."""

    seed: int
    broken: list[str]
    faults: list[str]
    states: dict[str, int]
    requests: int
    decisions: int
    loop_seconds: float
    fingerprint: str


class WorldClock:
    """The instants of the world: the loop's seconds, and what was skipped or jumped."""

    def __init__(self, loop: SimulatedLoop, start: datetime) -> None:
        """Begin at the start."""
        self._loop = loop
        self._start = start
        self.offset = timedelta()

    def now(self) -> datetime:
        """Return the instant."""
        return self._start + self.offset + timedelta(seconds=self._loop.now_seconds)

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        await asyncio.sleep(seconds)


class PlainVault:
    """Seals nothing: what is sealed is looked at by nobody here."""

    def open_file(self, _bound_to: bytes, sealed: bytes) -> bytes:
        """Return what was never sealed."""
        return sealed

    async def seal_many(self, items: Sequence[Any]) -> list[bytes]:
        """Return one seal for each."""
        return [b"sealed"] * len(items)

    def lookup_index(self, kind: str, value: str) -> bytes:
        """Return the hash under which something is found."""
        return hashlib.sha256(f"{kind}:{value}".encode()).digest()[:16]


@cache
def checked_rule() -> CheckedRule:
    """Return a rule that checks; its condition matters to the planner alone."""
    found = check_rule(RULE, catalogue())
    assert isinstance(found, CheckedRule), found
    return found


@cache
def catalogue() -> Catalogue:
    """Return the few names the rule needs."""
    return Catalogue.of(templates=[Template(name="winback", languages=("fr",))], numbers=["main"])


@dataclass(slots=True)
class World:
    """Everything of one seed, and how it goes on."""

    drawn: Drawn
    loop: SimulatedLoop
    clock: WorldClock
    database: MemoryDatabase
    meta: Meta
    checks: SharedChecks
    chance: random.Random
    extras: Extras
    names: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    senders: list[Process] = field(default_factory=list)
    # Which number each sending process is for.
    number_of: dict[Process, str] = field(default_factory=dict)
    receiver: Process = field(default_factory=lambda: Process("receiver"))
    posts: int = 0
    is_calm: bool = False
    defects: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, drawn: Drawn, turn: "Turn") -> "World":
        """Build the world of a drawing."""
        chance = random.Random(drawn.seed * 7919 + 1)
        loop = SimulatedLoop(turn)
        clock = WorldClock(loop, drawn.start)
        extras = draw_extras(drawn.seed, drawn.people)
        people = {one.contact_id: one for one in drawn.people}
        checks = SharedChecks(drawn=drawn, people=people, extras=extras)
        database = MemoryDatabase(chance, drawn.weather, turn.on_commit)
        meta = Meta(chance, drawn.climate, clock.now)
        world = cls(drawn, loop, clock, database, meta, checks, chance, extras)
        meta.deliver = world.post
        meta.on_request = world._on_request
        fill(database, drawn, extras)
        turn.world = world
        return world

    def _on_request(self, asked: Asked) -> None:
        message = self.database.tables["message"][asked.message_id]
        run = self.database.tables["run"][message["run_id"]]
        self.checks.at_request(asked, run["rule_name"], self.meta.ledger.by_message.get(asked.message_id, []))
        followed = self.database.tables["follow_up"].get((1, asked.contact_id))
        first_accepted_at = (
            followed["first_accepted_at"] if message["run_id"] == LATER_RUN and followed else None
        )
        self.checks.look_at(asked, run, first_accepted_at, self.clock.now())

    def on_commit(self, t: Transaction) -> None:
        self.checks.at_commit(t, self.loop.now_seconds)
        for row in t.writes.get("message", {}).values():
            # Whoever races leaves in the very moment in which the message is about to get its permit.
            if row is not None and row["state"] == "claimed" and row["contact_id"] in self.drawn.racers:
                self.drawn.racers.discard(row["contact_id"])
                event = Event(at_seconds=0.0, what="opt_out", whom=row["contact_id"])
                self.later(self.chance.expovariate(150.0), self._start_event, event)

    def _start_event(self, event: Event) -> None:
        _ = self.loop.start(Process(event.what), self._happen(event))

    # Processes

    def start_sender(self, number: str) -> None:
        """Start a sending process of a number, with what will befall it."""
        process = Process(f"sender {next(self.names)}")
        self.number_of[process] = number
        if not self.is_calm:
            if self.drawn.deaths:
                process.dies_at = self.drawn.deaths.pop()
            if self.drawn.freezes:
                process.freezes_at = self.drawn.freezes[-1][0]
        self.senders.append(process)
        _ = self.loop.start(process, self._send_for_ever(process))

    def turn(self, process: Process) -> None:
        """Let a process die or freeze, as was drawn."""
        if self.is_calm:
            return
        if process.steps == process.dies_at:
            process.is_dead = True
            self.senders.remove(process)
            self.later(self.chance.uniform(0.0, 0.02), self.database.cut, process)
            self.later(self.chance.uniform(0.05, 3.0), self.start_sender, self.number_of[process])
        elif self.drawn.freezes:
            _, seconds = self.drawn.freezes.pop()
            process.is_frozen = True
            self.later(5.0, self._cut_if_frozen, process)
            self.later(seconds, self.loop.thaw, process)

    def _cut_if_frozen(self, process: Process) -> None:
        if process.is_frozen:
            self.database.cut(process)

    def later(self, seconds: float, act: Any, *arguments: Any) -> None:
        """Do something later, outside every process."""
        self.loop.call_later(seconds, act, *arguments, context=contextvars.Context())

    def parts(self) -> SenderParts:
        """Return what a sending process is built of."""
        database = cast("Any", self.database)
        return SenderParts(
            database=database,
            gate=Gate(
                workspace_zone="Europe/Paris",
                template_ramp=self.drawn.template_ramp,
                vault=cast("Any", PlainVault()),
            ),
            terms=cast("Any", self),
            vault=cast("Any", PlainVault()),
            transport=cast("Any", self.meta),
            clock=self.clock,
            stops=StopWatch(database, self.loop.time, self.clock, wall=self.loop.time),
            hooks=Hooks(suppress=self._suppress, on_result=_nothing, learn=_nothing),
            random_bytes=self.chance.randbytes,
            slots=self.drawn.slots,
            lease_seconds=self.drawn.lease_seconds,
            boottime=self.loop.time,
        )

    async def _send_for_ever(self, process: Process) -> None:
        """Take the lease and send, again and again, as `wiring.sender` does."""
        parts = self.parts()
        watching = asyncio.create_task(parts.stops.watch())
        never = asyncio.Event()
        while not parts.stops.numbers:  # noqa: ASYNC110 - as the supervisor of senders does
            await asyncio.sleep(0.05)
        while True:
            try:
                lease, memory = await self._acquire(process)
                if lease is None:
                    await asyncio.sleep(min(SUPERVISION_SECONDS, parts.lease_seconds / 4))
                    continue
                await NumberSender(parts, lease, memory).run(never)
            except LeaseLostError:
                continue
            except OperationalError:
                await asyncio.sleep(RESTART_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                self.defects.append(f"a sender failed: {error!r}")
                await asyncio.sleep(RESTART_SECONDS)
            assert not watching.done(), "the watch never ends"

    async def _acquire(self, process: Process) -> tuple[Lease | None, PaceMemory]:
        number = self.number_of[process]
        async with self.database.transaction() as connection:
            c, now = cast("Any", connection), self.clock.now()
            lease = await acquire_lease(
                c, number, holder=process.name, lease_seconds=self.drawn.lease_seconds, now=now
            )
            return lease, PaceMemory() if lease is None else await recall_pace(c, number, now=now)

    async def _reconcile(self) -> None:
        directory = MessageDirectory(cast("Any", PlainVault()))
        while True:
            try:
                async with self.database.transaction() as connection:
                    c, now = cast("Any", connection), self.clock.now()
                    await reconcile_unknown(c, list(self.extras.numbers), deadline=UNKNOWN_DEADLINE, now=now)
                    await settle_parked(c, directory, now)
                    if self.extras.codes is not None:
                        await free_coupons(c, now=now)
                    if self.extras.has_later_step:
                        follow_up(connection, LATER_RUN, now)
            except OperationalError:
                pass
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                self.defects.append(f"reconciling failed: {error!r}")
            await asyncio.sleep(RECONCILE_SECONDS)

    async def terms(self, _connection: Connection, run_ids: Sequence[int]) -> Mapping[int, RunTerms]:
        """Return what the runs were approved with, in the place of `gate.terms.TermsBook`."""
        found = {
            run.run_id: _terms(run, self.drawn.start) for run in self.drawn.runs if run.run_id in run_ids
        }
        if LATER_RUN in run_ids:
            found[LATER_RUN] = later_terms(self.drawn)
        return found

    async def _suppress(self, connection: Any, refused: Sequence[tuple[int, int]], now: datetime) -> None:
        for contact_id, code in refused:
            scope = "marketing" if code == 131050 else "all"
            _put_word(connection.transaction_under_way, contact_id, scope, "stop", now)

    # Webhooks

    def post(self, told: list[StatusFact]) -> None:
        """Post a webhook; Meta tries again until it is answered with 200."""
        self.posts += 1
        _ = self.loop.start(self.receiver, self._receive(told))

    async def _receive(self, told: list[StatusFact]) -> None:
        directory = MessageDirectory(cast("Any", PlainVault()))
        while True:
            try:
                async with self.database.transaction() as connection:
                    await apply_statuses(cast("Any", connection), directory, told, self.clock.now())
                break
            except OperationalError:
                await asyncio.sleep(0.5 if self.is_calm else self.chance.uniform(0.2, 2.0))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                self.defects.append(f"a webhook failed: {error!r}")
                break
        self.meta.ledger.told += told
        self.posts -= 1

    # People

    async def _live(self) -> None:
        """Let happen what was drawn, each at its instant."""
        for event in sorted((*self.drawn.events, *self.extras.events), key=lambda one: one.at_seconds):
            await asyncio.sleep(max(0.0, event.at_seconds - self.loop.now_seconds))
            self._start_event(event)

    async def _happen(self, event: Event) -> None:
        match event.what:
            case "opt_out" | "opt_in" | "withdraw":
                await self._until_done(self._speak(event))
            case "reply":
                await self._until_done(lambda: reply(self.database, event.whom, self.clock))
            case "signal":
                await self._until_done(
                    lambda: signal(self.database, self.extras.signals[event.whom], self.clock)
                )
            case "stop_all" | "stop_rule" | "stop_number":
                scope = {"stop_all": "all", "stop_rule": "rule", "stop_number": "sender"}[event.what]
                target = {"all": "", "rule": "winback", "sender": NUMBER}[scope]
                await self._until_done(self._stop(scope, target))
                await asyncio.sleep(event.for_seconds)
                await self._until_done(self._resume(scope, target))
            case "outage":
                self.database.crash()
                await asyncio.sleep(event.for_seconds)
                self.database.weather.is_away = False
            case "clock_jump":
                self.clock.offset += timedelta(seconds=self.chance.choice(CLOCK_JUMPS_SECONDS))
                # A second of the pace is one of the handed clock: where that jumps, it has no fixed length.
                self.checks.starts.clear()
                self.checks.seen.pairs.clear()
            case _:
                raise ValueError(event.what)

    async def _until_done(self, work: Any) -> None:
        """Try again what the database would not take."""
        while True:
            try:
                await work()
            except OperationalError:
                await asyncio.sleep(0.1)
            else:
                return

    def _speak(self, event: Event) -> Any:
        async def speak() -> None:
            async with self.database.transaction() as connection:
                now = self.clock.now()
                await lock_guards(cast("Any", connection), [event.whom])
                t = connection.transaction_under_way
                assert t is not None
                await asyncio.sleep(self.chance.uniform(0.0, 0.02))
                t.check()
                if event.what == "withdraw":
                    said = t.find("consent", event.whom) or {}
                    if "marketing" in said:
                        word = {
                            **said["marketing"],
                            "status": "withdrawn",
                            "consent_id": t.database.next_id(),
                        }
                        t.put("consent", event.whom, {**said, "marketing": word})
                else:
                    action = "stop" if event.what == "opt_out" else "resume"
                    _put_word(t, event.whom, "marketing", action, now)

        return speak

    def _stop(self, scope: str, target: str) -> Any:
        async def stop() -> None:
            async with self.database.transaction() as connection:
                await stop_sending(
                    cast("Any", connection),
                    scope=cast("Any", scope),
                    target=target,
                    reason="drill",
                    by="operator",
                    now=self.clock.now(),
                )

        return stop

    def _resume(self, scope: str, target: str) -> Any:
        async def resume() -> None:
            async with self.database.transaction() as connection:
                await resume_sending(
                    cast("Any", connection),
                    scope=cast("Any", scope),
                    target=target,
                    by="operator",
                    now=self.clock.now(),
                )

        return resume

    # The course of the world

    async def run(self) -> None:
        """Run the hour with its faults, then let everything come to rest without any."""
        for number in self.extras.numbers:
            for _ in range(2 if self.drawn.has_second_sender else 1):
                self.start_sender(number)
        _ = self.loop.start(Process("engine"), self._reconcile())
        living = self.loop.start(Process("people"), self._live())
        end = self.drawn.start + timedelta(hours=1)
        events = (*self.drawn.events, *self.extras.events)
        last = max((one.at_seconds + one.for_seconds for one in events), default=0.0) + 1.0
        _ = self.loop.start(Process("operator"), self._operate())
        while self.clock.now() < end or self.loop.now_seconds < last or not living.done():
            await asyncio.sleep(0.25)
            if self.loop.now_seconds > FAULTS_SECONDS_MAX:
                break
            self._skip(latest=end)
        self._calm()
        await self._come_to_rest()
        self.checks.broken += [f"defect: {one}" for one in self.defects]
        self.checks.at_end(self.database, self.meta.ledger)

    async def _operate(self) -> None:
        """Do what a person does who has looked: close what is open, resume what rests, bring new codes."""
        while not self.is_calm:
            await asyncio.sleep(self.chance.uniform(0.5, 2.0))
            if self.chance.random() < LOOKS_SHARE:
                await self._until_done(Operator(self.database, self.clock).close_incidents)
            for number in self.extras.numbers:
                if self.database.tables["number"][number]["state"] != "active":
                    await self._until_done(self._resume("sender", number))
            if any(row["resumed_at"] is None for row in self.database.tables["stop"].values()):
                await self._until_done(self._resume("all", ""))
            import_codes(self.database)

    def _skip(self, *, latest: datetime | None = None) -> None:
        """Skip the time in which nothing can happen: no request is out, no status under way, nothing due."""
        now, messages = self.clock.now(), self.database.tables["message"].values()
        if self.posts or any(row["state"] == "intent" for row in messages):
            return
        numbers = {row["business_number_id"] for row in messages if row["state"] in WAITING}
        due = [self._next_of(number, messages, now, latest) for number in sorted(numbers)]
        until = min((one for one in due if one is not None), default=latest)
        if until is not None and until > now + timedelta(seconds=1):
            self.clock.offset += until - now - timedelta(seconds=0.3)

    def _next_of(
        self, number: str, messages: Iterable[Mapping[str, Any]], now: datetime, latest: datetime | None
    ) -> datetime | None:
        """Return when a number that has something to send can go on."""
        rests_until: datetime | None = (self.database.tables["pace"].get(number) or {}).get("rests_until")
        if rests_until is not None and rests_until > now + timedelta(seconds=5):
            return rests_until
        mine = [row for row in messages if row["business_number_id"] == number and row["state"] in WAITING]
        if any(row["state"] == "claimed" for row in mine):
            return now
        waiting = min(row["send_from"] for row in mine)
        return waiting if latest is None else min(waiting, latest)

    def _calm(self) -> None:
        """End every fault; what is dead was started again, and what rested is resumed."""
        self.is_calm = True
        self.meta.climate = Climate()
        weather = self.database.weather = Weather()
        assert not weather.is_away
        for process in self.senders:
            if process.is_frozen:
                self.loop.thaw(process)
        for number in self.extras.numbers:
            if all(self.number_of[one] != number for one in self.senders):
                self.start_sender(number)

    async def _come_to_rest(self) -> None:
        """Wait until every message has ended; resume what rests, as a person would."""
        limit = self.loop.now_seconds + LIVELINESS_SECONDS
        while self.loop.now_seconds < limit:
            await self._until_done(Operator(self.database, self.clock).close_incidents)
            await self._until_done(self._resume("all", ""))
            await self._until_done(self._resume("rule", "winback"))
            for number in self.extras.numbers:
                await self._until_done(self._resume("sender", number))
            import_codes(self.database)
            self._approve_templates()
            await asyncio.sleep(0.5)
            states = {row["state"] for row in self.database.tables["message"].values()}
            if states <= FINAL and not self.posts:
                return
            if states <= FINAL | {"unknown"} and not self.posts:
                self.clock.offset += UNKNOWN_DEADLINE
                await asyncio.sleep(2 * RECONCILE_SECONDS)
            self._skip()
        left = sorted(
            f"{row['state']} {row['reason']} from {row['send_from']}"
            for row in self.database.tables["message"].values()
            if row["state"] not in FINAL
        )
        self.checks.fail("liveness", f"{left[:3]} are open after {LIVELINESS_SECONDS} s without faults")

    def _approve_templates(self) -> None:
        for row in self.database.tables["template"].values():
            row["status"] = "approved"


class Turn:
    """Tells the world what happened in it; loop and database are built before the world."""

    world: World

    def __call__(self, process: Process) -> None:
        """Pass it on."""
        self.world.turn(process)

    def on_commit(self, t: Transaction) -> None:
        """Pass a commit on."""
        self.world.on_commit(t)


def simulate(seed: int) -> Outcome:
    """Run the world of a seed and say what was broken in it."""
    drawn = draw(seed)
    world = World.of(drawn, Turn())
    faults = [*drawn.faults, *world.extras.names]
    # Requests are frozen without a vault: the one part that is not handed in.
    kept = vars(sender_module)["prepare_drafts"]
    vars(sender_module)["prepare_drafts"] = _prepare
    world.loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(world.loop)
    # A world is small and short: collecting garbage once, at its end, costs a third less.
    gc.disable()
    try:
        world.loop.run_until_complete(world.run())
    finally:
        vars(sender_module)["prepare_drafts"] = kept
        asyncio.set_event_loop(None)
        _end(world)
        gc.enable()
    states: dict[str, int] = {}
    for row in world.database.tables["message"].values():
        states[row["state"]] = states.get(row["state"], 0) + 1
    return Outcome(
        seed=seed,
        broken=world.checks.broken,
        faults=faults,
        states=states,
        requests=len(world.meta.ledger.asked),
        decisions=world.checks.decisions,
        loop_seconds=world.loop.now_seconds,
        fingerprint=_fingerprint(world),
    )


def _end(world: World) -> None:
    """Close every coroutine where it stands; the processes are gone."""
    for task in asyncio.all_tasks(world.loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined] # nobody waits for what a dead process left
        work = task.get_coro()
        if inspect.iscoroutine(work) and inspect.getcoroutinestate(work) == inspect.CORO_CREATED:
            work.close()
    world.loop.close()


def _fingerprint(world: World) -> str:
    told = [(one.message_id, round(one.loop_seconds, 6), one.is_accepted) for one in world.meta.ledger.asked]
    rows = [(key, row["state"]) for key, row in sorted(world.database.tables["message"].items())]
    return hashlib.sha256(repr((told, rows, round(world.loop.now_seconds, 6))).encode()).hexdigest()[:16]


async def _nothing(_connection: object, _rows: object, _now: object) -> None:
    """Do what a rule without actions asks for."""


async def _prepare(
    connection: Any, _vault: object, drafts: Sequence[Any], *, random_bytes: Any, **_: object
) -> list[PreparedDraft]:
    """Freeze requests without a vault: a body names message and person."""
    await connection.database.pause()
    prepared = []
    for draft in drafts:
        opaque_id = OpaqueId(random_bytes(16))
        body = {"message": draft.message_id, "contact": draft.contact_id, "opaque": opaque_id.hex()}
        has_code = draft.run_id == 1 and bool(connection.database.tables["pool"])
        slot = CouponSlot(pool=POOL, stand_in=f"S{opaque_id.hex()[:14]}") if has_code else None
        if slot is not None:
            body["code"] = slot.stand_in
        prepared.append(
            PreparedDraft(
                draft=draft,
                opaque_id=opaque_id,
                lookup=_lookup(draft.contact_id),
                body=json.dumps(body).encode(),
                sealed_request=b"sealed",
                components_hash=COMPONENTS_HASH,
                has_opt_out=True,
                coupon=slot,
            )
        )
    return prepared


def _lookup(contact_id: int) -> bytes:
    return b"phone of %d" % contact_id


def _put_word(t: Transaction, contact_id: int, scope: str, action: str, at: datetime) -> None:
    words = (t.find("suppression", contact_id) or {"words": ()})["words"]
    t.put("suppression", contact_id, {"words": (*words, (scope, action, at))})


@cache
def _terms(run: DrawnRun, start: datetime) -> RunTerms:
    return RunTerms(
        run_id=RunId(run.run_id),
        plan_id=run.run_id,
        rule_name=run.rule_name,
        rule_version_id=run.run_id,
        is_test=False,
        step=1,
        first_run_id=RunId(run.run_id),
        follow_up=None,
        purpose=Purpose(run.purpose),
        is_asked_for=run.purpose == Purpose.TRANSACTIONAL,
        # A plan older than an hour has its condition looked at again, which needs the profile: it stays young here.
        evaluated_at=start + timedelta(days=30),
        expires_at=start + timedelta(hours=72),
        template_hashes={1: COMPONENTS_HASH},
        media={},
        checked=checked_rule(),
        reply=None,
        catalogue=catalogue(),
        window=None,
        skips_holidays=False,
        validity=None,
        limit=None,
        workspace_limit=None,
        budget_e4=run.budget_e4,
        budget_per="run",
    )


@cache
def _later_terms(run: DrawnRun, start: datetime) -> RunTerms:
    return replace(
        _terms(run, start),
        run_id=RunId(LATER_RUN),
        plan_id=LATER_RUN,
        step=LATER_STEP,
        first_run_id=RunId(1),
        follow_up=checked_rule().rule.follow_ups[0],
        budget_e4=None,
    )


def later_terms(drawn: Drawn) -> RunTerms:
    """Return what the later step was approved with."""
    return _later_terms(drawn.runs[0], drawn.start)


def fill(database: MemoryDatabase, drawn: Drawn, extras: Extras) -> None:
    """Write the people, the runs and their messages."""
    tables = database.tables
    tables.update({name: {} for name in TABLES})
    tables["policy"] = {0: {"text": json.dumps(POLICY)}}
    tables["limit"] = {PORTFOLIO: {"people_max": extras.people_max}}
    tables["number"] = {
        number: {
            "business_number_id": number,
            "name": "main" if number == NUMBER else "other",
            "portfolio_id": PORTFOLIO,
            "waba_id": ACCOUNT,
            "throughput_per_second": drawn.throughput,
            "state": "active",
        }
        for number in extras.numbers
    }
    if extras.codes is not None:
        pool = {"pool_id": 1, "name": POOL, "low_stock": 0, "valid_hours_min": 0, "low_since": None}
        tables["pool"] = {1: pool}
        import_codes(database, extras.codes)
    tables["template"] = {
        1: {
            "template_id": 1,
            "status": "approved",
            "category": "marketing",
            "correct_category": "",
            "paused_until": None,
            "components_hash": COMPONENTS_HASH,
            "quality": "unknown" if drawn.template_ramp else "green",
        }
    }
    tables["guard"] = {one.contact_id: {} for one in drawn.people}
    tables["contact"] = {
        one.contact_id: {
            "country": one.country,
            "zone": one.zone,
            "quiet_hours": one.quiet_hours,
            "lookup": _lookup(one.contact_id),
        }
        for one in drawn.people
    }
    for person in drawn.people:
        if person.consent != "missing":
            tables["consent"][person.contact_id] = {
                "marketing": {
                    "consent_id": database.next_id(),
                    "status": "withdrawn" if person.consent == "withdrawn" else "granted",
                    "is_proven": person.consent != "unproven",
                    "effective_at": drawn.start - timedelta(days=20),
                    "wording_version": "v1",
                }
            }
    for run in drawn.runs:
        tables["run"][run.run_id] = {"rule_name": run.rule_name, "purpose": run.purpose, "state": "running"}
        number = extras.numbers[(run.run_id - 1) % len(extras.numbers)]
        # Two numbers begin with different people, so that nobody's lock keeps them apart.
        contact_ids = run.contact_ids if number == NUMBER else run.contact_ids[::-1]
        for place, contact_id in enumerate(contact_ids):
            message_id = database.next_id()
            batch = place * run.batches // max(1, len(run.contact_ids))
            message = _message(drawn, run, message_id, contact_id, batch)
            tables["message"][message_id] = {**message, "business_number_id": number}
    if extras.has_later_step:
        first = tables["run"][1]
        tables["run"][LATER_RUN] = {**first, "send_until": drawn.start + drawn.runs[0].lasts}


def _message(drawn: Drawn, run: DrawnRun, message_id: int, contact_id: int, batch: int) -> dict[str, Any]:
    columns = ("wamid_index", "accepted_at", "sent_at", "delivered_at", "read_at", "failed_at")
    return {
        **dict.fromkeys(columns),
        "message_id": message_id,
        "contact_id": contact_id,
        "run_id": run.run_id,
        "business_number_id": NUMBER,
        "template_id": 1,
        "variant": "",
        "media": "",
        "state": "planned",
        "reason": "",
        "error_code": 0,
        "attempts": 0,
        "fence": 0,
        "send_from": drawn.start + timedelta(minutes=60 * batch / run.batches),
        "send_until": drawn.start + run.lasts,
        "changed_at": drawn.start,
    }
