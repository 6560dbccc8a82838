"""Trying a rule on staff: its exact rendering to listed, consented people, through the same gate, outside reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle
from typing import Any

from rulecast.account.store import list_numbers
from rulecast.database import Connection
from rulecast.deliver import create_run
from rulecast.observe.append_audit import append_audit
from rulecast.plan import Combination, Terms, combine, content_hash, store
from rulecast.plan.document import instant
from rulecast.plan.draw import band_number, strength
from rulecast.plan.errors import SeedMissingError
from rulecast.rule.book.store import save_rule
from rulecast.rule.language.document import send_for
from rulecast.values.ids import ContactId, PlanId, RunId
from rulecast.wiring.media_library import fetch_for_rules, media_of_rule
from rulecast.wiring.plan_terms import check, make_terms
from rulecast.wiring.workspace import Workspace

SEEDS_MAX = 100
"""A try goes to staff; more would be a campaign that nobody approved."""
VALID_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A test run and how many people it was written for."""

    plan_id: PlanId
    run_id: RunId
    people: int


async def try_rule(workspace: Workspace, text: str) -> Trial:
    """Write a test run of a rule to every seed contact; the gate decides on each as on anybody.

    The rule's condition, window, holdout, limit and contention do not apply; consent, suppression, stops, template
    and quiet hours do.

    Raises:
        RuleRefusedError: the rule does not check.
        SeedMissingError: nobody is marked as seed, or more than 100 are.
    """
    await fetch_for_rules(workspace, [text])
    async with workspace.database.transaction() as connection:
        seeds = await store.list_seeds(connection)
        if not 1 <= len(seeds) <= SEEDS_MAX:
            raise SeedMissingError(
                f"{len(seeds)} contacts are marked as seed; 1 to {SEEDS_MAX} are expected."
            )
        return await write_listed_run(connection, workspace, text, seeds)


async def write_listed_run(
    connection: Connection,
    workspace: Workspace,
    text: str,
    people: Sequence[tuple[int, str, str, str]],
    *,
    valid_for: timedelta = timedelta(hours=VALID_HOURS),
    is_asked_for: bool = False,
) -> Trial:
    """Write a run of a rule to listed people, outside reports; each has contact id, country, language and zone.

    With `is_asked_for` these people asked for this very message: a transactional rule needs no consent of theirs then.

    Raises:
        RuleRefusedError: the rule does not check.
    """
    now = workspace.clock.now()
    catalogue = await workspace.catalogue(connection)
    checked = check(text, catalogue)
    rule = replace(checked.rule, schedule=None, validity=None)
    version = await save_rule(connection, checked.rule, author=workspace.actor, now=now)
    numbers = {number.name: number for number in await list_numbers(connection)}
    terms = await make_terms(connection, workspace, rule, evaluated_at=now, expires_at=now + valid_for)
    plan_id = await store.next_plan_id(connection)
    number_id = numbers[rule.send.number].business_number_id
    row = _plan_row(
        workspace, terms, plan_id=plan_id, version_id=version.rule_version_id, number_id=number_id
    )
    await store.insert_plan(connection, row)
    await _insert_members(connection, terms, plan_id, people)
    media = await media_of_rule(connection, rule, catalogue)
    await _finish(
        connection, terms, plan_id, people=len(people), more={"is_asked_for": is_asked_for, "media": media}
    )
    run_id = await _start(connection, workspace, plan_id, rule_name=rule.name, number_id=number_id)
    return Trial(plan_id=plan_id, run_id=run_id, people=len(people))


async def _start(
    connection: Connection, workspace: Workspace, plan_id: PlanId, *, rule_name: str, number_id: str
) -> RunId:
    now = workspace.clock.now()
    run_id = await create_run(
        connection,
        plan_id=plan_id,
        rule_name=rule_name,
        business_number_id=number_id,
        launched_by=workspace.actor,
        is_test=True,
        now=now,
    )
    await append_audit(
        connection,
        actor=workspace.actor,
        action="rule tried",
        subject=f"plan {plan_id}",
        details={"run": run_id, "rule": rule_name},
        now=now,
    )
    return run_id


def _plan_row(
    workspace: Workspace, terms: Terms, *, plan_id: PlanId, version_id: int, number_id: str
) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "rule_version_id": version_id,
        "rule_name": terms.rule.name,
        "purpose": terms.purpose.value,
        "evaluated_at": terms.evaluated_at,
        "as_of": None,
        "known_at": None,
        "created_at": terms.evaluated_at,
        "created_by": workspace.actor,
        "expires_at": terms.expires_at,
        "tzdata_version": workspace.tzdata_version,
        "business_number_id": number_id,
        "previous_plan_id": None,
        "is_test": True,
    }


async def _insert_members(
    connection: Connection, terms: Terms, plan_id: PlanId, people: Sequence[tuple[int, str, str, str]]
) -> None:
    # Every variant is tried, each by another of the people.
    variants = [one.name for one in terms.rule.variants] or [""]
    decided: list[tuple[ContactId, Combination]] = [
        (
            ContactId(contact_id),
            combine(terms, country=country, language=language, zone=zone, variant=variant),
        )
        for (contact_id, country, language, zone), variant in zip(people, cycle(variants), strict=False)
    ]
    await store.insert_test_members(
        connection,
        {
            "plan_id": plan_id,
            "contact_ids": [contact_id for contact_id, _ in decided],
            "reason_numbers": [one.template_reason or one.hours_reason for _, one in decided],
            "template_ids": [one.template_id for _, one in decided],
            "send_from": [one.send_from for _, one in decided],
            "variants": [one.variant for _, one in decided],
            "send_until": terms.expires_at,
            "decision_day": terms.evaluated_at.date(),
        },
    )


async def _finish(
    connection: Connection, terms: Terms, plan_id: PlanId, *, people: int, more: Mapping[str, object]
) -> None:
    reasons = await store.count_reasons(connection, plan_id)
    document = {
        "format": 1,
        "rule": terms.rule.name,
        "template": terms.rule.send.template,
        "band": band_number(terms.rule.priority),
        "priority_number": terms.rule.priority.number,
        "strength": strength(terms.rule.priority),
        "evaluated_at": instant(terms.evaluated_at),
        "currency": terms.billing_currency,
        "audience": people,
        "planned": reasons.get(0, 0),
        "exclusions": [],
        **more,
        "budget_e4": None,
        "link_targets": {
            arm: {link.name: link.url for link in send.links}
            for arm in ("", *(one.name for one in terms.rule.variants))
            if (send := send_for(terms.rule, arm)).links
        },
        "template_hashes": {
            str(one.template_id): one.components_hash.hex() for one in terms.templates.values()
        },
    }
    members_hash = await store.hash_members(connection, plan_id)
    await store.finish_plan(
        connection, plan_id, document=document, content_hash=content_hash(document, members_hash)
    )
    await store.set_state(connection, plan_id, "launched")
