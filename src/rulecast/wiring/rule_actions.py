"""Run the tag actions a rule binds to a moment of its messages, once a message and moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.database import Connection
from rulecast.deliver.statuses import MessageMoment
from rulecast.gate.store import read_run_terms
from rulecast.profile import add_tags, remove_tags
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import TagAction
from rulecast.values.ids import ContactId


@dataclass(slots=True)
class RuleActions:
    """The tag actions of each run's rule version, read when a run is first met."""

    _known: dict[int, tuple[TagAction, ...]] = field(default_factory=dict)

    async def run(self, connection: Connection, moments: Sequence[MessageMoment], now: datetime) -> None:
        """Give and take the tags these moments ask for, in the caller's transaction."""
        if not moments:
            return
        await self._learn(connection, {moment.run_id for moment in moments})
        wanted: dict[str, list[tuple[ContactId, str]]] = {"add": [], "remove": []}
        for moment in moments:
            for action in self._known.get(moment.run_id, ()):
                if action.moment.value == moment.moment:
                    wanted[action.operation].append((moment.contact_id, action.tag))
        if wanted["add"]:
            await add_tags(connection, wanted["add"], now)
        if wanted["remove"]:
            await remove_tags(connection, wanted["remove"], now)

    async def _learn(self, connection: Connection, run_ids: Iterable[int]) -> None:
        unknown = sorted(set(run_ids) - self._known.keys())
        if not unknown:
            return
        for row in await read_run_terms(connection, unknown):
            rule = parse_rule(row.rule_text)
            self._known[row.run_id] = (
                tuple(one for one in rule.actions if isinstance(one, TagAction))
                if isinstance(rule, Rule)
                else ()
            )
