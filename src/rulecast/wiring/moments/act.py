"""Do what a rule binds to a moment of its messages, note the next step, and keep what stop conditions count."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from rulecast.database import Connection
from rulecast.deliver.statuses import MessageMoment
from rulecast.gate.reply_terms import REPLY_STEP
from rulecast.profile import add_tags, remove_tags
from rulecast.profile.change_contacts import change_contacts
from rulecast.profile.contact import ContactChange
from rulecast.rule.language import CheckedRule, Rule, check_rule, parse_rule
from rulecast.rule.language.document import (
    Action,
    AssignAction,
    NotifyAction,
    ReplyAction,
    SetAction,
    TagAction,
)
from rulecast.rule.language.format_rule import format_action
from rulecast.values.catalogue import AttributeType, Catalogue
from rulecast.values.ids import ContactId, RuleVersionId, RunId
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.moments import store
from rulecast.wiring.moments.records import RunRow, RunRules, TakenRow
from rulecast.wiring.workspace import Workspace

BLOCKED_CODES = (131026, 131050)
"""The person cannot be reached, which a block also looks like, or has stopped marketing (whatsapp-platform 6.3)."""
KEPT_MAX = 10_000
"""Runs remembered at most; what a run's rule says never changes, so only size bounds the memory."""

Taken = Sequence[tuple[TakenRow, Action]]


class MomentActions:
    """What each run's rule says about moments, read when a run is first met; one a process and role."""

    def __init__(self, workspace: Workspace) -> None:
        """Start knowing nothing."""
        self._workspace = workspace
        self._known: dict[RunId, RunRules] = {}
        self._said: dict[tuple[RuleVersionId, int], RunRules] = {}

    async def run(self, connection: Connection, moments: Sequence[MessageMoment], now: datetime) -> None:
        """Do what these moments ask for, in the caller's transaction, once for each message and action."""
        if not moments:
            return
        await self.learn(connection, {moment.run_id for moment in moments})
        known = [one for one in moments if not self._known[one.run_id].run.is_test]
        await self._act(connection, known, now)
        await self._note_steps(connection, known)
        await self._count(connection, known, now)

    def listening(self, run_id: int) -> int | None:
        """Return who waits for deliveries of a run: nobody (0), a count (1), actions (2); None where unknown."""
        known = self._known.get(RunId(run_id))
        if known is None or known.run.is_test:
            return None
        if any(action.moment.value == "delivered" for action in known.actions.values()):
            return 2
        return int(known.is_counted)

    async def count_delivered(
        self, connection: Connection, delivered: Mapping[RunId, int], now: datetime
    ) -> None:
        """Add messages that were delivered for the first time to the counts of their runs."""
        if delivered:
            counts = {(run_id, "delivered"): count for run_id, count in delivered.items()}
            await store.add_tally(connection, counts, now=now)

    async def learn(self, connection: Connection, run_ids: Iterable[RunId]) -> None:
        """Read what the rules of these runs say, where it is not known yet."""
        if len(self._known) > KEPT_MAX:
            self._known.clear()
            self._said.clear()
        unknown = sorted(set(run_ids) - self._known.keys())
        if not unknown:
            return
        rows = await store.read_runs(connection, unknown)
        catalogue = await self._workspace.catalogue_of_runs(connection)
        for row in rows:
            said = self._said.get((row.rule_version_id, row.step))
            if said is None:
                # A first check builds the grammar, which takes longer than a lease may wait.
                said = await asyncio.to_thread(_read, row, catalogue)
                self._said[row.rule_version_id, row.step] = said
            self._known[row.run_id] = replace(said, run=row)

    async def _act(self, connection: Connection, moments: Sequence[MessageMoment], now: datetime) -> None:
        asked = [
            (moment, position, action)
            for moment in moments
            for position, action in self._known[moment.run_id].actions.items()
            if action.moment.value == moment.moment
        ]
        if not asked:
            return
        rows = await store.take_actions(
            connection,
            [(moment, position, format_action(action)) for moment, position, action in asked],
            now=now,
        )
        taken = [(row, self._known[row.run_id].actions[row.position]) for row in rows]
        await _tag(connection, taken, now)
        await self._set(connection, taken, now)
        await _assign(connection, taken, self._known, now)
        await _notify(connection, taken, self._known, now)
        await _reply(connection, taken, now)

    async def _set(self, connection: Connection, taken: Taken, now: datetime) -> None:
        """Set attributes through the change log, one change a person."""
        values: dict[ContactId, dict[str, object]] = {}
        for row, action in taken:
            if isinstance(action, SetAction):
                name = action.attribute.name
                values.setdefault(row.contact_id, {})[name] = self._value(action, now)
        changes = [
            ContactChange(contact_id=contact_id, attributes=attributes)
            for contact_id, attributes in sorted(values.items())
        ]
        await change_contacts(connection, self._workspace.vault, changes, now)

    def _value(self, action: SetAction, now: datetime) -> object:
        if action.value is not None:
            return action.value.value
        if action.attribute.type is AttributeType.DATE:
            return local_time(self._workspace.settings.default_timezone, now).date()
        return now

    async def _note_steps(self, connection: Connection, moments: Sequence[MessageMoment]) -> None:
        """Note when the next step of these people comes; the last message of a rule is followed by none."""
        accepted = [
            (moment.run_id, moment.contact_id, after)
            for moment in moments
            if moment.moment == "accepted" and (after := self._known[moment.run_id].next_after) is not None
        ]
        if accepted:
            await store.note_steps(connection, accepted)

    async def _count(self, connection: Connection, moments: Sequence[MessageMoment], now: datetime) -> None:
        counts: Counter[tuple[RunId, str]] = Counter(
            (moment.run_id, moment.moment)
            for moment in moments
            if moment.moment in store.COUNTED and self._known[moment.run_id].is_counted
        )
        failed = [(one.run_id, one.contact_id) for one in moments if one.moment == "failed"]
        if counts and failed:
            blocked = await store.count_blocked(connection, failed, BLOCKED_CODES)
            counts |= {(run_id, store.BLOCKED): count for run_id, count in blocked.items()}
        if counts:
            await store.add_tally(connection, counts, now=now)


def _read(row: RunRow, catalogue: Catalogue) -> RunRules:
    """Return what a run's rule says; one that no longer checks sets no attribute, since its values have no types.

    What happens to a reply is followed by nothing: two that answer each other would never end.
    """
    if row.step >= REPLY_STEP:
        return RunRules(run=row, actions={}, next_after=None, is_counted=False)
    checked = check_rule(row.rule_text, catalogue)
    if isinstance(checked, CheckedRule):
        rule, actions = checked.rule, checked.actions
    else:
        parsed = parse_rule(row.rule_text)
        if not isinstance(parsed, Rule):
            return RunRules(run=row, actions={}, next_after=None, is_counted=True)
        rule, actions = parsed, parsed.actions
    usable = {
        position: action
        for position, action in enumerate(actions, 1)
        if not isinstance(action, SetAction) or action.attribute.type is not None
    }
    following = rule.follow_ups[row.step - 1 :]
    return RunRules(
        run=row,
        actions=usable,
        next_after=following[0].after.length if following else None,
        is_counted=True,
    )


async def _tag(connection: Connection, taken: Taken, now: datetime) -> None:
    wanted: dict[str, list[tuple[ContactId, str]]] = {"add": [], "remove": []}
    for row, action in taken:
        if isinstance(action, TagAction):
            wanted[action.operation].append((row.contact_id, action.tag))
    if wanted["add"]:
        await add_tags(connection, wanted["add"], now)
    if wanted["remove"]:
        await remove_tags(connection, wanted["remove"], now)


async def _assign(connection: Connection, taken: Taken, known: dict[RunId, RunRules], now: datetime) -> None:
    wanted = [
        (row, action.team, known[row.run_id].run.rule_name)
        for row, action in taken
        if isinstance(action, AssignAction)
    ]
    if wanted:
        await store.assign(connection, wanted, now=now)


async def _reply(connection: Connection, taken: Taken, now: datetime) -> None:
    wanted = [row for row, action in taken if isinstance(action, ReplyAction)]
    if wanted:
        await store.put_replies(connection, wanted, now=now)


async def _notify(connection: Connection, taken: Taken, known: dict[RunId, RunRules], now: datetime) -> None:
    wanted = [
        (row, action.recipient, action.moment.value, known[row.run_id].run.rule_name)
        for row, action in taken
        if isinstance(action, NotifyAction)
    ]
    if wanted:
        await store.put_notices(connection, wanted, now=now)
