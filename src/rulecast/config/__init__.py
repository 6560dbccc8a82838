"""One frozen record of settings, read from the environment, with help text for each.

The environment goes in; a checked `Settings` or an error naming the variable comes out. Every
setting `name` is the variable `RULECAST_NAME`; an unset or empty variable means the default.
"""

from rulecast.config.describe_settings import SettingDescription, describe_settings, render_settings_page
from rulecast.config.errors import SettingInvalidError, SettingsContradictError, SettingUnknownError
from rulecast.config.load_settings import load_settings
from rulecast.config.settings import MASK, Mode, Settings

__all__ = [
    "MASK",
    "Mode",
    "SettingDescription",
    "SettingInvalidError",
    "SettingUnknownError",
    "Settings",
    "SettingsContradictError",
    "describe_settings",
    "load_settings",
    "render_settings_page",
]
