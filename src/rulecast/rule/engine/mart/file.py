"""The mart's DuckDB file: encrypted, opened by one process, with no network and no extension from elsewhere."""

from base64 import b64encode
from importlib.resources import as_file, files
from pathlib import Path

import duckdb

from rulecast.rule.engine.mart.records import MartError

# Two cores and 24 GiB are the smallest machine we measure on; a plan of a million people stays under 600 MB.
MEMORY_LIMIT = "1500MB"
THREADS = 2


def open_file(path: Path, key: bytes) -> duckdb.DuckDBPyConnection:
    """Open or create the encrypted file and return a connection whose default database it is.

    The encryption needs the httpfs extension for its cryptography library; the wheel brings it, nothing is fetched.

    Raises:
        MartError: the file exists and cannot be opened with this key.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": MEMORY_LIMIT,
            "threads": str(THREADS),
            "temp_directory": str(path.parent / "mart-spill"),
            "temp_file_encryption": "true",
        },
    )
    extension = (
        files("duckdb_extension_httpfs") / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
    )
    with as_file(extension) as extension_path:
        connection.execute(f"LOAD '{_literal(str(extension_path))}'")
    secret = b64encode(key).decode()
    try:
        connection.execute(f"ATTACH '{_literal(str(path))}' AS mart (ENCRYPTION_KEY '{secret}')")
    except duckdb.Error as error:
        connection.close()
        raise MartError(f"DuckDB refuses the mart file: {type(error).__name__}.") from None
    connection.execute("USE mart")
    path.chmod(0o600)
    return connection


def _literal(text: str) -> str:
    return text.replace("'", "''")
