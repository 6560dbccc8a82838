"""A number is connected to the simulator by the very steps that connect it to Meta; each refusal is told in words."""

import asyncio
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.connect.standing import WABA, Standing, standing
from tests.people import ASHA, BILAL
from tests.simulated import NUMBER, SECRET, TOKEN

import rulecast.wiring.connect
from rulecast.config import Settings
from rulecast.config.kept_secrets import read_kept_secrets, with_kept_secrets
from rulecast.database import fetch_all
from rulecast.wiring.connect.conformance import Verdict, compare, find_test_bed, read_divergences
from rulecast.wiring.connect.errors import ConformanceRefusedError, ConnectNotPossibleError
from rulecast.wiring.connect.health import examine_connections
from rulecast.wiring.connect.hello import declare_recipient
from rulecast.wiring.connect.records import Outcome
from rulecast.wiring.finding import Health

WAIT_SECONDS = 20.0
STEPS = ["token", "app", "number", "account", "workspace", "templates", "webhooks", "test webhook", "hello"]


async def rows(place: Standing, text: str) -> list[tuple[object, ...]]:
    async with place.workspace.database.connection() as connection:
        return await fetch_all(connection, text)


async def test_a_number_is_connected_resumed_looked_at_and_compared(
    settings: Settings, tmp_path: Path
) -> None:
    async with standing(settings, tmp_path) as place:
        # Nobody has pressed Test yet: everything before it stands, and the command can be run again.
        steps, last = await place.connect()
        assert (last, steps[last].outcome) == ("test webhook", Outcome.WAITING)
        assert {name: one.outcome for name, one in steps.items() if name != last} == dict.fromkeys(
            STEPS[:7], Outcome.DONE
        )
        assert steps["templates"].what == "1 approved"

        # The secrets are where the next command finds them, for the owner alone.
        home = place.workspace.settings.home
        assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
        assert read_kept_secrets(home)["access_token"] == TOKEN
        bare = replace(place.workspace.settings, access_token=None, app_secret=None)
        assert with_kept_secrets(bare) == place.workspace.settings

        # A phone nobody declared gets nothing, not even a hello.
        await place.control("test_event", {"field": "messages"})
        steps, last = await place.connect(phone=ASHA.phone, wait_seconds=WAIT_SECONDS)
        assert (last, steps[last].outcome) == ("hello", Outcome.REFUSED)
        assert "--declare-recipient" in steps[last].what_to_do
        assert await rows(place, "SELECT count(*) FROM deliver.message") == [(0,)]

        await place.control("people", {"phone": ASHA.phone, "reads": True})
        hello = {"phone": ASHA.phone, "is_recipient_declared": True, "is_test_number": True}
        steps, last = await place.connect(wait_seconds=WAIT_SECONDS, **hello)
        assert list(steps) == STEPS
        assert (steps["hello"].outcome, steps["hello"].what) in {
            (Outcome.DONE, "delivered"),
            (Outcome.DONE, "read"),
        }
        # It goes on from what is done: no second hello.
        await place.connect(wait_seconds=WAIT_SECONDS, **hello)
        assert await rows(place, "SELECT count(*) FROM deliver.message") == [(1,)]
        assert await rows(place, "SELECT purpose, consent_id, is_test FROM gate.permit") == [
            ("transactional", None, True)
        ]
        assert await rows(
            place,
            "SELECT name, business_number_id, waba_id, portfolio_id, throughput_per_second"
            " FROM account.business_number",
        ) == [("main", NUMBER, WABA, "2729063490586005", 80)]
        kept = await rows(place, "SELECT step, outcome, what, checked_by FROM account.connection_step")
        assert {row[0] for row in kept} == set(STEPS)
        for secret in (TOKEN, SECRET, ASHA.phone, ASHA.phone.removeprefix("+")):
            assert not [row for row in kept if re.search(rf"\b{re.escape(secret)}\b", str(row[2]))]

        # Another phone is another hello.
        steps, last = await place.connect(phone=BILAL.phone)
        assert (last, steps[last].outcome) == ("hello", Outcome.REFUSED)

        await _is_healthy(place)
        await _agrees_with_itself(place)


async def _is_healthy(place: Standing) -> None:
    found = {one.name: one for one in await examine_connections(place.workspace)}
    assert set(found) == {"template sync", "token", f"webhooks of {NUMBER}", f"health of {NUMBER}"}
    assert {one.health for one in found.values()} == {Health.GOOD}

    await place.control("account", {"code": 131042})
    async with place.client.delete(
        f"{place.url}/v26.0/{WABA}/subscribed_apps", headers={"Authorization": f"Bearer {TOKEN}"}
    ) as answer:
        assert answer.status == 200
    expires_at = place.workspace.clock.now().timestamp() + 5 * 86_400
    await place.control("tokens", {"token": TOKEN, "expires_at": int(expires_at)})
    found = {one.name: one for one in await examine_connections(place.workspace)}
    assert found["token"].health is Health.NOTE
    assert found[f"webhooks of {NUMBER}"].health is Health.PROBLEM
    assert "payment" in found[f"health of {NUMBER}"].what
    await place.control("account", {"code": None})
    away = place.with_settings(graph_base_url="http://127.0.0.1:9")
    told = {one.name: one.health for one in await examine_connections(away.workspace)}
    assert told == {"template sync": Health.GOOD, "Cloud API": Health.NOTE}


async def _agrees_with_itself(place: Standing) -> None:
    async with place.client.get(f"{place.url}/_control/divergences") as answer:
        served = [row["id"] for row in (await answer.json())["data"]]
    listed = read_divergences(None)
    assert [row.name for row in listed] == served
    bed = await find_test_bed(place.workspace, NUMBER, ASHA.phone)
    compared = await compare(place.workspace, listed, bed, show=lambda _: None)
    assert [one for one in compared if one.verdict is Verdict.DIFFERS] == []
    assert sum(one.verdict is Verdict.AGREES for one in compared) == sum(bool(row.probe) for row in listed)
    assert len(compared) == len(served)
    # A simulator that changed its mind is noticed.
    changed = [
        replace(row, probe={**row.probe, "expect": {"status": 400, "code": 1}}) for row in listed if row.probe
    ]
    assert {one.verdict for one in await compare(place.workspace, changed, bed, show=lambda _: None)} == {
        Verdict.DIFFERS
    }
    for number, phone in (("106540352242923", ASHA.phone), (NUMBER, "+212600000000")):
        with pytest.raises(ConformanceRefusedError):
            await find_test_bed(place.workspace, number, phone)


async def test_each_refusal_says_what_happened_and_what_to_do(settings: Settings, tmp_path: Path) -> None:
    async with standing(settings, tmp_path) as place:

        async def ends(expected: str, words: str, *, at: Standing = place, **changes: object) -> None:
            steps, last = await at.connect(**changes)
            assert (last, steps[last].outcome) == (expected, Outcome.REFUSED), steps[last]
            assert words in steps[last].what
            assert len(steps[last].what_to_do) > 10

        await ends("token", "(190", at=place.with_settings(access_token="another"))
        await place.control("tokens", {"token": "weak", "scopes": ["whatsapp_business_management"]})
        await ends("token", "whatsapp_business_messaging", at=place.with_settings(access_token="weak"))
        await place.control("tokens", {"token": "old", "expires_at": 1})
        await ends("token", "expired", at=place.with_settings(access_token="old"))
        await ends("number", "no such object", number_id="1")
        await ends("number", "no such object", waba_id="1")
        await place.control("fields", {"number": NUMBER, "fields": {"status": "PENDING"}})
        await ends("number", "not registered")
        await place.control("fields", {"number": NUMBER, "fields": {"status": "CONNECTED"}})
        await place.control("account", {"code": 131042})
        await ends("account", "131042")
        await place.control("account", {"code": None})
        await place.control("fields", {"fields": {"account_review_status": "REJECTED"}})
        await ends("account", "rejected")
        await place.control("fields", {"fields": {"account_review_status": "APPROVED"}})
        await ends("app", "secret", at=place.with_settings(app_secret="another secret"))
        await ends("webhooks", "not with the challenge", at=place.with_settings(verify_token="another word"))
        steps, last = await place.connect(callback_url="http://127.0.0.1:9/webhook")
        assert (last, steps[last].outcome) == ("webhooks", Outcome.WAITING)
        assert "rulecast serve" in steps[last].what_to_do
        await ends("graph", "did not answer", at=place.with_settings(graph_base_url="http://127.0.0.1:9"))
        with pytest.raises(ConnectNotPossibleError):
            await place.with_settings(verify_token=None).connect()
        for odd in ({"number_id": "1/../me"}, {"waba_id": "?"}, {"number_name": "main number"}):
            with pytest.raises(ConnectNotPossibleError):
                await place.connect(**odd)

        # The hello: a template that is marketing or unknown, and a phone that is not on the list of the test number.
        await place.connect()
        await place.control("test_event", {"field": "messages"})
        await declare_recipient(place.workspace, ASHA.phone)
        hello = {"phone": ASHA.phone, "wait_seconds": WAIT_SECONDS}
        await ends("hello", "no template nothing", template="nothing", **hello)
        fault = {"kind": "error", "name": "list", "code": 131030, "rate": 1}
        await place.control("faults", {"requests": [fault]})
        await ends("hello", "131030", **hello)
        with pytest.raises(ConnectNotPossibleError) as refused:
            await place.connect(phone="0612", wait_seconds=0)
        assert "0612" not in str(refused.value)


def test_connecting_never_asks_whether_meta_is_a_simulator() -> None:
    folder = Path(rulecast.wiring.connect.__file__).parent
    for file in [*folder.glob("*.py"), folder.parents[1] / "cli" / "connect.py"]:
        text = file.read_text("utf-8")
        assert "is_simulated" not in text, file
        assert not re.search(r"(settings|workspace)\.mode\b", text), file
    assert asyncio.iscoroutinefunction(compare)
