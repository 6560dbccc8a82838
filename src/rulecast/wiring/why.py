"""Why a person is in or out of a plan: the conditions with their values, then every check in order."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rulecast.database import Connection
from rulecast.plan import Member, Plan, draw, store
from rulecast.plan.forecast_facts import Standing, forecast_facts
from rulecast.plan.rendering import bsuid_number
from rulecast.policy import Check, explain_checks
from rulecast.policy.facts import LostTo
from rulecast.rule.engine import ExplanationNode, PersonFacts, explain
from rulecast.rule.engine.instants import zone_of
from rulecast.rule.engine.next_flip import next_match
from rulecast.values.errors import RulecastError
from rulecast.values.ids import ContactId, PlanId
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.personal_values import open_values
from rulecast.wiring.plan_media import kept_grade
from rulecast.wiring.plan_terms import PlanTerms, read_terms
from rulecast.wiring.why_message import WhyMessage, explain_message
from rulecast.wiring.workspace import Workspace

FOREVER = datetime.max.replace(tzinfo=UTC)
REASONS = {number: reason for reason, number in NUMBERS.items()}


class ContactUnknownError(RulecastError):
    """There is no contact of that number."""

    code = "RC-WHY-001"
    summary = "There is no contact of that number."
    remedy = "Give a contact id; `rulecast contact show` finds it by phone number."


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The answer: was the person in the audience, which conditions hold, what was decided, and each check."""

    contact_id: ContactId
    plan_id: PlanId
    rule_name: str
    # Which message of the rule was planned; who gets a later one is decided by what became of the message before.
    step: int
    evaluated_at: datetime
    in_audience: bool
    conditions: ExplanationNode
    # When time alone makes the conditions true, for who does not fulfil them; None within the engine's horizon never.
    matches_from: datetime | None
    zone: str
    reason: Reason | None
    # The arm of a rule with variants that the person belongs to; empty without one.
    variant: str
    lost_to: LostTo | None
    # Which message the rule has for them, whether they get it or not.
    message: WhyMessage
    checked_at: datetime
    checks: tuple[Check, ...]


async def explain_person(workspace: Workspace, contact_id: ContactId, plan_id: PlanId) -> Why:
    """Return why a plan decided as it did on one person, in its audience or not.

    Conditions are evaluated as of the plan's instant with what was known when it was made.

    Raises:
        PlanUnknownError, ContactUnknownError: there is no such plan or person.
    """
    async with workspace.database.connection() as connection:
        plan = await store.find_plan(connection, plan_id)
        known = await read_terms(connection, workspace, plan)
        row = await store.read_person(connection, person_parameters(plan, known, contact_id))
        if row is None:
            raise ContactUnknownError(f"There is no contact {contact_id}.")
        person = await _person(connection, plan, known, contact_id)
        member = await store.find_member(connection, plan_id, contact_id)
        names = await store.rule_names(connection, [] if member is None else [member.lost_to_plan_id])
    personal = await open_values(workspace.vault, [(contact_id, row.sealed_attributes)])
    condition = known.checked.condition
    conditions = explain(condition, person, plan.evaluated_at)
    matches_from = (
        None
        if conditions.truth
        else await asyncio.to_thread(next_match, condition, person, plan.evaluated_at)
    )
    standing = _standing(
        workspace, known, member, contact_id=contact_id, names=names, matches=conditions.truth
    )
    message = explain_message(plan, known.checked.rule, row, variant=standing.variant)
    # Whoever is planned is explained as planned, whatever is known of their device by now.
    form = kept_grade(message.form) if member is None or member.reason_number else member.media
    standing = replace(standing, media=form)
    facts, at = forecast_facts(known.terms, row, dict(personal.get(contact_id, {})), standing)
    return Why(
        contact_id=contact_id,
        plan_id=plan_id,
        rule_name=plan.rule_name,
        step=plan.document.get("step", 1),
        evaluated_at=plan.evaluated_at,
        in_audience=member is not None,
        conditions=conditions,
        matches_from=matches_from,
        zone=zone_of(person.zone, known.catalogue.default_zone),
        reason=_reason(member),
        variant=standing.variant,
        lost_to=standing.lost_to,
        message=message,
        checked_at=at,
        checks=tuple(explain_checks(facts, at)),
    )


def _reason(member: Member | None) -> Reason | None:
    """Return why somebody is left out; who was planned can have been lost at a launch since."""
    if member is None:
        return None
    is_lost_since = member.reason_number == 0 and bool(member.lost_to_plan_id)
    return Reason.LOST_TO_RULE if is_lost_since else REASONS.get(member.reason_number)


def person_parameters(plan: Plan, known: PlanTerms, contact_id: ContactId) -> dict[str, object]:
    """Return the parameters that read one person as the plan saw them."""
    terms, at = known.terms, plan.evaluated_at
    limits = [
        one.per.length for one in (terms.rule.person_limit, terms.rule.workspace_limit) if one is not None
    ]
    caps = [cap.window for cap in terms.policy.caps_for(terms.purpose)]
    return {
        "contact_id": contact_id,
        "purpose": plan.purpose,
        "rule_name": plan.rule_name,
        "evaluated_at": at,
        "valid_until": plan.as_of or FOREVER,
        "known_until": plan.known_at or plan.created_at,
        "counted_from": at - max([*limits, *caps], default=timedelta()),
        "bsuid_number": bsuid_number(terms.templates.values(), plan.business_number_id),
    }


async def _person(connection: Connection, plan: Plan, known: PlanTerms, contact_id: ContactId) -> PersonFacts:
    people = await store.read_people(
        connection,
        [contact_id],
        catalogue=known.catalogue,
        events_read=known.checked.events_read,
        valid_until=plan.evaluated_at,
        known_until=plan.known_at or plan.created_at,
    )
    return people.get(contact_id, PersonFacts(contact_id=contact_id))


def _standing(
    workspace: Workspace,
    known: PlanTerms,
    member: Member | None,
    *,
    contact_id: ContactId,
    names: dict[int, str],
    matches: bool,
) -> Standing:
    rule = known.checked.rule
    reason = _reason(member)
    if member is None:
        ((_, in_holdout, _order, variant),) = draw(
            [contact_id],
            rule_name=rule.name,
            key=workspace.vault.assignment_key,
            holdout_percent=rule.holdout_percent,
            variants=rule.variants,
        )
    else:
        in_holdout, variant = member.in_holdout, member.variant
    return Standing(
        matches=matches,
        in_holdout=in_holdout,
        variant=variant,
        reads_behaviour=known.checked.reads_behaviour,
        lost_to=None
        if member is None or not member.lost_to_plan_id
        else LostTo(
            rule_name=names.get(member.lost_to_plan_id, ""),
            margin=member.margin,
            score_margin=member.score_margin,
        ),
        budget_left_e4=0 if reason is Reason.BUDGET else None,
        portfolio_left=0 if reason is Reason.PORTFOLIO_LIMIT else None,
        coupons_left=0 if reason is Reason.COUPON_POOL_LOW else None,
    )
