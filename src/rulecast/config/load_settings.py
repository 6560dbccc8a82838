"""Reading the environment into settings."""

import difflib
from collections.abc import Mapping
from dataclasses import fields
from ipaddress import ip_address
from urllib.parse import urlsplit

from rulecast.config.errors import SettingInvalidError, SettingsContradictError, SettingUnknownError
from rulecast.config.readers import Reader
from rulecast.config.settings import META_ADDRESS, Settings

PREFIX = "RULECAST_"
# Variables that belong to the test run and to fault drills, not to the product's settings.
FOREIGN_PREFIXES = ("RULECAST_TEST_", "RULECAST_FAILPOINT", "RULECAST_BENCHMARK_", "RULECAST_DEMO_")


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
    if chosen.get("mode") == "live":
        chosen.setdefault("graph_base_url", META_ADDRESS)
    settings = Settings(**chosen)  # type: ignore[arg-type]  # each reader returns its field's type; the test reads all
    check_together(settings)
    return settings


def _refuse_unknown(environ: Mapping[str, str], known: tuple[str, ...]) -> None:
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable in known or variable.startswith(FOREIGN_PREFIXES):
            continue
        near = difflib.get_close_matches(variable, known, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise SettingUnknownError(f"{variable} names no setting.{meant}")


def check_together(settings: Settings) -> None:
    """Check what no single value can say.

    Raises:
        SettingsContradictError: two values exclude each other.
    """
    if settings.mode != "live":
        _check_simulated(settings)
        return
    if settings.clock != "system":
        raise SettingsContradictError(
            "RULECAST_MODE=live needs RULECAST_CLOCK=system: real people live in real time."
        )
    if not settings.graph_base_url.startswith("https://"):
        raise SettingsContradictError("RULECAST_MODE=live needs an https RULECAST_GRAPH_BASE_URL.")


def _check_simulated(settings: Settings) -> None:
    # Who approves alone because nobody real is reached must not hold the means to reach somebody.
    if settings.access_token is not None and not is_on_this_machine(settings.graph_base_url):
        raise SettingsContradictError(
            "RULECAST_MODE=simulated with a RULECAST_ACCESS_TOKEN needs a RULECAST_GRAPH_BASE_URL on this machine, "
            "where the simulator listens."
        )


def is_on_this_machine(address: str) -> bool:
    """Return whether a web address can only be reached from this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
