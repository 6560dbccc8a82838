"""Errors of the database room: coded ones a user meets, and the driver's that a store may catch."""

from psycopg import DatabaseError, IntegrityError, OperationalError
from psycopg.errors import (
    CheckViolation,
    DeadlockDetected,
    ForeignKeyViolation,
    LockNotAvailable,
    NotNullViolation,
    QueryCanceled,
    SerializationFailure,
    UniqueViolation,
)

from rulecast.values.errors import RulecastError

__all__ = [
    "CheckViolation",
    "DatabaseBehindStandbyError",
    "DatabaseError",
    "DatabaseNewerError",
    "DatabaseSettingsError",
    "DatabaseTooOldError",
    "DatabaseUnreachableError",
    "DeadlockDetected",
    "DumpFailedError",
    "EmbeddedBinariesMissingError",
    "EmbeddedConfinementError",
    "EmbeddedMajorError",
    "EmbeddedSocketPathError",
    "EmbeddedStartError",
    "ForeignKeyViolation",
    "IntegrityError",
    "LockNotAvailable",
    "MigrationFailedError",
    "NotNullViolation",
    "OperationalError",
    "QueryCanceled",
    "QueryFileError",
    "SerializationFailure",
    "UniqueViolation",
]


class DatabaseUnreachableError(RulecastError):
    """PostgreSQL does not answer at the configured address."""

    code = "RC-DATABASE-001"
    summary = "PostgreSQL does not answer at the configured address."
    remedy = "Check RULECAST_DATABASE_URL, the server and the network; nothing was changed."


class DatabaseTooOldError(RulecastError):
    """The PostgreSQL server is older than 16."""

    code = "RC-DATABASE-002"
    summary = "The PostgreSQL server is older than version 16."
    remedy = "Upgrade the server, or unset RULECAST_DATABASE_URL to use the embedded one."


class DatabaseBehindStandbyError(RulecastError):
    """The server is a standby; consent and permits are read from the primary only."""

    code = "RC-DATABASE-003"
    summary = "The server is a standby in recovery; rulecast reads and writes on the primary only."
    remedy = "Point the URL at the primary, or add target_session_attrs=read-write to it."


class DatabaseSettingsError(RulecastError):
    """The database cannot be used as it is set up."""

    code = "RC-DATABASE-004"
    summary = "The database cannot be used as it is set up."
    remedy = "Create the named database with ENCODING 'UTF8' and let the role own it."


class DatabaseNewerError(RulecastError):
    """The database was migrated by a newer release."""

    code = "RC-DATABASE-005"
    summary = "The database was migrated by a newer release of rulecast."
    remedy = "Install that release or a newer one; an older one could misread consent."


class MigrationFailedError(RulecastError):
    """A migration failed and was rolled back."""

    code = "RC-DATABASE-006"
    summary = "A migration failed and was rolled back."
    remedy = "Read the cause; the database is as it was after the migration before it."


class QueryFileError(RulecastError):
    """A queries.sql file cannot be read."""

    code = "RC-DATABASE-007"
    summary = "A file of named queries is malformed or lacks the asked name."
    remedy = "Correct the file; this is a fault of the program, not of its data."


class DumpFailedError(RulecastError):
    """A dump was not written or not loaded."""

    code = "RC-DATABASE-008"
    summary = "A dump was not written or not loaded."
    remedy = "Read what PostgreSQL's program said; an unfinished load left the database empty."


class EmbeddedStartError(RulecastError):
    """The embedded PostgreSQL did not start."""

    code = "RC-EMBEDDED-001"
    summary = "The embedded PostgreSQL did not start."
    remedy = "Read the end of its log in the home directory, postgresql/server.log."


class EmbeddedSocketPathError(RulecastError):
    """The path of the socket directory is too long or not private."""

    code = "RC-EMBEDDED-002"
    summary = "No private directory with a short enough path was found for the database socket."
    remedy = "Set RULECAST_HOME to a shorter path of your own."


class EmbeddedConfinementError(RulecastError):
    """PostgreSQL refuses to run as root, and no way out of root was found."""

    code = "RC-EMBEDDED-003"
    summary = "PostgreSQL refuses to run as this user, and no other user could be taken."
    remedy = "Run rulecast as an ordinary user, or set RULECAST_DATABASE_URL."


class EmbeddedMajorError(RulecastError):
    """The embedded data was written by another major version."""

    code = "RC-EMBEDDED-004"
    summary = "The embedded data was written by another major version of PostgreSQL."
    remedy = "Dump it with the release that wrote it (docs/how-to/upgrade.md) and load the dump here."


class EmbeddedBinariesMissingError(RulecastError):
    """The PostgreSQL programs are not installed."""

    code = "RC-EMBEDDED-005"
    summary = "The embedded PostgreSQL programs are not installed on this platform."
    remedy = "Set RULECAST_DATABASE_URL to a PostgreSQL 16 or newer."
