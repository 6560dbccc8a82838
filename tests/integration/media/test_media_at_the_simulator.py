"""Files of messages from their declaration to the phone: fetched once, lighter or left out by device and network."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.planning import printed
from tests.sent_bodies import BodiesOfTest
from tests.street import Street, neighbour, street

from rulecast.cli.plan_tables import render_plan
from rulecast.cli.why_tree import render_why, why_json
from rulecast.config import Settings
from rulecast.plan import Plan
from rulecast.plan.errors import PlanChangedError
from rulecast.rule.language import Rule, parse_rule
from rulecast.template.media import Grade
from rulecast.template.media.errors import MediaRefusedError, MediaUnknownError
from rulecast.values.clock import ManualClock
from rulecast.wiring import doctor
from rulecast.wiring.approve import approve
from rulecast.wiring.media_library import fetch_media, list_library, open_files
from rulecast.wiring.rule_terms import read_template_hashes
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
    media lighter on slow network, lightest on very slow network, none on old system else template sale_text
"""
PEOPLE = [
    neighbour(0, extra={"network_type": "wifi", "os_name": "android", "os_version": "14"}),
    neighbour(1, extra={"network_type": "3G", "os_name": "iOS", "os_version": "17.2"}),
    neighbour(2, extra={"network_type": "2g", "os_name": "android", "os_version": "12"}),
    neighbour(3, extra={"network_type": "2g", "os_name": "android", "os_version": "7.1"}),
    neighbour(4),
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


class Sent:
    """What the simulator was sent, by the last two digits of the phone."""

    def __init__(self, bodies: BodiesOfTest) -> None:
        self.bodies = bodies

    def by_phone(self) -> dict[str, dict[str, Any]]:
        return {body["to"][-2:]: body["template"] for body in self.bodies.read() if "to" in body}


@pytest.fixture
def sent(sent_bodies: BodiesOfTest) -> Sent:
    return Sent(sent_bodies)


async def test_f96_a_file_is_fetched_once_and_each_device_gets_its_form_at_the_simulator(
    settings: Settings, clock: ManualClock, tmp_path: Path, sent: Sent
) -> None:
    async with shop(settings, clock, tmp_path) as here:
        (plan,) = await here.plan(RULE)
        assert await forms(here, plan) == [
            ("sale", ""), ("sale", "light"), ("sale", "tiny"), ("sale_text", "none"), ("sale", "")
        ]  # fmt: skip
        counts = {(one["template"], one["form"]): one["count"] for one in plan.document["media_counts"]}
        assert counts == {
            ("sale", "full"): 2, ("sale", "light"): 1, ("sale", "tiny"): 1, ("sale_text", "none"): 1
        }  # fmt: skip
        assert "800 x 560" in printed(*render_plan(plan, zone="UTC", mode="simulated"))
        assert len(plan.document["samples"]) == 4
        # What stands at the address later reaches nobody.
        draw(tmp_path / "poster.png", seed=2)
        await here.start(plan)
        await here.send()
        requests = sent.by_phone()
        names = {phone: body["name"] for phone, body in requests.items()}
        assert names == {"00": "sale", "01": "sale", "02": "sale", "03": "sale_text", "04": "sale"}
        ids = {
            phone: body["components"][0]["parameters"][0]["image"]["id"]
            for phone, body in requests.items()
            if body["name"] == "sale"
        }
        uploads = dict(await here.rows("SELECT media_id, content_hash FROM deliver.media_upload"))
        signed = plan.document["media"][""]["renditions"]
        assert {phone: bytes(uploads[media_id]).hex() for phone, media_id in ids.items()} == {
            "00": signed["full"]["hash"],
            "01": signed["light"]["hash"],
            "02": signed["tiny"]["hash"],
            "04": signed["full"]["hash"],
        }
        # Each form once, whoever gets it.
        assert len(uploads) == 3
        whys = [await explain_person(here.workspace, one, plan.plan_id) for one in here.people]
        assert [(one.message.template, one.message.form.value, one.message.cause) for one in whys] == [
            ("sale", "full", ""),
            ("sale", "light", "slow network"),
            ("sale", "tiny", "very slow network"),
            ("sale_text", "none", "old system"),
            ("sale", "full", ""),
        ]
        assert [why_json(one)["message"]["form_because"] for one in whys][:2] == [None, "slow network"]
        said = " ".join(printed(*render_why(whys[1])).split())
        assert "the message is the light form, for slow network (network 3G, system iOS 17.2)" in said


async def test_f96_f97_a_changed_file_voids_what_signed_another_and_one_that_fails_waits(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with shop(settings, clock, tmp_path) as here:
        workspace, poster = here.workspace, tmp_path / "poster.png"
        poster.write_bytes(b"<svg/>")
        with pytest.raises(MediaRefusedError):
            await here.plan(RULE)
        with pytest.raises(MediaUnknownError):
            await fetch_media(workspace, ["postr"])
        draw(poster)
        (old,) = await here.plan(RULE)
        rule = parse_rule(RULE)
        assert isinstance(rule, Rule)
        async with workspace.database.connection() as connection:
            before = await read_template_hashes(connection, rule)
        assert sorted(before) == ["file poster", "sale fr", "sale_text fr"]
        # A second look that fails leaves what was fetched.
        poster.write_bytes(b"%PDF-1.7")
        with pytest.raises(MediaRefusedError):
            await fetch_media(workspace, again=True)
        assert (await fetch_media(workspace)) == []
        draw(poster, seed=2)
        (kept,) = await fetch_media(workspace, again=True)
        with pytest.raises(PlanChangedError, match="poster"):
            await approve(workspace, old.plan_id, approved_by="badr")
        async with workspace.database.connection() as connection:
            after = await read_template_hashes(connection, rule)
        assert {name for name in after if after[name] != before[name]} == {"file poster"}
        (plan,) = await here.plan(RULE)
        light = open_files(workspace)._path(kept.rendition(Grade.LIGHT).content_hash)
        away = light.rename(light.with_suffix(".away"))
        (finding,) = await doctor._files(workspace)
        assert (finding.health, finding.what) == (doctor.Health.PROBLEM, "1 declared, missing here: poster")
        await here.start(plan)
        await here.send()
        waiting = here.people[1]
        assert [(state, reason) for _, one, state, reason in await here.endings() if one == waiting] == [
            ("deferred", "file_missing")
        ]
        assert sorted(here.reached_people()) == sorted(set(here.people) - {waiting})
        away.rename(light)
        clock.advance(90)
        await here.send()
        assert waiting in here.reached_people()
        (entry,) = await list_library(workspace)
        assert (entry.declared.name, entry.kept) == ("poster", kept)
