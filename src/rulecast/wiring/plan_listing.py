"""Who has one decision in a plan: contact ids alone, page by page."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

from rulecast.plan import store
from rulecast.plan.document import WATERFALL
from rulecast.plan.errors import PlanListError
from rulecast.values.catalogue import closest_name
from rulecast.values.ids import PlanId
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.workspace import Workspace

PAGE = 10_000
"""Ids read at a time: 80 kB."""
PLANNED = "planned"
EXCLUDED = "excluded:"
CHOICES: tuple[str, ...] = (PLANNED, *(f"{EXCLUDED}{reason.value}" for reason in WATERFALL))


def reason_number(wanted: str) -> int:
    """Return the number under which a plan stores a decision, such as `excluded:no_consent`; 0 is planned.

    Raises:
        PlanListError: it is no decision of a plan; the hint names the closest one.
    """
    if wanted == PLANNED:
        return 0
    known = [reason.value for reason in WATERFALL]
    name = wanted.removeprefix(EXCLUDED)
    if wanted.startswith(EXCLUDED) and name in known:
        return NUMBERS[Reason(name)]
    closest = closest_name(name, known)
    hint = None if closest is None else f"Did you mean {EXCLUDED}{closest}?"
    raise PlanListError(f"`{wanted}` is no decision of a plan.", hint=hint)


async def list_people(
    workspace: Workspace, plan_id: PlanId, number: int, *, after: int = 0, page: int = PAGE
) -> list[int]:
    """Return a page of the contact ids with one decision in a plan, in order, those after an id.

    Raises:
        PlanUnknownError: there is no plan of that number.
    """
    async with workspace.database.connection() as connection:
        await store.find_plan(connection, plan_id)
        return await store.list_member_ids(connection, plan_id, reason_number=number, after=after, page=page)


async def write_people(workspace: Workspace, plan_id: PlanId, number: int, *, file: Path) -> int:
    """Write all contact ids with one decision in a plan into a file, one a line, and return how many.

    The file is readable for its owner only, and appears as a whole or not at all.

    Raises:
        PlanUnknownError: there is no plan of that number.
        PlanListError: the file cannot be written.
    """
    beside, count = file.with_name(f".{file.name}.new"), 0
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            async for ids in _pages(workspace, plan_id, number):
                out.write("".join(f"{contact_id}\n" for contact_id in ids))
                count += len(ids)
        beside.replace(file)
    except OSError as error:
        raise PlanListError(f"{file.name} cannot be written: {error.strerror}.") from None
    finally:
        beside.unlink(missing_ok=True)
    return count


async def _pages(workspace: Workspace, plan_id: PlanId, number: int) -> AsyncIterator[list[int]]:
    after = 0
    while ids := await list_people(workspace, plan_id, number, after=after):
        yield ids
        after = ids[-1]
