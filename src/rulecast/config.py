"""One frozen record of settings, read from the environment, with help text for each.

The environment goes in; a checked `Settings` or an error naming the variable comes out. Every
setting `name` is the variable `RULECAST_NAME`; an unset or empty variable means the default.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

import platformdirs
from typing_extensions import override

from rulecast.values.clock import ClockSpecificationError, read_clock
from rulecast.values.errors import RulecastError

PREFIX = "RULECAST_"
# Variables that belong to the test run and to fault drills, not to the product's settings.
FOREIGN_PREFIXES = ("RULECAST_TEST_", "RULECAST_FAILPOINT", "RULECAST_BENCHMARK_", "RULECAST_DEMO_")
MASK = "***"

Mode = Literal["simulated", "live"]
LogLevel = Literal["debug", "info", "warning", "error"]


class SettingInvalidError(RulecastError):
    """A setting has a value that cannot be used."""

    code = "RC-CONFIG-001"
    summary = "A setting has a value that cannot be used."
    remedy = "Correct the named variable; docs/reference/settings.md lists the values."


class SettingUnknownError(RulecastError):
    """A variable starts with RULECAST_ but names no setting."""

    code = "RC-CONFIG-002"
    summary = "A variable starts with RULECAST_ but names no setting."
    remedy = "Correct or unset it: a misspelt setting would otherwise be ignored in silence."


class SettingsContradictError(RulecastError):
    """Two settings exclude each other."""

    code = "RC-CONFIG-003"
    summary = "Two settings exclude each other."
    remedy = "Change one of the two named variables."


Reader = Callable[[str], object]


def _text(raw: str) -> str:
    return raw


def _path(raw: str) -> Path:
    return Path(raw).expanduser().absolute()


def _choice(*allowed: str) -> Reader:
    def read(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return raw

    return read


def _whole(lowest: int, highest: int) -> Reader:
    def read(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not lowest <= int(raw) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(raw)

    return read


def _shape(pattern: str, meaning: str) -> Reader:
    def read(raw: str) -> str:
        if not re.fullmatch(pattern, raw):
            raise ValueError(f"must be {meaning}")
        return raw

    return read


def _web_address(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http or https address without query or fragment")
    return raw.rstrip("/")


def _clock(raw: str) -> str:
    try:
        read_clock(raw)
    except ClockSpecificationError as error:
        raise ValueError("must be `system` or `virtual:<ISO start>@<unix seconds>x<speed>`") from error
    return raw


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def _zone(raw: str) -> str:
    if raw not in _zone_names():
        raise ValueError("must be a zone name of the tz database, such as Africa/Casablanca")
    return raw


def _default_home() -> Path:
    return platformdirs.user_data_path("rulecast", appauthor=False)


def _about(
    text: str, read: Reader = _text, *, values: str = "text", is_secret: bool = False
) -> Mapping[str, object]:
    return {"help": text, "read": read, "values": values, "is_secret": is_secret}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """Everything that differs between two installations; secrets are masked in its repr."""

    home: Path = field(
        default_factory=_default_home,
        metadata=_about(
            "Directory of everything rulecast keeps on this machine: embedded database, root key, "
            "mart, journal, reject files.",
            _path,
            values="directory; default by the platform's convention, `~/.local/share/rulecast` on Linux",
        ),
    )
    database_url: str | None = field(
        default=None,
        metadata=_about(
            "PostgreSQL 16 or newer, as URL or key=value text. Unset: the embedded PostgreSQL is used.",
            values="connection text",
            is_secret=True,
        ),
    )
    keys_database_url: str | None = field(
        default=None,
        metadata=_about(
            "Database of the wrapped contact and day keys, best on another server with shorter "
            "backups. Unset: the same server, database name with `_keys` added.",
            values="connection text",
            is_secret=True,
        ),
    )
    database_pool_size: int = field(
        default=10,
        metadata=_about(
            "Most connections of one process to the main database.", _whole(1, 200), values="1 to 200"
        ),
    )
    root_key: str | None = field(
        default=None,
        metadata=_about(
            "Root key of the vault, 32 bytes in base64. Unset: the file `root.key` in the home "
            "directory, made with mode 0600 at the first start. Without it nothing sealed can be read again.",
            values="44 characters of base64",
            is_secret=True,
        ),
    )
    mode: Mode = field(
        default="simulated",
        metadata=_about(
            "`simulated` talks to a simulator and lets an author approve a plan alone; `live` talks to Meta.",
            _choice(*get_args(Mode)),
            values="`simulated` or `live`",
        ),
    )
    workspace: str = field(
        default="default",
        metadata=_about(
            "Name of the workspace; bound into every seal, so it cannot change once data is kept.",
            _shape(r"[a-z0-9][a-z0-9_-]{0,62}", "1 to 63 of a-z, 0-9, _ and -"),
            values="1 to 63 of a-z, 0-9, _ and -",
        ),
    )
    clock: str = field(
        default="system",
        metadata=_about(
            "Where business time comes from; a virtual clock lets several processes share a demo's time.",
            _clock,
            values="`system` or `virtual:<ISO start>@<unix seconds>x<speed>`",
        ),
    )
    default_region: str = field(
        default="MA",
        metadata=_about(
            "Country assumed for phone numbers written without a country code.",
            _shape(r"[A-Z]{2}", "two capital letters"),
            values="ISO 3166 code",
        ),
    )
    default_timezone: str = field(
        default="Africa/Casablanca",
        metadata=_about("Zone of contacts whose own zone is not known.", _zone, values="tz database name"),
    )
    graph_base_url: str = field(
        default="https://graph.facebook.com",
        metadata=_about("Address of the Cloud API, or of its simulator.", _web_address, values="web address"),
    )
    graph_version: str = field(
        default="v26.0",
        metadata=_about(
            "Version of the Graph API in every path.",
            _shape(r"v[0-9]{1,2}\.0", "like v26.0"),
            values="like `v26.0`",
        ),
    )
    access_token: str | None = field(
        default=None,
        metadata=_about("Token of the system user that sends messages.", is_secret=True),
    )
    app_secret: str | None = field(
        default=None,
        metadata=_about("Secret of the Meta app, the key of webhook signatures.", is_secret=True),
    )
    verify_token: str | None = field(
        default=None,
        metadata=_about("Word Meta repeats when it verifies the webhook address.", is_secret=True),
    )
    web_port: int = field(
        default=8080,
        metadata=_about(
            "Loopback port of the web pages; 0 takes a free one.", _whole(0, 65535), values="0 to 65535"
        ),
    )
    receiver_port: int = field(
        default=8081,
        metadata=_about(
            "Port of webhooks, tracked links and the track API; 0 takes a free one.",
            _whole(0, 65535),
            values="0 to 65535",
        ),
    )
    public_base_url: str = field(
        default="http://127.0.0.1:8081",
        metadata=_about(
            "Address under which people reach tracked links.", _web_address, values="web address"
        ),
    )
    lease_seconds: int = field(
        default=15,
        metadata=_about(
            "How long a sender owns a business number without renewing, in real seconds.",
            _whole(1, 300),
            values="1 to 300",
        ),
    )
    unknown_deadline_hours: int = field(
        default=24,
        metadata=_about(
            "How long a message with an unknown outcome waits for a status before it is called unresolved.",
            _whole(1, 168),
            values="1 to 168",
        ),
    )
    sender_slots: int = field(
        default=250,
        metadata=_about(
            "Requests one sender keeps in flight; fewer slots cost more database work per message.",
            _whole(1, 2000),
            values="1 to 2000",
        ),
    )
    log_level: LogLevel = field(
        default="info",
        metadata=_about(
            "Least urgent lines that are logged.",
            _choice(*get_args(LogLevel)),
            values="`debug`, `info`, `warning`, `error`",
        ),
    )

    @override
    def __repr__(self) -> str:
        """Show every setting, secrets as a mask."""
        return f"Settings({', '.join(f'{one.name}={self._shown(one.name)}' for one in fields(self))})"

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        is_masked = value is not None and name in _secret_names()
        return MASK if is_masked else repr(value)


@cache
def _secret_names() -> frozenset[str]:
    return frozenset(one.name for one in fields(Settings) if one.metadata["is_secret"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingDescription:
    """What the manual says about one setting."""

    variable: str
    help: str
    values: str
    default: str
    is_secret: bool


def describe_settings() -> tuple[SettingDescription, ...]:
    """Describe every setting in the order of the record, for the manual and `--help`."""
    standing = Settings(home=Path("~/.local/share/rulecast"))
    return tuple(
        SettingDescription(
            variable=variable_of(one.name),
            help=str(one.metadata["help"]),
            values=str(one.metadata["values"]),
            default="" if (value := getattr(standing, one.name)) is None else str(value),
            is_secret=bool(one.metadata["is_secret"]),
        )
        for one in fields(Settings)
    )


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from an environment.

    Raises:
        SettingUnknownError: a RULECAST_ variable names no setting.
        SettingInvalidError: a value has the wrong shape; the message names the variable, never the value.
        SettingsContradictError: two values exclude each other.
    """
    known = {variable_of(one.name): one for one in fields(Settings)}
    _refuse_unknown(environ, tuple(known))
    chosen: dict[str, object] = {}
    for variable, one in known.items():
        raw = environ.get(variable, "").strip()
        if not raw:
            continue
        read: Reader = one.metadata["read"]
        try:
            chosen[one.name] = read(raw)
        except ValueError as error:
            raise SettingInvalidError(f"{variable} {error}.") from error
    settings = Settings(**chosen)  # type: ignore[arg-type]  # each reader returns its field's type; the test reads all
    _check_together(settings)
    return settings


def _refuse_unknown(environ: Mapping[str, str], known: tuple[str, ...]) -> None:
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in known or variable.startswith(FOREIGN_PREFIXES):
            continue
        near = difflib.get_close_matches(variable, known, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise SettingUnknownError(f"{variable} names no setting.{meant}")


def _check_together(settings: Settings) -> None:
    if settings.mode != "live":
        return
    if settings.clock != "system":
        raise SettingsContradictError(
            "RULECAST_MODE=live needs RULECAST_CLOCK=system: real people live in real time."
        )
    if not settings.graph_base_url.startswith("https://"):
        raise SettingsContradictError("RULECAST_MODE=live needs an https RULECAST_GRAPH_BASE_URL.")
