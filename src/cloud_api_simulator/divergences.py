"""Where the simulator differs from Meta or believes something uncertain, and how a real test number would tell.

`python -m cloud_api_simulator.divergences` prints the section of the README.
"""

import json
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.world import World

_FILE = Path(__file__).parent / "divergences.json"
MARKS = {
    "M": "Meta documents what it does",
    "2": "two independent sources agree",
    "1": "one source says so",
    "?": "not established",
}
"""How sure `meta_does` is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """One difference: `section` of the platform reference, what each side does, how sure that is, how to check.

    `probe`, where a single request tells, is `method`, `path` with the places {pnid}, {waba}, {business}, {app}
    and {to}, perhaps `body` and another `version`, and `expect`: what the simulator answers (`status`, `code`,
    `subcode`, `one_of`; `is_exact` where the status itself is what is compared). {digits} is {to} without its plus.
    `why_no_probe` says of every other row what it takes instead.
    """

    id: str
    section: str
    we_do: str
    meta_does: str
    mark: str
    check: str
    probe: JsonObject | None = None
    why_no_probe: str = ""


@cache
def divergences() -> tuple[Divergence, ...]:
    """Return every known difference; raises TypeError when the file names an unknown field."""
    return tuple(Divergence(**row) for row in json.loads(_FILE.read_text("utf-8")))


def list_divergences(world: World, request: Request) -> Response:
    """List every difference, for a conformance run against a real test number."""
    del world, request
    return json_response({"marks": MARKS, "data": [asdict(one) for one in divergences()]})


def as_markdown() -> str:
    """Return the list as the README shows it."""
    return "".join(
        f"- **{one.id}** ({one.section}, {one.mark}): {one.we_do} *Meta:* {one.meta_does}\n"
        for one in divergences()
    )


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
