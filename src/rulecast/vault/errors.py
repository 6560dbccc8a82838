"""Errors of the vault; none of them carries a sealed or opened value."""

from rulecast.values.errors import RulecastError


class RootKeyInvalidError(RulecastError):
    """The root key is not 32 bytes in base64."""

    code = "RC-VAULT-001"
    summary = "The root key is not 32 bytes in base64."
    remedy = "Put back the key that was created at the first start; a new one opens nothing sealed before."


class RootKeyExposedError(RulecastError):
    """Other users can read the root key's file."""

    code = "RC-VAULT-002"
    summary = "The file of the root key can be read by other users, or is not an ordinary file of this user."
    remedy = "Run chmod 600 on it; if others may have read it, treat the data as disclosed."


class RootKeyForeignError(RulecastError):
    """The root key or the workspace name is not the one this database was sealed under."""

    code = "RC-VAULT-003"
    summary = "The root key or the workspace name is not the one this database was sealed under."
    remedy = "Set RULECAST_ROOT_KEY (or restore root.key) and RULECAST_WORKSPACE as they were."


class RootKeyLostError(RulecastError):
    """The database holds sealed data, but no root key was given and no file exists."""

    code = "RC-VAULT-004"
    summary = "The database holds sealed data, but there is no root key: neither the setting nor the file."
    remedy = "Restore root.key from its backup; without it the identities cannot be read by anybody."


class SealBrokenError(RulecastError):
    """A sealed value was changed, moved, or sealed under another key."""

    code = "RC-VAULT-005"
    summary = "A sealed value was changed, moved to another place, or sealed under another key."
    remedy = "Stop and compare the database with its last backup; nothing was guessed."


class ContactKeyMissingError(RulecastError):
    """A value cannot be sealed: the contact has no key, or its key was destroyed."""

    code = "RC-VAULT-006"
    summary = "A value cannot be sealed: the contact has no key, or its key was destroyed by erasure."
    remedy = "Create keys before sealing; an erased contact stays erased."


class DayKeyDestroyedError(RulecastError):
    """A value cannot be sealed for a day whose key was destroyed."""

    code = "RC-VAULT-007"
    summary = "A value cannot be sealed for a day whose key was destroyed."
    remedy = "Seal raw bodies under the day of their arrival."
