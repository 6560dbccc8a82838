"""Whom a run has not reached, as the command line asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rulecast.observe import find_run
from rulecast.observe.run_rest import RestReason, RestRow, count_rest, list_rest
from rulecast.values.ids import RunId
from rulecast.wiring.report import RunUnknownError
from rulecast.wiring.workspace import Workspace

# Whoever needs more takes the rows from the database; the counts hold everybody.
PEOPLE_MAX = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRest:
    """Those of a run who still wait and those who were dropped, by reason and one by one."""

    run_id: int
    rule_name: str
    reasons: Sequence[RestReason]
    people: Sequence[RestRow]

    def count(self, fate: str) -> int:
        """Return how many share a fate: `waits` or `dropped`."""
        return sum(one.people for one in self.reasons if one.fate == fate)


async def read_run_rest(workspace: Workspace, run_id: int, *, count_max: int = PEOPLE_MAX) -> RunRest:
    """Return whom a run has not reached.

    Raises:
        RunUnknownError: there is no such run.
    """
    async with workspace.database.transaction() as connection:
        run = await find_run(connection, RunId(run_id))
        if run is None:
            raise RunUnknownError(f"There is no run {run_id}.")
        return RunRest(
            run_id=run_id,
            rule_name=run.rule_name,
            reasons=await count_rest(connection, run_id),
            people=await list_rest(connection, run_id, count_max=count_max),
        )
