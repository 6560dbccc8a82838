"""Opening the vault: the right root key for this database, or a refusal."""

from rulecast.config import Settings
from rulecast.vault.errors import RootKeyForeignError
from rulecast.vault.root_key import load_root_key
from rulecast.vault.store import KeysDatabase, KeyStore
from rulecast.vault.vault import Vault


async def open_vault(settings: Settings, keys: KeysDatabase) -> Vault:
    """Load or create the root key, check that it is the one of these keys, and return the vault.

    At the very first start the key is created; `vault.explanation` then says what losing it means and
    is to be shown before anything is sealed.

    Raises:
        RootKeyLostError: keys exist, but no root key does.
        RootKeyForeignError: the root key or the workspace name is another one.
        RootKeyExposedError: the key's file can be read by others.
        RootKeyInvalidError: the key is malformed.
    """
    store = KeyStore(keys)
    kept = await store.fingerprint()
    root = load_root_key(settings, may_create=kept is None)
    vault = Vault(root, settings.workspace, store)
    if kept is None:
        await store.remember_fingerprint(vault.fingerprint, settings.workspace)
        kept = await store.fingerprint()
    if kept != (vault.fingerprint, settings.workspace):
        raise RootKeyForeignError
    return vault
