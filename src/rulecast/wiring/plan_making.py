"""Making plans: rules are checked, audiences matched in the mart, every person decided on, the result stored.

Runs where the mart is open. Several rules asked for together compete for the people they share.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rulecast.account.pacing import PORTFOLIO_WINDOW
from rulecast.account.store import list_numbers
from rulecast.database import Connection
from rulecast.plan import combine, draw, store
from rulecast.plan.draw import is_experiment, strength
from rulecast.plan.errors import PlanInputError, PlanNotFreshError
from rulecast.plan.parameters import required_attributes
from rulecast.plan.rendering import bsuid_number
from rulecast.policy import read_sending_policy
from rulecast.policy.facts import ASKED_BY_THE_PERSON
from rulecast.rule.book.store import save_rule
from rulecast.rule.engine.mart import Freshness, Mart
from rulecast.rule.language import CheckedRule
from rulecast.rule.language.document import send_for
from rulecast.values.catalogue import Catalogue
from rulecast.values.ids import PlanId
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.catch_up import catch_up
from rulecast.wiring.plan_audience import count_missing, find_audiences
from rulecast.wiring.plan_budget import read_budget
from rulecast.wiring.plan_coupons import read_stock
from rulecast.wiring.plan_document import finish
from rulecast.wiring.plan_draft import UNLIMITED, Draft, PlanRequest, Portfolio
from rulecast.wiring.plan_limits import read_portfolio
from rulecast.wiring.plan_media import choose_media
from rulecast.wiring.plan_parameters import find_unrenderable
from rulecast.wiring.plan_terms import check, make_terms, window_seconds
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import read_rules

RULES_MAX = 50
"""Rules planned together: each holds its audience in the work tables until all are decided."""
FOREVER = datetime.max.replace(tzinfo=UTC)
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


async def make_plans(workspace: Workspace, mart: Mart | None, request: PlanRequest) -> list[PlanId]:
    """Plan the rules together, store the plans and return their ids in the order of the rules.

    Without a mart the request names the people to ask about.

    Raises:
        PlanInputError: the same rule twice, too many rules, or an instant in the future.
        RuleRefusedError: a rule does not check.
        PlanNotFreshError: the mart is too far behind, and the present was asked for.
        BudgetCurrencyError, RateUnknownError: money cannot be compared.
    """
    now = workspace.clock.now()
    evaluated_at = request.as_of or now
    _check_request(request, now)
    async with workspace.database.connection() as connection:
        catalogue = await _catalogue(connection, workspace, request)
        rules = await read_rules(connection)
        policy = read_sending_policy(rules.sending_policy)
        freshness = await _freshness(connection, mart, catalogue, now=now)
    if not request.is_of_past and freshness.lag_seconds > policy.freshness_seconds_max:
        raise PlanNotFreshError(f"The audience engine is {freshness.lag_seconds:.0f} s behind the database.")
    checked = [check(text, catalogue, step=request.step) for text in request.texts]
    if len({one.rule.name for one in checked}) < len(checked):
        raise PlanInputError("The same rule is asked for twice.")
    audiences = await find_audiences(
        workspace, mart, checked, request=request, catalogue=catalogue, evaluated_at=evaluated_at
    )
    checked = await count_missing(mart, checked, request=request, evaluated_at=evaluated_at)
    async with workspace.database.transaction() as connection:
        await store.begin_planning(connection, is_of_few=request.contacts is not None)
        drafts = [
            await _draft(
                connection, workspace, one, audience=audience, evaluated_at=evaluated_at, request=request
            )
            for one, audience in zip(checked, audiences, strict=True)
        ]
        for draft in drafts:
            await _decide_each(connection, workspace, draft, catalogue=catalogue, request=request)
        await store.put_claims(connection, [draft.claim for draft in drafts], given=request.given)
        # Who has lost to a stronger rule takes nobody from a weaker one.
        for draft in sorted(drafts, key=_weakness):
            await store.mark_losers(connection, draft.claim)
        await _store_all(connection, workspace, drafts, request=request, freshness=freshness)
        plan_ids = [draft.plan_id for draft in drafts]
        if request.after_store is not None:
            await request.after_store(connection, plan_ids)
    return plan_ids


async def _catalogue(connection: Connection, workspace: Workspace, request: PlanRequest) -> Catalogue:
    """Return what the rules can name; one that runs already may name what was lost, and its plan says so."""
    is_running = request.contacts is not None and not request.is_edit
    return await (workspace.catalogue_of_runs if is_running else workspace.catalogue)(connection)


async def _freshness(
    connection: Connection, mart: Mart | None, catalogue: Catalogue, *, now: datetime
) -> Freshness:
    """Bring the mart up to now; facts of given people come from PostgreSQL itself and are always fresh."""
    if mart is None:
        return Freshness(complete_until=now, lag_seconds=0.0)
    return await catch_up(connection, mart, catalogue)


def _check_request(request: PlanRequest, now: datetime) -> None:
    if not 1 <= len(request.texts) <= RULES_MAX:
        raise PlanInputError(f"1 to {RULES_MAX} rules can be planned together.")
    if request.follows is not None and (request.contacts is None or len(request.texts) != 1):
        raise PlanInputError("A later step is planned alone, for given people.")
    if request.contacts is not None and len(request.contacts) != len(request.texts):
        raise PlanInputError("Each rule needs its own people, or none at all.")
    for instant in (request.as_of, request.known_at):
        if instant is not None and (instant.tzinfo is None or instant > now):
            raise PlanInputError(f"{instant.isoformat()} lies in the future or has no time zone.")
        if instant is not None and instant < BEFORE_ALL:
            raise PlanInputError(f"Nothing is known of the time before {BEFORE_ALL.date()}.")


async def _draft(
    connection: Connection,
    workspace: Workspace,
    checked: CheckedRule,
    *,
    audience: Sequence[int],
    evaluated_at: datetime,
    request: PlanRequest,
) -> Draft:
    rule = checked.rule
    now = workspace.clock.now()
    terms = await make_terms(connection, workspace, rule, evaluated_at=evaluated_at, run_day=request.run_day)
    numbers = {number.name: number for number in await list_numbers(connection)}
    version = (
        await save_rule(connection, rule, author=workspace.actor, now=now, is_edit=request.is_edit)
        if request.follows is None
        else request.follows.version
    )
    number = numbers[rule.send.number]
    return Draft(
        plan_id=await store.next_plan_id(connection),
        checked=checked,
        version=version,
        number=number,
        audience=audience,
        budget=await read_budget(connection, terms, number.business_number_id, follows=request.follows),
        coupons=await read_stock(connection, rule, evaluated_at=evaluated_at),
        window_seconds=window_seconds(rule, is_of_few=request.contacts is not None),
        terms=terms,
        follows=request.follows,
    )


def _weakness(draft: Draft) -> int:
    return -strength(draft.checked.rule.priority)


async def _decide_each(
    connection: Connection, workspace: Workspace, draft: Draft, *, catalogue: Catalogue, request: PlanRequest
) -> None:
    """Decide everything that concerns one person alone, contention apart."""
    rule = draft.checked.rule
    drawn = draw(
        draft.audience,
        rule_name=rule.name,
        key=workspace.vault.assignment_key,
        holdout_percent=rule.holdout_percent,
        variants=rule.variants,
    )
    await store.put_audience(connection, draft.plan_id, drawn)
    if is_experiment(rule) and not request.is_of_past:
        await store.keep_assignments(
            connection, draft.plan_id, draft.version.rule_version_id, now=workspace.clock.now()
        )
    await choose_media(connection, draft)
    combinations = [
        combine(
            draft.terms,
            country=country,
            language=language,
            zone=zone,
            quiet_hours=quiet_hours,
            variant=variant,
            media=media,
        )
        for country, language, zone, quiet_hours, variant, media in await store.list_combinations(
            connection, draft.plan_id
        )
    ]
    await store.put_combinations(connection, draft.plan_id, combinations)
    await find_unrenderable(connection, workspace, draft, combinations, catalogue=catalogue)
    required = [
        (arm, name)
        for arm in ("", *(one.name for one in rule.variants))
        for name in required_attributes(send_for(rule, arm).parameters, catalogue)
    ]
    parameters = _person_parameters(draft, required, request)
    parameters |= await _given_parameters(connection, draft, request)
    await store.fill_candidates(connection, parameters)


async def _given_parameters(
    connection: Connection, draft: Draft, request: PlanRequest
) -> dict[str, list[int] | list[bytes] | None]:
    if request.contacts is None:
        return {"given": None, "given_suppressions": None}
    given = list(draft.audience)
    return {"given": given, "given_suppressions": await store.list_given_suppressions(connection, given)}


def _person_parameters(
    draft: Draft, required: Sequence[tuple[str, str]], request: PlanRequest
) -> dict[str, Any]:
    rule, terms = draft.checked.rule, draft.terms
    at = terms.evaluated_at
    caps = terms.policy.caps_for(terms.purpose)
    valid_days = terms.policy.consent_valid_days
    limit, shared = rule.person_limit, rule.workspace_limit
    return {
        **{reason.value: number for reason, number in NUMBERS.items()},
        "plan_id": draft.plan_id,
        "rule_name": rule.name,
        "purpose": terms.purpose.value,
        "reads_behaviour": draft.checked.reads_behaviour,
        "evaluated_at": at,
        "valid_until": request.as_of or FOREVER,
        "known_until": request.known_at or FOREVER,
        "consents_expire_before": BEFORE_ALL if valid_days is None else at - timedelta(days=valid_days),
        "withdrawn_wordings": sorted(terms.policy.withdrawn_wordings),
        "asked_causes": sorted(ASKED_BY_THE_PERSON),
        "bsuid_number": bsuid_number(terms.templates.values(), draft.number.business_number_id),
        "required_variants": [arm for arm, _name in required],
        "required_attributes": [name for _arm, name in required],
        "score_attribute": draft.score,
        "limit_count": 2**31 - 1 if limit is None else limit.count,
        "limit_window": timedelta() if limit is None else limit.per.length,
        "workspace_limit_count": 2**31 - 1 if shared is None else shared.count,
        "workspace_limit_window": timedelta() if shared is None else shared.per.length,
        "cap_counts": [cap.count_max for cap in caps],
        "cap_windows": [cap.window for cap in caps],
        "cap_count_min": min((cap.count_max for cap in caps), default=2**31 - 1),
        "cap_window_max": max((cap.window for cap in caps), default=timedelta()),
    }


async def _store_all(
    connection: Connection,
    workspace: Workspace,
    drafts: Sequence[Draft],
    *,
    request: PlanRequest,
    freshness: Freshness,
) -> None:
    for draft in drafts:
        await store.insert_plan(connection, await _plan_row(connection, workspace, draft, request=request))
    for draft in drafts:
        portfolio = await read_portfolio(connection, workspace, draft)
        await store.store_members(connection, _member_parameters(draft, portfolio))
    for draft in drafts:
        portfolio = await read_portfolio(connection, workspace, draft)
        await finish(connection, workspace, draft, portfolio=portfolio, freshness=freshness)


async def _plan_row(
    connection: Connection, workspace: Workspace, draft: Draft, *, request: PlanRequest
) -> dict[str, Any]:
    rule = draft.checked.rule
    return {
        "plan_id": draft.plan_id,
        "rule_version_id": draft.version.rule_version_id,
        "rule_name": rule.name,
        "purpose": rule.purpose,
        "evaluated_at": draft.terms.evaluated_at,
        "as_of": request.as_of,
        "known_at": request.known_at,
        "created_at": workspace.clock.now(),
        "created_by": request.created_by,
        "expires_at": draft.terms.expires_at,
        "tzdata_version": workspace.tzdata_version,
        "business_number_id": draft.number.business_number_id,
        "previous_plan_id": await store.find_previous_plan(
            connection, rule.name, draft.plan_id, step=draft.step
        ),
        "is_test": False,
        "step": draft.step,
        "first_run_id": None if draft.follows is None else draft.follows.first_run_id,
    }


def _member_parameters(draft: Draft, portfolio: Portfolio) -> dict[str, Any]:
    batch = draft.checked.rule.batch
    return {
        **{reason.value: number for reason, number in NUMBERS.items()},
        "plan_id": draft.plan_id,
        "rule_name": draft.checked.rule.name,
        "evaluated_at": draft.terms.evaluated_at,
        "batch_size": UNLIMITED if batch is None else batch.size,
        "batch_every": timedelta() if batch is None else batch.every.length,
        "budget_e4": UNLIMITED if draft.budget.left_e4 is None else draft.budget.left_e4,
        "budget_next_e4": UNLIMITED if draft.budget.limit_e4 is None else draft.budget.limit_e4,
        "next_month": draft.budget.next_month or FOREVER,
        "coupons": UNLIMITED if draft.coupons is None else draft.coupons.people_max,
        "portfolio_used": portfolio.used,
        "portfolio_limit": portfolio.limit,
        "portfolio_window": PORTFOLIO_WINDOW,
        "portfolio_limit_reason": NUMBERS[Reason.PORTFOLIO_LIMIT],
    }
