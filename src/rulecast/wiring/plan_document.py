"""Closing a plan: everything it shows is counted, the samples are rendered and masked, the hash is made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rulecast.account.facts import list_holds
from rulecast.account.ramp import USUAL_BATCHES
from rulecast.database import Connection
from rulecast.plan import content_hash, store
from rulecast.plan.calendar import PORTFOLIO, WARM_UP, Limits, RollingLimit
from rulecast.plan.cost import read_answers, read_interval
from rulecast.plan.document import Figures, build_document, instant
from rulecast.plan.draw import band_number, is_experiment, strength
from rulecast.plan.parameters import mask_personal, parameter_values
from rulecast.policy.facts import strictest_category
from rulecast.policy.rule_window import validity_span
from rulecast.rule.engine.mart import Freshness
from rulecast.rule.language import explain_rule
from rulecast.rule.language.document import ReplyAction, send_for
from rulecast.rule.language.format_values import format_duration
from rulecast.template import check_template, preview
from rulecast.template.shown import show_message
from rulecast.values.ids import TemplateId
from rulecast.wiring.personal_values import open_values
from rulecast.wiring.plan_calendar import foretell, last_send
from rulecast.wiring.plan_draft import UNLIMITED, Draft, Portfolio
from rulecast.wiring.plan_media import media_of_plan
from rulecast.wiring.rule_terms import read_template_hashes
from rulecast.wiring.workspace import Workspace

NO_HISTORY = ("reachability", "restriction", "objection to profiling", "seed mark", "templates")
"""What a plan as of the past takes as it is now."""


async def finish(
    connection: Connection, workspace: Workspace, draft: Draft, *, portfolio: Portfolio, freshness: Freshness
) -> None:
    """Count, render and hash the stored members of a plan, and store its document."""
    figures = await _count(connection, workspace, draft, portfolio=portfolio)
    terms = _terms(draft, workspace, freshness) | await _steps(connection, draft)
    terms |= await media_of_plan(connection, workspace, draft)
    interval = await read_interval(
        connection, draft.terms, draft.plan_id, business_number_id=draft.number.business_number_id
    )
    terms |= {"cost_interval": asdict(interval)} | await _answers(connection, draft)
    terms |= {"holds": await _holds(connection, draft)}
    document = build_document(terms, figures)
    members_hash = await store.hash_members(connection, draft.plan_id)
    await store.finish_plan(
        connection, draft.plan_id, document=document, content_hash=content_hash(document, members_hash)
    )


async def _answers(connection: Connection, draft: Draft) -> dict[str, Any]:
    """Return what answers of the rule can cost, nothing where it gives none."""
    replies = sum(isinstance(one, ReplyAction) for one in draft.terms.rule.actions)
    if not replies:
        return {}
    number = draft.number.business_number_id
    found = await read_answers(
        connection, draft.terms, draft.plan_id, business_number_id=number, replies=replies
    )
    return {"answers": asdict(found)}


async def _holds(connection: Connection, draft: Draft) -> list[dict[str, Any]]:
    """Return what rests now of what this plan would send; its calendar counts as if nothing did."""
    number, kinds = draft.number, {"all", "business_initiated"}
    for one in draft.terms.templates.values():
        kinds |= {one.category, strictest_category(one.category, one.correct_category)}
    places = {
        ("number", str(number.business_number_id)),
        ("waba", number.waba_id),
        ("portfolio", str(number.portfolio_id)),
        *(("country", country) for country, *_ in await store.count_messages(connection, draft.plan_id)),
    }
    found = [
        {"cause": one.cause, "kind": one.kind, "scope": one.scope, "until": instant(one.until)}
        for one in await list_holds(connection, draft.terms.made_at)
        if one.kind in kinds and (one.scope, one.scope_id) in places
    ]
    if number.state == "held":
        found.append({"cause": number.hold_reason, "kind": "all", "scope": "number", "until": None})
    return found


async def _steps(connection: Connection, draft: Draft) -> dict[str, Any]:
    """Return which step is planned, or which messages the later steps of this plan may send."""
    if draft.follows is not None:
        return {"step": draft.step, "first_run": draft.follows.first_run_id}
    rule = draft.checked.rule
    if not rule.follow_ups:
        return {}
    return {
        "follow_ups": [
            {"step": step, "after": format_duration(one.after), "template": one.send.template}
            for step, one in enumerate(rule.follow_ups, 2)
        ],
        # Signed with the plan: a step whose template says something else is held back.
        "rule_template_hashes": await read_template_hashes(connection, rule),
    }


async def _count(
    connection: Connection, workspace: Workspace, draft: Draft, *, portfolio: Portfolio
) -> Figures:
    plan_id, rule = draft.plan_id, draft.checked.rule
    reasons = await store.count_reasons(connection, plan_id)
    losses = await store.count_losses(connection, plan_id)
    previous_id = await store.find_previous_plan(connection, rule.name, plan_id, step=draft.step)
    starts = await store.count_starts(connection, plan_id)
    templates = {one.template_id: one for one in draft.terms.templates.values()}
    messages = await store.count_messages(connection, plan_id)
    limits = Limits(
        per_second=draft.number.pace_per_second,
        rolling=_rolling(portfolio),
        template_batches=_template_batches(workspace, draft, messages),
    )
    return Figures(
        reasons=reasons,
        losses=losses,
        rule_names=await store.rule_names(connection, {plan for plan, *_ in losses}),
        arms=await store.count_arms(connection, plan_id) if is_experiment(rule) else [],
        messages=messages,
        templates=templates,
        calendar=await foretell(connection, draft.terms, plan_id, starts=starts, limits=limits),
        sends_until=last_send(starts, draft.terms.expires_at),
        samples=await _samples(connection, workspace, draft),
        findings=[
            finding
            for template in templates.values()
            for finding in check_template(
                template, words_per_variable=workspace.settings.template_words_per_variable
            )
            if finding.severity != "note"
        ],
        previous=None
        if previous_id is None
        else (previous_id, *await store.compare_members(connection, plan_id, previous_id)),
    )


def _rolling(portfolio: Portfolio) -> list[RollingLimit]:
    """Return the limits of people in a rolling day under which a plan goes out."""
    found = []
    if portfolio.limit < UNLIMITED:
        found.append(
            RollingLimit(name=PORTFOLIO, people_max=portfolio.limit, counted=tuple(portfolio.counted))
        )
    if portfolio.warm_up is not None:
        found.append(
            RollingLimit(
                name=WARM_UP, people_max=0, counted=tuple(portfolio.marketed), warm_up=portfolio.warm_up
            )
        )
    return found


def _template_batches(
    workspace: Workspace, draft: Draft, messages: Sequence[tuple[str, int, str, int, int]]
) -> tuple[int, ...]:
    """Return the growing batches under which the largest template goes out that Meta does not call good.

    Messages of other templates go on between them: the batches of a plan are larger by as many.
    """
    said = draft.terms.policy.template_ramp
    batches = (() if workspace.is_simulated else USUAL_BATCHES) if said is None else said
    watched = {
        int(one.template_id)
        for one in draft.terms.templates.values()
        if one.category == "marketing" and one.quality != "green"
    }
    counts: Counter[int] = Counter()
    for _country, template_id, _variant, count, _cost in messages:
        counts[template_id] += count if template_id in watched else 0
    largest = max(counts.values(), default=0)
    if not largest:
        return ()
    everybody = sum(count for _country, _template, _variant, count, _cost in messages)
    return tuple(batch * everybody // largest for batch in batches)


def _terms(draft: Draft, workspace: Workspace, freshness: Freshness) -> dict[str, Any]:
    rule, terms = draft.checked.rule, draft.terms
    valid_from, valid_until = validity_span(rule.validity, workspace_zone=terms.workspace_zone)
    day = max(terms.evaluated_at, terms.made_at).date()
    return {
        "rule": rule.name,
        "rule_version": rule.version,
        "rule_version_id": draft.version.rule_version_id,
        "rule_hash": draft.version.content_hash.hex(),
        "about": rule.about,
        "explanation": list(explain_rule(rule)),
        "priority": f"{rule.priority.band.value}/{rule.priority.number}",
        "band": band_number(rule.priority),
        "priority_number": rule.priority.number,
        "strength": strength(rule.priority),
        "score": draft.score or None,
        "window_seconds": draft.window_seconds,
        "purpose": rule.purpose,
        "template": rule.send.template,
        "number": draft.number.name,
        "sensitive_read": sorted(draft.checked.sensitive_read),
        "holdout_percent": None if rule.holdout_percent is None else str(rule.holdout_percent),
        "variants": {one.name: str(one.percent) for one in rule.variants},
        "link_targets": {
            arm: {link.name: link.url for link in send.links}
            for arm in ("", *(one.name for one in rule.variants))
            if (send := send_for(rule, arm)).links
        },
        "valid_from": instant(valid_from),
        "valid_until": instant(valid_until),
        "budget_e4": draft.budget.limit_e4,
        "budget_per": None if rule.budget is None else rule.budget.per,
        "budget_left_e4": draft.budget.left_e4,
        **_coupons(draft),
        "currency": terms.billing_currency,
        "rate_card": [one.isoformat() for one in terms.rate_card.sources(terms.billing_currency, day)],
        "evaluated_at": instant(terms.evaluated_at),
        "run_day": None if terms.run_day is None else terms.run_day.isoformat(),
        "expires_at": instant(terms.expires_at),
        "freshness": {
            "complete_until": instant(freshness.complete_until),
            "lag_seconds": round(freshness.lag_seconds, 3),
        },
        "tzdata_version": workspace.tzdata_version,
        "warnings": [f"{one.code} {one.message}" for one in draft.checked.warnings],
        "without_history": list(NO_HISTORY),
    }


def _coupons(draft: Draft) -> dict[str, Any]:
    """Return what the pools can give, where messages hold codes."""
    coupons = draft.coupons
    return {} if coupons is None else {"coupons": {"pools": dict(coupons.pools), "held": coupons.held}}


async def _samples(connection: Connection, workspace: Workspace, draft: Draft) -> list[dict[str, Any]]:
    """Return one rendering per language and variant, with a real person whose values are masked."""
    rows = await store.sample_members(connection, draft.plan_id)
    opened = await open_values(workspace.vault, [(row[1], row[-1]) for row in rows])
    templates = {one.template_id: one for one in draft.terms.templates.values()}
    samples = []
    for template_id, contact_id, variant, media, attributes, _sealed in rows:
        template = templates[TemplateId(template_id)]
        values = parameter_values(
            send_for(draft.checked.rule, variant).parameters,
            {**attributes, **mask_personal(opened.get(contact_id, {}))},
        )
        samples.append(
            {
                "template": template.name,
                "language": template.language,
                "variant": variant,
                **({"media": media} if media else {}),
                "text": preview(template, values),
                "shown": show_message(template, values).to_json(),
            }
        )
    return samples
