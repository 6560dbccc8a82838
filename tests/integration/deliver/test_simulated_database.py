"""The database of the simulation does what PostgreSQL does: the same calls on the same rows leave the same rows."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from tests.sending import NUMBER, launch, prepare_number, prepare_people
from tests.simulation import memory_gate_queries, memory_queries
from tests.simulation.campaign import PlainVault
from tests.simulation.memory_database import MemoryDatabase, Weather

from rulecast.collect.webhook_facts import StatusFact, StatusWord
from rulecast.database import Connection
from rulecast.deliver import store
from rulecast.deliver.state import AttemptState, MessageState
from rulecast.deliver.statuses import MessageDirectory, apply_statuses
from rulecast.deliver.store import IntentRow, RefusalRow, ResultRow
from rulecast.gate import store as gate_store
from rulecast.gate.rows import PermitRow
from rulecast.values.ids import OpaqueId
from rulecast.wiring.workspace import Workspace

assert memory_queries
assert memory_gate_queries

STEPS = 100
PEOPLE = 30
MESSAGE = (
    "message_id, contact_id, run_id, business_number_id, template_id, variant, media, state, reason, error_code,"
    " attempts, fence, send_from, send_until, wamid_index, accepted_at, sent_at, delivered_at, read_at, failed_at,"
    " changed_at"
)
COMPARED = (
    "state", "reason", "error_code", "attempts", "fence", "send_from", "wamid_index", "accepted_at", "sent_at",
    "delivered_at", "read_at", "failed_at", "changed_at",
)  # fmt: skip
RESULTS = (
    (MessageState.ACCEPTED, AttemptState.ACCEPTED),
    (MessageState.HELD, AttemptState.HELD),
    (MessageState.REFUSED, AttemptState.REFUSED),
    (MessageState.UNKNOWN, AttemptState.UNKNOWN),
    (MessageState.PLANNED, AttemptState.CANCELLED),
    (MessageState.DEFERRED, AttemptState.CANCELLED),
)
# What happens often stands here more than once.
CALLS = (
    "claim", "claim", "permit", "permit", "result", "result", "result", "refuse", "give_back", "status", "take_over",
    "give_up", "ask",
)  # fmt: skip
Act = Callable[[Any], Any]


async def test_the_same_calls_leave_the_same_rows_in_memory_and_in_postgresql(
    workspace: Workspace, promises_are_broken_on_purpose: None
) -> None:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, PEOPLE)
        await launch(workspace, connection, people)
    memory = MemoryDatabase(random.Random(1), Weather(), lambda _: None)
    await mirror(workspace, memory)
    chance = random.Random(52)
    made, seen = Made(chance, workspace), set[str]()
    for number in range(STEPS):
        name, act = made.draw()
        answers = []
        for database in (workspace.database, memory):
            async with cast("Any", database).transaction() as connection:
                answers.append(await act(connection))
        assert answers[0] == answers[1], f"step {number}: {name}"
        made.learn(name, answers[0])
        kept, simulated = await rows_of(workspace), rows_in(memory)
        differing = [
            pair
            for each in zip(kept, simulated, strict=True)
            for pair in zip(*each, strict=True)
            if pair[0] != pair[1]
        ]
        assert differing == [], f"step {number}: {name}"
        seen |= {row["state"] for row in memory.tables["message"].values()}
    assert len(seen) >= 7


class Made:
    """Draws calls as a sender, a reconciler and a receiver would make them, and some nobody would make."""

    def __init__(self, chance: random.Random, workspace: Workspace) -> None:
        self.chance = chance
        self.now = workspace.clock.now() + timedelta(minutes=1)
        self.epoch = 1
        self.claimed: list[store.ClaimedRow] = []
        self.permitted: list[tuple[int, int, int, bytes]] = []
        self.opaque_ids: list[bytes] = []

    def draw(self) -> tuple[str, Act]:
        self.now += timedelta(seconds=self.chance.randint(0, 40))
        name = self.chance.choice(CALLS)
        return name, cast("Act", getattr(self, f"_{name}")())

    def learn(self, name: str, answer: Any) -> None:
        if name == "claim":
            self.claimed += [row for row in answer if row.state == "claimed"]

    def _claim(self) -> Act:
        claim = store.Claim(count_max=self.chance.randint(1, 5), stopped_rules=[], only_first=False)
        epoch, now = self.epoch, self.now

        async def act(connection: Connection) -> Any:
            rows = await store.claim_messages(connection, NUMBER, claim, epoch=epoch, now=now)
            return sorted(rows, key=lambda row: row.message_id)

        return act

    def _permit(self) -> Act:
        rows, self.claimed = self.claimed[:3], self.claimed[3:]
        opaque_ids = [self.chance.randbytes(16) for _ in rows]
        self.opaque_ids += opaque_ids
        epoch, now = self.epoch, self.now
        self.permitted += [
            (row.message_id, row.contact_id, row.attempts + 1, opaque_id)
            for row, opaque_id in zip(rows, opaque_ids, strict=True)
        ]

        async def act(connection: Connection) -> Any:
            ours = await store.lock_messages(connection, [row.message_id for row in rows], epoch=epoch)
            wanted = [one for one in zip(rows, opaque_ids, strict=True) if one[0].message_id in ours]
            if not wanted:
                return ours
            permits = await gate_store.insert_permits(
                connection, [permit_of(row) for row, _ in wanted], business_number_id=NUMBER, now=now
            )
            written = await store.write_intents(
                connection,
                [
                    IntentRow(
                        message_id=row.message_id,
                        contact_id=row.contact_id,
                        permit_id=permits[row.message_id],
                        attempt=row.attempts + 1,
                        opaque_id=opaque_id,
                        sealed_request=b"x",
                    )
                    for row, opaque_id in wanted
                ],
                epoch=epoch,
                now=now,
            )
            return sorted(written)

        return act

    def _result(self) -> Act:
        chosen = self.chance.sample(self.permitted, min(2, len(self.permitted)))
        ends = [(*one, *self.chance.choice(RESULTS)) for one in chosen]
        epoch, now = self.epoch - (self.chance.random() < 0.1), self.now

        async def act(connection: Connection) -> Any:
            rows = []
            for message_id, _, attempt, opaque_id, state, attempt_state in ends:
                found = await attempt_of(connection, opaque_id)
                if found is None:
                    continue
                rows.append(
                    ResultRow(
                        message_id=message_id,
                        attempt_id=found[0],
                        intent_at=found[1],
                        attempt=attempt,
                        state=state.value,
                        attempt_state=attempt_state.value,
                        reason="" if state is MessageState.ACCEPTED else "why",
                        error_code=0,
                        send_from=now + timedelta(seconds=5) if state is MessageState.DEFERRED else None,
                        wamid_index=index_of(opaque_id) if state is MessageState.ACCEPTED else None,
                        sealed_wamid=b"w" if state is MessageState.ACCEPTED else None,
                    )
                )
            if not rows:
                return set()
            counted = await store.write_results(connection, rows, epoch=epoch, now=now)
            unsent = {one.message_id for one in rows if one.state in {"planned", "deferred", "refused"}}
            await gate_store.release_permits(connection, sorted(counted & unsent), now=now)
            return counted

        return act

    def _refuse(self) -> Act:
        rows, self.claimed = self.claimed[:1], self.claimed[1:]
        state = self.chance.choice(("cancelled", "expired", "deferred", "planned"))
        epoch, now = self.epoch, self.now
        refused = [
            RefusalRow(
                message_id=row.message_id,
                state=state,
                reason="capped",
                send_from=now + timedelta(minutes=1) if state == "deferred" else None,
            )
            for row in rows
        ]

        async def act(connection: Connection) -> Any:
            if refused:
                await store.write_refusals(connection, refused, epoch=epoch, now=now)

        return act

    def _give_back(self) -> Act:
        chosen = self.chance.sample(self.permitted, min(2, len(self.permitted)))
        other = {row.message_id: None for row in self.claimed[:1]}
        unstarted = {**other, **{one[0]: one[3] for one in chosen}}
        epoch, now = self.epoch, self.now

        async def act(connection: Connection) -> Any:
            returned = await store.return_unstarted(connection, unstarted, epoch=epoch, now=now)
            await gate_store.release_permits(connection, sorted(returned), now=now)
            return sorted(returned)

        return act

    def _status(self) -> Act:
        chosen = self.chance.sample(self.opaque_ids, min(2, len(self.opaque_ids)))
        told = [
            StatusFact(
                wamid=opaque_id.hex(),
                status=(
                    word := self.chance.choice(
                        cast("list[StatusWord]", ["sent", "delivered", "read", "failed"])
                    )
                ),
                occurred_at=self.now.replace(microsecond=0) - timedelta(seconds=self.chance.randint(0, 90)),
                opaque_id=OpaqueId(opaque_id),
                error_code=131000 if word == "failed" else 0,
            )
            for opaque_id in chosen
        ]
        now = self.now

        async def act(connection: Connection) -> Any:
            applied = await apply_statuses(connection, MessageDirectory(cast("Any", PlainVault())), told, now)
            return applied.new, applied.repeated, applied.unknown_wamids

        return act

    def _take_over(self) -> Act:
        self.epoch += 1
        epoch, now = self.epoch, self.now

        async def act(connection: Connection) -> Any:
            return await store.recover(connection, NUMBER, epoch=epoch, now=now)

        return act

    def _give_up(self) -> Act:
        now, before = self.now, self.now - timedelta(minutes=5)

        async def act(connection: Connection) -> Any:
            return await store.give_up_unknown(connection, NUMBER, before=before, now=now)

        return act

    def _ask(self) -> Act:
        indexes = [index_of(one) for one in self.opaque_ids]

        async def act(connection: Connection) -> Any:
            known = await store.known_wamids(connection, indexes) if indexes else set()
            return known, await store.next_due(connection, NUMBER)

        return act


def index_of(opaque_id: bytes) -> bytes:
    return PlainVault().lookup_index("wamid", opaque_id.hex())


def permit_of(row: store.ClaimedRow) -> PermitRow:
    return PermitRow(
        message_id=row.message_id,
        contact_id=row.contact_id,
        plan_id=1,
        rule_name="winback",
        rule_version_id=1,
        step=1,
        is_in_window=False,
        category="marketing",
        purpose="service",
        consent_id=0,
        is_test=False,
        price_e4=41_400,
        budget_month=None,
    )


async def attempt_of(connection: Any, opaque_id: bytes) -> tuple[int, Any] | None:
    if hasattr(connection, "transaction_under_way"):
        rows = connection.transaction_under_way.rows("attempt")
        return next(((key, row["intent_at"]) for key, row in rows if row["opaque_id"] == opaque_id), None)
    cursor = await connection.execute(
        "SELECT attempt_id, intent_at FROM deliver.attempt WHERE opaque_id = %s", (opaque_id,)
    )
    return cast("tuple[int, Any] | None", await cursor.fetchone())


async def mirror(workspace: Workspace, memory: MemoryDatabase) -> None:
    names = (
        "message",
        "attempt",
        "permit",
        "run",
        "status",
        "number",
        "template",
        "guard",
        "rest",
        "pace",
        "lease",
    )
    memory.tables.update({name: {} for name in names})
    async with workspace.database.connection() as connection:
        cursor = await connection.execute(f"SELECT {MESSAGE} FROM deliver.message")  # type: ignore[arg-type] # a constant
        for values in await cursor.fetchall():
            row = dict(zip(MESSAGE.split(", "), values, strict=True))
            memory.tables["message"][row["message_id"]] = row
            memory.tables["run"][row["run_id"]] = {
                "rule_name": "winback",
                "purpose": "marketing",
                "state": "running",
            }
    memory.serial = 10_000


async def rows_of(workspace: Workspace) -> Any:
    async with workspace.database.connection() as connection:
        messages = await connection.execute(
            f"SELECT message_id, {', '.join(COMPARED)} FROM deliver.message ORDER BY message_id"  # type: ignore[arg-type] # constants
        )
        attempts = await connection.execute(
            "SELECT opaque_id, state, finished_at, fence FROM deliver.attempt ORDER BY opaque_id"
        )
        permits = await connection.execute(
            "SELECT message_id, granted_at, released_at FROM gate.permit ORDER BY message_id, granted_at, released_at"
        )
        return await messages.fetchall(), await attempts.fetchall(), await permits.fetchall()


def rows_in(memory: MemoryDatabase) -> Any:
    messages = [
        (key, *(row[column] for column in COMPARED)) for key, row in sorted(memory.tables["message"].items())
    ]
    attempts = sorted(
        (row["opaque_id"], row["state"], row["finished_at"], row["fence"])
        for row in memory.tables["attempt"].values()
    )
    permits = sorted(
        (
            (row["message_id"], row["granted_at"], row["released_at"])
            for row in memory.tables["permit"].values()
        ),
        key=lambda one: (one[0], one[1], one[2] is None, one[2] or one[1]),
    )
    return messages, attempts, permits
