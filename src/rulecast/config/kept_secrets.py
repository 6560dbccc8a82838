"""The file of secrets in the workspace's home, for those that are not in the environment.

`rulecast connect` writes it with mode 0600; a variable of the environment comes before it.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rulecast.config.errors import SecretsFileError
from rulecast.config.load_settings import check_together
from rulecast.config.settings import Settings

SECRETS_FILE = "secrets.json"
KEPT_NAMES = ("access_token", "app_secret", "verify_token")
OWNER_ONLY = 0o600
FILE_BYTES_MAX = 64 * 1024
"""Three secrets of some hundred characters; anything larger is another file."""


def with_kept_secrets(settings: Settings) -> Settings:
    """Return the settings with the secrets of the home's file where the environment names none.

    Raises:
        SecretsFileError: the file cannot be read, or others than its owner may.
        SettingsContradictError: a kept token and the address of the Cloud API exclude each other.
    """
    kept = read_kept_secrets(settings.home)
    missing = {name: kept[name] for name in KEPT_NAMES if name in kept and getattr(settings, name) is None}
    if not missing:
        return settings
    completed = replace(
        settings,
        access_token=missing.get("access_token", settings.access_token),
        app_secret=missing.get("app_secret", settings.app_secret),
        verify_token=missing.get("verify_token", settings.verify_token),
    )
    check_together(completed)
    return completed


def read_kept_secrets(home: Path) -> Mapping[str, str]:
    """Return what the file of secrets holds; nothing where there is none.

    Raises:
        SecretsFileError: it cannot be read, or others than its owner may.
    """
    path = home / SECRETS_FILE
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise SecretsFileError(f"{path} has the mode {mode:04o}.", hint=f"chmod 600 {path}")
        with path.open("rb") as file:
            found = json.loads(file.read(FILE_BYTES_MAX))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SecretsFileError(f"{path} cannot be read: {type(error).__name__}.") from error
    if not isinstance(found, dict) or not all(isinstance(one, str) and one for one in found.values()):
        raise SecretsFileError(f"{path} holds something else than names and texts.")
    return found


def keep_secrets(home: Path, secrets: Mapping[str, str]) -> Path:
    """Write secrets beside those kept already, readable by the owner alone, and return the file's path."""
    path = home / SECRETS_FILE
    content = json.dumps({**read_kept_secrets(home), **secrets}, indent=1) + "\n"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return path
