"""Resumable uploads of template examples: sessions and the handles they end in (platform reference 8.7)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from cloud_api_simulator.chance import Chance
from cloud_api_simulator.errors import ApiError

TYPES = frozenset({"application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"})
"""Types an example may have (platform reference 8.7)."""
BYTES_MAX = 100 << 20
"""Largest example, as for a document (platform reference 8.7)."""
PREFIX = "upload:"

_FORMATS: Mapping[str, str] = {"application/pdf": "DOCUMENT", "video/mp4": "VIDEO"}


@dataclass(slots=True, kw_only=True)
class Session:
    """An upload under way; `handle` is set once every byte has come."""

    session_id: str
    mime_type: str
    length: int
    content: bytearray = field(default_factory=bytearray)
    handle: str = ""


class Uploads:
    """Sessions by id, and the formats that finished handles stand for."""

    def __init__(self, chance: Chance) -> None:
        """Start with none."""
        self._chance = chance
        self._sessions: dict[str, Session] = {}
        self._formats: dict[str, str] = {}

    def open(self, *, mime_type: str, length: int) -> Session:
        """Return a new session; raises ApiError 100 for a type or length that is not taken."""
        if mime_type not in TYPES:
            known = ", ".join(sorted(TYPES))
            raise ApiError(100, message=f"(#100) Param file_type must be one of {{{known}}}.")
        if not 0 < length <= BYTES_MAX:
            raise ApiError(100, message=f"(#100) Param file_length must be between 1 and {BYTES_MAX}.")
        number = self._chance.integer("upload", str(len(self._sessions)), mime_type, str(length))
        encoded = base64.urlsafe_b64encode(f"simulated:{number:x}".encode()).decode().rstrip("=")
        session = Session(session_id=f"{PREFIX}{encoded}", mime_type=mime_type, length=length)
        self._sessions[session.session_id] = session
        return session

    def find(self, session_id: str) -> Session:
        """Return a session; raises ApiError 100 with subcode 33 when there is none."""
        session = self._sessions.get(session_id.partition("?")[0])
        if session is None:
            raise ApiError(100, "The upload session does not exist or has expired", subcode=33)
        return session

    def take(self, session: Session, content: bytes, *, offset: int) -> str:
        """Add bytes from `offset` on and return the handle, empty while bytes are missing; raises ApiError 100."""
        if offset != len(session.content):
            raise ApiError(100, f"file_offset is {offset}, {len(session.content)} bytes were received")
        if len(session.content) + len(content) > session.length:
            raise ApiError(100, f"More bytes than the file_length of {session.length}")
        session.content += content
        if len(session.content) == session.length and not session.handle:
            kind = base64.b64encode(session.mime_type.encode()).decode()
            number = self._chance.integer("handle", session.session_id)
            session.handle = f"4::{kind}:ARa{number:016x}"
            self._formats[session.handle] = _FORMATS.get(session.mime_type, "IMAGE")
        return session.handle

    def format_of(self, handle: str) -> str | None:
        """Return the header format a handle can be an example of, or None for a foreign handle."""
        return self._formats.get(handle)
