"""What can be wrong with a file or its upload."""

from rulecast.values.errors import RulecastError


class FileRefusedError(RulecastError):
    """A file is of a type or size that WhatsApp does not take."""

    code = "RC-UPLOAD-001"
    summary = "A file is of a type or size that WhatsApp does not take."
    remedy = "Images: JPEG or PNG to 5 MB; video: MP4 or 3GP to 16 MB; sound to 16 MB; documents to 100 MB."


class FileTooLargeError(FileRefusedError):
    """A file is larger than WhatsApp takes."""

    code = "RC-UPLOAD-004"
    summary = "A file is larger than WhatsApp takes."
    remedy = (
        "Images to 5 MB, video and sound to 16 MB, documents to 100 MB: declare a smaller file, plan again."
    )


class UploadFailedError(RulecastError):
    """A file could not be uploaded."""

    code = "RC-UPLOAD-002"
    summary = "A file could not be uploaded to the Cloud API."
    remedy = "It is tried again with the next message; check the access token with `rulecast doctor`."
    graph_code: int = 0
    """The code of Meta's refusal; 0 where nothing was answered, or nothing that can be read."""


class FileGoneError(RulecastError):
    """A file that messages need is not kept here any more."""

    code = "RC-UPLOAD-003"
    summary = "A file that messages need is not kept here any more."
    remedy = "Approve the plan again: the approval fetches its files."
