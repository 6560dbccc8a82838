import asyncio
import hashlib
import hmac
import json
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from tests.integration.receiver.serving import (
    NUMBER_ID,
    SECRET,
    VERIFY_TOKEN,
    RunningReceiver,
    running,
    sign,
    statuses,
    text_message,
)
from tests.sending import prepare_number

from rulecast.collect.inbox import BODY_COLUMN, destroy_old_day_keys
from rulecast.config import Settings
from rulecast.deliver.pace_memory import read_inbound
from rulecast.receiver import build_receiver
from rulecast.receiver.signature import AppSecretMissingError, VerifyTokenMissingError
from rulecast.values.clock import ManualClock
from rulecast.values.ids import BusinessNumberId
from rulecast.wiring.workspace import Workspace, open_workspace

STATUS = json.dumps(statuses(("wamid.1", "sent", 1_795_000_000, "+212612000001"))).encode()


async def inbox(workspace: Workspace) -> list[tuple[str, str]]:
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT state, problem FROM collect.inbox ORDER BY inbox_id")
        return [(state, problem) for state, problem in await rows.fetchall()]


async def test_a_signed_body_is_stored_sealed_before_the_200(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    assert await receiver.post(STATUS) == 200
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT sealed_body, body_hash, state FROM collect.inbox")
        ((sealed, body_hash, state),) = await rows.fetchall()
    assert state == "applied"
    assert b"wamid" not in sealed
    assert body_hash == hashlib.sha256(STATUS).digest()
    assert await workspace.vault.open_for_day(BODY_COLUMN, sealed) == STATUS


async def test_what_people_write_counts_for_the_pace_of_the_number(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    """Meta counts both directions together."""
    body = text_message("+212612000001", "Salam", clock.now().timestamp())
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, number=BusinessNumberId(NUMBER_ID))
    assert await receiver.post(body) == 200
    async with workspace.database.connection() as connection:
        assert await read_inbound(connection, now=clock.now()) == {NUMBER_ID: 1}


BAD_SIGNATURES = {
    "missing": {},
    "empty": {"X-Hub-Signature-256": ""},
    "prefix only": {"X-Hub-Signature-256": "sha256="},
    "forged": {"X-Hub-Signature-256": sign(STATUS, "another app's secret")},
    "of another body": {"X-Hub-Signature-256": sign(STATUS + b" ")},
    "empty key": {"X-Hub-Signature-256": sign(STATUS, "")},
    "short": {"X-Hub-Signature-256": sign(STATUS)[:-1]},
    "long": {"X-Hub-Signature-256": sign(STATUS) + "0"},
    "upper case": {"X-Hub-Signature-256": "sha256=" + sign(STATUS)[7:].upper()},
    "without prefix": {"X-Hub-Signature-256": sign(STATUS)[7:]},
    "SHA-1 in its own header": {
        "X-Hub-Signature": "sha1=" + hmac.new(SECRET.encode(), STATUS, hashlib.sha1).hexdigest()
    },
    "SHA-1 in this header": {
        "X-Hub-Signature-256": "sha1=" + hmac.new(SECRET.encode(), STATUS, hashlib.sha1).hexdigest()
    },
}


async def test_a_body_without_a_right_signature_is_refused_and_not_stored_f31_f33(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    for name, headers in BAD_SIGNATURES.items():
        assert await receiver.post(STATUS, headers) == 401, name
    assert await inbox(workspace) == []
    async with receiver.session.post(f"{receiver.address}/webhook", data=STATUS) as answer:
        text = await answer.text()
    assert sign(STATUS)[7:] not in text
    assert text == "signature missing or wrong"


async def test_two_secrets_sign_while_one_takes_over_from_the_other(workspace: Workspace) -> None:
    rotating = replace(workspace, settings=replace(workspace.settings, app_secret=f"the new secret,{SECRET}"))
    async with running(build_receiver(rotating)) as receiver:
        assert await receiver.post(STATUS, {"X-Hub-Signature-256": sign(STATUS, "the new secret")}) == 200
        assert await receiver.post(STATUS, {"X-Hub-Signature-256": sign(STATUS, SECRET)}) == 200
        assert await receiver.post(STATUS, {"X-Hub-Signature-256": sign(STATUS, "a third one")}) == 401


async def test_a_receiver_without_a_real_app_secret_or_verify_token_refuses_to_start_f32(
    workspace: Workspace,
) -> None:
    for secret in (None, "", "  ", ",", "short", "long enough,", "long enough,two more,three more"):
        with pytest.raises(AppSecretMissingError) as caught:
            build_receiver(replace(workspace, settings=replace(workspace.settings, app_secret=secret)))
        assert caught.value.code == "RC-RECEIVER-001"
    with pytest.raises(VerifyTokenMissingError):
        build_receiver(replace(workspace, settings=replace(workspace.settings, verify_token=" ")))


async def test_meta_verifies_the_address_with_the_right_word(receiver: RunningReceiver) -> None:
    token = VERIFY_TOKEN.replace(" ", "%20")
    status, text, headers = await receiver.get(
        f"/webhook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}"
    )
    assert (status, text) == (200, "1158201444")
    assert headers["content-type"].startswith("text/plain")
    assert headers["x-content-type-options"] == "nosniff"


REFUSED_QUERIES = (
    "",
    "hub.mode=subscribe&hub.challenge=1",
    "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
    "hub.mode=subscribe&hub.challenge=1&hub.verify_token=%D9%A3",
    "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=the%20word%20of%20the%20tests",
    "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=the%20word%20of%20the%20tests",
    "&".join(["a=1"] * 12),
    "a=" + "1" * 3_000,
)


async def test_a_wrong_word_or_a_script_for_a_challenge_is_forbidden_f45(receiver: RunningReceiver) -> None:
    for query in REFUSED_QUERIES:
        status, text, headers = await receiver.get(f"/webhook?{query}")
        assert (status, text) == (403, "forbidden"), query
        assert headers["content-type"].startswith("text/plain")


HOSTILE_BODIES = {
    "not json": b"{",
    "empty": b"",
    "deep": b"[" * 10_000 + b"]" * 10_000,
    "deep object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "duplicate keys": b'{"object":"whatsapp_business_account","object":"x","entry":[]}',
    "nan": b'{"object":"whatsapp_business_account","entry":[NaN]}',
    "huge number": b'{"object":"whatsapp_business_account","entry":[' + b"9" * 1_000_000 + b"]}",
    "infinite": b'{"object":"whatsapp_business_account","entry":[1e999]}',
    "not utf-8": b'{"object":"whatsapp_business_account\xff"}',
    "surrogate bytes": b'{"object":"\xed\xa0\x80"}',
    "another object": b'{"object":"page","entry":[]}',
    "entry is a number": b'{"object":"whatsapp_business_account","entry":7}',
    "changes without field": b'{"object":"whatsapp_business_account","entry":[{"changes":[{}]}]}',
    "a list": b"[]",
}


async def test_hostile_bodies_are_answered_200_and_quarantined_f40(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    for name, body in HOSTILE_BODIES.items():
        assert await receiver.post(body) == 200, name
    kept = await inbox(workspace)
    assert len(kept) == len(HOSTILE_BODIES)
    assert {state for state, _ in kept} == {"quarantined"}
    assert all(problem for _, problem in kept)


async def test_a_body_above_three_megabytes_is_refused_before_it_is_read_f39(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    body = b" " * (3 * 1024 * 1024 + 1)
    status = await _status_of_declared(receiver, len(body))
    assert status == 413
    assert await inbox(workspace) == []


async def _status_of_declared(receiver: RunningReceiver, length: int) -> int:
    """Send only the head of a request that declares a length, and return the status of the answer."""
    host, port = receiver.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /webhook HTTP/1.1\r\nHost: {host}\r\nX-Hub-Signature-256: {sign(b'')}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )
    writer.write(head.encode())
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line.split()[1])


async def test_a_chunked_body_without_end_is_cut_at_three_megabytes_f39(
    receiver: RunningReceiver, workspace: Workspace
) -> None:
    host, port = receiver.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"POST /webhook HTTP/1.1\r\nHost: {host}\r\nX-Hub-Signature-256: {sign(b'')}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    try:
        for _ in range(60):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    line = await reader.readline()
    assert int(line.split()[1]) == 413
    writer.close()
    assert await inbox(workspace) == []


async def test_raw_bodies_cannot_be_opened_once_their_day_key_is_destroyed(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    assert await receiver.post(STATUS) == 200
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT sealed_body FROM collect.inbox")
        ((sealed,),) = await rows.fetchall()
    clock.advance(6 * 86_400)
    assert await destroy_old_day_keys(workspace.vault, clock.now()) == 0
    clock.advance(2 * 86_400)
    assert await destroy_old_day_keys(workspace.vault, clock.now()) == 1
    assert await workspace.vault.open_for_day(BODY_COLUMN, sealed) is None


async def test_paths_that_are_none_of_ours_are_not_found(receiver: RunningReceiver) -> None:
    assert (await receiver.get("/"))[0] == 404
    assert (await receiver.get("/webhook/"))[0] == 404
    assert (await receiver.get("/webhook", method="DELETE"))[0] == 405
    assert (await receiver.get("/health"))[0] == 200


async def test_the_receiver_answers_503_while_the_database_is_away_and_takes_the_repeat_f43(
    receiver_settings: Settings, clock: ManualClock
) -> None:
    async with (
        open_workspace(receiver_settings, actor="tester", clock=clock) as workspace,
        running(build_receiver(workspace)) as receiver,
    ):
        assert await receiver.post(STATUS) == 200
        await workspace.database.close()
        assert await receiver.post(STATUS) == 503
    async with open_workspace(receiver_settings, actor="tester", clock=clock) as workspace:
        async with running(build_receiver(workspace)) as receiver:
            assert await receiver.post(STATUS) == 200
        assert len(await inbox(workspace)) == 2


async def test_a_webhook_is_answered_503_while_the_database_takes_no_writes_f69(
    receiver_settings: Settings, clock: ManualClock
) -> None:
    async with (
        open_workspace(receiver_settings, actor="tester", clock=clock) as workspace,
        running(build_receiver(workspace)) as receiver,
    ):
        assert await receiver.post(STATUS) == 200
        set_read_only(receiver_settings, "on")
        assert await receiver.post(STATUS) == 503
        set_read_only(receiver_settings, "off")
        answers = [await receiver.post(STATUS) for _ in range(3)]
        assert answers[-1] == 200
        assert len(await inbox(workspace)) == 1 + answers.count(200)


def set_read_only(settings: Settings, value: str) -> None:
    """Let new sessions of the database write or not, and end the others."""
    assert settings.database_url is not None
    name = conninfo_to_dict(settings.database_url)["dbname"]
    with psycopg.connect(make_conninfo(settings.database_url, dbname="postgres"), autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}'.encode())
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
