"""What the runtime of triggers keeps in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.values.ids import ContactId, PlanId, RuleVersionId
from rulecast.wiring.triggers.audience_block import AudienceBlock
from rulecast.wiring.triggers.records import (
    ArmedVersion,
    Arrival,
    ArrivedEvent,
    AudienceDifference,
    Candidate,
    CounterDifference,
    Evaluation,
    Firing,
    ListeningRule,
    TriggerLag,
    firing_columns,
)

QUERIES = load_queries(__package__)

FAILURES_MAX = 3
"""An arrival that cannot be matched so often, alone, is a defect: it waits for a release that can."""

FIRINGS_PER_STATEMENT = 1_500
"""A firing is at most 150 bytes of parameters (64 of them the rule's name): below 256 kB together."""

Watch = tuple[str, bool, bool]
"""Event name (empty for changes of people); whether it triggers, and bears on entering."""


# ---- who listens
async def list_in_force(connection: Connection) -> list[tuple[RuleVersionId, str, datetime]]:
    """Return the versions that may fire now, their rules, and since when."""
    return await fetch_all(connection, QUERIES["list_in_force"])


async def list_texts(connection: Connection, versions: Iterable[RuleVersionId]) -> dict[RuleVersionId, str]:
    """Return what versions say."""
    return dict(await fetch_all(connection, QUERIES["list_texts"], {"rule_version_ids": list(versions)}))


async def read_book_place(connection: Connection) -> tuple[str, bytes]:
    """Return what stands for the steps in the lives of rules, and 16 bytes that stand for catalogue and cluster."""
    row = await fetch_one(connection, QUERIES["read_book_place"])
    assert row is not None, "a workspace has its row"
    return str(row[0]), bytes(row[1].bytes)


async def list_armed(connection: Connection) -> dict[RuleVersionId, ArmedVersion]:
    """Return the versions that listen."""
    rows: list[ArmedVersion] = await fetch_all(connection, QUERIES["list_armed"], record=ArmedVersion)
    return {row.rule_version_id: row for row in rows}


async def put_watches(connection: Connection, watches: Sequence[Watch]) -> None:
    """Replace what the storing transactions look at."""
    names, triggers, entering = ([one[place] for one in watches] for place in range(3))
    parameters = {"names": names, "is_trigger": triggers, "for_entering": entering}
    await execute(connection, QUERIES["watch"], parameters)
    await execute(connection, QUERIES["unwatch"], {"names": names})


async def arm(
    connection: Connection, rules: Sequence[ListeningRule], *, signature: bytes, now: datetime
) -> None:
    """Let versions begin to listen, and forget whom earlier ones of the same number knew."""
    if not rules:
        return
    rule_version_ids = [rule.rule_version_id for rule in rules]
    parameters = {
        "rule_version_ids": rule_version_ids,
        "kinds": [rule.kind for rule in rules],
        "sinces": [rule.since for rule in rules],
        "signature": signature,
        "now": now,
    }
    await execute(connection, QUERIES["arm"], parameters)
    await execute(connection, QUERIES["forget_blocks"], {"anew": rule_version_ids})


async def begin_baseline(connection: Connection, rule_version_id: RuleVersionId) -> None:
    """Make a row for every block in which there is somebody, to be swept at once."""
    await execute(connection, QUERIES["begin_baseline"], {"rule_version_id": rule_version_id})


async def disarm_others(connection: Connection, kept: Iterable[RuleVersionId]) -> None:
    """Let everybody else listen no longer and forget their memberships."""
    await execute(connection, QUERIES["disarm"], {"rule_version_ids": list(kept)})
    await execute(connection, QUERIES["forget_blocks"], {"anew": []})


async def read_horizon(connection: Connection) -> int:
    """Return the transaction id below which nothing is open."""
    return int(await fetch_value(connection, QUERIES["read_horizon"]))


async def complete_arming(connection: Connection, versions: Iterable[RuleVersionId]) -> None:
    """Note that whatever these versions wait for comes as an arrival from here on."""
    await execute(connection, QUERIES["complete_arming"], {"rule_version_ids": list(versions)})


async def list_missed_events(
    connection: Connection,
    name: str,
    *,
    since: datetime,
    watch_xid: int,
    after: tuple[datetime, int],
    page: int,
) -> list[ArrivedEvent]:
    """Return a page of the events since an activation that were stored before the version was listened for."""
    after_at, after_id = after
    parameters = {
        "name": name,
        "since": since,
        "watch_xid": watch_xid,
        "after_at": after_at,
        "after_id": after_id,
        "page": page,
    }
    return await fetch_all(connection, QUERIES["list_missed_events"], parameters, record=ArrivedEvent)


# ---- arrivals and firings
async def take_arrivals(connection: Connection, *, count: int) -> list[Arrival]:
    """Lock and return the next of what arrived; what has failed before comes alone."""
    parameters = {"count": count, "failures_max": FAILURES_MAX}
    found: list[Arrival] = await fetch_all(connection, QUERIES["take_arrivals"], parameters, record=Arrival)
    fresh = [one for one in found if one.failures == 0]
    return fresh or found[:1]


async def note_failures(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Note that matching these failed."""
    await execute(connection, QUERIES["note_failures"], {"arrival_ids": [one.arrival_id for one in arrivals]})


async def forget_failures(connection: Connection) -> None:
    """Let everything that failed be tried again."""
    await execute(connection, QUERIES["forget_failures"])


async def delete_arrivals(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    """Forget arrivals whose consequences are stored."""
    await execute(
        connection, QUERIES["delete_arrivals"], {"arrival_ids": [one.arrival_id for one in arrivals]}
    )


async def fire(
    connection: Connection, firings: Sequence[Firing], *, now: datetime, evaluation_at: datetime | None = None
) -> int:
    """Store firings with their delay, decision window and evaluation; return how many were new.

    An event may fire many rules: a statement takes so many that its parameters stay below 256 kB.
    """
    stored = 0
    for start in range(0, len(firings), FIRINGS_PER_STATEMENT):
        columns = firing_columns(firings[start : start + FIRINGS_PER_STATEMENT], now)
        parameters = columns | {"now": now, "evaluation_at": evaluation_at or now}
        stored += await execute(connection, QUERIES["fire"], parameters)
    return stored


# ---- audiences
async def lock_blocks(
    connection: Connection, wanted: Sequence[tuple[RuleVersionId, int]]
) -> dict[tuple[RuleVersionId, int], AudienceBlock]:
    """Lock blocks by version and number, and return those that exist."""
    parameters = {
        "rule_version_ids": [version for version, _ in wanted],
        "block_numbers": [number for _, number in wanted],
    }
    rows = await fetch_all(connection, QUERIES["lock_blocks"], parameters)
    return {
        (version, number): AudienceBlock.read(
            version, number, is_baselined=is_baselined, members=members, due=due
        )
        for version, number, is_baselined, members, due in rows
    }


async def find_due_blocks(
    connection: Connection, versions: Iterable[RuleVersionId], *, now: datetime, count: int
) -> list[tuple[RuleVersionId, int]]:
    """Return the block that has been due for longest, for at most so many versions for which it is due."""
    parameters = {"rule_version_ids": list(versions), "now": now, "count": count}
    return await fetch_all(connection, QUERIES["find_due_blocks"], parameters)


async def store_blocks(connection: Connection, blocks: Sequence[AudienceBlock]) -> None:
    """Store what a sweep or a change found."""
    parameters = {
        "rule_version_ids": [one.rule_version_id for one in blocks],
        "block_numbers": [one.block_number for one in blocks],
        "baselined": [one.is_baselined for one in blocks],
        "members": [bytes(one.members) for one in blocks],
        "dues": [one.packed_due() for one in blocks],
        "next_dues": [one.next_due for one in blocks],
    }
    await execute(connection, QUERIES["store_blocks"], parameters)


async def list_living(connection: Connection, contact_ids: Iterable[int]) -> list[ContactId]:
    """Return who among these ids is somebody, ascending."""
    rows = await fetch_all(connection, QUERIES["list_living"], {"contact_ids": list(contact_ids)})
    return [contact_id for (contact_id,) in rows]


async def list_entered_before(
    connection: Connection, rule_version_id: RuleVersionId, contact_ids: Iterable[int]
) -> frozenset[int]:
    """Return who of these people has entered the version's audience before."""
    parameters = {"rule_version_id": rule_version_id, "contact_ids": list(contact_ids)}
    rows = await fetch_all(connection, QUERIES["list_entered_before"], parameters)
    return frozenset(contact_id for (contact_id,) in rows)


# ---- decisions
async def list_to_decide(
    connection: Connection, *, now: datetime, count: int, not_yet: Iterable[RuleVersionId]
) -> list[Candidate]:
    """Return everything that waits for people whose decision windows have closed."""
    parameters = {"now": now, "count": count, "not_yet": list(not_yet)}
    return await fetch_all(connection, QUERIES["list_to_decide"], parameters, record=Candidate)


async def count_waiting_entries(connection: Connection) -> dict[RuleVersionId, int]:
    """Return how many people wait because one evaluation made them enter, the most of any, by version."""
    return dict(await fetch_all(connection, QUERIES["count_waiting_entries"]))


async def begin_evaluation(connection: Connection, *, now: datetime, is_first: bool) -> Evaluation:
    """Return the evaluation that begins now; the first of a process goes on with one that was not ended."""
    parameters = {"now": now, "is_first": is_first}
    (begun,) = await fetch_all(connection, QUERIES["begin_evaluation"], parameters, record=Evaluation)
    return begun


async def list_unevaluated(
    connection: Connection, versions: Sequence[RuleVersionId], evaluation: Evaluation
) -> list[RuleVersionId]:
    """Return the versions on entering for which an evaluation is not over: all while arrivals of it wait."""
    if await fetch_value(connection, QUERIES["has_arrivals_to"], {"last_arrival": evaluation.last_arrival}):
        return list(versions)
    parameters = {"rule_version_ids": list(versions), "now": evaluation.until}
    return [version for (version,) in await fetch_all(connection, QUERIES["list_due_versions"], parameters)]


async def count_people(connection: Connection) -> int:
    """Return how many people there are."""
    return int(await fetch_value(connection, QUERIES["count_people"]))


async def settle(
    connection: Connection,
    candidate_ids: Sequence[int],
    *,
    state: str,
    now: datetime,
    why: str = "",
    plan_id: PlanId | None = None,
) -> int:
    """Note what became of firings; return how many were still waiting."""
    parameters = {
        "candidate_ids": list(candidate_ids),
        "state": state,
        "why": why,
        "plan_id": plan_id,
        "now": now,
    }
    return await execute(connection, QUERIES["settle"], parameters)


async def hold_entries(
    connection: Connection, rule_version_id: RuleVersionId, *, why: str, now: datetime
) -> int:
    """Keep everybody who entered for a person to decide; return how many."""
    parameters = {"rule_version_id": rule_version_id, "why": why, "now": now}
    return await execute(connection, QUERIES["hold_entries"], parameters)


async def release_held(connection: Connection, versions: Iterable[RuleVersionId], *, now: datetime) -> int:
    """Let those who were held be decided, after a person has let the rule go on."""
    parameters = {"rule_version_ids": list(versions), "now": now}
    return await execute(connection, QUERIES["release_held"], parameters)


async def let_go(connection: Connection, *, now: datetime) -> int:
    """Settle those who were held of rules that a person has archived since; return how many."""
    return await execute(connection, QUERIES["let_go"], {"now": now})


async def list_effects(
    connection: Connection, candidates: Sequence[Candidate], *, since: datetime
) -> dict[tuple[str, int], list[datetime]]:
    """Return when rules wrote to people because of effects of messages, by rule and person."""
    parameters = {
        "contact_ids": sorted({one.contact_id for one in candidates}),
        "rule_names": sorted({one.rule_name for one in candidates}),
        "since": since,
    }
    found: dict[tuple[str, int], list[datetime]] = {}
    for rule_name, contact_id, fired_at in await fetch_all(connection, QUERIES["list_effects"], parameters):
        found.setdefault((rule_name, contact_id), []).append(fired_at)
    return found


async def list_to_launch(connection: Connection) -> list[PlanId]:
    """Return the plans of firings that are not launched yet."""
    return [plan_id for (plan_id,) in await fetch_all(connection, QUERIES["list_to_launch"])]


async def settle_plan(connection: Connection, plan_id: PlanId, *, state: str, why: str = "") -> None:
    """Note what became of the plan of firings."""
    await execute(connection, QUERIES["settle_plan"], {"plan_id": plan_id, "state": state, "why": why})


# ---- looking on
async def read_lag(connection: Connection, now: datetime) -> TriggerLag:
    """Return how far the runtime is behind."""
    parameters = {"now": now, "failures_max": FAILURES_MAX}
    lag = await fetch_one(connection, QUERIES["read_lag"], parameters, record=TriggerLag)
    assert lag is not None, "an aggregate has one row"
    return lag


async def delete_old_candidates(connection: Connection, before: datetime) -> int:
    """Forget settled firings that are older than an instant."""
    return await execute(connection, QUERIES["delete_old_candidates"], {"before": before})


async def list_members(
    connection: Connection, rule_version_id: RuleVersionId, *, now: datetime
) -> tuple[set[int], dict[int, bool]]:
    """Return the kept members of a version, and for each block whether it is swept up to now."""
    parameters = {"rule_version_id": rule_version_id, "now": now}
    members: set[int] = set()
    settled: dict[int, bool] = {}
    for number, packed, is_current in await fetch_all(connection, QUERIES["list_block_members"], parameters):
        block = AudienceBlock.read(rule_version_id, number, is_baselined=True, members=packed, due=b"")
        members.update(block.member_ids())
        settled[number] = is_current
    return members, settled


async def list_unmatched_people(connection: Connection) -> set[int]:
    """Return whose arrivals wait."""
    return {contact_id for (contact_id,) in await fetch_all(connection, QUERIES["list_unmatched_people"])}


async def keep_checks(connection: Connection, found: Iterable[AudienceDifference], *, now: datetime) -> None:
    """Store what comparisons found."""
    for one in found:
        await execute(connection, QUERIES["keep_check"], {**asdict(one), "now": now})


async def keep_counter_check(connection: Connection, check: CounterDifference, *, now: datetime) -> None:
    """Store what a comparison of counters found."""
    await execute(connection, QUERIES["keep_counter_check"], {**asdict(check), "now": now})


async def find_last_counter_check(connection: Connection) -> CounterDifference | None:
    """Return what the last comparison of counters found, None where there was none."""
    return await fetch_one(connection, QUERIES["find_last_counter_check"], record=CounterDifference)


async def list_last_checks(connection: Connection) -> list[AudienceDifference]:
    """Return what the last comparison of each rule in force found."""
    return await fetch_all(connection, QUERIES["list_last_checks"], record=AudienceDifference)


CANDIDATES_KEPT = timedelta(days=30)
"""Far longer than any event may be late; long enough to look up why somebody was written to."""
