"""Files of messages from their declaration to the phone: fetched once, lighter or left out by device and network."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from tests.street import Street, neighbour, street

from rulecast.config import Settings
from rulecast.plan import Plan
from rulecast.values.clock import ManualClock
from rulecast.wiring.why import explain_person

DECLARED = """
[[media]]
name = "poster"
source = "{directory}/poster.png"
kind = "image"
alt = "Une robe rouge, 20 % moins chère"
templates = ["sale"]

[[templates]]
name = "sale"
category = "marketing"

[[templates.languages]]
language = "fr"
status = "approved"
header_format = "IMAGE"
header_example = "{directory}/poster.png"
body = "Bonjour, 20 % sur tout."
footer = "Répondez STOP pour ne plus recevoir nos offres"

[[templates]]
name = "sale_text"
category = "marketing"

[[templates.languages]]
language = "fr"
status = "approved"
body = "Bonjour, 20 % sur tout cette semaine."
footer = "Répondez STOP pour ne plus recevoir nos offres"
"""
RULE = """rule sale
  purpose marketing
  when city = "casablanca"
  send template sale in fr from casablanca_main
    media lighter on slow network, none on old system else template sale_text
"""
PEOPLE = [
    neighbour(0, extra={"network_type": "wifi", "os_name": "android", "os_version": "14"}),
    neighbour(1, extra={"network_type": "3G", "os_name": "iOS", "os_version": "17.2"}),
    neighbour(2, extra={"network_type": "2g", "os_name": "android", "os_version": "7.1"}),
    neighbour(3),
]


def draw(path: Path, seed: int = 1) -> None:
    """Write an image that is large enough to be made lighter."""
    noise = random.Random(seed).randbytes(1000 * 700 * 3)
    Image.frombytes("RGB", (1000, 700), noise).save(path, "PNG", compress_level=1)


@asynccontextmanager
async def shop(settings: Settings, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Street]:
    draw(tmp_path / "poster.png")
    declared = DECLARED.format(directory=tmp_path)
    async with street(settings, clock, tmp_path, people=PEOPLE, declarations=declared) as here:
        yield here


async def forms(here: Street, plan: Plan) -> list[tuple[str, str]]:
    """Return template and form of the file of each planned person."""
    return await here.rows(
        "SELECT template.name, member.media FROM plan.member AS member JOIN template.template USING (template_id)"
        " WHERE plan_id = %(plan_id)s ORDER BY contact_id",
        plan_id=plan.plan_id,
    )


async def test_f96_a_file_is_fetched_once_and_each_device_gets_its_form_at_the_simulator(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with shop(settings, clock, tmp_path) as here:
        (plan,) = await here.plan(RULE)
        assert await forms(here, plan) == [
            ("sale", ""), ("sale", "light"), ("sale_text", "none"), ("sale", "")
        ]  # fmt: skip
        counts = {(one["template"], one["form"]): one["count"] for one in plan.document["media_counts"]}
        assert counts == {("sale", "full"): 2, ("sale", "light"): 1, ("sale_text", "none"): 1}
        # What stands at the address later reaches nobody.
        draw(tmp_path / "poster.png", seed=2)
        await here.start(plan)
        await here.send()
        sent = {row["to"][-2:]: row for row in here.bench.ledger() if row.get("outcome") == "accepted"}
        assert sorted(sent) == ["00", "01", "02", "03"], sent
        print(json.dumps(sent["00"], indent=1))
        whys = [await explain_person(here.workspace, one, plan.plan_id) for one in here.people]
        assert [(one.message.template, one.message.form.value, one.message.cause) for one in whys] == [
            ("sale", "full", ""),
            ("sale", "light", "slow network"),
            ("sale_text", "none", "old system"),
            ("sale", "full", ""),
        ]
        assert await here.rows("SELECT count(*) FROM deliver.media_upload") == [(2,)]
