"""The only module that knows yoyo: applies the files of a folder and records them."""

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from typing_extensions import override
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # the base is untyped
    """yoyo's backend over libpq's reading of the address, which knows sockets, services, several hosts."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        super().__init__(parse_uri("postgresql+psycopg://"), "_yoyo_migration")
        self.init_database()

    @override
    def connect(self, dburi: object) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._conninfo, autocommit=True)

    @override
    def copy(self) -> "_Backend":
        return _Backend(self._conninfo)

    @override
    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, object]:
        # yoyo would ask for the user's and the machine's name: nobody's business, slow to resolve, absent in
        # some containers.
        return {
            "id": secrets.token_hex(16),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": "",
            "hostname": "",
            "created_at_utc": datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None),  # noqa: TID251 - a technical record, not business time
            "operation": operation,
        }


def apply_in_order(conninfo: str, folder: Path) -> None:
    """Apply every file of a folder that is not yet recorded, each in its own transaction; blocking."""
    with _Backend(conninfo) as backend:
        backend.apply_migrations(backend.to_apply(read_migrations(str(folder))))
