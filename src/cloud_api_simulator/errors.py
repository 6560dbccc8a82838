"""Meta's errors: the body of a refused request and the `errors[]` entry of a failed status."""

import secrets
from typing import Any

from cloud_api_simulator.error_catalogue import CATALOGUE

JsonObject = dict[str, Any]

HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

_UNKNOWN = (400, "An unknown error occurred", "An unknown error occurred.")


class ApiError(Exception):
    """A refusal in Meta's shape: code, HTTP status, details, optional subcode."""

    def __init__(
        self,
        code: int,
        details: str | None = None,
        *,
        subcode: int | None = None,
        message: str | None = None,
        shown: tuple[str, str] | None = None,
    ) -> None:
        """Take title, details and HTTP status from the catalogue unless given.

        `shown` is the title and text that template management shows its user; such an error has no details.
        """
        status, title, default_details = CATALOGUE.get(code, _UNKNOWN)
        super().__init__(code)
        self.code = code
        self.http_status = status
        self.details = details if details is not None else default_details
        self.subcode = subcode
        self.message = message if message is not None else f"(#{code}) {title}"
        self.shown = shown

    def body(self) -> JsonObject:
        """Return the JSON body of the refusal (platform reference 2.2, error response)."""
        error: JsonObject = {
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "A" + secrets.token_urlsafe(16)[:22],
        }
        if self.shown is None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        else:
            error["is_transient"] = False
            error["error_user_title"], error["error_user_msg"] = self.shown
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return {"error": error}


def status_error(code: int, details: str | None = None) -> JsonObject:
    """Return the entry of `statuses[].errors[]` for a code (Cloud API docs: status webhooks)."""
    _, title, default_details = CATALOGUE.get(code, _UNKNOWN)
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details if details is not None else default_details},
        "href": HREF,
    }
