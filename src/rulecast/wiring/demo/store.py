"""What the story asks the database, besides what the product's own verbs tell it."""

from collections.abc import Sequence

from rulecast.database import Connection, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.profile import find_contacts
from rulecast.profile.identity import Identity, lookup_of
from rulecast.values.ids import ContactId, PlanId
from rulecast.vault import SealItem, Vault

QUERIES = load_queries(__package__)
IDENTITY_COLUMN = "profile.identity.value"


async def count_contacts(connection: Connection) -> int:
    """Return how many people the workspace knows."""
    return int(await fetch_value(connection, QUERIES["count_contacts"], {}))


async def is_settled(connection: Connection) -> bool:
    """Return whether no run is open and no outcome is in doubt."""
    open_runs = await fetch_value(connection, QUERIES["count_open_runs"], {})
    unsettled = await fetch_value(connection, QUERIES["count_unsettled"], {})
    return not open_runs and not unsettled


async def find_planned_phone(
    connection: Connection, vault: Vault, plan_id: PlanId
) -> tuple[ContactId, str] | None:
    """Return one planned person and their number."""
    row = await fetch_one(connection, QUERIES["find_planned_stranger"], {"plan_id": plan_id})
    if row is None:
        return None
    contact_id, sealed = row
    opened = await vault.open(contact_id, IDENTITY_COLUMN, sealed)
    return None if opened is None else (ContactId(contact_id), opened.decode())


async def find_customers(
    connection: Connection, vault: Vault, customers: Sequence[str]
) -> dict[str, ContactId]:
    """Return the contacts behind customer numbers."""
    lookups = {lookup_of(vault, Identity(kind="external", value=one)): one for one in customers}
    found = await find_contacts(connection, list(lookups))
    return {lookups[lookup]: contact_id for lookup, contact_id in found.items()}


async def find_clickers(connection: Connection, vault: Vault) -> list[str]:
    """Return the customer numbers of people who opened a link, by contact id."""
    rows = await fetch_all(connection, QUERIES["find_clickers"], {})
    opened = await vault.open_many([SealItem(row[0], IDENTITY_COLUMN, row[1]) for row in rows])
    return [value.decode() for value in opened if value is not None]
