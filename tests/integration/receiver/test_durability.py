"""What a 200 promises, and what repeats, disorder and poison do."""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from tests.integration.receiver.conftest import Known, make_known
from tests.integration.receiver.serving import (
    SECRET,
    VERIFY_TOKEN,
    NoMessages,
    RunningReceiver,
    preference,
    running,
    sign,
    statuses,
    text_message,
)
from tests.people import ASHA, BILAL, CHITRA
from typing_extensions import override

from rulecast.collect.webhook_facts import StatusFact
from rulecast.database import Connection
from rulecast.database.errors import CheckViolation
from rulecast.profile.suppression import JournalEntry
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock, SystemClock
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.workspace import Workspace


async def count(workspace: Workspace, table: str, where: str = "true") -> int:
    async with workspace.database.connection() as connection:
        rows = await connection.execute(f"SELECT count(*) FROM {table} WHERE {where}")  # type: ignore[arg-type]
        row = await rows.fetchone()
        assert row is not None
        return int(row[0])


async def test_a_hundred_parallel_repeats_have_one_effect_f35(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    body = text_message(asha.person.phone, "STOP", clock.now().timestamp())
    assert set(await asyncio.gather(*(receiver.post(body) for _ in range(100)))) == {200}
    assert await count(workspace, "profile.suppression") == 1
    assert await count(workspace, "profile.change", "kind = 'suppression'") == 1
    assert await count(workspace, "collect.event", "name = 'message_received'") == 1
    assert await count(workspace, "collect.inbound_text") == 1
    assert len(list(open_journal(workspace).read())) == 1


async def test_stops_and_resumes_end_alike_in_any_order_and_a_tie_is_a_stop_f36_f52(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    at = clock.now().timestamp()
    words = (("stop", at - 30), ("resume", at - 20), ("stop", at - 10), ("resume", at - 10))
    orders = list(itertools.permutations(words))[::4]
    for number, order in enumerate(orders):
        person = (await make_known(workspace, _numbered(number))).person
        for value, instant in order:
            assert await receiver.post(preference(person.phone, value, instant)) == 200
    assert await count(workspace, "profile.current_suppression") == len(orders)


def _numbered(number: int) -> Any:
    return type(ASHA)(
        name=f"person {number}",
        phone=f"+2126130{number:05}",
        language="fr",
        city="Casablanca",
        country="MA",
        birthday=ASHA.birthday,
        consent="given",
    )


async def test_a_resume_inside_whatsapp_lifts_a_stop_made_inside_whatsapp_of_who_had_consented(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    at = clock.now().timestamp()
    await receiver.post(preference(asha.person.phone, "stop", at - 30))
    await receiver.post(preference(asha.person.phone, "resume", at - 20))
    assert await count(workspace, "profile.current_suppression") == 0


async def test_no_resume_lifts_a_stop_in_words_whichever_arrives_first(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    at = clock.now().timestamp()
    cases = list(itertools.product(("resume", "signup"), (1, -1)))
    for number, (word, direction) in enumerate(cases):
        person = (await make_known(workspace, _numbered(number))).person
        bodies = [
            text_message(person.phone, "stop", at - 40, wamid=f"wamid.{number}"),
            preference(person.phone, "stop", at - 30),
            preference(person.phone, word, at - 20),
        ]
        for body in bodies[::direction]:
            assert await receiver.post(body) == 200
    assert await count(workspace, "profile.current_suppression") == len(cases)


async def test_no_resume_makes_consent_where_none_was_given(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    at = clock.now().timestamp()
    await make_known(workspace, CHITRA, has_consent=False)
    for phone in (CHITRA.phone, BILAL.phone):
        await receiver.post(preference(phone, "stop", at - 30))
        await receiver.post(preference(phone, "resume", at - 20))
    assert await count(workspace, "profile.current_suppression") == 2
    assert await count(workspace, "profile.consent") == 0


async def test_a_genuine_body_repeated_after_eight_days_is_stored_and_changes_nothing_f34(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    body = text_message(asha.person.phone, "STOP", clock.now().timestamp())
    clock.advance(8 * 86_400 + 1)
    assert await receiver.post(body) == 200
    assert await count(workspace, "profile.suppression") == 0
    assert await count(workspace, "collect.event") == 0
    assert await count(workspace, "collect.inbox", "problem LIKE '1 replayed after more than 8 days%'") == 1


async def test_national_variants_of_a_number_are_the_same_person_f46(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    at = clock.now().timestamp()
    pairs = {
        "+5511987654321": "+551187654321",
        "+525512345678": "+5215512345678",
        "+541123456789": "+5491123456789",
    }
    for number, (stored, written) in enumerate(pairs.items()):
        known = await make_known(workspace, type(ASHA)(**{**_fields(), "phone": stored}))
        await receiver.post(text_message(written, "stop", at, wamid=f"wamid.{number}"))
        where = f"contact_id = {known.contact_id}"
        assert await count(workspace, "profile.suppression", where) >= 1
        assert await count(workspace, "profile.change", f"kind = 'suppression' AND {where}") == 1


def _fields() -> dict[str, Any]:
    return {name: getattr(ASHA, name) for name in ASHA.__dataclass_fields__}


async def test_a_stranger_who_writes_becomes_a_contact_without_consent_f58(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    at = clock.now().timestamp()
    bodies = [text_message(BILAL.phone, f"hello {n}", at, wamid=f"wamid.{n}") for n in range(5)]
    assert set(await asyncio.gather(*(receiver.post(body) for body in bodies))) == {200}
    assert await count(workspace, "profile.contact", "source = 'inbound'") == 1
    assert await count(workspace, "collect.event", "name = 'message_received'") == 5
    assert await count(workspace, "profile.consent") == 0


@dataclass(frozen=True, slots=True)
class Poisoned(NoMessages):
    """A book that chokes on one message, as the database would on a value nobody foresaw."""

    tries: list[int]

    @override
    async def apply_statuses(
        self, connection: Connection, statuses: Sequence[StatusFact], now: datetime
    ) -> None:
        if any(fact.wamid == "wamid.poison" for fact in statuses):
            self.tries.append(len(statuses))
            await connection.execute("INSERT INTO collect.inbound_text VALUES ('', 1, now(), '')")


async def test_a_poisonous_body_is_tried_three_times_and_quarantined_while_others_pass_f47(
    workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    at = clock.now().timestamp()
    book = Poisoned([])
    poison = statuses(("wamid.poison", "sent", at, ASHA.phone))
    poison["entry"] += preference(asha.person.phone, "stop", at)["entry"]
    # Another one holds ordinary statuses alone, and so does its group.
    plain = statuses(("wamid.poison", "delivered", at, ASHA.phone))
    good = [statuses((f"wamid.{number}", "sent", at, ASHA.phone)) for number in range(20)]
    async with running(build_receiver(workspace, book)) as receiver:
        mixed = [*good[:10], poison, plain, *good[10:]]
        answers = await asyncio.gather(*(receiver.post(body) for body in mixed))
    assert set(answers) == {200}
    assert book.tries.count(1) >= 3
    assert await count(workspace, "collect.inbox", "state = 'applied'") == 20
    problem = f"problem = 'could not be applied: {CheckViolation.__name__}'"
    assert await count(workspace, "collect.inbox", f"state = 'quarantined' AND {problem}") == 2
    # The stop inside the poisonous body holds all the same.
    assert await count(workspace, "profile.current_suppression") == 1


async def test_a_journal_that_cannot_be_written_keeps_the_stop_uncommitted_and_unanswered(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    workspace.settings.home.mkdir(parents=True, exist_ok=True)
    (workspace.settings.home / "journal").write_text("in the way")
    assert await receiver.post(text_message(asha.person.phone, "stop", clock.now().timestamp())) == 503
    assert await count(workspace, "profile.suppression") == 0
    assert await count(workspace, "collect.inbox") == 0


async def test_a_stop_in_a_poisonous_body_is_not_answered_200_while_the_journal_is_away(
    workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    at = clock.now().timestamp()
    body = statuses(("wamid.poison", "sent", at, ASHA.phone))
    body["entry"] += preference(asha.person.phone, "stop", at)["entry"]
    journal = workspace.settings.home / "journal"
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_text("in the way")
    async with running(build_receiver(workspace, Poisoned([]))) as receiver:
        assert await receiver.post(body) == 503
        assert await count(workspace, "profile.suppression") == 0
        assert await count(workspace, "collect.inbox") == 0
        journal.unlink()
        assert await receiver.post(body) == 200
    assert await count(workspace, "profile.current_suppression") == 1


async def test_a_killed_receiver_has_lost_nothing_it_answered_200_for_f44_p10(
    workspace: Workspace, environment: dict[str, str]
) -> None:
    """SIGKILL follows the 200 at once; the stop stands in the database and in the journal."""
    # The process has the machine's clock.
    at = SystemClock().now().timestamp()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("serve_alone.py")),
        env={
            **os.environ,
            **environment,
            "RULECAST_APP_SECRET": SECRET,
            "RULECAST_VERIFY_TOKEN": VERIFY_TOKEN,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        body = json.dumps(text_message(BILAL.phone, "stop", at)).encode()
        headers = {"X-Hub-Signature-256": sign(body)}
        async with aiohttp.ClientSession() as session:
            address = f"http://127.0.0.1:{port}/webhook"
            async with session.post(address, data=body, headers=headers) as answer:
                assert answer.status == 200
                process.send_signal(signal.SIGKILL)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert await count(workspace, "profile.current_suppression") == 1
    assert await count(workspace, "collect.inbox", "state = 'applied'") == 1
    (entry,) = open_journal(workspace).read()
    assert isinstance(entry, JournalEntry)
    assert abs(entry.occurred_at.timestamp() - at) < timedelta(seconds=2).total_seconds()
