"""Files for messages: a checked file comes in, Meta's id of its upload goes out, and is kept while it holds.

A message names a file by its upload, never by an address: so nothing can vanish between the approval and the phone,
and Meta fetches nothing from anybody's server. Uploads belong to one number and hold for thirty days.
"""

from rulecast.deliver.media_uploads.check_file import MediaFile, check_file
from rulecast.deliver.media_uploads.errors import FileRefusedError, FileTooLargeError, UploadFailedError
from rulecast.deliver.media_uploads.upload_file import MediaUploader
from rulecast.deliver.media_uploads.upload_terms import Upload, is_fresh, new_upload

__all__ = [
    "FileRefusedError",
    "FileTooLargeError",
    "MediaFile",
    "MediaUploader",
    "Upload",
    "UploadFailedError",
    "check_file",
    "is_fresh",
    "new_upload",
]
