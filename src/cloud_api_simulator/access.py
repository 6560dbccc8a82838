"""Access tokens: what each may do and until when (platform reference 2.1, 6.1; `debug_token`)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.http_server import Request

MESSAGING = "whatsapp_business_messaging"
MANAGEMENT = "whatsapp_business_management"
BUSINESS = "business_management"
SCOPES = (MANAGEMENT, MESSAGING, BUSINESS)
"""Permissions of a token that may do everything (platform reference 1.1)."""

_EXPIRED_SUBCODE = 463
_INVALID_SUBCODE = 467
_SCHEMES = frozenset({"bearer", "oauth"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token; `expires_at` is in seconds since the epoch, 0 for one that never expires."""

    text: str = field(repr=False)
    kind: str = "SYSTEM_USER"
    scopes: tuple[str, ...] = SCOPES
    issued_at: int = 0
    expires_at: int = 0
    is_revoked: bool = False

    def is_valid(self, now: float) -> bool:
        """Return whether the token is neither revoked nor expired at `now` (virtual seconds)."""
        return not self.is_revoked and (self.expires_at == 0 or now < self.expires_at)


class Tokens:
    """The tokens that exist: one of the settings, one of the app, and those a control request adds."""

    def __init__(self, *, access_token: str, app_id: str, app_secret: str) -> None:
        """Start with a system user's token and the app's own `id|secret`."""
        self._tokens: dict[str, Token] = {}
        self.put(Token(text=access_token))
        self.put(Token(text=f"{app_id}|{app_secret}", kind="APP", scopes=SCOPES))

    def put(self, token: Token) -> None:
        """Add or replace a token."""
        self._tokens[token.text] = token

    def change(self, text: str, changes: Mapping[str, object]) -> Token:
        """Return the token after changing fields of it; an unknown one is added. Raises TypeError."""
        token = replace(self.find(text) or Token(text=text), **changes)  # type: ignore[arg-type]  # field names checked by replace
        self.put(token)
        return token

    def find(self, text: str) -> Token | None:
        """Return the token of this text, compared in constant time, or None."""
        wanted = text.encode()
        for known, token in self._tokens.items():
            if hmac.compare_digest(known.encode(), wanted):
                return token
        return None

    def check(self, request: Request, permission: str, now: float, *, query_token: str = "") -> Token:
        """Return the token a request carries; raises ApiError 190 (subcodes 463, 467) or 10.

        Platform reference 6.1. The token stands in the Authorization header (`Bearer` or `OAuth`) or, for
        calls of an app, in the query.
        """
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        given = text.strip() if scheme.lower() in _SCHEMES else ""
        given = query_token or given
        if not given:
            raise ApiError(
                190,
                "An access token is required to request this resource.",
                message="An access token is required to request this resource.",
            )
        token = self.find(given)
        if token is None:
            raise ApiError(
                190,
                "Invalid OAuth access token - Cannot parse access token",
                message="Invalid OAuth access token - Cannot parse access token",
            )
        if token.is_revoked:
            raise ApiError(
                190,
                "The session has been invalidated.",
                subcode=_INVALID_SUBCODE,
                message="Error validating access token: The session is invalid.",
            )
        if not token.is_valid(now):
            raise ApiError(
                190,
                "Session has expired.",
                subcode=_EXPIRED_SUBCODE,
                message="Error validating access token: Session has expired.",
            )
        if permission not in token.scopes:
            raise ApiError(10, f"The token lacks the permission {permission}.")
        return token


def describe_token(
    token: Token | None, *, app_id: str, now: float, nodes: Mapping[str, list[str]]
) -> JsonObject:
    """Return the `data` of `debug_token`; `nodes` lists the ids each scope is granted for."""
    if token is None:
        return {
            "data": {
                "error": {"code": 190, "message": "Malformed access token"},
                "is_valid": False,
                "scopes": [],
            }
        }
    valid = token.is_valid(now)
    data: JsonObject = {
        "app_id": app_id,
        "type": token.kind,
        "application": "Simulated app",
        "data_access_expires_at": 0,
        "expires_at": token.expires_at,
        "is_valid": valid,
        "issued_at": token.issued_at,
        "scopes": list(token.scopes),
        "granular_scopes": [
            {"scope": scope, "target_ids": nodes.get(scope, [])} for scope in token.scopes if scope in nodes
        ],
        "user_id": "122101234567890123",
    }
    if not valid:
        subcode = _INVALID_SUBCODE if token.is_revoked else _EXPIRED_SUBCODE
        data["error"] = {"code": 190, "message": "Error validating access token", "subcode": subcode}
    return {"data": data}
