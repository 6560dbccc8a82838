"""Plans in the database: the work tables of a planning, the stored plans, approvals and reservations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import date, datetime
from typing import Any

from rulecast.database import Connection, copy_rows, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.locks import lock_in_transaction
from rulecast.database.rows import Jsonb
from rulecast.plan.audience_copy import audience_blocks
from rulecast.plan.draw import Drawn
from rulecast.plan.errors import PlanUnknownError
from rulecast.plan.forecast_facts import PersonRow
from rulecast.plan.person_facts import fold_people, names_to_read
from rulecast.plan.records import Combination, LateSend, Member, Plan, Start
from rulecast.rule.engine import PersonFacts
from rulecast.values.catalogue import Catalogue
from rulecast.values.ids import ContactId, PlanId, RuleVersionId, RunId, TemplateId
from rulecast.values.reason import NUMBERS, Reason

QUERIES = load_queries(__package__)
PLANS_LISTED_MAX = 200
DELETED_BYTES_MAX = 1 << 20
"""Work tables up to this size are emptied row by row, which is quicker than new files for them."""


async def begin_planning(connection: Connection, *, is_of_few: bool = False) -> None:
    """Take the turn of planning until the transaction ends, and empty the work tables."""
    await lock_in_transaction(connection, "plan.make")
    is_little = is_of_few and await fetch_value(connection, QUERIES["measure_work"]) < DELETED_BYTES_MAX
    await execute(connection, QUERIES["delete_work" if is_little else "empty_work"])
    for setting in ("raise_work_memory", "compile_nothing", "plan_each_statement"):
        await execute(connection, QUERIES[setting])
    if not is_of_few:
        await execute(connection, QUERIES["join_by_hash"])


async def list_given_suppressions(connection: Connection, given: Sequence[int]) -> list[bytes]:
    """Return the hashes under which a stop of these people can stand."""
    rows = await fetch_all(connection, QUERIES["list_given_suppressions"], {"given": list(given)})
    return [bytes(index) for (index,) in rows]


async def next_plan_id(connection: Connection) -> PlanId:
    """Draw the id of a plan to be stored."""
    return PlanId(await fetch_value(connection, QUERIES["next_plan_id"]))


async def put_audience(connection: Connection, plan_id: PlanId, drawn: Iterable[Drawn]) -> None:
    """Store who fulfils the condition, with what was drawn for them."""
    async with connection.cursor() as cursor, cursor.copy(QUERIES["copy_audience"]) as copy:
        for block in audience_blocks(plan_id, drawn):
            await copy.write(block)
    await execute(connection, QUERIES["analyze_audience"])


async def keep_assignments(
    connection: Connection, plan_id: PlanId, rule_version_id: RuleVersionId, *, now: datetime
) -> None:
    """Append the arms of an audience to what is kept of the version, and take over what was kept before."""
    parameters = {"plan_id": plan_id, "rule_version_id": rule_version_id, "now": now}
    await execute(connection, QUERIES["keep_assignments"], parameters)
    await execute(connection, QUERIES["take_assignments"], parameters)


async def list_combinations(connection: Connection, plan_id: PlanId) -> list[tuple[str, ...]]:
    """Return the distinct country, language, zone, own quiet hours, variant and form of the file of an audience."""
    return await fetch_all(connection, QUERIES["list_combinations"], {"plan_id": plan_id})


async def put_combinations(
    connection: Connection, plan_id: PlanId, combinations: Iterable[Combination]
) -> None:
    """Store what was decided for each combination."""
    rows = ((plan_id, *astuple(one)[:-1], one.latest_birth_date.isoformat()) for one in combinations)
    types = ["int8", *["text"] * 6, "int8", *["int2"] * 2, *["timestamptz"] * 2]
    types += ["date", "timestamptz", "int8", "text"]
    await copy_rows(connection, QUERIES["copy_combinations"], rows, types=types)
    await execute(connection, QUERIES["analyze_combinations"])


async def list_doubtful(
    connection: Connection, parameters: Mapping[str, object]
) -> list[tuple[int, str, int, str, bytes | None]]:
    """Return a page of people whose values have to be looked at: id, variant, template, open and sealed values."""
    return await fetch_all(connection, QUERIES["list_doubtful"], parameters)


async def put_missing(connection: Connection, plan_id: PlanId, contact_ids: Iterable[int]) -> None:
    """Store of whose values no message can be made."""
    rows = ((plan_id, contact_id) for contact_id in contact_ids)
    await copy_rows(connection, QUERIES["copy_missing"], rows, types=["int8", "int8"])


async def fill_candidates(connection: Connection, parameters: Mapping[str, object]) -> None:
    """Decide everything that concerns one person alone."""
    await execute(connection, QUERIES["fill_candidates"], parameters)
    await execute(connection, QUERIES["analyze_candidates"])


async def put_claims(
    connection: Connection, claims: Sequence[Mapping[str, object]], *, given: Sequence[int] | None = None
) -> None:
    """Store who wants whom: the plans made now, approved plans, reservations; of the given people or of all."""
    for claim in claims:
        await execute(connection, QUERIES["claim_own"], claim)
    names = {
        "rule_names": [claim["rule_name"] for claim in claims],
        "evaluated_at": claims[0]["evaluated_at"],
        "first_day": claims[0]["first_day"],
        "today": claims[0]["today"],
        "given": None if given is None else list(given),
    }
    await execute(connection, QUERIES["claim_approved"], names)
    await execute(connection, QUERIES["claim_reserved"], names)
    await execute(connection, QUERIES["analyze_claims"])


async def mark_losers(connection: Connection, claim: Mapping[str, object]) -> None:
    """Mark everyone whom a stronger claim wins, and let them win nobody else; the strongest plan comes first."""
    await execute(connection, QUERIES["mark_losers"], claim)
    await execute(connection, QUERIES["drop_lost_claims"], {"plan_id": claim["plan_id"]})


async def list_portfolio_people(
    connection: Connection, portfolio_id: str, *, since: datetime, evaluated_at: datetime
) -> list[tuple[datetime, int, int]]:
    """Return instants of last messages with how many people, and how many of them got marketing alone."""
    parameters = {"portfolio_id": portfolio_id, "since": since, "evaluated_at": evaluated_at}
    return await fetch_all(connection, QUERIES["list_portfolio_people"], parameters)


async def list_number_people(
    connection: Connection, business_number_id: str, *, since: datetime, evaluated_at: datetime
) -> list[tuple[datetime, int]]:
    """Return instants of a number's last marketing messages with how many people."""
    parameters = {"business_number_id": business_number_id, "since": since, "evaluated_at": evaluated_at}
    return await fetch_all(connection, QUERIES["list_number_people"], parameters)


async def insert_plan(connection: Connection, parameters: Mapping[str, object]) -> None:
    """Store the plan's row, its document still empty."""
    await execute(connection, QUERIES["insert_plan"], {"step": 1, "first_run_id": None, **parameters})


async def store_members(connection: Connection, parameters: Mapping[str, object]) -> None:
    """Store the decision on every person of the audience."""
    await execute(connection, QUERIES["store_members"], parameters)


async def finish_plan(
    connection: Connection, plan_id: PlanId, *, document: Mapping[str, Any], content_hash: bytes
) -> None:
    """Store what the plan shows and the hash over it."""
    parameters = {"plan_id": plan_id, "document": Jsonb(dict(document)), "content_hash": content_hash}
    await execute(connection, QUERIES["finish_plan"], parameters)


async def count_reasons(connection: Connection, plan_id: PlanId) -> dict[int, int]:
    """Return how many people each reason number has; 0 is planned."""
    return dict(await fetch_all(connection, QUERIES["count_reasons"], {"plan_id": plan_id}))


async def count_losses(connection: Connection, plan_id: PlanId) -> list[tuple[int, int, bool, int]]:
    """Return winner's plan, margin, whether the score decided, and people, the most first."""
    parameters = {"plan_id": plan_id, "lost_to_rule": NUMBERS[Reason.LOST_TO_RULE]}
    return await fetch_all(connection, QUERIES["count_losses"], parameters)


async def rule_names(connection: Connection, plan_ids: Iterable[int]) -> dict[int, str]:
    """Return the rule of each plan."""
    rows = await fetch_all(connection, QUERIES["list_rule_names"], {"plan_ids": list(plan_ids)})
    return dict(rows)


async def count_messages(connection: Connection, plan_id: PlanId) -> list[tuple[str, int, str, int, int]]:
    """Return country, template, variant, messages and price of the planned messages."""
    return await fetch_all(connection, QUERIES["count_messages"], {"plan_id": plan_id})


async def count_arms(connection: Connection, plan_id: PlanId) -> list[tuple[bool, str, int, int]]:
    """Return held out or not, variant, people and planned people of each arm of an experiment."""
    return await fetch_all(connection, QUERIES["count_arms"], {"plan_id": plan_id})


async def count_starts(connection: Connection, plan_id: PlanId) -> list[Start]:
    """Return when how many planned messages may start, in order."""
    rows = await fetch_all(connection, QUERIES["count_starts"], {"plan_id": plan_id})
    return [
        Start(send_from=send_from, send_until=send_until, batch=batch, messages=messages)
        for send_from, send_until, batch, messages in rows
    ]


async def sample_members(
    connection: Connection, plan_id: PlanId
) -> list[tuple[int, int, str, str, dict[str, Any], bytes | None]]:
    """Return one planned person per template, variant and form of the file, each as a row.

    A row is template, person, variant, form of the file, open and sealed values.
    """
    return await fetch_all(connection, QUERIES["sample_members"], {"plan_id": plan_id})


async def hash_members(connection: Connection, plan_id: PlanId) -> bytes:
    """Return the hash over the decisions on all people of a plan."""
    found = await fetch_value(connection, QUERIES["hash_members"], {"plan_id": plan_id})
    return bytes(found)


async def find_previous_plan(
    connection: Connection, rule_name: str, plan_id: PlanId, *, step: int = 1
) -> PlanId | None:
    """Return the last plan of the same step of the same rule before this one."""
    parameters = {"rule_name": rule_name, "plan_id": plan_id, "step": step}
    found = await fetch_value(connection, QUERIES["find_previous_plan"], parameters)
    return None if found is None else PlanId(found)


async def compare_members(
    connection: Connection, plan_id: PlanId, previous_plan_id: PlanId
) -> tuple[int, int]:
    """Return how many planned people came in and how many went out since another plan."""
    parameters = {"plan_id": plan_id, "previous_plan_id": previous_plan_id}
    row = await fetch_one(connection, QUERIES["compare_members"], parameters)
    assert row is not None, "an aggregate has one row"
    return int(row[0]), int(row[1])


async def find_plan(connection: Connection, plan_id: PlanId) -> Plan:
    """Return a plan.

    Raises:
        PlanUnknownError: there is none of that number.
    """
    plan = await fetch_one(connection, QUERIES["find_plan"], {"plan_id": plan_id}, record=Plan)
    if plan is None:
        raise PlanUnknownError(f"There is no plan {plan_id}.")
    return plan


async def list_plans(connection: Connection, *, count: int = PLANS_LISTED_MAX) -> list[Plan]:
    """Return the latest plans, the newest first."""
    return await fetch_all(connection, QUERIES["list_plans"], {"count": count}, record=Plan)


async def lock_plan(connection: Connection, plan_id: PlanId) -> Plan:
    """Lock a plan until the transaction ends, and return it as it is then.

    Raises:
        PlanUnknownError: there is none of that number.
    """
    await fetch_value(connection, QUERIES["lock_plan"], {"plan_id": plan_id})
    return await find_plan(connection, plan_id)


async def set_state(connection: Connection, plan_id: PlanId, state: str) -> None:
    """Set the state of a plan."""
    await execute(connection, QUERIES["set_state"], {"plan_id": plan_id, "state": state})


async def insert_approval(connection: Connection, parameters: Mapping[str, object]) -> None:
    """Store who signed which hash."""
    await execute(connection, QUERIES["insert_approval"], parameters)


async def find_member(connection: Connection, plan_id: PlanId, contact_id: ContactId) -> Member | None:
    """Return the decision on one person, or None where they are not in the audience."""
    parameters = {"plan_id": plan_id, "contact_id": contact_id}
    return await fetch_one(connection, QUERIES["find_member"], parameters, record=Member)


async def list_late_places(
    connection: Connection, plan_id: PlanId, *, now: datetime
) -> list[tuple[str, str, str]]:
    """Return country, zone and own quiet hours of planned people who could have been written to before an instant."""
    return await fetch_all(connection, QUERIES["list_late_places"], {"plan_id": plan_id, "now": now})


async def free_version(connection: Connection, rule_version_id: RuleVersionId) -> None:
    """Give back whom the plans of a version have reserved and not written to."""
    await execute(connection, QUERIES["free_version"], {"rule_version_id": rule_version_id})


async def reserve_members(
    connection: Connection, plan: Plan, *, now: datetime, late: Sequence[LateSend] = ()
) -> int:
    """Reserve every planned person for the decision window of their first possible send; return how many it got.

    `late` says when that is now for those who could have been written to before, by country and zone.

    Reservations take turns. Whoever is wanted by two plans is locked before it is decided who gets them, so that
    nobody is written to by one plan while another one takes them over.
    """
    await lock_in_transaction(connection, "plan.reserve")
    document = plan.document
    parameters = {
        "plan_id": plan.plan_id,
        "rule_name": plan.rule_name,
        "band": document["band"],
        "priority": document["priority_number"],
        "strength": document["strength"],
        "window_seconds": document.get("window_seconds", -1),
        "now": now,
        "late_countries": [one.country for one in late],
        "late_zones": [one.zone for one in late],
        "late_hours": [one.quiet_hours for one in late],
        "late_from": [one.send_from for one in late],
        "late_days": [one.decision_day for one in late],
    }
    rows = await fetch_all(connection, QUERIES["list_contested"], parameters)
    contested = [contact_id for (contact_id,) in rows]
    if contested:
        for lock in ("lock_contested", "lock_reservations"):
            await fetch_all(connection, QUERIES[lock], {"contact_ids": contested})
    return await execute(connection, QUERIES["reserve_members"], {**parameters, "contested": contested})


async def find_month_spending(connection: Connection, rule_name: str, month: date) -> int:
    """Return what a rule's live permits have cost in a month, in 10^-4 minor units."""
    parameters = {"rule_name": rule_name, "month": month}
    return int(await fetch_value(connection, QUERIES["find_month_spending"], parameters) or 0)


async def find_run_spending(connection: Connection, run_id: RunId) -> int:
    """Return what the budget of a run has paid so far, its later steps included."""
    return int(await fetch_value(connection, QUERIES["find_run_spending"], {"run_id": run_id}) or 0)


async def find_run(connection: Connection, plan_id: PlanId) -> RunId | None:
    """Return the run of a launched plan."""
    found = await fetch_value(connection, QUERIES["find_run"], {"plan_id": plan_id})
    return None if found is None else RunId(found)


async def find_template_hashes(
    connection: Connection, template_ids: Iterable[int]
) -> dict[TemplateId, bytes]:
    """Return what the templates say now, as hashes."""
    rows = await fetch_all(connection, QUERIES["find_template_hashes"], {"template_ids": list(template_ids)})
    return {TemplateId(template_id): bytes(digest) for template_id, digest in rows}


async def find_newest_rule_version(connection: Connection, rule_name: str) -> int | None:
    """Return the version a rule has now."""
    found = await fetch_value(connection, QUERIES["find_newest_rule_version"], {"rule_name": rule_name})
    return None if found is None else int(found)


async def insert_test_members(connection: Connection, parameters: Mapping[str, object]) -> None:
    """Store the listed people of a test message."""
    await execute(connection, QUERIES["insert_test_members"], parameters)


async def read_people(
    connection: Connection,
    contact_ids: Iterable[int],
    *,
    catalogue: Catalogue,
    events_read: Iterable[str],
    valid_until: datetime,
    known_until: datetime,
) -> dict[int, PersonFacts]:
    """Return people as the reference evaluator knows them, as of one instant and as known at another."""
    parameters = {
        "contact_ids": list(contact_ids),
        "names": list(names_to_read(events_read)),
        "valid_until": valid_until,
        "known_until": known_until,
    }
    changes = await fetch_all(connection, QUERIES["read_changes"], parameters)
    events = await fetch_all(connection, QUERIES["read_events"], parameters)
    return fold_people(changes, events, catalogue)


async def read_person(connection: Connection, parameters: Mapping[str, object]) -> PersonRow | None:
    """Return what bears on sending to one person, or None where there is no such contact."""
    return await fetch_one(connection, QUERIES["read_person"], parameters, record=PersonRow)


async def list_seeds(connection: Connection) -> list[tuple[int, str, str, str]]:
    """Return id, country, language and zone of the staff who get test messages."""
    return await fetch_all(connection, QUERIES["list_seeds"])


async def set_seed(connection: Connection, contact_id: ContactId, *, is_seed: bool, now: datetime) -> int:
    """Set whether a contact gets test messages; return 1 where that changed."""
    return await execute(
        connection, QUERIES["set_seed"], {"contact_id": contact_id, "is_seed": is_seed, "now": now}
    )


async def list_member_ids(
    connection: Connection, plan_id: PlanId, *, reason_number: int, after: int, page: int
) -> list[int]:
    """Return a page of the ids of people with one decision (0: planned), in order, those after an id."""
    parameters = {"plan_id": plan_id, "reason_number": reason_number, "after": after, "page": page}
    return [row[0] for row in await fetch_all(connection, QUERIES["list_member_ids"], parameters)]
