"""What can be wrong with the files of messages."""

from rulecast.values.errors import RulecastError


class MediaAddressError(RulecastError):
    """The address of a file is none that may be asked."""

    code = "RC-MEDIA-001"
    summary = "The address of a file is none that may be asked."
    remedy = "Give a public https address, or a file on this machine; private networks are never asked."


class MediaFetchError(RulecastError):
    """A file could not be fetched."""

    code = "RC-MEDIA-002"
    summary = "A file could not be fetched."
    remedy = (
        "Open the address in a browser; it must answer with the file itself, quickly and without a login."
    )


class MediaRefusedError(RulecastError):
    """What was fetched cannot be shown in a message."""

    code = "RC-MEDIA-003"
    summary = "What was fetched cannot be shown in a message."
    remedy = (
        "Images: JPEG, PNG, WebP or GIF to 20 MB; video: MP4 or 3GP to 16 MB; documents: PDF to 100 MB; sound: AAC, "
        "AMR, MP3, M4A or Opus in Ogg to 16 MB; stickers: WebP to 100 kB, 500 kB where they move."
    )


class MediaUnknownError(RulecastError):
    """There is no file of that name."""

    code = "RC-MEDIA-004"
    summary = "There is no file of that name."
    remedy = "Declare it in the workspace file under `[[media]]` and apply the file."


class MediaNotFetchedError(RulecastError):
    """A file that messages show was not fetched yet."""

    code = "RC-MEDIA-005"
    summary = "A file that messages show was not fetched yet."
    remedy = "Run `rulecast media fetch`, then plan again: the plan signs what was fetched."


class MediaBrokenError(RulecastError):
    """A kept file is damaged or gone."""

    code = "RC-MEDIA-006"
    summary = "A kept file is damaged or gone."
    remedy = "Run `rulecast media fetch --again`, plan and approve again; look at the disk of RULECAST_HOME."
