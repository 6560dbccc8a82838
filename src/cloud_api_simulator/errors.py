"""Meta's errors: the body of a refused request and the `errors[]` entry of a failed status."""

import secrets
from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]

HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

# Cloud API docs: error codes. Code -> (HTTP status of a synchronous refusal, title, details).
CATALOGUE: Mapping[int, tuple[int, str, str]] = {
    0: (401, "AuthException", "We were unable to authenticate the app user."),
    1: (400, "API Unknown", "Invalid request or possible server error."),
    2: (503, "API Service", "Temporary due to downtime or due to being overloaded."),
    3: (500, "API Method", "Capability or permissions issue."),
    4: (400, "API Too Many Calls", "The app has reached its API call rate limit."),
    10: (
        403,
        "Application does not have permission for this action",
        "Permission is either not granted or has been removed.",
    ),
    33: (400, "Parameter value is not valid", "The business phone number has been deleted."),
    100: (400, "Invalid parameter", "The request included one or more unsupported or misspelled parameters."),
    190: (401, "Error validating access token", "Your access token has expired or is invalid."),
    368: (
        403,
        "Temporarily blocked for policies violations",
        "The account has been restricted or disabled for violating a platform policy.",
    ),
    80007: (400, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
    130429: (429, "Rate limit hit", "Cloud API message throughput has been reached."),
    130472: (400, "User's number is part of an experiment", "Message was not sent as part of an experiment."),
    130497: (
        403,
        "Business account is restricted from messaging users in this country",
        "The account may not message users in this country.",
    ),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131005: (403, "Access denied", "Permission is either not granted or has been removed."),
    131008: (400, "Required parameter is missing", "The request is missing a required parameter."),
    131009: (400, "Parameter value is not valid", "One or more parameter values are invalid."),
    131016: (503, "Service unavailable", "A service is temporarily unavailable."),
    131021: (400, "Recipient cannot be sender", "Sender and recipient phone number is the same."),
    131026: (400, "Message undeliverable", "Message Undeliverable."),
    131030: (
        400,
        "Recipient phone number not in allowed list",
        "The test number may message listed recipients only.",
    ),
    131031: (
        403,
        "Business Account locked",
        "The account has been restricted or disabled for violating a platform policy.",
    ),
    131042: (
        400,
        "Business eligibility payment issue",
        "Message failed to send because there were one or more errors related to your payment method.",
    ),
    131045: (
        500,
        "Incorrect certificate",
        "Message failed to send due to a phone number registration error.",
    ),
    131047: (
        400,
        "Re-engagement message",
        "More than 24 hours have passed since the customer last replied to this number.",
    ),
    131048: (
        400,
        "Spam rate limit hit",
        "There are restrictions on how many messages can be sent from this phone number.",
    ),
    131049: (
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    ),
    131050: (
        400,
        "User has stopped marketing messages",
        "The recipient has chosen to stop receiving marketing messages on WhatsApp from your business.",
    ),
    131051: (400, "Unsupported message type", "Message type is currently not supported."),
    131053: (400, "Media upload error", "Unable to upload the media used in the message."),
    131055: (400, "Method not allowed", "Message must be a template message."),
    131056: (
        400,
        "Pair rate limit hit",
        "Too many messages sent to the same recipient phone number in a short period of time.",
    ),
    131057: (500, "Account in maintenance mode", "The account is being upgraded."),
    132000: (
        400,
        "Number of parameters does not match the expected number of params",
        "The number of variable parameter values did not match the template.",
    ),
    132001: (
        404,
        "Template name does not exist in the translation",
        "The template does not exist in the specified language or the template has not been approved.",
    ),
    132005: (400, "Translated text too long", "The hydrated template text is too long."),
    132012: (
        400,
        "Parameter format does not match format in the created template",
        "Variable parameter values formatted incorrectly.",
    ),
    132015: (
        400,
        "Template is Paused",
        "Template is paused due to low quality so it cannot be sent in a template message.",
    ),
    132016: (
        400,
        "Template is disabled",
        "Template has been paused too many times due to low quality and is now permanently disabled.",
    ),
    132018: (
        400,
        "There was an issue with the template parameters",
        "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
    ),
    133004: (503, "Server temporarily unavailable", "Server is temporarily unavailable."),
    134100: (
        400,
        "Only marketing messages supported",
        "Only marketing templates are supported on this endpoint.",
    ),
    134101: (400, "Template is still syncing", "The template is being synced; try again in 10 minutes."),
    135000: (
        400,
        "Generic user error",
        "Message failed to send because of an unknown error with your request parameters.",
    ),
}
_UNKNOWN = (400, "An unknown error occurred", "An unknown error occurred.")


class ApiError(Exception):
    """A refusal in Meta's shape: code, HTTP status, details, optional subcode."""

    def __init__(
        self, code: int, details: str | None = None, *, subcode: int | None = None, message: str | None = None
    ) -> None:
        """Take title, details and HTTP status from the catalogue unless given."""
        status, title, default_details = CATALOGUE.get(code, _UNKNOWN)
        super().__init__(code)
        self.code = code
        self.http_status = status
        self.details = details if details is not None else default_details
        self.subcode = subcode
        self.message = message if message is not None else f"(#{code}) {title}"

    def body(self) -> JsonObject:
        """Return the JSON body of the refusal (Cloud API docs: error response)."""
        error: JsonObject = {
            "message": self.message,
            "type": "OAuthException",
            "code": self.code,
            "error_data": {"messaging_product": "whatsapp", "details": self.details},
            "fbtrace_id": "A" + secrets.token_urlsafe(16)[:22],
        }
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
