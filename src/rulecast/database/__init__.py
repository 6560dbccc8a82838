"""PostgreSQL, and nothing of the domain.

Settings come in; two pools (main and keys) over a checked, migrated server go out, with named
queries, transactions, bulk copy, locks and notifications. The only room that imports the driver;
row factories, driver errors, locks and retries stand in the modules of those names.
"""

from rulecast.database.fetch import copy_rows, execute, fetch_all, fetch_one, fetch_value
from rulecast.database.opening import Databases, open_databases
from rulecast.database.pool import Connection, Database
from rulecast.database.queries import load_queries

__all__ = [
    "Connection",
    "Database",
    "Databases",
    "copy_rows",
    "execute",
    "fetch_all",
    "fetch_one",
    "fetch_value",
    "load_queries",
    "open_databases",
]
