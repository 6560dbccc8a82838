"""The counters behind rules on events: kept for what the rules ask, filled in, compared and mended by night."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

import structlog

from rulecast.database import Connection
from rulecast.rule.engine.matcher.store import (
    PEOPLE_AT_ONCE,
    fill_pairs,
    find_last_contact,
    forget_unused,
    keep_pairs,
    list_people_after,
    mend_gaps,
    recount,
)
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.matching import EventRules
from rulecast.wiring.triggers.records import CounterDifference
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("triggers")

# Comparing holds up whoever stores events, so it takes few people at a time.
COMPARED_AT_ONCE = 200
# A night's sample: about a minute of work.
COMPARED_PER_NIGHT = 20_000


async def keep_counters(workspace: Workspace, rules: EventRules) -> None:
    """Count from here on what these rules ask for, and nothing else."""
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        changed = await keep_pairs(connection, rules.by_person.pairs(now), now)
    if changed:
        LOG.info("counters of behaviour changed")


async def fill_counters(workspace: Workspace) -> bool:
    """Fill in a piece of what happened before its pair was kept, and return whether there was one."""
    async with workspace.database.transaction() as connection:
        return await fill_pairs(connection, people=PEOPLE_AT_ONCE)


async def check_counters(workspace: Workspace) -> None:
    """Compare a sample of counters with the events, count anew what is not believed, forget what nobody asks for."""
    async with workspace.database.connection() as connection:
        last = await find_last_contact(connection)
    # Ids are dense: a random stretch of them is a sample of people of every age.
    after = workspace.random.randrange(max(last - COMPARED_PER_NIGHT, 0) + 1)
    people = different = 0
    for _ in range(0, COMPARED_PER_NIGHT, COMPARED_AT_ONCE):
        async with workspace.database.transaction() as connection:
            contact_ids = await list_people_after(connection, after, count=COMPARED_AT_ONCE)
            found = await recount(connection, contact_ids)
        people, different = people + found.people, different + len(found.different)
        if len(contact_ids) < COMPARED_AT_ONCE:
            break
        after = contact_ids[-1]
    mended = await _repeat(workspace, mend_gaps)
    forgotten = await _repeat(workspace, forget_unused)
    check = CounterDifference(people=people, different=different, mended=mended, forgotten=forgotten)
    async with workspace.database.transaction() as connection:
        await store.keep_counter_check(connection, check, now=workspace.clock.now())
    report = LOG.warning if different else LOG.info
    report("counters compared", **asdict(check))


async def _repeat(workspace: Workspace, work: Callable[[Connection], Awaitable[int]]) -> int:
    """Run a piece of work, a transaction each time, until it finds nothing, and return how much it found."""
    whole = 0
    while True:
        async with workspace.database.transaction() as connection:
            found = await work(connection)
        if not found:
            return whole
        whole += found
