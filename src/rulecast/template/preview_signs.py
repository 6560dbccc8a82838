"""Outlines of the signs beside buttons and in place of files, on a grid of 24, so that a preview fetches nothing."""

from collections.abc import Mapping

SIGNS: Mapping[str, str] = {
    "QUICK_REPLY": "M10 9V5l-7 7 7 7v-4.1c5 0 8.5 1.6 11 5.1-1-5-4-10-11-11z",
    "URL": "M19 19H5V5h7V3H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2v-7h-2v7zM14 3v2h3.6l-9.8 9.8 1.4 1.4L19 "
    "6.4V10h2V3h-7z",
    "PHONE_NUMBER": "M6.6 10.8a15 15 0 0 0 6.6 6.6l2.2-2.2c.3-.3.7-.4 1-.2 1.1.4 2.3.6 3.6.6.6 0 1 .4 1 1V20"
    "c0 .6-.4 1-1 1A17 17 0 0 1 3 4c0-.6.5-1 1-1h3.5c.6 0 1 .4 1 1 0 1.3.2 2.5.6 3.6.1.3 0 .7-.3 1l-2.2 2.2z",
    "COPY_CODE": "M16 1H4a2 2 0 0 0-2 2v14h2V3h12V1zm3 4H8a2 2 0 0 0-2 2v14c0 1.1.9 2 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 "
    "0-2-2zm0 16H8V7h11v14z",
    "LIST": "M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z",
}
SIGN_OF_KIND: Mapping[str, str] = {
    "VOICE_CALL": "PHONE_NUMBER",
    "CALL_PERMISSION_REQUEST": "PHONE_NUMBER",
    "OTP": "COPY_CODE",
    "FLOW": "LIST",
    "CATALOG": "LIST",
    "MPM": "LIST",
    "SPM": "LIST",
    "APP": "URL",
    "REQUEST_CONTACT_INFO": "QUICK_REPLY",
}
MEDIA_SIGNS: Mapping[str, str] = {
    "IMAGE": "M21 19V5a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v14c0 1.1.9 2 2 2h14a2 2 0 0 0 2-2zM8.5 13.5l2.5 3 "
    "3.5-4.5L19 18H5l3.5-4.5z",
    "VIDEO": "M8 5v14l11-7z",
    "GIF": "M8 5v14l11-7z",
    "DOCUMENT": "M6 2a2 2 0 0 0-2 2v16c0 1.1.9 2 2 2h12a2 2 0 0 0 2-2V8l-6-6H6zm7 7V3.5L18.5 9H13z",
    "LOCATION": "M12 2a7 7 0 0 0-7 7c0 5.2 7 13 7 13s7-7.8 7-13a7 7 0 0 0-7-7zm0 9.5A2.5 2.5 0 1 1 12 6.5a2.5 "
    "2.5 0 0 1 0 5z",
    "PRODUCT": "M18 6h-2a4 4 0 0 0-8 0H6a2 2 0 0 0-2 2v12c0 1.1.9 2 2 2h12a2 2 0 0 0 2-2V8a2 2 0 0 "
    "0-2-2zm-6-2a2 2 0 0 1 2 2h-4a2 2 0 0 1 2-2z",
}


def sign(outline: str, *, size: int = 16) -> str:
    """Return a sign as an inline drawing in the colour of the text around it."""
    return (
        f'<svg width="{size}" height="{size}" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true" '
        f'style="flex:none"><path d="{outline}"/></svg>'
    )


def sign_of(kind: str) -> str:
    """Return the sign of a kind of button."""
    return sign(SIGNS.get(kind) or SIGNS[SIGN_OF_KIND.get(kind, "QUICK_REPLY")])
