"""What the doctor says about paying and about limits: payment, prices, quality, people in 24 hours."""

from dataclasses import dataclass
from datetime import timedelta

from rulecast.account.store import list_billing_zones, list_unknown_zones, read_rate_card
from rulecast.database import Connection, fetch_all, load_queries
from rulecast.gate.incidents import list_incidents
from rulecast.policy import read_sending_policy
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import read_rules

QUERIES = load_queries(__package__)

PAYMENT_CODES = ("131042", "131044", "134011")
"""Codes with which Meta says that it is not paid (whatsapp-platform 6.1, 6.3)."""
BAD_QUALITY = frozenset({"RED", "LOW", "FLAGGED", "DOWNGRADE"})
PEOPLE_PERCENT_MAX = 90
CARD_AGE = timedelta(days=100)
"""Prices change at the beginning of a quarter: after it a card should have been looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberStanding:
    """A number as Meta told of it, and the people its portfolio has written to in 24 hours."""

    name: str
    throughput_per_second: int
    told_throughput_per_second: int | None
    told_quality: str
    portfolio_id: str
    people_per_day_max: int | None
    told_people_per_day_max: int | None
    people: int


async def look_at_payment(connection: Connection) -> tuple[bool, str]:
    """Return whether Meta is paid as far as it told, and what stands open."""
    open_codes = {one.cause.partition(":")[2] for one in await list_incidents(connection)}
    unpaid = [code for code in PAYMENT_CODES if code in open_codes]
    return not unpaid, ", ".join(unpaid)


async def look_at_prices(connection: Connection, workspace: Workspace) -> tuple[bool, str]:
    """Return whether the cards price the billing currency today, and the day of the newest card in force."""
    today = local_time(workspace.settings.default_timezone, workspace.clock.now()).date()
    days = (await read_rate_card(connection)).sources(workspace.billing_currency, today)
    if not days:
        return False, f"no card prices messages in {workspace.billing_currency}"
    is_old = today - days[-1] > CARD_AGE
    return not is_old, f"card of {days[-1]}, {workspace.billing_currency}"


async def look_at_zones(connection: Connection, workspace: Workspace) -> tuple[bool, str]:
    """Return whether every number's account told in which zone its days change, and what is taken where not."""
    zones = await list_billing_zones(connection)
    unknown = [number for number, zone in zones.items() if not zone]
    default = workspace.settings.default_timezone
    found = [
        f"account {waba_id} told the unknown zone {told}; its days change in {zone or default} as before"
        for waba_id, told, zone in await list_unknown_zones(connection)
    ]
    if unknown:
        found.append(
            f"{len(unknown)} numbers change price and month in {default}, for want of their account's zone"
        )
    if found:
        return False, "; ".join(found)
    return True, ", ".join(sorted(set(zones.values()))) or "no business number is declared"


async def look_at_limits(connection: Connection, workspace: Workspace) -> tuple[bool, str]:
    """Return whether no number is near a limit or of bad quality, and what is known of each."""
    rules = await read_rules(connection)
    policy = read_sending_policy(rules.sending_policy)
    rows = await fetch_all(
        connection,
        QUERIES["list_number_standings"],
        {"since": workspace.clock.now() - timedelta(hours=24)},
        record=NumberStanding,
    )
    is_good, told = True, []
    for row in rows:
        limit = policy.people_per_day(row.people_per_day_max, row.told_people_per_day_max)
        is_near = limit is not None and row.people * 100 >= limit * PEOPLE_PERCENT_MAX
        is_good = is_good and not is_near and row.told_quality.upper() not in BAD_QUALITY
        pace = min(row.throughput_per_second, row.told_throughput_per_second or row.throughput_per_second)
        quality = f", quality {row.told_quality}" if row.told_quality else ""
        of_limit = "without limit" if limit is None else f"of {limit:,}"
        told.append(f"{row.name}: {pace}/s, {row.people:,} people in 24 h {of_limit}{quality}")
    return is_good, "; ".join(told) or "no business number is declared"
