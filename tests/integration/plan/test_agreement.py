"""The waterfall by set operations gives every person the verdict of the pure policy."""

import random
from datetime import timedelta

from tests.planning import Person, create_people, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.database import Connection, execute
from rulecast.deliver.error_code import describe_error_code
from rulecast.gate.rests import Failure, RestRule, keep_rests
from rulecast.plan import Plan, store
from rulecast.plan.document import WATERFALL
from rulecast.plan.forecast_facts import Standing, forecast_facts
from rulecast.policy import Allowed, decide
from rulecast.policy.facts import LostTo
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.personal_values import open_values
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.plan_terms import PlanTerms, read_terms
from rulecast.wiring.why import person_parameters
from rulecast.wiring.workspace import Workspace

PEOPLE = 160
CLAUSES = """limit this rule to 1 per person per 14 days
budget 1 MAD per run
test holdout 10%"""
REASONS = {number: reason for reason, number in NUMBERS.items()}


def somebody(number: int, chance: random.Random) -> Person:
    country, city, zone = chance.choice(
        [
            ("ma", "casablanca", "Africa/Casablanca"),
            ("ma", "rabat", ""),
            ("fr", "lyon", "Europe/Paris"),
            ("tn", "tunis", "africa/tunis"),
            ("us", "lyon", "america/new_york"),
        ]
    )
    return Person(
        phone=f"+21261{number:07d}",
        city=city,
        country=country,
        zone=zone,
        language=chance.choice(["fr", "ar", "en", "de", "und"]),
        first_name=chance.choice(["Asha", "Deepa", "", "https://x.example"]),
        birth_date=chance.choice([None, None, "1990-04-02", "2012-06-15", "2008-11-17"]),
        status=chance.choice(
            [None, *[ConsentStatus.GRANTED] * 6, ConsentStatus.WITHDRAWN, ConsentStatus.DENIED]
        ),
        wording=chance.choice(["v1", "v1", "v1", ""]),
        said_before=timedelta(days=chance.randint(1, 700)),
        extra=own_hours(number),
    )


def own_hours(number: int) -> dict[str, object]:
    """Some people want no message at times of their own: for most of the day, all of it, or from a time on."""
    hours = {3: ("09:00", "20:30"), 7: ("00:00", "00:00"), 11: ("12:00", "")}.get(number % 16)
    return {} if hours is None else {"quiet_from": hours[0], "quiet_until": hours[1]}


async def trouble(
    connection: Connection, ids: list[ContactId], chance: random.Random, workspace: Workspace
) -> None:
    """Give some of them flags, stops and earlier messages."""
    flags = "UPDATE profile.contact SET {} = NOT {} WHERE contact_id = ANY(%(ids)b::bigint[])"
    for name in ("is_reachable", "is_restricted", "objects_to_profiling"):
        some = chance.sample(ids, len(ids) // 12)
        await connection.execute(flags.format(name, name).encode(), {"ids": some})
    for scope, action, cause in [
        ("marketing", "stop", "stop_word"),
        ("all", "stop", "import"),
        ("marketing", "resume", "api"),
    ]:
        await connection.execute(
            "INSERT INTO profile.suppression"
            " (suppression_index, contact_id, scope, action, cause, occurred_at, recorded_at)"
            " SELECT suppression_index, contact_id, %(scope)s, %(action)s, %(cause)s, %(now)s, %(now)s"
            " FROM profile.identity WHERE contact_id = ANY(%(ids)b::bigint[]) ON CONFLICT DO NOTHING",
            {
                "scope": scope,
                "action": action,
                "cause": cause,
                "now": workspace.clock.now(),
                "ids": chance.sample(ids, len(ids) // 12),
            },
        )
    now = workspace.clock.now()
    failures = [
        Failure(contact_id=contact_id, code=code, failed_at=now - timedelta(hours=hours))
        for code, hours in ((131049, 5), (131049, 30), (131026, 1), (131026, 2), (131026, 3))
        for contact_id in chance.sample(ids, len(ids) // 6)
    ]
    waits = describe_error_code(131049).waits_seconds
    rules = {
        131049: RestRule(kind="marketing", waits_seconds=waits),
        131026: RestRule(kind="all", waits_seconds=()),
    }
    await keep_rests(connection, failures, rules=rules)
    undelivered = [one.contact_id for one in failures if one.code == 131026][:10]
    more = [
        Failure(contact_id=one, code=131026, failed_at=now - timedelta(hours=hour))
        for one in undelivered
        for hour in (4, 5)
    ]
    await keep_rests(connection, more, rules=rules)


async def give_permits(connection: Connection, ids: list[ContactId], *, plan: Plan, hours_ago: int) -> None:
    at = plan.evaluated_at - timedelta(hours=hours_ago)
    parameters = {
        "ids": ids,
        "plan": plan.plan_id,
        "at": at,
        "rule": plan.rule_name,
        "version": plan.rule_version_id,
    }
    await execute(
        connection,
        "INSERT INTO deliver.run (plan_id, rule_name, business_number_id, state, launched_by, launched_at)"
        " VALUES (%(plan)s, %(rule)s, '106540352242922', 'running', 'amal', %(at)s) ON CONFLICT DO NOTHING",
        parameters,
    )
    await execute(
        connection,
        "WITH sent AS (INSERT INTO deliver.message (run_id, contact_id, business_number_id, template_id, state,"
        " send_from, send_until, changed_at)"
        " SELECT run_id, contact_id, business_number_id, 1, 'unknown', %(at)s, %(at)s,"
        " %(at)s FROM deliver.run, unnest(%(ids)b::bigint[]) AS given (contact_id) WHERE plan_id = %(plan)s"
        " ON CONFLICT DO NOTHING RETURNING message_id, contact_id)"
        " INSERT INTO gate.permit (message_id, contact_id, rule_name, rule_version_id, business_number_id, category,"
        " purpose, consent_id, granted_at)"
        " SELECT message_id, sent.contact_id, %(rule)s, %(version)s, '106540352242922',"
        " 'marketing', 'marketing', min(consent_id), %(at)s FROM sent JOIN profile.consent USING (contact_id)"
        " GROUP BY message_id, sent.contact_id",
        parameters,
    )


async def verdict_of(
    connection: Connection, workspace: Workspace, plan: Plan, known: PlanTerms, *, contact_id: ContactId
) -> tuple[Reason | None, Reason | None]:
    """Return the reason the plan stored and the one the policy gives, budget and rest of the portfolio apart."""
    row = await store.read_person(connection, person_parameters(plan, known, contact_id))
    member = await store.find_member(connection, plan.plan_id, contact_id)
    assert row is not None
    assert member is not None
    stored = REASONS.get(member.reason_number)
    personal = await open_values(workspace.vault, [(contact_id, row.sealed_attributes)])
    standing = Standing(
        matches=True,
        in_holdout=member.in_holdout,
        variant=member.variant,
        reads_behaviour=known.checked.reads_behaviour,
        lost_to=LostTo(rule_name="", margin=member.margin) if member.lost_to_plan_id else None,
        budget_left_e4=0 if stored is Reason.BUDGET else None,
        portfolio_left=0 if stored is Reason.PORTFOLIO_LIMIT else None,
    )
    facts, at = forecast_facts(known.terms, row, dict(personal.get(contact_id, {})), standing)
    verdict = decide(facts, at)
    return stored, None if isinstance(verdict, Allowed) else verdict.reason


async def test_set_operations_and_the_policy_agree_on_every_person(
    settings: Settings, clock: ManualClock
) -> None:
    chance = random.Random(20261117)
    async with planning_workspace(settings, clock) as workspace:
        ids = await create_people(workspace, [somebody(number, chance) for number in range(PEOPLE)])
        async with workspace.database.transaction() as connection:
            await trouble(connection, ids, chance, workspace)
        (first,) = await plan_rules(workspace, [rule_text("earlier")])
        (second,) = await plan_rules(workspace, [rule_text("winback", clauses=CLAUSES)])
        async with workspace.database.transaction() as connection:
            consented = [one for one in ids if await _has_consent(connection, one)]
            await give_permits(connection, chance.sample(consented, 30), plan=first, hours_ago=5)
            await give_permits(connection, chance.sample(consented, 30), plan=second, hours_ago=20)
        plans = await plan_rules(
            workspace,
            [
                rule_text("winback", clauses=CLAUSES, name_value="first_name"),
                rule_text(
                    "stronger",
                    priority=70,
                    clauses="once on monday at 10:00..20:00 local time of the contact; drop the rest",
                ),
                rule_text(
                    "rival",
                    priority=55,
                    clauses="limit all rules to 1 per person per 7 days\ntest holdout 50%",
                ),
                rule_text(
                    "rested",
                    priority=80,
                    clauses="once on wednesday at 10:00..20:00 local time of the contact; not on public holidays;"
                    " drop the rest",
                ),
                rule_text("waits", priority=80, clauses="valid from 2026-11-19 until 2026-11-19"),
                rule_text("early", priority=90, clauses="valid from 2026-12-01"),
            ],
        )
        seen: set[Reason | None] = set()
        async with workspace.database.connection() as connection:
            for plan in plans:
                known = await read_terms(connection, workspace, plan)
                for contact_id in ids:
                    stored, decided = await verdict_of(
                        connection, workspace, plan, known, contact_id=contact_id
                    )
                    assert stored is decided, (plan.rule_name, contact_id)
                    seen.add(stored)
    assert seen >= set(WATERFALL) - {
        Reason.CONSENT_EXPIRED,
        Reason.MISSING_TRANSLATION,
        Reason.TEMPLATE_UNUSABLE,
        Reason.PORTFOLIO_LIMIT,
        Reason.OBJECTS_TO_PROFILING,
        Reason.ALREADY_IN_RUN,
        Reason.COUPON_POOL_LOW,
        Reason.CAPPED,
        Reason.OUTSIDE_WINDOW,
    }
    assert None in seen


async def _has_consent(connection: Connection, contact_id: ContactId) -> bool:
    cursor = await connection.execute(
        "SELECT count(*) FROM profile.consent WHERE contact_id = %s", (contact_id,)
    )
    return bool((await cursor.fetchone() or (0,))[0])
