"""Which rules listen: versions in force with a trigger, checked once and kept while nothing changes."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from rulecast.database import Connection
from rulecast.plan.errors import RuleRefusedError
from rulecast.rule.language import CheckedRule
from rulecast.values.catalogue import Catalogue
from rulecast.values.ids import RuleVersionId
from rulecast.wiring.plan_terms import check
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.matching import EventRules
from rulecast.wiring.triggers.records import ListeningRule
from rulecast.wiring.triggers.store import Watch
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("triggers")

INBOUND = "message_received"
_DERIVED_FROM_INBOUND = "last_inbound_at"


@dataclass(slots=True)
class Listening:
    """The rules in force as read last; reading again costs one small query while nothing has changed."""

    rules: dict[RuleVersionId, ListeningRule] = field(default_factory=dict)
    event_rules: EventRules = field(default_factory=lambda: EventRules.of(()))
    catalogue: Catalogue | None = None
    signature: bytes = b""
    # Versions that wait for the end of transactions which could not know of them.
    arming: frozenset[RuleVersionId] = frozenset()
    _known: dict[RuleVersionId, ListeningRule | None] = field(default_factory=dict)
    _place: tuple[str, bytes] | None = None

    async def refresh(self, connection: Connection, workspace: Workspace) -> bool:
        """Read which versions are in force now and check those that are new; tell whether anything changed."""
        place = await store.read_book_place(connection)
        if place == self._place:
            return False
        _, signature = place
        if signature != self.signature:
            self.catalogue = await workspace.catalogue_of_runs(connection)
            self.signature = signature
            self._known.clear()
        in_force = await store.list_in_force(connection)
        unknown = [version for version, _, _ in in_force if version not in self._known]
        for version, text in (await store.list_texts(connection, unknown)).items():
            # A check takes milliseconds, and a book may hold thousands of rules.
            self._known[version] = await asyncio.to_thread(self._read, version, text)
        self.rules = {
            version: replace(known, since=since)
            for version, _, since in in_force
            if (known := self._known.get(version)) is not None
        }
        self.event_rules = await asyncio.to_thread(EventRules.of, list(self.rules.values()))
        self._place = place
        return True

    def anew(self) -> "Listening":
        """Return a reading that begins again, without checking again what stands in the book unchanged."""
        return Listening(catalogue=self.catalogue, signature=self.signature, _known=self._known)

    def forget(self, version: RuleVersionId) -> None:
        """Treat a version as in force no longer; the next reading of the book tells for sure."""
        self.rules.pop(version, None)

    def _read(self, version: RuleVersionId, text: str) -> ListeningRule | None:
        assert self.catalogue is not None
        try:
            checked = check(text, self.catalogue)
        except RuleRefusedError:
            LOG.warning("a rule in force does not check", version=version)
            return None
        trigger = checked.trigger
        if trigger is None:
            return None
        return ListeningRule(
            rule_version_id=version,
            rule_name=checked.rule.name,
            since=datetime.min,  # noqa: DTZ901 - replaced by the instant it is in force since
            text=text,
            checked=checked,
            trigger=trigger,
        )

    def by_event(self) -> dict[str, list[ListeningRule]]:
        """Return the rules that wait for an event, by its name."""
        found: dict[str, list[ListeningRule]] = {}
        for rule in self.rules.values():
            if rule.pattern is not None:
                found.setdefault(rule.pattern.event, []).append(rule)
        return found

    def entering(self) -> list[ListeningRule]:
        """Return the rules on entering, by version."""
        return [rule for rule in self.rules.values() if rule.kind == "entering"]

    def awake(self) -> list[ListeningRule]:
        """Return the rules on entering whose baseline is begun."""
        return [rule for rule in self.entering() if rule.rule_version_id not in self.arming]

    def watches(self) -> list[Watch]:
        """Return what storing transactions have to look at."""
        by_event, entering = self.by_event(), self.entering()
        for_entering = frozenset[str]().union(*(events_bearing_on(rule.checked) for rule in entering))
        watches = [
            (
                name,
                name in by_event,
                name in for_entering,
            )
            for name in sorted({*by_event, *for_entering})
        ]
        return [*watches, ("", False, True)] if entering else watches


def events_bearing_on(checked: CheckedRule) -> frozenset[str]:
    """Return the events that can change whether somebody fulfils a rule's condition."""
    derived = {INBOUND} if _DERIVED_FROM_INBOUND in checked.attributes_read else set()
    return checked.events_read | derived
