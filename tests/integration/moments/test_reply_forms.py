"""Replies that carry more than words: files, places, cards and reactions, through gate and upload to the phone."""

import asyncio
import random
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.moments import moment_rule
from tests.planning import planning_workspace
from tests.replies import ReplyShop, reply_shop
from tests.sending import until
from tests.sent_bodies import BodiesOfTest

from rulecast.config import Settings
from rulecast.database import Database, fetch_value
from rulecast.deliver.media_uploads import FileTooLargeError
from rulecast.gate.typed_content import TypedCard, TypedContent
from rulecast.template.media import MediaFiles
from rulecast.template.media.errors import MediaRefusedError
from rulecast.template.messages import MessageInvalidError
from rulecast.values.clock import ManualClock
from rulecast.values.link_token import read_link_token
from rulecast.wiring.links import Destination, find_destination
from rulecast.wiring.media_library import fetch_media, open_files
from rulecast.wiring.replies.keep_typed_file import KEPT_FOR, forget_typed_files, keep_typed_file
from rulecast.wiring.replies.typed import reply_to

OPUS = b"OggS" + bytes(24) + b"OpusHead" + bytes(60)
CLIP = b"\0\0\0\x18ftypmp42" + bytes(60)
PAPER = b"%PDF-1.7\n" + bytes(60)
STICKER = b"RIFF\x40\0\0\0WEBPVP8 " + bytes(60)
SENT = "SELECT count(*) FROM deliver.message WHERE state = 'accepted'"


def draw(path: Path, seed: int = 1) -> Path:
    """Write an image with a note of its place, which nobody gets."""
    image = Image.frombytes("RGB", (300, 200), random.Random(seed).randbytes(300 * 200 * 3))
    about = image.getexif()
    about[0x010E] = "33.5731 -7.5898"
    image.save(path, "JPEG", exif=about)
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def without_template(bodies: BodiesOfTest) -> list[dict[str, Any]]:
    """Return the messages without template, in their order."""
    return [one for one in bodies.read() if one.get("type") not in {None, "template"}]


async def hashes(here: ReplyShop) -> dict[str, str]:
    """Return the content behind each upload."""
    rows = await here.shop.fetch("SELECT media_id, content_hash FROM deliver.media_upload")
    return {media_id: bytes(content).hex() for media_id, content in rows}


async def test_every_form_that_a_person_types_reaches_the_phone(
    settings: Settings, clock: ManualClock, tmp_path: Path, sent_bodies: BodiesOfTest
) -> None:
    card = TypedCard(name="Amal", phones=("+212612345678",))
    picture = draw(tmp_path / "menu.jpg")
    typed = (
        (TypedContent(form="image", text="Le menu"), picture),
        (TypedContent(form="video"), written(tmp_path / "a.mp4", CLIP)),
        (TypedContent(form="audio"), written(tmp_path / "a.ogg", OPUS)),
        (TypedContent(form="document", filename="Menu.pdf"), written(tmp_path / "a.pdf", PAPER)),
        (TypedContent(form="sticker"), written(tmp_path / "a.webp", STICKER)),
        (TypedContent(form="location", latitude=33.5731, longitude=-7.5898, place_name="Nous"), None),
        (TypedContent(form="contacts", cards=(card,)), None),
        (TypedContent(form="reaction", text="👍"), None),
    )
    async with reply_shop(settings, clock, tmp_path) as here:
        workspace, (asha, *_) = here.shop.workspace, here.shop.people
        await here.say(asha, "Avez-vous un menu ?")
        for content, file in typed:
            await reply_to(workspace, str(asha), content, file=file)
        await here.shop.send()
        await here.hear()
        assert await here.shop.fetch(SENT) == [(len(typed),)]
        # What nobody can be sent is refused before anything is kept or asked.
        for content, file, error in (
            (TypedContent(form="audio", text="Écoutez"), tmp_path / "a.ogg", MessageInvalidError),
            (TypedContent(form="video"), tmp_path / "a.pdf", MediaRefusedError),
            (TypedContent(form="document", filename="b.pdf"), tmp_path / "a.mp4", MediaRefusedError),
            (
                TypedContent(form="sticker"),
                written(tmp_path / "b.webp", STICKER + bytes(102_400)),
                FileTooLargeError,
            ),
            (TypedContent(form="reaction", text="oui"), None, MessageInvalidError),
        ):
            with pytest.raises(error):
                await reply_to(workspace, str(asha), content, file=file)
        assert await here.shop.fetch(SENT) == [(len(typed),)]
        sent = {one["type"]: one for one in without_template(sent_bodies)}
        assert set(sent) == {content.form for content, _ in typed}
        # A reaction stands under her message, all others quote it.
        (wamid,) = {one["context"]["message_id"] for kind, one in sent.items() if kind != "reaction"}
        assert sent["reaction"]["reaction"] == {"message_id": wamid, "emoji": "👍"}
        assert "context" not in sent["reaction"]
        assert sent["image"]["image"]["caption"] == "Le menu"
        assert sent["document"]["document"]["filename"] == "Menu.pdf"
        assert sent["location"]["location"] == {"latitude": 33.5731, "longitude": -7.5898, "name": "Nous"}
        assert sent["contacts"]["contacts"][0]["phones"] == [{"phone": "+212612345678", "type": "WORK"}]
        async with workspace.database.transaction() as connection:
            # As if each had been asked for again since.
            await connection.execute(
                "UPDATE deliver.media_upload SET last_asked_at = uploaded_at + interval '1 h'"
            )
        # The files went the road of all files: kept sealed, uploaded once, and forgotten when their day is over.
        uploads = await hashes(here)
        ids = [sent[kind][kind]["id"] for kind in ("image", "video", "audio", "document", "sticker")]
        assert sorted(uploads) == sorted(ids)
        shown = await open_files(workspace).load(bytes.fromhex(uploads[ids[0]]))
        assert shown is not None
        assert b"33.5731" not in shown
        assert b"33.5731" in picture.read_bytes()
        kept = settings.home / "media"
        assert len(list(kept.iterdir())) == len(ids)
        assert await forget_typed_files(workspace) == 0
        here.shop.later(hours=KEPT_FOR.total_seconds() / 3600 + 1)
        assert await forget_typed_files(workspace) == len(ids)
        assert list(kept.iterdir()) == []
        # Nobody tries to renew what is gone.
        assert await here.shop.fetch(
            "SELECT count(*) FROM deliver.media_upload WHERE last_asked_at > uploaded_at"
        ) == [(0,)]


async def test_a_file_that_is_sent_again_while_it_is_forgotten_is_kept(
    settings: Settings, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        picture = draw(tmp_path / "menu.jpg")
        await keep_typed_file(workspace, picture, "image")
        clock.advance(KEPT_FOR.total_seconds() + 1)
        again: list[asyncio.Task[object]] = []
        forget = MediaFiles.forget

        async def forget_late(files: MediaFiles, content_hash: bytes) -> None:
            again.append(asyncio.create_task(keep_typed_file(workspace, picture, "image")))
            await asyncio.wait_for(until(partial(someone_waits, workspace.database)), 60)
            await forget(files, content_hash)

        monkeypatch.setattr(MediaFiles, "forget", forget_late)
        assert await forget_typed_files(workspace) == 1
        await asyncio.gather(*again)
        (kept,) = (settings.home / "media").iterdir()
        assert kept.stat().st_size > 0
        # What was sent again is no day old.
        assert await forget_typed_files(workspace) == 0


async def someone_waits(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(await fetch_value(connection, "SELECT count(*) FROM pg_locks WHERE NOT granted"))


DECLARED = """
[[media]]
name = "menu"
source = "{directory}/menu.jpg"
kind = "image"

[[media]]
name = "jingle"
source = "{directory}/jingle.ogg"
kind = "audio"

[[media]]
name = "prices"
source = "{directory}/prices.pdf"
kind = "document"

[[attributes]]
name = "nickname"
type = "text"
"""
TAPS = (
    'when replied: reply (fr: "Salut {{nickname or ami}}" media menu buttons "Oui", "Non"; '
    'ar: "متى؟" list "اختر" ("صباحا" about "قبل الظهر", "مساء"); '
    'en: "Hi" link shop "Open" to "https://shop.example/a"; else fr) as marketing'
)
ANSWER = (
    'when replied: reply (fr: "Le menu" media menu; ar: media jingle; en: location 33.5731, -7.5898 "Us", '
    '"12, rue de Fes"; de: "Preise" media prices; else skip) as service'
)
SHOWN = (
    ("Salut ami", "Oui", "Non", "Le menu"),
    ("متى؟", "اختر"),
    ("Hi", "Open", "Us"),
    ("Salut ami", "Oui", "Non", "Preise"),
)
"""What stands on each phone: French, Arabic, English, and German, which gets what everybody else gets."""


async def test_every_form_of_a_reply_reaches_the_phone_in_its_language_with_the_files_that_were_approved(
    settings: Settings, clock: ManualClock, tmp_path: Path, sent_bodies: BodiesOfTest
) -> None:
    draw(tmp_path / "menu.jpg")
    written(tmp_path / "jingle.ogg", OPUS)
    written(tmp_path / "prices.pdf", PAPER)
    async with reply_shop(settings, clock, tmp_path, more=DECLARED.format(directory=tmp_path)) as here:
        shop, people = here.shop, here.shop.people
        async with shop.workspace.database.transaction() as connection:
            for person, language in zip(people, ("fr", "ar", "en", "de"), strict=True):
                await connection.execute(
                    "UPDATE profile.contact SET attributes = attributes || jsonb_build_object('language', %s::text)"
                    " WHERE contact_id = %s",
                    (language, person),
                )
        await fetch_media(shop.workspace)
        await shop.launch(moment_rule(TAPS, ANSWER))
        ((document,),) = await shop.fetch("SELECT document FROM plan.plan WHERE step = 1")
        signed = {name: one["renditions"]["full"]["hash"] for name, one in document["reply_files"].items()}
        assert sorted(signed) == ["jingle", "menu", "prices"]
        # What stands there later reaches nobody.
        draw(tmp_path / "menu.jpg", seed=2)
        await fetch_media(shop.workspace, again=True)
        await here.hear()
        for person in people:
            await here.say(person, "Bonjour")
        await here.answer()
        pages = [await here.page(person) for person in people]
        for page, shown in zip(pages, SHOWN, strict=True):
            assert all(words in page for words in shown), shown
        sent = {
            (one["to"][-1], one["type"], one.get("interactive", {}).get("type")): one
            for one in without_template(sent_bodies)
        }
        assert len(sent) == 2 * len(people)
        uploads = await hashes(here)
        header = sent["1", "interactive", "button"]["interactive"]["header"]
        assert header == {"type": "image", "image": {"id": header["image"]["id"]}}
        picture = sent["1", "image", None]["image"]
        assert picture == {"id": header["image"]["id"], "caption": "Le menu"}
        assert uploads[picture["id"]] == signed["menu"]
        assert uploads[sent["2", "audio", None]["audio"]["id"]] == signed["jingle"]
        paper = sent["4", "document", None]["document"]
        assert paper == {"id": paper["id"], "filename": "prices.pdf", "caption": "Preise"}
        assert sent["3", "location", None]["location"] == {
            "latitude": 33.5731, "longitude": -7.5898, "name": "Us", "address": "12, rue de Fes"
        }  # fmt: skip
        # The address of the link leads where the rule says, for this message alone.
        sign = partial(shop.workspace.vault.sign, "link")
        tokens = [read_link_token(token, sign) for token in re.findall(r"/l/([A-Za-z0-9_-]{34})", pages[2])]
        async with shop.workspace.database.connection() as connection:
            found = [await find_destination(connection, one) for one in tokens if one is not None]
        assert Destination(link_name="shop", address="https://shop.example/a") in found
        assert [row["code"] for row in shop.bench.ledger() if row.get("code")] == []
