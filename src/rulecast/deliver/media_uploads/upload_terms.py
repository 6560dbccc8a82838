"""How long an upload is good."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.deliver.media_uploads.check_file import MediaFile

HELD_FOR = timedelta(days=30)
"""Cloud API, media: an uploaded file is kept for thirty days."""
REFRESH_BEFORE = timedelta(days=3)
"""A weekend without anybody looking, and a message that Meta tries to deliver meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file in Meta's keeping, for the messages of one number."""

    business_number_id: str
    content_hash: bytes
    media_id: str
    mime_type: str
    size_bytes: int
    uploaded_at: datetime
    expires_at: datetime


def new_upload(business_number_id: str, file: MediaFile, media_id: str, *, now: datetime) -> Upload:
    """Return the record of an upload that was just taken."""
    return Upload(
        business_number_id=business_number_id,
        content_hash=file.content_hash,
        media_id=media_id,
        mime_type=file.mime_type,
        size_bytes=len(file.content),
        uploaded_at=now,
        expires_at=now + HELD_FOR,
    )


def is_fresh(upload: Upload, now: datetime) -> bool:
    """Return whether an upload needs no refresh yet."""
    return now < upload.expires_at - REFRESH_BEFORE
