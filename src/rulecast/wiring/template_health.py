"""The doctor's look at templates: what is paused, judged badly or changed, and whether a rule in force needs it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rulecast.template import MessageTemplate
from rulecast.template.registry.records import AccountReading
from rulecast.template.registry.store import list_account_readings
from rulecast.template.store import list_templates
from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.template_acts import find_uses
from rulecast.wiring.workspace import Workspace

READING_AGE_MAX = timedelta(hours=24)
"""Meta announces a change of category about a day ahead; a reading older than that may have missed it."""
NAMED_MAX = 5
GONE_STATUSES = frozenset({"deleted", "pending_deletion", "archived"})


async def examine_templates(workspace: Workspace) -> Finding:
    """Return how the templates stand: a problem where a rule in force sends one that cannot be sent."""
    async with workspace.database.connection() as connection:
        templates = await list_templates(connection)
        oldest = _oldest(await list_account_readings(connection))
        stopped = [one for one in templates if not one.is_sendable and one.status != "pending"]
        uses = await find_uses(connection, stopped, workspace=workspace) if stopped else None
    if uses is not None and uses.rules:
        return Finding(
            name="templates",
            health=Health.PROBLEM,
            what=f"rules in force send what cannot be sent: {', '.join(uses.rules[:NAMED_MAX])}; {_named(stopped)}",
            what_to_do="Read `rulecast template list`; mend the template or pause the rule.",
        )
    remarkable = [one for one in templates if _is_remarkable(one)]
    if remarkable:
        return Finding(
            name="templates",
            health=Health.NOTE,
            what=f"{_named(remarkable)}; {_when(oldest)}",
            what_to_do="Read `rulecast template list`.",
        )
    is_old = oldest is None or oldest < workspace.clock.now() - READING_AGE_MAX
    if not workspace.is_simulated and templates and is_old:
        return Finding(
            name="templates",
            health=Health.NOTE,
            what=f"Meta's listing was not read for a day: {_when(oldest)}",
            what_to_do="`rulecast serve` reads it every hour; now `rulecast template sync` does, or says why not.",
        )
    what = f"{len(templates)} known, nothing stands out; {_when(oldest)}"
    return Finding(name="templates", health=Health.GOOD, what=what)


def _oldest(readings: Sequence[AccountReading]) -> datetime | None:
    """Return when the account that was read the longest ago was read; None where one never was."""
    read = [one.read_at for one in readings]
    return None if None in read else min((one for one in read if one is not None), default=None)


def _when(oldest: datetime | None) -> str:
    return "never read from Meta" if oldest is None else f"read from Meta at {oldest:%Y-%m-%d %H:%M} UTC"


def _is_remarkable(template: MessageTemplate) -> bool:
    if template.status in GONE_STATUSES:
        return False
    is_stopped = template.status not in {"approved", "pending"} or bool(template.obstacle)
    return is_stopped or bool(template.correct_category) or template.quality in {"yellow", "red"}


def _named(templates: Sequence[MessageTemplate]) -> str:
    told = [f"{one.name} ({one.language}) {_word(one)}" for one in templates[:NAMED_MAX]]
    more = f" and {len(templates) - NAMED_MAX} more" if len(templates) > NAMED_MAX else ""
    return ", ".join(told) + more


def _word(template: MessageTemplate) -> str:
    if template.status != "approved":
        until = f" until {template.paused_until:%H:%M} UTC" if template.paused_until else ""
        return f"{template.status}{until}"
    if template.obstacle:
        return "held back"
    return (
        f"to become {template.correct_category}"
        if template.correct_category
        else f"{template.quality} quality"
    )
