"""Race opt-outs against intents on a real PostgreSQL: never an intent that commits after the opt-out (P5, F49).

In every round each person gets a message of a new run; groups ask the gate over some connections while most of the
people leave over others, at random instants and holding their lock for random times. As the last thing before its
commit every opt-out looks for a permit of that run: one that it cannot see there and that is committed in the end was
committed after it. `python -m tests.soak.opt_out_races --races 100000 --seed 1` prints one JSON object;
`--together` lets the gate read its facts from the snapshot of its lock, as one statement for both would, and must fail.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rulecast.config import load_settings
from rulecast.database.migrate import KEYS_DIRECTORY, MAIN_DIRECTORY
from rulecast.gate import Gate, lock_people, prepare_drafts
from rulecast.gate.draft import Draft, PreparedDraft
from rulecast.gate.terms import RunTerms, TermsBook
from rulecast.profile.suppression import Stop, SuppressionAction, SuppressionCause, suppress
from rulecast.values.ids import ContactId, MessageId, RunId
from rulecast.wiring.workspace import Workspace, open_workspace
from tests.conftest import ROOT_KEY
from tests.database import cloned_database
from tests.sending import NUMBER, launch, prepare_number, prepare_people, running_clock

PEOPLE = 500
GROUP = 25
GATES = 3
LEAVERS = 6
LEAVING_SHARE = 0.8
# Some opt-outs hold their locks for as long as a slow webhook would.
HOLD_SECONDS = 0.004
TOGETHER = b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


@dataclass(slots=True, kw_only=True)
class Report:
    """Counts of one run; `violations` must be 0, and both orders must have happened."""

    seed: int
    races: int = 0
    permit_first: int = 0
    opt_out_first: int = 0
    violations: int = 0
    unexplained: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Return whether the order held, in races that were any."""
        return not (self.violations or self.unexplained) and self.permit_first > 0 and self.opt_out_first > 0


@dataclass(slots=True, kw_only=True)
class Round:
    """One message for each person, and what the opt-outs saw."""

    run_id: RunId
    prepared: list[PreparedDraft]
    terms: dict[int, RunTerms]
    leaving: set[ContactId]
    saw_permit: dict[ContactId, bool] = field(default_factory=dict)


async def race(workspace: Workspace, *, races: int, seed: int, together: bool = False) -> Report:
    """Run whole rounds until so many opt-outs have met the gate."""
    chance = random.Random(seed)
    report = Report(seed=seed)
    started = time.monotonic()
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, min(PEOPLE, races))
    number = 0
    while report.races < races:
        number += 1
        one = await _begin(workspace, people, f"race_{number}", chance)
        await _run(workspace, one, chance, together=together)
        await _judge(workspace, one, report)
        await _bring_back(workspace, sorted(one.leaving))
    report.seconds = round(time.monotonic() - started, 1)
    return report


async def _begin(
    workspace: Workspace, people: Sequence[ContactId], name: str, chance: random.Random
) -> Round:
    async with workspace.database.transaction() as connection:
        run = await launch(workspace, connection, people, name=name)
        cursor = await connection.execute(
            "SELECT message_id, contact_id, template_id, send_until FROM deliver.message WHERE run_id = %s",
            (run.run_id,),
        )
        drafts = [
            Draft(
                message_id=MessageId(message_id),
                contact_id=ContactId(contact_id),
                run_id=run.run_id,
                template_id=template_id,
                variant="",
                attempt=1,
                send_until=send_until,
            )
            for message_id, contact_id, template_id, send_until in await cursor.fetchall()
        ]
    chance.shuffle(drafts)
    async with workspace.database.connection() as connection:
        terms = await TermsBook(workspace.catalogue_of_runs).terms(connection, {run.run_id})
        prepared = await prepare_drafts(
            connection,
            workspace.vault,
            drafts,
            terms=terms,
            business_number_id=NUMBER,
            random_bytes=chance.randbytes,
        )
    leaving = {one.contact_id for one in drafts if chance.random() < LEAVING_SHARE}
    return Round(run_id=run.run_id, prepared=list(prepared), terms=dict(terms), leaving=leaving)


async def _run(workspace: Workspace, one: Round, chance: random.Random, *, together: bool) -> None:
    """Let the groups ask and the people leave at once; a group asks when a random number of its people have begun."""
    groups = [one.prepared[first : first + GROUP] for first in range(0, len(one.prepared), GROUP)]
    leaving: asyncio.Queue[tuple[ContactId, float, asyncio.Event | None]] = asyncio.Queue()
    gates = asyncio.Semaphore(GATES)

    async def ask(group: list[PreparedDraft]) -> None:
        async with gates:
            goers = [draft.draft.contact_id for draft in group if draft.draft.contact_id in one.leaving]
            chance.shuffle(goers)
            first, begins = chance.randint(0, len(goers)), asyncio.Event()
            for place, contact_id in enumerate(goers, start=1):
                hold = chance.uniform(0, HOLD_SECONDS) if chance.random() < 0.5 else 0.0
                leaving.put_nowait((contact_id, hold, begins if place == first else None))
            if first:
                await begins.wait()
            await _ask(workspace, one, group, together=together)

    async def leave() -> None:
        while True:
            contact_id, hold_seconds, begins = await leaving.get()
            if begins is not None:
                begins.set()
            await _leave(workspace, one, contact_id, hold_seconds)
            leaving.task_done()

    async with asyncio.TaskGroup() as tasks:
        leavers = [tasks.create_task(leave()) for _ in range(LEAVERS)]
        asking = [tasks.create_task(ask(group)) for group in groups]
        await asyncio.wait(asking)
        await leaving.join()
        for task in leavers:
            task.cancel()


async def _ask(workspace: Workspace, one: Round, group: list[PreparedDraft], *, together: bool) -> None:
    gate = Gate(workspace_zone=workspace.settings.default_timezone)
    async with workspace.database.transaction() as connection:
        if together:
            await connection.execute(TOGETHER)
        locked = await lock_people(connection, group)
        await gate.authorise(
            connection, locked, terms=one.terms, business_number_id=NUMBER, now=workspace.clock.now()
        )


async def _leave(workspace: Workspace, one: Round, contact_id: ContactId, hold_seconds: float) -> None:
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        stop = Stop(contact_id=contact_id, cause=SuppressionCause.STOP_WORD, occurred_at=now)
        await suppress(connection, [stop], now)
        if hold_seconds:
            await asyncio.sleep(hold_seconds)
        # Last before the commit: what is not seen here and is committed in the end was committed later.
        cursor = await connection.execute(
            "SELECT EXISTS (SELECT FROM gate.permit AS p JOIN deliver.message AS m USING (message_id)"
            " WHERE m.run_id = %s AND m.contact_id = %s)",
            (one.run_id, contact_id),
        )
        row = await cursor.fetchone()
        assert row is not None
        one.saw_permit[contact_id] = row[0]


async def _judge(workspace: Workspace, one: Round, report: Report) -> None:
    async with workspace.database.connection() as connection:
        cursor = await connection.execute(
            "SELECT v.contact_id, v.outcome, v.reason, EXISTS (SELECT FROM gate.permit AS p"
            " WHERE p.message_id = v.message_id) FROM gate.verdict AS v JOIN deliver.message AS m USING (message_id)"
            " WHERE m.run_id = %s",
            (one.run_id,),
        )
        verdicts = await cursor.fetchall()
    assert len(verdicts) == len(one.prepared)
    for contact_id, outcome, reason, has_permit in verdicts:
        assert has_permit == (outcome == "allowed")
        report.reasons[reason or outcome] += 1
        if contact_id not in one.leaving:
            # Nothing but an opt-out may have kept a message back, or the race was none.
            report.unexplained += not has_permit
            continue
        report.races += 1
        saw = one.saw_permit[contact_id]
        report.permit_first += saw
        report.opt_out_first += not has_permit
        report.violations += has_permit and not saw


async def _bring_back(workspace: Workspace, people: Sequence[ContactId]) -> None:
    """Lift the stops by a tap of the people themselves, so that the next round races the same ones."""
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        lifted = [
            Stop(
                contact_id=one,
                cause=SuppressionCause.STOP_BUTTON,
                action=SuppressionAction.RESUME,
                occurred_at=now,
            )
            for one in people
        ]
        await suppress(connection, lifted, now)
        # No cap may come between a person and the next race.
        await connection.execute("UPDATE gate.permit SET released_at = %s WHERE released_at IS NULL", (now,))


async def _race_alone(races: int, seed: int, *, together: bool) -> Report:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        environment = {
            "RULECAST_HOME": str(Path(home) / "home"),
            "RULECAST_DATABASE_URL": stack.enter_context(cloned_database(MAIN_DIRECTORY)),
            "RULECAST_KEYS_DATABASE_URL": stack.enter_context(cloned_database(KEYS_DIRECTORY)),
            "RULECAST_ROOT_KEY": ROOT_KEY,
        }
        settings = replace(load_settings(environment), database_pool_size=GATES + LEAVERS + 1)
        async with open_workspace(settings, actor="races", clock=running_clock()) as workspace:
            return await race(workspace, races=races, seed=seed, together=together)


def main() -> int:
    """Race, print the report, and return 1 where the order was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--together", action="store_true")
    chosen = parser.parse_args()
    report = asyncio.run(_race_alone(chosen.races, chosen.seed, together=chosen.together))
    sys.stdout.write(json.dumps({**asdict(report), "reasons": dict(report.reasons)}) + "\n")
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
