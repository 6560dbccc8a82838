"""Who may see the page until sign-in exists: a one-time token from the terminal opens a session.

Tokens and sessions are 256 random bits each, and stand as SHA-256 in the database: they are random, so a
slow hash would protect nothing more.
"""

import hashlib
import secrets
from datetime import timedelta

from rulecast.database import execute, fetch_value, load_queries
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)

TOKEN_BYTES = 32
PORT_FILE = "page.port"
TOKEN_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=30)


async def make_page_token(workspace: Workspace) -> str:
    """Return a token that opens one session within fifteen minutes."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with workspace.database.transaction() as connection:
        await execute(connection, QUERIES["sweep_page_tokens"])
        await execute(
            connection,
            QUERIES["put_page_token"],
            {"token_hash": _hash(token), "made_for": workspace.actor, "lifetime": TOKEN_LIFETIME},
        )
    return token


async def open_page_session(workspace: Workspace, token: str) -> str | None:
    """Use a token up and return the secret of a new session, or None when the token is no good."""
    async with workspace.database.transaction() as connection:
        actor = await fetch_value(connection, QUERIES["use_page_token"], {"token_hash": _hash(token)})
        if actor is None:
            return None
        secret = secrets.token_urlsafe(TOKEN_BYTES)
        await execute(
            connection,
            QUERIES["open_page_session"],
            {"session_hash": _hash(secret), "actor": actor, "lifetime": SESSION_LIFETIME},
        )
    return secret


async def see_page_session(workspace: Workspace, secret: str) -> str | None:
    """Return who holds a session and keep it alive, or None when it has ended."""
    async with workspace.database.connection() as connection:
        parameters = {"session_hash": _hash(secret), "idle": SESSION_IDLE}
        actor: str | None = await fetch_value(connection, QUERIES["see_page_session"], parameters)
        return actor


async def end_page_session(workspace: Workspace, secret: str) -> None:
    """Sign out."""
    async with workspace.database.connection() as connection:
        await execute(connection, QUERIES["end_page_session"], {"session_hash": _hash(secret)})


def remember_page_port(workspace: Workspace, port: int) -> None:
    """Write down where the page listens, so that `rulecast page` can name a port that was taken freely."""
    home = workspace.settings.home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / PORT_FILE).write_text(f"{port}\n", encoding="ascii")


def known_page_port(workspace: Workspace) -> int:
    """Return where the page of this machine listens, as last written down, else as set."""
    try:
        return int((workspace.settings.home / PORT_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return workspace.settings.web_port


def page_url(port: int, token: str) -> str:
    """Return the address that opens the page once."""
    return f"http://127.0.0.1:{port}/enter?token={token}"


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
