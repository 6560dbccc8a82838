"""Campaigns of special templates, each from its rule through plan, approval and launch to the phone and back."""

import random
from pathlib import Path
from typing import Any

from PIL import Image
from tests.message_schema import faults_of, load_schema
from tests.sent_bodies import BodiesOfTest
from tests.street import neighbour, street

from rulecast.config import Settings
from rulecast.gate.coupons.declared import DeclaredPool
from rulecast.values.clock import ManualClock
from rulecast.wiring.coupons import import_coupons

STOP = '{ type = "QUICK_REPLY", text = "Stop promotions" }'
CARD = """{{ components = [
    {{ type = "HEADER", format = "IMAGE", example_file = "{directory}/{file}.png" }},
    {{ type = "BODY", text = "{text}" }},
    {{ type = "BUTTONS", buttons = [{stop}, {{ type = "URL", text = "Voir", link = "promo" }}] }},
  ] }}"""
DECLARED = """
[[attributes]]
name = "shop"
type = "text"

[[media]]
name = "poster"
source = "{directory}/poster.png"
kind = "image"
templates = ["with_image"]

[[media]]
name = "dress"
source = "{directory}/dress.png"
kind = "image"
cards = ["with_cards/1"]

[[media]]
name = "shoes"
source = "{directory}/shoes.png"
kind = "image"
cards = ["with_cards/2"]

[[templates]]
name = "with_image"
category = "marketing"
[[templates.languages]]
language = "fr"
status = "approved"
header_format = "IMAGE"
header_example = "{directory}/poster.png"
body = "Bonjour {{{{name}}}}, 20 % sur tout."
footer = "Répondez STOP pour ne plus recevoir nos offres"

[[coupon_pools]]
name = "may_codes"

[[templates]]
name = "with_place"
category = "marketing"
[[templates.languages]]
language = "fr"
status = "approved"
components = [
  {{ type = "HEADER", format = "LOCATION" }},
  {{ type = "BODY", text = "Bonjour {{{{name}}}}, venez nous voir cette semaine." }},
  {{ type = "FOOTER", text = "Répondez STOP pour ne plus recevoir nos offres" }},
]

[[templates]]
name = "with_code"
category = "marketing"
[[templates.languages]]
language = "fr"
status = "approved"
body = "Bonjour {{{{name}}}}, voici votre code."
footer = "Répondez STOP pour ne plus recevoir nos offres"
buttons = [{stop}, {{ type = "COPY_CODE", example = "MAI25" }}]

[[templates]]
name = "with_end"
category = "marketing"
links = {{ promo = "https://shop.example/promo" }}
[[templates.languages]]
language = "fr"
status = "approved"
components = [
  {{ type = "LIMITED_TIME_OFFER", limited_time_offer = {{ text = "Se termine", has_expiration = true }} }},
  {{ type = "BODY", text = "Bonjour {{{{name}}}}, vite. Répondez STOP pour ne plus recevoir nos offres." }},
  {{ type = "BUTTONS", buttons = [
    {{ type = "COPY_CODE", example = "MAI25" }},
    {{ type = "URL", text = "Voir", link = "promo" }},
  ] }},
]

[[templates]]
name = "with_cards"
category = "marketing"
links = {{ promo = "https://shop.example/promo" }}
[[templates.languages]]
language = "fr"
status = "approved"
components = [
  {{ type = "BODY", text = "Bonjour {{{{name}}}}, regardez ce qui est arrivé cette semaine." }},
  {{ type = "CAROUSEL", cards = [{first}, {second}] }},
]
"""
RULE = """rule {template}
  purpose marketing
  when city = "casablanca"
  send template {template} in fr (name: first_name or "client"{more}) from casablanca_main
{media}"""
MORE = {
    "with_image": "",
    "with_place": ', header_latitude: "33.5731", header_longitude: "-7.5898", header_name: shop or "Boutique", '
    'header_address: "12, rue de Fès"',
    "with_code": ", coupon_code: coupon from may_codes",
    "with_end": ', coupon_code: "MAI25", offer_expires_at: "2026-12-31T23:59+01:00"',
    "with_cards": ', card1_what: "robes", card2_what: "bottes"',
}
LIGHTER = "    media lighter on slow network\n"
DAY_SECONDS = 86_400
PEOPLE = [neighbour(0), neighbour(1, extra={"network_type": "3g", "shop": "Maarif"})]
CODES = "RC-MAI-1\nRC-MAI-2\n"


def draw(path: Path, seed: int) -> None:
    """Write an image that is large enough to be made lighter."""
    Image.frombytes("RGB", (600, 400), random.Random(seed).randbytes(600 * 400 * 3)).save(path, "PNG")


def declared(directory: Path) -> str:
    cards = [
        CARD.format(directory=directory, file=file, text=text, stop=STOP)
        for file, text in (("dress", "Nos {{what}} en rouge"), ("shoes", "Nos {{what}} en cuir"))
    ]
    return DECLARED.format(directory=directory, stop=STOP, first=cards[0], second=cards[1])


def uploads_in(components: list[dict[str, Any]]) -> list[str]:
    """Return the ids of the files of a request, from top to bottom."""
    inner = [
        part
        for one in components
        for card in one.get("cards", [])
        for part in card["components"]
        if part["type"] == "header"
    ]
    headers = [one for one in components if one["type"] == "header"] + inner
    return [one["parameters"][0]["image"]["id"] for one in headers]


async def test_images_codes_offers_that_end_and_carousels_arrive_as_planned(
    settings: Settings, clock: ManualClock, tmp_path: Path, sent_bodies: BodiesOfTest
) -> None:
    for seed, name in enumerate(("poster", "dress", "shoes")):
        draw(tmp_path / f"{name}.png", seed)
    async with street(settings, clock, tmp_path, people=PEOPLE, declarations=declared(tmp_path)) as here:
        await import_coupons(here.workspace, DeclaredPool(name="may_codes"), source="codes.txt", text=CODES)
        signed = {}
        for template, more in MORE.items():
            media = LIGHTER if template in {"with_image", "with_cards"} else ""
            (plan,) = await here.plan(RULE.format(template=template, more=more, media=media))
            assert plan.document["planned"] == len(PEOPLE), plan.document["exclusions"]
            signed[template] = plan.document.get("media", {})
            await here.start(plan)
            await here.send()
            # A person gets one promotion a day.
            clock.advance(DAY_SECONDS)
        await here.hear()
        assert await here.endings() == [
            (template, person, "accepted", "") for template in sorted(MORE) for person in here.people
        ]
        (arrived,) = await here.rows(
            "SELECT count(*), count(delivered_at), count(read_at) FROM deliver.message"
        )
        assert arrived == (10, 10, 10)
        holders = await here.rows(
            "SELECT message.contact_id FROM gate.coupon AS coupon JOIN deliver.message AS message"
            " USING (contact_id) JOIN deliver.run AS run USING (run_id)"
            " WHERE run.rule_name = 'with_code' ORDER BY 1"
        )
        assert [one for (one,) in holders] == sorted(here.people)
        uploads = {
            media_id: bytes(content).hex()
            for media_id, content in await here.rows(
                "SELECT media_id, content_hash FROM deliver.media_upload"
            )
        }
    sent = sent_bodies.read()
    schema = load_schema()
    assert schema is None or [faults_of(schema, one) for one in sent] == [[]] * 10
    found = {(one["template"]["name"], one["to"][-2:]): one["template"]["components"] for one in sent}
    assert len(found) == 10
    # Both cards show their own file, in the form the person's network asks for.
    cards = signed["with_cards"][""]["cards"]
    for phone, form in (("00", "full"), ("01", "light")):
        poster = signed["with_image"][""]["renditions"][form]["hash"]
        assert [uploads[one] for one in uploads_in(found["with_image", phone])] == [poster]
        assert [uploads[one] for one in uploads_in(found["with_cards", phone])] == [
            cards[number]["renditions"][form]["hash"] for number in ("1", "2")
        ]
    assert len(uploads) == 6
    texts = [card["components"][1]["parameters"] for card in found["with_cards", "00"][1]["cards"]]
    assert texts == [
        [{"type": "text", "parameter_name": "what", "text": what}] for what in ("robes", "bottes")
    ]
    # Templates want the degrees as texts; each person gets the name of their own shop.
    assert [found["with_place", phone][0] for phone in ("00", "01")] == [
        {
            "type": "header",
            "parameters": [
                {
                    "type": "location",
                    "location": {
                        "latitude": "33.5731", "longitude": "-7.5898", "name": name, "address": "12, rue de Fès"
                    },
                }
            ],
        }
        for name in ("Boutique", "Maarif")
    ]  # fmt: skip
    # Behind the button stands a code of the pool, for each person another one.
    buttons = [found["with_code", phone][-1] for phone in ("00", "01")]
    codes = [one["parameters"][0].pop("coupon_code") for one in buttons]
    assert sorted(codes) == CODES.split()
    assert buttons == [
        {"type": "button", "sub_type": "copy_code", "index": "1", "parameters": [{"type": "coupon_code"}]}
    ] * 2  # fmt: skip
    (offer,) = [one for one in found["with_end", "01"] if one["type"] == "limited_time_offer"]
    # Milliseconds, not seconds.
    assert offer["parameters"][0]["limited_time_offer"] == {"expiration_time_ms": 1_798_757_940_000}
