"""Settings of the embedded server, written to `rulecast.conf` at every start."""

from collections.abc import Mapping
from types import MappingProxyType

_ALWAYS = {
    # Several processes with a pool each, plus listeners.
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "unix_socket_permissions": "0700",
    # Personal data must not reach the log: neither parameters, nor statements, nor row contents in DETAIL.
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] ",
    # The ledger's statements are short; on two cores parallel workers only take from the sender.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "idle_in_transaction_session_timeout": "5min",
}

# The only tuning of real data: a commit answered is a commit on disk.
DURABLE: Mapping[str, str] = MappingProxyType(
    _ALWAYS
    | {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "min_wal_size": "256MB",
        "wal_buffers": "16MB",
        "checkpoint_timeout": "15min",
    }
)

# For tests: the data may be lost with the machine, so nothing waits for the disk.
DISPOSABLE: Mapping[str, str] = MappingProxyType(
    _ALWAYS
    | {
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "autovacuum": "off",
        "shared_buffers": "128MB",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "1h",
    }
)


def render(tuning: Mapping[str, str]) -> str:
    """Write the settings as the text of a configuration file."""
    lines = [f"{name} = '{value}'" for name, value in tuning.items()]
    return "# Written by rulecast at every start; change it with ALTER SYSTEM.\n" + "\n".join(lines) + "\n"
