"""Media kept by the simulator: what is taken, how long it lives, what is wrong with it (platform reference 8.7)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cloud_api_simulator.chance import Chance
from cloud_api_simulator.errors import ApiError, JsonObject
from cloud_api_simulator.message_bodies import MediaReference

UPLOAD_SECONDS = 30 * 86_400
"""Virtual life of an uploaded file (platform reference 8.7)."""
INBOUND_SECONDS = 7 * 86_400
"""Virtual life of a file that came with a webhook (platform reference 8.7)."""
URL_SECONDS = 300
"""Virtual life of a download address (platform reference 8.7)."""
MEGABYTE = 1 << 20
BYTES_MAX: Mapping[str, int] = {
    "image": 5 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "audio": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
    "sticker": 100 * 1024,
}
MOVING_STICKER_BYTES_MAX = 500 * 1024
"""Largest file of a kind (platform reference 8.7)."""
TYPES: Mapping[str, str] = {
    **dict.fromkeys(("image/jpeg", "image/png"), "image"),
    **dict.fromkeys(("video/mp4", "video/3gpp"), "video"),
    **dict.fromkeys(
        ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus"), "audio"
    ),
    **dict.fromkeys(
        (
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            "text/plain",
            "text/csv",
        ),
        "document",
    ),
    "image/webp": "sticker",
}
"""Type of a file -> the kind of message it may stand in (platform reference 8.7)."""

_WEBP_FLAGS = 20
_ID_MODULUS = 9 * 10**15
_ID_FIRST = 10**15
_MAGIC: Mapping[str, tuple[int, tuple[bytes, ...]]] = {
    "image/jpeg": (0, (b"\xff\xd8\xff",)),
    "image/png": (0, (b"\x89PNG\r\n\x1a\n",)),
    "image/webp": (8, (b"WEBP",)),
    "video/mp4": (4, (b"ftyp",)),
    "application/pdf": (0, (b"%PDF",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """One file: `sha256` is in hexadecimal; `number_id` is the number it was uploaded to or came in on."""

    media_id: str
    number_id: str
    mime_type: str
    filename: str
    size_bytes: int
    sha256: str
    created_at: float
    expires_at: float
    is_inbound: bool = False

    @property
    def kind(self) -> str:
        """The kind of message the type belongs to, empty for an unknown one."""
        return TYPES.get(self.mime_type.partition(";")[0].strip(), "")

    @property
    def sha256_base64(self) -> str:
        """The digest as webhooks write it (platform reference 3.5)."""
        return base64.b64encode(bytes.fromhex(self.sha256)).decode()


class MediaStore:
    """Files by id, kept in a folder so that a restarted simulator still has them."""

    def __init__(self, folder: Path, chance: Chance) -> None:
        """Keep the folder; it is made with the first file."""
        self._folder = folder
        self._chance = chance
        self._files: dict[str, MediaFile] = {}
        self._count = 0

    def keep(
        self,
        content: bytes,
        *,
        number_id: str,
        mime_type: str,
        filename: str,
        now: float,
        is_inbound: bool = False,
    ) -> MediaFile:
        """Store a file and return its record; ids follow from seed, order and content."""
        self._count += 1
        digest = hashlib.sha256(content).hexdigest()
        drawn = self._chance.integer("media", str(self._count), digest)
        file = MediaFile(
            media_id=str(_ID_FIRST + drawn % _ID_MODULUS),
            number_id=number_id,
            mime_type=mime_type,
            filename=filename,
            size_bytes=len(content),
            sha256=digest,
            created_at=now,
            expires_at=now + (INBOUND_SECONDS if is_inbound else UPLOAD_SECONDS),
            is_inbound=is_inbound,
        )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path(file.media_id).write_bytes(content)
        self._path(file.media_id, ".json").write_text(json.dumps(asdict(file)), "utf-8")
        self._files[file.media_id] = file
        return file

    def find(self, media_id: str, now: float) -> MediaFile | None:
        """Return a living file, or None when it never was, was deleted, or is too old at `now`."""
        file = self._files.get(media_id) or self._restore(media_id)
        if file is None or now >= file.expires_at:
            return None
        return file

    def read(self, file: MediaFile) -> bytes:
        """Return the bytes of a file."""
        return self._path(file.media_id).read_bytes()

    def delete(self, file: MediaFile) -> None:
        """Forget a file at once."""
        self._files.pop(file.media_id, None)
        self._path(file.media_id).unlink(missing_ok=True)
        self._path(file.media_id, ".json").unlink(missing_ok=True)

    def url_hash(self, file: MediaFile, expires_at: int) -> str:
        """Return what makes a download address hard to guess."""
        return f"{self._chance.integer('media-url', file.media_id, str(expires_at)):016x}"

    def _path(self, media_id: str, suffix: str = "") -> Path:
        return self._folder / f"{media_id}{suffix}"

    def _restore(self, media_id: str) -> MediaFile | None:
        if not media_id.isascii() or not media_id.isdigit():
            return None
        path = self._path(media_id, ".json")
        if not path.is_file():
            return None
        row: JsonObject = json.loads(path.read_text("utf-8"))
        file = self._files[media_id] = MediaFile(**row)
        return file


def check_upload(content: bytes, mime_type: str) -> None:
    """Raise ApiError 100 for a type the platform does not take, 131053 for a file too large or empty."""
    plain = mime_type.partition(";")[0].strip().lower()
    kind = TYPES.get(plain)
    if kind is None:
        known = ", ".join(sorted(TYPES))
        raise ApiError(
            100,
            message=(
                f"(#100) Param file must be a file with one of the following types: {known}. "
                f"Received file of type '{plain[:60]}'."
            ),
        )
    if not content:
        raise ApiError(131053, "The file is empty")
    most = MOVING_STICKER_BYTES_MAX if kind == "sticker" and _moves(content) else BYTES_MAX[kind]
    if len(content) > most:
        raise ApiError(131053, f"File size {len(content)} exceeds the limit of {most} bytes for {plain}")


def _moves(content: bytes) -> bool:
    """Return whether a WebP is animated: the flag of its extended header (RFC 9649)."""
    return content[12:16] == b"VP8X" and len(content) > _WEBP_FLAGS and bool(content[_WEBP_FLAGS] & 0x02)


def check_references(store: MediaStore, files: tuple[MediaReference, ...], now: float) -> None:
    """Raise ApiError 100 for an id that names no living file; part of the place "schema" (section 10)."""
    for file in files:
        if file.media_id and store.find(file.media_id, now) is None:
            raise ApiError(
                100,
                message=(
                    f"(#100) Param {file.place}['id'] is not a valid whatsapp business account "
                    "media attachment ID"
                ),
            )


def media_fault(store: MediaStore, files: tuple[MediaReference, ...], now: float) -> str | None:
    """Return why a message fails later with 131053, or None: wrong kind or content that is not its type."""
    for reference in files:
        if not reference.media_id:
            continue
        file = store.find(reference.media_id, now)
        if file is None:
            return "Media download error: the media has expired"
        wanted = "video" if reference.kind == "gif" else reference.kind
        if wanted not in (file.kind, "document"):
            return f"{wanted} file expected, uploaded as {file.mime_type}"
        if not _has_magic(store.read(file), file.mime_type):
            return f"Unable to process the media: the content is not {file.mime_type}"
    return None


def _has_magic(content: bytes, mime_type: str) -> bool:
    known = _MAGIC.get(mime_type.partition(";")[0].strip())
    if known is None:
        return True
    offset, beginnings = known
    return any(content[offset:].startswith(beginning) for beginning in beginnings)
