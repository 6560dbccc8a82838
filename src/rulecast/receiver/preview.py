"""Was a link opened by a person, or by a program that only looks at it?"""

from functools import cache
from importlib.resources import files

from rulecast.receiver.exchange import Scope, header_values

AGENTS_FILE = "preview_agents.txt"
# Longer than any browser's; the rest of a longer one is not searched.
AGENT_LENGTH_MAX = 1_000


def is_person(scope: Scope) -> bool:
    """Return whether a request for a link counts as a click.

    HEAD requests, requests without a User-Agent, known preview programs and browsers that fetch ahead do not.
    """
    agents = header_values(scope, b"user-agent")
    if scope["method"] != "GET" or len(agents) != 1 or not agents[0].strip():
        return False
    purposes = (*header_values(scope, b"purpose"), *header_values(scope, b"sec-purpose"))
    if any(b"prefetch" in purpose.lower() or b"preview" in purpose.lower() for purpose in purposes):
        return False
    agent = agents[0][:AGENT_LENGTH_MAX].decode("latin-1").lower()
    return not any(part in agent for part in _preview_agents())


@cache
def _preview_agents() -> tuple[str, ...]:
    lines = files(__package__).joinpath(AGENTS_FILE).read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
