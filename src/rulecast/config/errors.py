"""Why settings are refused; no value is ever shown, it could be a secret."""

from rulecast.values.errors import RulecastError


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


class SecretsFileError(RulecastError):
    """The file of secrets in the workspace's home cannot be used."""

    code = "RC-CONFIG-004"
    summary = "The file of secrets in the workspace's home cannot be used."
    remedy = "It is JSON with mode 0600; remove it and run `rulecast connect` again, which writes it anew."
