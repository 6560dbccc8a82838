"""Is a body from Meta? HMAC-SHA256 over its raw bytes, compared in constant time."""

import hmac
import re
from collections.abc import Sequence

from rulecast.values.errors import RulecastError

PREFIX = b"sha256="
_SIGNATURE = re.compile(rb"sha256=[0-9a-f]{64}")
# A rotation has an old and a new secret.
SECRETS_MAX = 2
# Meta's app secrets have 32 characters; anything near an empty key would let everyone sign.
SECRET_LENGTH_MIN = 8


class AppSecretMissingError(RulecastError):
    """The receiver has no app secret, or one that is no secret."""

    code = "RC-RECEIVER-001"
    summary = "The receiver has no usable app secret: anybody could sign webhooks with an empty one."
    remedy = "Set RULECAST_APP_SECRET to the secret of the Meta app, at least 8 characters; while rotating: new,old."


class VerifyTokenMissingError(RulecastError):
    """The receiver has no verify token."""

    code = "RC-RECEIVER-002"
    summary = "The receiver has no verify token, so Meta could not verify its address."
    remedy = "Set RULECAST_VERIFY_TOKEN to the word entered beside the callback address at Meta."


def read_secrets(setting: str | None) -> tuple[bytes, ...]:
    """Return the one or two secrets of a setting, the new one first.

    Raises:
        AppSecretMissingError: it is empty, too short, or holds more than two.
    """
    secrets = tuple(secret.strip().encode() for secret in (setting or "").split(","))
    if len(secrets) > SECRETS_MAX or any(len(secret) < SECRET_LENGTH_MIN for secret in secrets):
        raise AppSecretMissingError
    return secrets


def read_verify_token(setting: str | None) -> bytes:
    """Return the verify token.

    Raises:
        VerifyTokenMissingError: it is empty.
    """
    if not setting or not setting.strip():
        raise VerifyTokenMissingError
    return setting.strip().encode()


def is_signed(body: bytes, signatures: Sequence[bytes], secrets: Sequence[bytes]) -> bool:
    """Return whether the one signature header is that of the body under one of the secrets.

    Every secret is tried whatever the first says, so that time tells nothing about which one signs.
    """
    if len(signatures) != 1 or _SIGNATURE.fullmatch(signatures[0]) is None:
        return False
    given = signatures[0][len(PREFIX) :]
    matches = [
        hmac.compare_digest(hmac.digest(secret, body, "sha256").hex().encode("ascii"), given)
        for secret in secrets
    ]
    return any(matches)
