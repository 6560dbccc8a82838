"""The record of settings, with default and help text of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import platformdirs
from typing_extensions import override

from rulecast.config.graph_versions import GRAPH_VERSION_NEWEST
from rulecast.config.readers import (
    Reader,
    choice,
    read_clock_text,
    read_path,
    read_text,
    read_web_address,
    read_zone,
    text_shape,
    whole_number,
)

MASK = "***"
META_ADDRESS = "https://graph.facebook.com"
SIMULATOR_ADDRESS = "http://127.0.0.1:8090"
"""Where the Cloud API is, by mode, so that a real number differs from a simulated one by one setting."""

EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}"
EMAIL_LIST = rf"(?:[a-z]{{1,20}}:)?{EMAIL}(?: *, *(?:[a-z]{{1,20}}:)?{EMAIL}){{0,19}}"
"""Twenty people at most are told: more are reached by an address that stands for them."""

Mode = Literal["simulated", "live"]
LogLevel = Literal["debug", "info", "warning", "error"]


def _default_home() -> Path:
    return platformdirs.user_data_path("rulecast", appauthor=False)


def _about(
    text: str, read: Reader = read_text, *, values: str = "text", is_secret: bool = False
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
            read_path,
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
            "Most connections of one process to the main database.", whole_number(1, 200), values="1 to 200"
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
            "`simulated` talks to a simulator on this machine and lets an author approve a plan alone; "
            "`live` talks to Meta.",
            choice(*get_args(Mode)),
            values="`simulated` or `live`",
        ),
    )
    workspace: str = field(
        default="default",
        metadata=_about(
            "Name of the workspace; bound into every seal, so it cannot change once data is kept.",
            text_shape(r"[a-z0-9][a-z0-9_-]{0,62}", "1 to 63 of a-z, 0-9, _ and -"),
            values="1 to 63 of a-z, 0-9, _ and -",
        ),
    )
    environment: str | None = field(
        default=None,
        metadata=_about(
            "Name of this installation, like `production`. The database keeps the first one it is sent from under; "
            "opened under another name or none, as after a copy for a rehearsal, nothing is sent from it.",
            text_shape(r"[a-z0-9][a-z0-9_-]{0,62}", "1 to 63 of a-z, 0-9, _ and -"),
            values="1 to 63 of a-z, 0-9, _ and -",
        ),
    )
    clock: str = field(
        default="system",
        metadata=_about(
            "Where business time comes from; a virtual clock lets several processes share a demo's time.",
            read_clock_text,
            values="`system` or `virtual:<ISO start>@<unix seconds>x<speed>`",
        ),
    )
    default_region: str = field(
        default="MA",
        metadata=_about(
            "Country assumed for phone numbers written without a country code.",
            text_shape(r"[A-Z]{2}", "two capital letters"),
            values="ISO 3166 code",
        ),
    )
    default_timezone: str = field(
        default="Africa/Casablanca",
        metadata=_about(
            "Zone of contacts whose own zone is not known.", read_zone, values="tz database name"
        ),
    )
    graph_base_url: str = field(
        default=SIMULATOR_ADDRESS,
        metadata=_about(
            f"Address of the Cloud API, or of its simulator. Unset with the mode `live`: `{META_ADDRESS}`.",
            read_web_address,
            values="web address",
        ),
    )
    graph_version: str = field(
        default=GRAPH_VERSION_NEWEST,
        metadata=_about(
            "Version of the Graph API in every path.",
            text_shape(r"v[0-9]{1,2}\.0", "like v26.0"),
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
            "Loopback port of the web pages; 0 takes a free one.", whole_number(0, 65535), values="0 to 65535"
        ),
    )
    receiver_port: int = field(
        default=8081,
        metadata=_about(
            "Port of webhooks, tracked links and the track API; 0 takes a free one.",
            whole_number(0, 65535),
            values="0 to 65535",
        ),
    )
    public_base_url: str = field(
        default="http://127.0.0.1:8081",
        metadata=_about(
            "Address under which people reach tracked links.", read_web_address, values="web address"
        ),
    )
    lease_seconds: int = field(
        default=15,
        metadata=_about(
            "How long a sender owns a business number without renewing, in real seconds.",
            whole_number(1, 300),
            values="1 to 300",
        ),
    )
    unknown_deadline_hours: int = field(
        default=24,
        metadata=_about(
            "How long a message with an unknown outcome waits for a status before it is called unresolved.",
            whole_number(1, 168),
            values="1 to 168",
        ),
    )
    resend_marketing: Literal["yes", "no"] = field(
        default="no",
        metadata=_about(
            "Whether two people may have marketing sent once more of which nobody knows whether it left; the person "
            "may then get it twice.",
            choice("yes", "no"),
            values="yes or no",
        ),
    )
    sender_slots: int = field(
        default=250,
        metadata=_about(
            "Requests one sender keeps in flight; fewer slots cost more database work per message.",
            whole_number(1, 2000),
            values="1 to 2000",
        ),
    )
    reactions_open_windows: Literal["yes", "no"] = field(
        default="no",
        metadata=_about(
            "Whether a reaction to a message opens the customer service window; Meta does not say. With `no` nobody is "
            "answered freely on a reaction alone.",
            choice("yes", "no"),
            values="yes or no",
        ),
    )
    template_words_per_variable: int = field(
        default=2,
        metadata=_about(
            "Words a template's text needs for each of its variables, and one more; Meta refuses texts of "
            "nearly nothing but variables by a formula it does not publish. 0 leaves the judgement to Meta.",
            whole_number(0, 10),
            values="0 to 10",
        ),
    )
    incident_raise_minutes: int = field(
        default=30,
        metadata=_about(
            "How long an incident may stay without an owner before its response is raised and told again; 0: never.",
            whole_number(0, 10_080),
            values="0 to 10080",
        ),
    )
    alert_webhook_url: str | None = field(
        default=None,
        metadata=_about(
            "Address that is told of incidents by a signed POST: https, or http on this machine where the workspace is "
            "simulated. It never hears anything about a person.",
            read_web_address,
            values="web address",
        ),
    )
    alert_webhook_secret: str | None = field(
        default=None,
        metadata=_about(
            "Key of the signatures of those POSTs; without it nothing is posted.", is_secret=True
        ),
    )
    alert_email_to: str | None = field(
        default=None,
        metadata=_about(
            "Addresses that are told of incidents, separated by commas; one with a role before it hears only what "
            "concerns the role, like `compliance:dpo@example.org`.",
            text_shape(EMAIL_LIST, "e-mail addresses separated by commas"),
            values="addresses; roles `operator`, `compliance`, `admin`",
        ),
    )
    alert_email_from: str | None = field(
        default=None,
        metadata=_about(
            "Sender of those e-mails; unset: the first address that is told.",
            text_shape(EMAIL, "an e-mail address"),
            values="e-mail address",
        ),
    )
    smtp_host: str | None = field(
        default=None,
        metadata=_about("Mail server for them; without it nobody is told by e-mail.", values="host name"),
    )
    smtp_port: int = field(
        default=465,
        metadata=_about("Its port.", whole_number(1, 65535), values="1 to 65535"),
    )
    smtp_security: Literal["tls", "starttls", "none"] = field(
        default="tls",
        metadata=_about(
            "How the way to the mail server is secured; `none` is taken on this machine only.",
            choice("tls", "starttls", "none"),
            values="`tls`, `starttls`, `none`",
        ),
    )
    smtp_user: str | None = field(
        default=None, metadata=_about("User at the mail server, where it asks for one.")
    )
    smtp_password: str | None = field(
        default=None, metadata=_about("Password at the mail server.", is_secret=True)
    )
    log_level: LogLevel = field(
        default="info",
        metadata=_about(
            "Least urgent lines that are logged.",
            choice(*get_args(LogLevel)),
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
