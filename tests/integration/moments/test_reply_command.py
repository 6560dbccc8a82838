"""`rulecast reply` as a person types it, with no sender running."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.planning import WORKSPACE_FILE, Person, create_people

from rulecast.cli.app import run_command
from rulecast.config import load_settings
from rulecast.conversation import Heard, open_windows
from rulecast.values.ids import ContactId
from rulecast.wiring.workspace import open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file

NUMBER = "106540352242922"
WITHOUT_TEXT = frozenset({"--contact", "--reaction"})


def test_a_typed_reply_waits_for_a_sender_and_needs_an_open_window(
    environment: dict[str, str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def prepare() -> tuple[ContactId, ContactId]:
        async with open_workspace(load_settings(environment), actor="amal") as workspace:
            await apply_workspace_file(workspace, WORKSPACE_FILE, source="workspace.toml")
            people = [Person(phone=f"+21261234560{place}") for place in (1, 2)]
            asha, bilal = await create_people(workspace, people)
            heard = Heard(
                business_number_id=NUMBER,
                contact_id=asha,
                occurred_at=workspace.clock.now(),
                wamid="wamid.HBgLMTY1MDU1NTEyMzQ=",
            )
            async with workspace.database.transaction() as connection:
                await open_windows(connection, workspace.vault, [heard])
            return asha, bilal

    def rulecast(contact: ContactId, *arguments: str, code: int = 0) -> str:
        capfd.readouterr()
        words = () if any(one in WITHOUT_TEXT for one in arguments) else ("Nous ouvrons à neuf heures.",)
        said = ("reply", f"#{contact}", *words, "--wait", "0", *arguments)
        assert run_command(said, environment) == code
        printed = capfd.readouterr()
        assert "neuf heures" not in printed.out + printed.err
        return printed.out + printed.err

    asha, bilal = asyncio.run(prepare())
    assert "waits for a sender" in rulecast(asha)
    (line,) = [one for one in rulecast(asha, "--json").splitlines() if one.startswith("{")]
    answer = json.loads(line)
    assert (answer["contact_id"], answer["state"], answer["reason"]) == (asha, "planned", "")
    assert "RC-REPLY-001" in rulecast(bilal, code=2)
    assert "RC-REPLY-001" in rulecast(asha, "--number", "elsewhere", code=2)
    paper, cards = tmp_path / "menu.txt", tmp_path / "amal.vcf"
    paper.write_text("Couscous", "utf-8")
    cards.write_text("BEGIN:VCARD\nFN:Amal\nTEL:+212612345678\nEND:VCARD\n", "utf-8")
    assert "waits for a sender" in rulecast(asha, "--document", str(paper))
    assert "waits for a sender" in rulecast(asha, "--contact", str(cards))
    assert "waits for a sender" in rulecast(asha, "--reaction", "👍")
    assert "RC-REPLY-002" in rulecast(asha, "--video", str(paper), "--image", str(paper), code=2)
    assert "RC-MESSAGE-001" in rulecast(asha, "--audio", str(paper), code=2)
