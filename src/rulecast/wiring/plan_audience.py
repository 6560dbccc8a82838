"""Who fulfils the conditions of rules: asked of the mart for everybody, of PostgreSQL for given people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rulecast.database import Connection
from rulecast.plan.errors import PlanInputError
from rulecast.plan.store import read_people
from rulecast.rule.engine import evaluate
from rulecast.rule.engine.mart import Frame, Mart
from rulecast.rule.language import CheckedRule
from rulecast.rule.language.missing import people_behind, with_count
from rulecast.values.catalogue import Catalogue
from rulecast.values.ids import ContactId
from rulecast.wiring.plan_draft import PlanRequest
from rulecast.wiring.workspace import Workspace

PEOPLE_PER_READ = 1_000
"""People whose history is read at a time: a few megabytes."""
EVER = datetime.max.replace(tzinfo=UTC)


async def find_audiences(
    workspace: Workspace,
    mart: Mart | None,
    rules: Sequence[CheckedRule],
    *,
    request: PlanRequest,
    catalogue: Catalogue,
    evaluated_at: datetime,
) -> list[list[int]]:
    """Return who fulfils each rule's condition, ascending by id.

    Raises:
        PlanInputError: neither a mart nor people are given.
    """
    if request.contacts is not None:
        async with workspace.database.connection() as connection:
            return [
                await audience_among(
                    connection,
                    rule,
                    contacts,
                    catalogue=catalogue,
                    now=evaluated_at,
                    known_until=request.known_at,
                )
                for rule, contacts in zip(rules, request.contacts, strict=True)
            ]
    if mart is None:
        raise PlanInputError("Without the mart a plan needs to be told whom to ask about.")
    frame = Frame(now=evaluated_at, as_of=request.as_of, known_at=request.known_at)
    return [await mart.match(rule.condition, frame) for rule in rules]


async def count_missing(
    mart: Mart | None, rules: Sequence[CheckedRule], *, request: PlanRequest, evaluated_at: datetime
) -> list[CheckedRule]:
    """Return the rules with the number of people in each warning about missing values; unasked without a mart."""
    if mart is None or request.contacts is not None:
        return list(rules)
    frame = Frame(now=evaluated_at, as_of=request.as_of, known_at=request.known_at)
    counted: list[CheckedRule] = []
    for rule in rules:
        warnings = []
        for warning in rule.warnings:
            behind = people_behind(warning, rule.condition)
            if behind is None:
                warnings.append(warning)
            else:
                warnings.append(with_count(warning, len(await mart.match(behind, frame))))
        counted.append(replace(rule, warnings=tuple(warnings)))
    return counted


async def audience_among(
    connection: Connection,
    rule: CheckedRule,
    contacts: frozenset[ContactId],
    *,
    catalogue: Catalogue,
    now: datetime,
    known_until: datetime | None = None,
) -> list[int]:
    """Return those among given people for whom the reference evaluator says yes on what PostgreSQL holds now."""
    asked = sorted(contacts)
    found: list[int] = []
    for start in range(0, len(asked), PEOPLE_PER_READ):
        people = await read_people(
            connection,
            asked[start : start + PEOPLE_PER_READ],
            catalogue=catalogue,
            events_read=rule.events_read,
            valid_until=now,
            known_until=known_until or EVER,
        )
        found += [
            contact_id for contact_id in sorted(people) if evaluate(rule.condition, people[contact_id], now)
        ]
    return found
