"""The rule's condition again, for the people of a plan that is older than an hour."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from rulecast.gate.draft import Draft
from rulecast.gate.follow_up import StepQuestion, find_endings
from rulecast.gate.store import Connection
from rulecast.gate.terms import RunTerms
from rulecast.plan.store import read_people
from rulecast.rule.engine import PersonFacts, evaluate
from rulecast.rule.language import CheckedRule


async def matches_of(
    connection: Connection, drafts: Sequence[tuple[Draft, RunTerms]], *, now: datetime
) -> Mapping[int, bool | None]:
    """Return by message whether the person still matches; None where that could not be found out.

    A young plan is believed: its conditions were true within the hour. For an older one the reference evaluator
    decides, over what PostgreSQL knows at this moment.
    """
    found: dict[int, bool | None] = {draft.message_id: True for draft, _ in drafts}
    by_run: dict[int, tuple[RunTerms, list[Draft]]] = {}
    for draft, terms in drafts:
        if terms.needs_recheck(now):
            by_run.setdefault(terms.run_id, (terms, []))[1].append(draft)
    for terms, old in by_run.values():
        if terms.checked is None:
            found.update(dict.fromkeys((draft.message_id for draft in old), None))
            continue
        people = await read_people(
            connection,
            sorted({draft.contact_id for draft in old}),
            catalogue=terms.catalogue,
            events_read=terms.checked.events_read,
            valid_until=now,
            known_until=now,
        )
        # Plain Python over every event of a person: not on the loop that renews the lease.
        found.update(await asyncio.to_thread(_evaluate, terms.checked, old, people, now))
        found.update(await _ended(connection, terms, terms.checked, old, now=now))
    return found


async def _ended(
    connection: Connection, terms: RunTerms, checked: CheckedRule, drafts: Sequence[Draft], *, now: datetime
) -> dict[int, bool | None]:
    """Return the messages of a later step whose people have answered, bought or left since the step was planned."""
    if terms.follow_up is None:
        return {}
    question = StepQuestion(
        first_run_id=terms.first_run_id, step=terms.step, clause=terms.follow_up, success=checked.success
    )
    people = sorted({draft.contact_id for draft in drafts})
    endings = await find_endings(connection, question, people, catalogue=terms.catalogue, now=now)
    return {draft.message_id: False for draft in drafts if draft.contact_id in endings}


def _evaluate(
    checked: CheckedRule, drafts: Sequence[Draft], people: Mapping[int, PersonFacts], now: datetime
) -> dict[int, bool | None]:
    return {
        draft.message_id: None
        if (person := people.get(draft.contact_id)) is None
        else evaluate(checked.condition, person, now)
        for draft in drafts
    }
