"""A workspace with rules that run by themselves, and what happens to its people."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from rulecast.collect import NewEvent, record_events
from rulecast.collect import store as collect_store
from rulecast.collect.event import EventSource
from rulecast.collect.import_batch import ImportKey
from rulecast.database import fetch_all
from rulecast.rule.book import store as book
from rulecast.rule.language import Rule, parse_rule
from rulecast.values.ids import ContactId, ImportId, RuleVersionId
from rulecast.wiring.rule_steps import Offer, activate_rule, approve_rule
from rulecast.wiring.triggers import run_triggers
from rulecast.wiring.workspace import Workspace

TRIGGERED = """rule {name}
  version 1
  priority {priority}
  purpose marketing
  when {condition}
  {trigger}
{clauses}  send template winback in the contact's language (fr, ar, en; else fr)
    (name: first_name or "client") from casablanca_main
  limit this rule to {limit} per person per 1 days
"""
_KEYS = count(1)


def triggered_rule(
    name: str,
    trigger: str,
    *,
    condition: str = 'city = "casablanca"',
    priority: str = "promotion/40",
    clauses: str = "decide within 0 seconds",
    limit: int = 5,
) -> str:
    """Return a rule that runs by itself; without clauses its firings wait for rivals for a minute."""
    lines = "".join(f"  {line}\n" for line in clauses.splitlines() if line)
    return TRIGGERED.format(
        name=name, trigger=trigger, condition=condition, priority=priority, clauses=lines, limit=limit
    )


async def put_in_force(
    workspace: Workspace, *texts: str, people_per_run: int = 5_000, sensitive: Sequence[str] = ()
) -> list[RuleVersionId]:
    """Save rules, have them approved with a wide envelope, and activate them."""
    versions = []
    now = workspace.clock.now()
    for text in texts:
        rule = parse_rule(text)
        assert isinstance(rule, Rule), rule
        async with workspace.database.transaction() as connection:
            version = await book.save_rule(connection, rule, author="amal", now=now, is_edit=True)
        offer = Offer(
            people_per_run=people_per_run,
            people_per_day=50_000,
            cost_per_run=Decimal(5_000),
            until=(now + timedelta(days=60)).date(),
            sensitive_fields=tuple(sensitive),
        )
        await approve_rule(workspace, rule.name, offer, approved_by="badr")
        await activate_rule(workspace, rule.name)
        versions.append(version.rule_version_id)
    return versions


async def happens(
    workspace: Workspace,
    contact_id: ContactId,
    name: str = "purchase",
    properties: Mapping[str, object] | None = None,
    *,
    ago: timedelta = timedelta(seconds=1),
    source: EventSource = "track",
    import_id: ImportId | None = None,
) -> None:
    """Store one event of a person, as a door would."""
    now = workspace.clock.now()
    event = NewEvent(
        contact_id=contact_id,
        name=name,
        occurred_at=now - ago,
        event_key=next(_KEYS).to_bytes(16, "big"),
        source=source,
        import_id=import_id,
        properties={"amount": 120} if properties is None else properties,
    )
    async with workspace.database.transaction() as connection:
        await record_events(connection, [event], now)


async def a_loud_import(workspace: Workspace) -> ImportId:
    """Return a running import of events that says it sets rules off."""
    key = ImportKey(kind="events", file_hash=bytes(32), mapping_hash=bytes(32))
    async with workspace.database.transaction() as connection:
        batch = await collect_store.begin_import(
            connection, key, imported_by="amal", now=workspace.clock.now()
        )
        await collect_store.let_import_fire(connection, batch.import_id, fires_triggers=True)
    return batch.import_id


async def settle(workspace: Workspace) -> None:
    """Run the triggers until nothing is left to do at this instant."""
    await run_triggers(workspace, stop_event=asyncio.Event(), until_idle=True)


async def firings(workspace: Workspace) -> list[tuple[str, int, str]]:
    """Return rule, person and state of every firing, in order."""
    async with workspace.database.connection() as connection:
        return await fetch_all(
            connection,
            "SELECT rule_name, contact_id, state FROM rule.trigger_candidate ORDER BY candidate_id",
        )


async def messages(workspace: Workspace) -> list[tuple[str, int]]:
    """Return rule and person of every message that a run wrote, in order."""
    async with workspace.database.connection() as connection:
        return await fetch_all(
            connection,
            "SELECT run.rule_name, message.contact_id FROM deliver.message AS message"
            " JOIN deliver.run AS run USING (run_id) ORDER BY message.message_id",
        )


async def members(workspace: Workspace, version: RuleVersionId, now: datetime) -> set[int]:
    """Return the kept members of a version."""
    from rulecast.wiring.triggers import store  # noqa: PLC0415 - a test alone looks inside

    async with workspace.database.connection() as connection:
        found, _ = await store.list_members(connection, version, now=now)
    return found
