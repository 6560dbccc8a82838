"""What simulated people do: reply, stop, tap, click; and what their preview bots fetch."""

from pathlib import Path
from typing import Any

from tests.simulated import bench, promo

ASHA = "+212600000101"
BILAL = "+212600000102"
CHITRA = "+212600000103"
DEEPA = "+212600000104"


async def test_people_stop_by_text_by_button_and_in_whatsapp(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control(
            "people",
            [
                {"phone": ASHA, "will_reply": "STOP"},
                {"phone": BILAL, "taps_stop_button": True},
                {"phone": CHITRA, "prefers_stop": True},
                {"phone": DEEPA, "taps_button": 0},
            ],
        )
        for phone in (ASHA, BILAL, CHITRA, DEEPA):
            await running.send(phone)
        await running.settle()
        inbound = {item["from"]: item for item in running.receiver.entries("messages")}
        preferences = running.receiver.entries("user_preferences")
        stops = {row["phone"]: row["opt_out"] for row in running.ledger() if row.get("opt_out")}
        again: dict[str, list[dict[str, Any]]] = {}
        for phone in (ASHA, CHITRA):
            await running.send(phone)
        await running.settle()
        for item in running.receiver.entries("statuses"):
            again.setdefault(item["recipient_id"], []).append(item)
    assert inbound[ASHA[1:]]["text"] == {"body": "STOP"}
    assert inbound[BILAL[1:]]["button"] == {"payload": "optout:marketing:v1", "text": "Stop promotions"}
    assert inbound[BILAL[1:]]["context"]["id"].startswith("wamid.")
    assert inbound[DEEPA[1:]]["button"] == {"payload": "Plus tard", "text": "Plus tard"}
    assert [(item["wa_id"], item["value"]) for item in preferences] == [(CHITRA[1:], "stop")]
    assert isinstance(preferences[0]["timestamp"], int)
    assert stops == {ASHA[1:]: "text", BILAL[1:]: "button", CHITRA[1:]: "preference"}
    # The platform parses no texts: only the stop made in WhatsApp itself is refused there.
    assert [item["status"] for item in again[ASHA[1:]]] == ["sent", "delivered", "read"] * 2
    assert again[CHITRA[1:]][-1]["errors"][0]["code"] == 131050


async def test_resuming_in_whatsapp_lets_marketing_through_again(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control(f"phones/{ASHA}/prefer", {"value": "stop"})
        await running.send(ASHA)
        await running.settle()
        await running.control(f"phones/{ASHA}/prefer", {"value": "resume"})
        await running.send(ASHA)
        await running.settle()
        statuses = [status for _, status in running.receiver.statuses()]
        preferences = [item["value"] for item in running.receiver.entries("user_preferences")]
    assert statuses == ["failed", "sent", "delivered", "read"]
    assert preferences == ["stop", "resume"]


async def test_a_person_without_read_receipts_reads_unseen(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        await running.control("people", [{"phone": ASHA, "read_receipts": False, "will_reply": "Ok"}])
        await running.send(ASHA)
        await running.settle()
        assert [status for _, status in running.receiver.statuses()] == ["sent", "delivered"]
        assert len(running.receiver.entries("messages")) == 1


async def test_links_are_fetched_by_people_and_by_preview_bots(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        people = [
            {"phone": f"+2126000002{index:02d}", "clicks": 1, "preview_bot": True} for index in range(12)
        ]
        await running.control("people", people)
        for person in people:
            await running.send(str(person["phone"]))
        await running.settle()
        fetches = running.receiver.fetches
        rows = [row for row in running.ledger() if row["kind"] == "fetch"]
    bots = [fetch for fetch in fetches if "facebookexternalhit" in fetch[1] or "WhatsApp/2" in fetch[1]]
    phones = [fetch for fetch in fetches if "Mozilla/5.0" in fetch[1]]
    assert (len(phones), len(bots)) == (12, 12)
    assert {method for method, _ in phones} == {"GET"}
    assert {method for method, _ in bots} == {"GET", "HEAD"}
    assert sorted(row["by"] for row in rows) == ["person"] * 12 + ["preview_bot"] * 12
    assert {row["status"] for row in rows} == {302}
    assert all(row["url"].endswith("/r/abc") for row in rows)


async def test_links_outside_this_machine_are_never_fetched(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        links = (
            "https://shop.example/",
            "http://127.0.0.1@shop.invalid/",
            "http://127.0.0.1:80@shop.invalid/",
        )
        for index, link in enumerate(links):
            phone = f"+21260000030{index}"
            await running.control("templates", promo(name=f"outside_{index}", link=link))
            await running.control("people", [{"phone": phone, "clicks": 1}])
            await running.send(phone, template=f"outside_{index}")
        await running.settle()
        rows = [row for row in running.ledger() if row["kind"] == "fetch"]
    assert [row["status"] for row in rows] == [0, 0, 0]


async def test_a_link_prefix_can_be_mapped_to_this_machine(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        world = running.simulator.world
        object.__setattr__(world.settings, "link_map", (("https://go.example/", running.receiver.link_base),))
        await running.control("templates", promo(name="mapped", link="https://go.example/"))
        await running.control("people", [{"phone": ASHA, "clicks": 2}])
        await running.send(ASHA, template="mapped")
        await running.settle()
        assert len(running.receiver.fetches) == 2


async def test_a_row_about_a_person_that_cannot_be_read_names_its_place(tmp_path: Path) -> None:
    async with bench(tmp_path) as running:
        lines = '{"phone": "+212600000101"}\n{"phone": "12"}\n'
        async with running.client.post(f"{running.url}/_control/people", data=lines) as answer:
            assert answer.status == 400
            text = (await answer.json())["error"]
    assert text.startswith("row 2: phone:")


async def test_a_reset_forgets_people_and_what_was_scheduled(tmp_path: Path) -> None:
    async with bench(tmp_path, speed=1) as running:
        await running.control("people", [{"phone": ASHA, "name": "Asha"}])
        await running.send(ASHA)
        await running.control("reset", {})
        state = await running.settle()
    assert (state["scheduled"], state["people"], state["templates"]) == (0, 0, 0)
