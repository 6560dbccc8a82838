"""The doctor's look at likely opt-outs that nobody looks at."""

from datetime import timedelta

from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.opt_outs import store
from rulecast.wiring.workspace import Workspace

NAME = "opt-outs"
WAITS_AT_MOST = timedelta(days=1)
"""A person who was misread gets no offers meanwhile; a working day is enough to look."""


async def look_at_opt_outs(workspace: Workspace) -> list[Finding]:
    """Return that likely opt-outs wait too long, or for how long they do; nothing where none waits."""
    async with workspace.database.connection() as connection:
        count, since = await store.count_reviews(connection)
    if since is None:
        return []
    waited = workspace.clock.now() - since
    if waited <= WAITS_AT_MOST:
        return [
            Finding(name=NAME, health=Health.GOOD, what=f"{count:,} likely ones wait for less than a day")
        ]
    hours = int(waited.total_seconds() // 3600)
    return [
        Finding(
            name=NAME,
            health=Health.NOTE,
            what=f"{count:,} likely ones wait for a person, the oldest for {hours:,} h; they stop meanwhile",
            what_to_do="Look through them with `rulecast opt-out review list`, then keep or lift each.",
        )
    ]
