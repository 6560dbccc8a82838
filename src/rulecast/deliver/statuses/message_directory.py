"""What the facts of a message name: rule, run, template. A run is looked up once, a template every few minutes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from rulecast.collect.event import encode_properties
from rulecast.deliver.statuses import store
from rulecast.deliver.statuses.store import Connection, FamiliarRow, RunRow
from rulecast.values.catalogue import fold_text
from rulecast.values.ids import RunId
from rulecast.vault import Vault

# Runs and templates remembered at most; a run's name never changes, so only size bounds the memory.
KEPT_MAX = 10_000
# Runs and templates whose ordinary statuses one statement takes: each is sent with every group, and compared with
# every status in it. More are seldom told of at once; the one met first then makes room.
FAMILIAR_MAX = 32
# What a template counts as may change: a price compared with what was true yesterday would not be settled.
TEMPLATES_KEPT_FOR = timedelta(minutes=5)


class MessageDirectory:
    """Names of runs and templates, read when they are first met, and the keyed hashes of what is personal."""

    def __init__(self, vault: Vault) -> None:
        """Start knowing nothing."""
        self.vault = vault
        self._runs: dict[int, RunRow] = {}
        self._templates: dict[int, str] = {}
        self._properties: dict[tuple[int, int, str], Mapping[str, object]] = {}
        self._recent: dict[tuple[int, int, str], str] = {}
        self._categories: dict[int, frozenset[str]] = {}
        self._steady: dict[int, str] = {}
        self._templates_read_at: datetime | None = None

    def forget_old(self, now: datetime) -> None:
        """Forget what templates count as some minutes after it was read; called before messages are met."""
        read_at = self._templates_read_at
        if read_at is not None and read_at <= now < read_at + TEMPLATES_KEPT_FOR:
            return
        self._templates_read_at = now
        # Names stay: they never change, and another lane may be about to write one.
        self._categories.clear()
        self._steady.clear()
        self._recent.clear()

    async def learn(
        self, connection: Connection, run_ids: Iterable[int], template_ids: Iterable[int]
    ) -> None:
        """Read what is not known yet of these runs and templates."""
        new_runs = sorted(set(run_ids) - self._runs.keys())
        if new_runs:
            if len(self._runs) > KEPT_MAX:
                self._runs.clear()
                self._properties.clear()
                self._recent.clear()
                return await self.learn(connection, run_ids, template_ids)
            for row in await store.describe_runs(connection, new_runs):
                self._runs[row.run_id] = row
        new_templates = sorted(set(template_ids) - self._categories.keys())
        if new_templates:
            for template_id, (name, categories, steady) in (
                await store.describe_templates(connection, new_templates)
            ).items():
                self._templates[template_id] = name
                self._categories[template_id] = categories
                self._steady[template_id] = steady
        return None

    def is_news(self, template_id: int, category: str) -> bool:
        """Return whether a template was not known here to count as a category; from now on it is."""
        known = self._categories.get(template_id)
        if known is None or category in known:
            return False
        self._categories[template_id] = known | {category}
        return True

    def may_be_priced_otherwise(self, template_id: int, category: str) -> bool:
        """Return whether messages of a template may have been estimated under another category than was billed."""
        return self._steady.get(template_id) != category

    def wamid_index(self, wamid: str) -> bytes:
        """Return the keyed hash under which a message is found by its wamid."""
        return self.vault.lookup_index("wamid", wamid)

    def event_key(self, content: str) -> bytes:
        """Return the keyed hash that makes a fact the same fact when it is told again."""
        return self.vault.lookup_index("event", content)

    def is_test(self, run_id: int) -> bool:
        """Return whether the run is a rehearsal, whose messages make no facts."""
        return self._runs[run_id].is_test

    def recent_runs(self) -> set[RunId]:
        """Return the runs of the messages met last."""
        return {RunId(run_id) for run_id, _, _ in self._recent}

    def familiar(self, listening: Callable[[int], int | None]) -> list[FamiliarRow]:
        """Return what facts about messages of the runs and templates met last say, at most `FAMILIAR_MAX`.

        `listening` tells who waits for deliveries of a run (see `FamiliarRow`), None where that is not known yet.
        """
        found = []
        for (run_id, template_id, variant), properties in self._recent.items():
            heed = listening(run_id)
            if heed is not None:
                priced_as = self._steady.get(template_id, "")
                found.append(FamiliarRow(run_id, template_id, variant, priced_as, properties, heed))
        return found

    def _remember(self, key: tuple[int, int, str], properties: Mapping[str, object]) -> None:
        if key in self._recent:
            return
        while len(self._recent) >= FAMILIAR_MAX:
            self._recent.pop(next(iter(self._recent)))
        self._recent[key] = encode_properties(properties)

    def properties(self, run_id: int, template_id: int, variant: str = "") -> Mapping[str, object]:
        """Return the properties every fact about a message of this run has; the variant where there is one."""
        found = self._properties.get((run_id, template_id, variant))
        if found is None:
            run = self._runs[run_id]
            found = {
                "rule": fold_text(run.rule_name),
                "run": run_id,
                "step": run.step,
                "template": fold_text(self._templates.get(template_id, "")),
                **({"variant": fold_text(variant)} if variant else {}),
            }
            # A template met here for the first time has no name yet, and must not stay nameless.
            if template_id in self._templates and len(self._properties) < KEPT_MAX:
                self._properties[run_id, template_id, variant] = found
        if template_id in self._templates:
            self._remember((run_id, template_id, variant), found)
        return found
