"""Sealing of personal data: bytes and what they belong to come in, sealed bytes go out, and back.

Every contact has a random key of its own, wrapped by a key derived from the root key and kept in
the keys database; erasing a person destroys that key. Look-ups go through keyed hashes. Knows no
domain word: a column is a text, a contact an id, a value bytes.
"""

from rulecast.vault.open_vault import open_vault
from rulecast.vault.root_key import RootKey, load_root_key
from rulecast.vault.vault import SealItem, Vault

__all__ = ["RootKey", "SealItem", "Vault", "load_root_key", "open_vault"]
