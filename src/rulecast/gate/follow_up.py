"""Whether a follow-up step still goes to a person: what became of the messages before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rulecast.gate import store
from rulecast.gate.store import Connection, FollowedRow
from rulecast.plan.person_facts import fold_people
from rulecast.rule.engine.reference import where_holds
from rulecast.rule.language.document import FollowUp, Success
from rulecast.values.catalogue import Catalogue


class Ending(StrEnum):
    """Why a person gets no further step."""

    REPLIED = "replied"
    SUCCEEDED = "succeeded"
    OPTED_OUT = "opted_out"
    FAILED = "failed"
    OUTCOME = "outcome"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepQuestion:
    """The step that is asked about: its clause, the success event of its rule, and whose people it follows."""

    first_run_id: int
    step: int
    clause: FollowUp
    success: Success | None


async def find_endings(
    connection: Connection,
    question: StepQuestion,
    contact_ids: Sequence[int],
    *,
    catalogue: Catalogue,
    now: datetime,
) -> dict[int, Ending]:
    """Return those of the people who get nothing at this step, and why."""
    rows = await store.read_followed(
        connection, first_run_id=question.first_run_id, step=question.step, contact_ids=contact_ids
    )
    succeeded = await _succeeded(connection, question.success, rows, catalogue=catalogue, now=now)
    endings: dict[int, Ending] = dict.fromkeys(contact_ids, Ending.UNKNOWN)
    for row in rows:
        ending = ending_of(row, question.clause, has_succeeded=row.contact_id in succeeded)
        if ending is None:
            del endings[row.contact_id]
        else:
            endings[row.contact_id] = ending
    return endings


def ending_of(row: FollowedRow, clause: FollowUp, *, has_succeeded: bool) -> Ending | None:
    """Return why a person gets nothing at a step; None where the step goes on. An answer outweighs everything."""
    ends: Mapping[Ending, bool] = {
        Ending.OPTED_OUT: row.has_opted_out,
        Ending.REPLIED: row.has_replied,
        Ending.SUCCEEDED: has_succeeded,
        Ending.FAILED: row.has_failed,
    }
    for ending, has_come in ends.items():
        if has_come:
            return ending
    happened = {
        "delivered": row.was_delivered,
        "read": row.was_read,
        "clicked": row.was_clicked,
        "replied": row.has_replied,
        "succeeded": has_succeeded,
    }
    is_met = all(happened[outcome.word] is not outcome.negated for outcome in clause.outcomes)
    return None if is_met else Ending.OUTCOME


async def _succeeded(
    connection: Connection,
    success: Success | None,
    rows: Sequence[FollowedRow],
    *,
    catalogue: Catalogue,
    now: datetime,
) -> frozenset[int]:
    """Return who has done what the rule calls success since the first message, however long that is ago."""
    if success is None or not rows:
        return frozenset()
    since = {row.contact_id: row.first_accepted_at for row in rows}
    events = await store.read_events_since(connection, success.event.event, since, now=now)
    return frozenset(
        contact_id
        for contact_id, person in fold_people([], events, catalogue).items()
        if any(where_holds(success.event.where, event, now) for event in person.events)
    )
