from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial

import pytest
from tests.campaign import Campaign, Outcome, write_campaign
from tests.integration.receiver.serving import RunningReceiver, running

from rulecast.database.rows import Jsonb
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock
from rulecast.values.ids import OpaqueId
from rulecast.values.link_token import LinkToken, make_link_token
from rulecast.wiring.workspace import Workspace

OPAQUE_ID = OpaqueId(bytes(range(16)))
PROMO = "https://shop.example/promo?utm=whatsapp#top"
PHONE_BROWSER = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
)


async def clicks(workspace: Workspace) -> list[tuple[dict[str, object], datetime]]:
    """Return the properties and instants of the clicks that became facts, and check that the message is marked."""
    async with workspace.database.connection() as connection:
        rows = await connection.execute(
            "SELECT properties, occurred_at FROM collect.event WHERE name = 'clicked' ORDER BY occurred_at"
        )
        facts = [(properties, occurred_at) for properties, occurred_at in await rows.fetchall()]
        rows = await connection.execute("SELECT clicked_at FROM deliver.message")
        ((clicked_at,),) = await rows.fetchall()
    assert clicked_at == (facts[0][1] if facts else None)
    return facts


@pytest.fixture
async def receiver(workspace: Workspace) -> AsyncIterator[RunningReceiver]:
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        written = await write_campaign(
            connection, Campaign(rule_name="winback", outcomes=[Outcome(count=1)]), now
        )
        links = Jsonb({"promo": PROMO, "bad": "javascript:alert(1)"})
        await connection.execute("UPDATE template.template SET links = %s", (links,))
        await connection.execute(
            "UPDATE deliver.message SET template_id = (SELECT min(template_id) FROM template.template)"
        )
        await connection.execute(
            "INSERT INTO deliver.attempt"
            " (intent_at, message_id, contact_id, permit_id, opaque_id, fence, state, sealed_request)"
            " SELECT %s, message_id, contact_id, permit_id, %s, 1, 'accepted', ''"
            " FROM gate.permit WHERE message_id = %s",
            (now, OPAQUE_ID, written.message_ids[0]),
        )
    async with running(build_receiver(workspace)) as one:
        yield one


def token(workspace: Workspace, link_index: int = 1, opaque_id: OpaqueId = OPAQUE_ID) -> str:
    link = LinkToken(opaque_id=opaque_id, link_index=link_index)
    return make_link_token(link, partial(workspace.vault.sign, "link"))


async def test_a_person_is_led_to_the_destination_and_counted_once_a_second(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    status, _, headers = await receiver.get(f"/l/{token(workspace)}", headers={"User-Agent": PHONE_BROWSER})
    assert (status, headers["location"]) == (302, PROMO)
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    for _ in range(3):
        await receiver.get(f"/l/{token(workspace)}", headers={"User-Agent": PHONE_BROWSER})
    ((properties, occurred_at),) = await clicks(workspace)
    assert (properties["link"], properties["rule"], properties["template"]) == ("promo", "winback", "winback")
    assert occurred_at == clock.now()


LOOKERS = {
    "WhatsApp's preview": ("GET", {"User-Agent": "WhatsApp/2.23.20.0 A"}),
    "Facebook's preview": ("GET", {"User-Agent": "facebookexternalhit/1.1"}),
    "a search engine": (
        "GET",
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    ),
    "a HEAD request": ("HEAD", {"User-Agent": PHONE_BROWSER}),
    "a browser fetching ahead": ("GET", {"User-Agent": PHONE_BROWSER, "Sec-Purpose": "prefetch;prerender"}),
    "nobody": ("GET", {"User-Agent": ""}),
}


async def test_programs_that_only_look_are_redirected_and_not_counted_f107(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    for name, (method, headers) in LOOKERS.items():
        status, text, answered = await receiver.get(f"/l/{token(workspace)}", method=method, headers=headers)
        assert (status, text, answered["location"]) == (302, "", PROMO), name
    assert await clicks(workspace) == []


async def test_forged_and_forgotten_tokens_are_not_found(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    genuine = token(workspace)
    forged = ("x" if genuine[0] != "x" else "y") + genuine[1:]
    unknown = token(workspace, opaque_id=OpaqueId(bytes(16)))
    too_many = token(workspace, link_index=7)
    not_a_web_address = token(workspace, link_index=0)
    for one in (
        "",
        "x",
        forged,
        genuine + "=",
        unknown,
        too_many,
        not_a_web_address,
        "%2e%2e%2fwebhook",
        "%00",
    ):
        status, text, headers = await receiver.get(f"/l/{one}", headers={"User-Agent": PHONE_BROWSER})
        assert (status, text) == (404, "not found"), one
        assert headers["content-type"].startswith("text/plain")
    assert await clicks(workspace) == []


async def test_a_link_is_answered_503_while_the_database_is_away(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    await workspace.database.close()
    status, _, headers = await receiver.get(f"/l/{token(workspace)}", headers={"User-Agent": PHONE_BROWSER})
    assert (status, headers["retry-after"]) == (503, "1")


async def test_only_looking_is_allowed(receiver: RunningReceiver, workspace: Workspace) -> None:
    assert (await receiver.get(f"/l/{token(workspace)}", method="POST"))[0] == 405


async def test_a_fault_of_ours_is_answered_500_without_a_word_about_it(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    async with workspace.database.transaction() as connection:
        await connection.execute("ALTER TABLE deliver.attempt RENAME COLUMN opaque_id TO another_name")
    status, text, _ = await receiver.get(f"/l/{token(workspace)}", headers={"User-Agent": PHONE_BROWSER})
    assert (status, text) == (500, "something went wrong")
