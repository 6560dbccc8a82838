"""Look up the destination of one link of one send attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rulecast.database import Connection, fetch_value, load_queries
from rulecast.values.link_token import LinkToken, link_name_of

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A named link of a template and the web address it leads to."""

    link_name: str
    address: str


async def find_destination(connection: Connection, link: LinkToken) -> Destination | None:
    """Return where the link leads, or None where the attempt, or the link in its template, is gone."""
    links = await fetch_value(connection, QUERIES["find_links"], {"opaque_id": link.opaque_id})
    if not isinstance(links, Mapping):
        return None
    name = link_name_of(links, link.link_index)
    address = links.get(name) if name is not None else None
    if name is None or not isinstance(address, str) or not _is_web_address(address):
        return None
    return Destination(link_name=name, address=address)


def _is_web_address(address: str) -> bool:
    """Return whether the address can stand in a header and leads to the web, nowhere else."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
