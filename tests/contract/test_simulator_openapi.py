"""The OpenAPI description is complete: every route is in it, and everything in it is answered."""

import re
from pathlib import Path

from tests.simulated import NUMBER, TOKEN, bench

from cloud_api_simulator.control import CONTROL_ROUTES
from cloud_api_simulator.graph_routes import ROUTES
from cloud_api_simulator.openapi import describe, path_of

DESCRIPTION = describe(CONTROL_ROUTES)
# These wait, or forget everything.
LEFT_OUT = frozenset({"/_control/wait_idle", "/_control/reset"})


def test_every_route_is_described() -> None:
    described = {(path, method) for path, item in DESCRIPTION["paths"].items() for method in item}
    assert {(path_of(route), route.method.lower()) for route in ROUTES} <= described
    assert {(f"/_control/{name}", method.lower()) for method, name in CONTROL_ROUTES} <= described
    assert ("/{version}/{phone-number-id}/messages", "post") in described


def test_a_route_says_what_it_does_and_where_the_platform_describes_it() -> None:
    vague = [path_of(route) for route in ROUTES if len(route.summary) < 8 or not route.section[:1].isdigit()]
    assert vague == []


async def test_everything_described_is_answered(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        world = running.simulator.world
        media = world.graph.media.keep(
            b"x", number_id=NUMBER, mime_type="image/png", filename="", now=world.clock.now()
        )
        session = world.graph.uploads.open(mime_type="image/png", length=5)
        world.graph.signups["870"] = {"id": "870", "status": "ACTIVE"}
        template = next(iter(world.templates))
        places = {
            "version": "v26.0",
            "phone-number-id": NUMBER,
            "waba-id": world.settings.waba_id,
            "app-id": world.settings.app_id,
            "business-id": world.settings.business_id,
            "template-id": template.template_id,
            "media-id": media.media_id,
            "upload-id": session.session_id,
            "signup-id": "870",
            "id": "870",
            "phone": "212600000101",
            "act": "say",
        }
        unanswered = []
        for path, item in DESCRIPTION["paths"].items():
            if path in LEFT_OUT:
                continue
            # Deletions come last: what is gone cannot be shown.
            for method in sorted(item, key=lambda name: name == "delete"):
                url = running.url + re.sub(r"\{([^}]+)\}", lambda match: places[match[1]], path)
                async with running.client.request(method, url, headers=headers, data=b"") as answer:
                    text = await answer.text()
                is_known = "attachments" in path or (answer.status != 404 and "Unknown path" not in text)
                if not is_known or answer.status >= 500:
                    unanswered.append((method, path, answer.status, text[:200]))
    assert unanswered == []
