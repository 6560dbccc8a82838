"""Addresses that the product may call: https, and plain http to this machine where nobody real can be reached."""

from ipaddress import ip_address
from urllib.parse import urlsplit

ADDRESS_CHARACTERS_MAX = 2_000
"""What every HTTP server takes."""


def is_allowed_address(address: str, *, may_be_local: bool) -> bool:
    """Return whether an address is https without a user in it, or (`may_be_local`) http to a loopback address."""
    if len(address) > ADDRESS_CHARACTERS_MAX or any(not " " < letter < "\x7f" for letter in address):
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (may_be_local and parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
