"""Files of replies that Meta cannot take along after the fact: only they are in doubt, and a person hears of them."""

from pathlib import Path

from tests.integration.moments.test_reply_forms import PAPER, draw, written
from tests.moments import moment_rule
from tests.replies import reply_shop

from rulecast.config import Settings
from rulecast.gate.typed_content import TypedContent
from rulecast.values.clock import ManualClock
from rulecast.wiring.incidents import read_incidents
from rulecast.wiring.media_library import fetch_media
from rulecast.wiring.replies.typed import reply_to

DECLARED = """
[[media]]
name = "menu"
source = "{directory}/menu.jpg"
kind = "image"
"""
ANSWER = 'when replied: reply "Le menu" media menu as service'
DOUBTED = "SELECT mime_type, expires_at < uploaded_at + interval '1 day' FROM deliver.media_upload ORDER BY 1"
FAILED = "SELECT count(*) FROM deliver.message WHERE failed_code = 131053"


async def test_131053_on_a_reply_doubts_its_own_files_alone_and_a_person_hears_of_the_second_f97(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    draw(tmp_path / "menu.jpg")
    more = DECLARED.format(directory=tmp_path)
    async with reply_shop(settings, clock, tmp_path, more=more) as here:
        shop, (asha, bilal, chitra, *_) = here.shop, here.shop.people
        await fetch_media(shop.workspace)
        await shop.launch(moment_rule(ANSWER), [asha, bilal, chitra])
        await here.hear()
        await here.say(bilal, "Bonjour")
        paper = written(tmp_path / "a.pdf", PAPER)
        await reply_to(
            shop.workspace, str(bilal), TypedContent(form="document", filename="a.pdf"), file=paper
        )
        await here.answer()
        assert await shop.fetch(DOUBTED) == [("application/pdf", False), ("image/jpeg", False)]
        phones = [here.phone(asha), here.phone(chitra)]
        await shop.bench.control("faults", {"requests": [{"kind": "fail", "code": 131053, "phones": phones}]})
        shop.later(minutes=5)
        await here.say(asha, "Bonjour")
        await here.answer()
        assert await shop.fetch(FAILED) == [(1,)]
        assert await shop.fetch(DOUBTED) == [("application/pdf", False), ("image/jpeg", True)]
        assert (await read_incidents(shop.workspace)).incidents == []
        # The next reply has it uploaded anew; where that fails as well the file itself is wrong.
        shop.later(minutes=5)
        await here.say(chitra, "Bonjour")
        await here.answer()
        assert await shop.fetch(FAILED) == [(2,)]
        assert await shop.fetch(DOUBTED) == [("application/pdf", False), ("image/jpeg", True)]
        (incident,) = (await read_incidents(shop.workspace)).incidents
        assert (incident.cause, incident.scope_id) == ("rule:file", "winback")
        # Other files of other replies were never in doubt.
        assert await shop.fetch("SELECT count(*) FROM template.template WHERE files_since IS NOT NULL") == [
            (0,)
        ]
