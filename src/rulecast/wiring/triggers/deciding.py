"""Firings whose decision window has closed become plans: rivals of one window are planned together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from rulecast.database import Connection
from rulecast.database.errors import DatabaseError
from rulecast.rule.book import HoldReason
from rulecast.values.errors import RulecastError
from rulecast.values.ids import ContactId, PlanId, RuleVersionId
from rulecast.wiring.plan_audience import audience_among
from rulecast.wiring.plan_making import RULES_MAX
from rulecast.wiring.plan_people import plan_for_people
from rulecast.wiring.standing import hold_rule
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.listening import Listening
from rulecast.wiring.triggers.loop_guard import EFFECTS_WINDOW, find_loop
from rulecast.wiring.triggers.records import Candidate
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("triggers")

DEFECT = "a defect; the log of the engine has it"
DECIDED_AT_ONCE = 1_000
"""People whose firings are decided together: small plans keep the others' wait short."""
ENTRIES_MAX = 500
ENTRIES_SHARE = 100
"""Design section 4: when one evaluation makes more than 500 people and more than one in a hundred enter, a person
looks first."""


class CandidatesMovedError(Exception):
    """Somebody else has settled firings that were being decided; nothing is stored, and they are looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The firings of one version that are decided together, and for whom its condition holds."""

    rule_version_id: RuleVersionId
    text: str
    candidates: Sequence[Candidate]
    matched: frozenset[ContactId]


async def decide_due(workspace: Workspace, listening: Listening, *, not_yet: Iterable[RuleVersionId]) -> int:
    """Plan what is due and return how many firings were settled.

    Args:
        workspace: where.
        listening: the rules in force now.
        not_yet: versions on entering whose evaluation is still under way.
    """
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        held = await _hold_mass_entries(connection, workspace, listening, not_yet=not_yet)
        due = await store.list_to_decide(connection, now=now, count=DECIDED_AT_ONCE, not_yet=not_yet)
        waiting = await _drop_resting(connection, listening, due, now=now)
        waiting = await _stop_loops(connection, workspace, listening, waiting)
        groups = await _find_matches(connection, listening, waiting, now=now)
    for start in range(0, len(groups), RULES_MAX):
        await _plan_or_drop(workspace, groups[start : start + RULES_MAX])
    return held + len(due)


async def _hold_mass_entries(
    connection: Connection, workspace: Workspace, listening: Listening, *, not_yet: Iterable[RuleVersionId]
) -> int:
    """Hold rules that one evaluation made too many people enter; return how many firings wait for a person now."""
    entries = await store.count_waiting_entries(connection)
    if not entries or max(entries.values()) <= ENTRIES_MAX:
        return 0
    limit = max(ENTRIES_MAX, await store.count_people(connection) // ENTRIES_SHARE)
    held = 0
    for version, count in entries.items():
        if count <= limit or version in not_yet or version not in listening.rules:
            continue
        why = f"{count} people entered at once; more than {limit} wait for a person"
        await hold_rule(connection, workspace, version, reason=HoldReason.MASS_ENTRY, why=why)
        held += await store.hold_entries(connection, version, why=why, now=workspace.clock.now())
        listening.forget(version)
    return held


async def _drop_resting(
    connection: Connection, listening: Listening, due: Sequence[Candidate], *, now: datetime
) -> list[Candidate]:
    """Settle firings of versions that are in force no longer; return the others."""
    resting = [one.candidate_id for one in due if one.rule_version_id not in listening.rules]
    if resting:
        await store.settle(connection, resting, state="dropped", why="the rule is not in force", now=now)
    return [one for one in due if one.rule_version_id in listening.rules]


async def _stop_loops(
    connection: Connection, workspace: Workspace, listening: Listening, due: Sequence[Candidate]
) -> list[Candidate]:
    """Hold rules that set themselves off and settle what they fired; return the other firings."""
    suspects = [one for one in due if one.is_effect]
    if not suspects:
        return list(due)
    now = workspace.clock.now()
    written = await store.list_effects(connection, suspects, since=now - EFFECTS_WINDOW)
    looping: dict[RuleVersionId, str] = {}
    for one in suspects:
        loop = find_loop(one.rule_name, written.get((one.rule_name, one.contact_id), ()), now=now)
        if loop is not None and one.rule_version_id not in looping:
            looping[one.rule_version_id] = loop.why
            await hold_rule(connection, workspace, one.rule_version_id, reason=HoldReason.LOOP, why=loop.why)
            listening.forget(one.rule_version_id)
    for version, why in looping.items():
        stopped = [one.candidate_id for one in due if one.rule_version_id == version]
        await store.settle(connection, stopped, state="dropped", why=why, now=now)
    return [one for one in due if one.rule_version_id not in looping]


async def _find_matches(
    connection: Connection, listening: Listening, waiting: Sequence[Candidate], *, now: datetime
) -> list[_Group]:
    """Return the firings by version with those for whom the condition holds now; settle versions without any."""
    assert listening.catalogue is not None
    by_version: dict[RuleVersionId, list[Candidate]] = {}
    for one in waiting:
        by_version.setdefault(one.rule_version_id, []).append(one)
    groups = []
    for version, candidates in by_version.items():
        rule = listening.rules[version]
        asked = frozenset(one.contact_id for one in candidates)
        try:
            found = await audience_among(
                connection, rule.checked, asked, catalogue=listening.catalogue, now=now
            )
        except DatabaseError:
            raise
        except Exception:
            # One rule with a defect stands in nobody's way; its firings say where to look.
            LOG.exception("a triggered rule cannot be evaluated", version=version)
            stuck = [one.candidate_id for one in candidates]
            await store.settle(connection, stuck, state="dropped", why=DEFECT, now=now)
            continue
        matched = frozenset(ContactId(contact_id) for contact_id in found)
        unmatched = [one.candidate_id for one in candidates if one.contact_id not in matched]
        if unmatched:
            await store.settle(connection, unmatched, state="no_match", now=now)
        if matched:
            kept = [one for one in candidates if one.contact_id in matched]
            groups.append(_Group(rule_version_id=version, text=rule.text, candidates=kept, matched=matched))
    return groups


async def _plan_or_drop(workspace: Workspace, groups: Sequence[_Group]) -> None:
    """Plan the groups together; where one of them cannot be planned, each alone, and settle that one."""
    try:
        await _plan(workspace, groups)
    except (DatabaseError, CandidatesMovedError):
        raise
    except Exception as error:
        if len(groups) > 1:
            for group in groups:
                await _plan_or_drop(workspace, [group])
            return
        why = error.code if isinstance(error, RulecastError) else DEFECT
        LOG.exception("a triggered rule cannot be planned", version=groups[0].rule_version_id)
        async with workspace.database.transaction() as connection:
            ids = [one.candidate_id for one in groups[0].candidates]
            await store.settle(connection, ids, state="dropped", why=why, now=workspace.clock.now())


async def _plan(workspace: Workspace, groups: Sequence[_Group]) -> None:
    """Plan the groups together, and settle their firings in the transaction that stores the plans."""
    now = workspace.clock.now()

    async def settle(connection: Connection, plan_ids: Sequence[PlanId]) -> None:
        for group, plan_id in zip(groups, plan_ids, strict=True):
            ids = [one.candidate_id for one in group.candidates]
            moved = await store.settle(connection, ids, state="planned", plan_id=plan_id, now=now)
            if moved != len(ids):
                raise CandidatesMovedError

    await plan_for_people(
        workspace,
        [group.text for group in groups],
        contacts=[group.matched for group in groups],
        after_store=settle,
    )
