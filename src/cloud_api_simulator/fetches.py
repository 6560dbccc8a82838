"""Fetches links as people and preview bots do, on this machine only."""

import asyncio
from urllib.parse import urlsplit

from cloud_api_simulator.outcome import Fetch
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.templates import fill
from cloud_api_simulator.world import World

FETCH_TIMEOUT_SECONDS = 10.0
"""Real seconds a phone waits for a link before it gives up."""

_PHONES = (
    (
        "Mozilla/5.0 (Linux; Android 14; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/130.0.0.0 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.1 Mobile/15E148 Safari/604.1"
    ),
)
_BOTS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.24.20.89 A",
    "WhatsApp/2.23.18.78 i",
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def button_url(message: Message, index: int) -> str:
    """Return the link of a URL button with its suffix in place of the variable (Cloud API docs: buttons)."""
    if message.template is None:
        return ""
    button = message.template.buttons[index]
    return fill(button.url, {"1": message.parameters.suffixes.get(index, "")})


def fetch_link(world: World, message: Message, fetch: Fetch) -> None:
    """Fetch a link as a person or a preview bot would, and write what came of it."""
    shown = button_url(message, fetch.button_index)
    target = shown
    for prefix, replacement in world.settings.link_map:
        if shown.startswith(prefix):
            target = replacement + shown.removeprefix(prefix)
            break
    agents = _PHONES if fetch.by == "person" else _BOTS
    agent = agents[int(world.chance.uniform("agent", *message.key) * len(agents))]
    row = {
        "by": fetch.by,
        "method": fetch.method,
        "url": shown,
        "user_agent": agent,
        "wamid": message.wamid,
        "phone": message.person.wa_id,
    }
    task = asyncio.create_task(_do_fetch(world, target, row))
    world.tasks.add(task)
    task.add_done_callback(world.tasks.discard)


async def _do_fetch(world: World, url: str, row: dict[str, str]) -> None:
    status = 0
    try:
        if _is_loopback(url):
            answer = await world.link_client.request(
                row["method"],
                url,
                headers=(("user-agent", row["user_agent"]),),
                timeout_seconds=FETCH_TIMEOUT_SECONDS,
            )
            status = answer.status
    except (OSError, TimeoutError, ValueError):
        status = 0
    finally:
        world.ledger.write("fetch", {**row, "status": status}, count_as=f"fetch:{row['by']}")


def _is_loopback(url: str) -> bool:
    """Return whether a link may be fetched: simulated people never leave the machine."""
    return urlsplit(url).hostname in _LOOPBACK
