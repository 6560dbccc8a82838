"""Check where links lead and which texts go into a message (F92)."""

import re
import unicodedata
from urllib.parse import urlsplit

from rulecast.rule.language import document as d
from rulecast.rule.language import limits
from rulecast.rule.language.problem_clause import BAD_LINK, HOSTILE_TEXT
from rulecast.rule.language.scope import Scope, hint_of
from rulecast.template import clean_value
from rulecast.values.catalogue import Template

# Hosts that only this machine or this network knows.
PRIVATE_HOST = re.compile(
    r"localhost|.*\.(local|internal|localhost|test)|127\..*|10\..*|192\.168\..*|169\.254\..*|172\.(1[6-9]|2\d|3[01])\..*"
)
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)


def check_links(send: d.SendTemplate, template: Template, scope: Scope) -> None:
    """Report links that the template has no button for, and addresses nobody should be led to."""
    seen: set[str] = set()
    for link in send.links:
        if link.name not in template.links:
            scope.report(
                BAD_LINK,
                f"{template.name} has no tracked button {link.name}.",
                link.span,
                hint=hint_of(link.name, template.links) or "it has no tracked button at all",
            )
        elif link.name in seen:
            scope.report(BAD_LINK, f"The link {link.name} is given twice.", link.span)
        seen.add(link.name)
        reason = link_fault(link.url)
        if reason is not None:
            scope.report(
                BAD_LINK, f"The address of {link.name} {reason}.", link.span, hint="https://shop.example/sale"
            )


def link_fault(url: str) -> str | None:  # noqa: PLR0911 - one reason each
    """Return what is wrong with an address, as the end of a sentence, or None."""
    if len(url) > limits.LINK_CHARACTERS_MAX:
        return f"is longer than {limits.LINK_CHARACTERS_MAX} characters"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "has characters that an address writes otherwise (percent-encoded)"
    if "{" in url or "}" in url:
        return "has template signs in it; nothing fills them"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "is no web address"
    if parts.scheme != "https":
        return "does not begin with https://"
    if parts.username is not None or parts.password is not None:
        return "holds a name or a password"
    if PRIVATE_HOST.fullmatch(host) or not HOST.fullmatch(host):
        return "does not lead to a public host"
    return None


def check_texts(send: d.SendTemplate, scope: Scope) -> None:
    """Report texts for parameters that sending would refuse or change."""
    for parameter in send.parameters:
        text = parameter.default
        if text is None:
            continue
        cleaned = clean_value(text, from_contact=False)
        if cleaned is None:
            scope.report(
                HOSTILE_TEXT,
                f"The text of {parameter.name} would be refused at sending: it is empty, too long, a stand-in such "
                "as null, or has template signs.",
                parameter.span,
                hint="at most 200 characters, no {{ }}",
            )
        elif cleaned != unicodedata.normalize("NFC", text):
            scope.report(
                HOSTILE_TEXT,
                f"The text of {parameter.name} has spaces or invisible characters that sending would take out.",
                parameter.span,
                hint=f'write "{cleaned}"',
            )
