"""Which addresses may be asked for a file: public ones alone (F96)."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from rulecast.template.media.errors import MediaAddressError

ADDRESS_LENGTH_MAX = 2_000
NAT64 = ip_network("64:ff9b::/96")
SIX_TO_FOUR = ip_network("2002::/16")
TEREDO = ip_network("2001::/32")
REFUSED = tuple(
    ip_network(one)
    for one in (
        "100.64.0.0/10",  # shared address space of carriers (RFC 6598)
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "64:ff9b:1::/48",
        "fec0::/10",
    )
)
"""Networks that are not the public internet, beside those the standard library knows."""

Address = IPv4Address | IPv6Address


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the public internet; what is wrapped in IPv6 is looked at as well."""
    try:
        found: Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(found)
    if inner is not None:
        return is_public(str(inner))
    if any(found.version == one.version and found in one for one in REFUSED):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)


def _inner(found: Address) -> IPv4Address | None:
    """Return the IPv4 address inside an IPv6 one that would lead there."""
    if isinstance(found, IPv4Address):
        return None
    if found in NAT64:
        return IPv4Address(int(found) & 0xFFFFFFFF)
    if found in SIX_TO_FOUR:
        return found.sixtofour
    if found in TEREDO:
        return found.teredo[1] if found.teredo is not None else None
    return found.ipv4_mapped


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this machine."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def check_address(address: str, *, may_be_local: bool = False) -> SplitResult:
    """Return the parts of an address that may be asked: https, or with `may_be_local` http to this machine.

    A host that is written as an IP address is judged here, a name when it is resolved.

    Raises:
        MediaAddressError: it may not be asked; the text names neither path nor query, which can be secrets.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise MediaAddressError("The address of the file is no web address.") from None
    if len(address) > ADDRESS_LENGTH_MAX or not address.isascii() or any(one <= " " for one in address):
        raise MediaAddressError(
            "The address of the file is too long or has characters to be percent-encoded."
        )
    if not host or parts.username is not None or parts.password is not None:
        raise MediaAddressError("The address of the file has no host, or a user in it.")
    is_literal = _is_literal(host)
    is_local = may_be_local and (host == "localhost" or (is_literal and is_loopback(host)))
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise MediaAddressError(f"The address at {host} is not https.")
    if is_literal and not is_local and not is_public(host):
        raise MediaAddressError(f"{host} is no public address.")
    if port is not None and not is_local and port not in {443, 8443}:
        raise MediaAddressError(f"The port {port} of {host} is none that files are served from.")
    return parts


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        # Forms such as 0x7f.1 or 2130706433 that some resolvers take for addresses.
        return host.replace(".", "").isdigit() or host.lower().startswith("0x")
    return True
