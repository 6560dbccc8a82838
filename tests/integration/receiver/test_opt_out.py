import pytest
from tests.integration.receiver.conftest import Known, make_known
from tests.integration.receiver.serving import (
    NUMBER_ID,
    RunningReceiver,
    message,
    preference,
    statuses,
    text_message,
)
from tests.people import BILAL
from tests.sending import launch, prepare_number, prepare_people

from rulecast.account import BusinessNumber, Portfolio
from rulecast.account.store import save_number, save_portfolio
from rulecast.profile.identity import Identity
from rulecast.profile.suppression import JournalEntry
from rulecast.values.clock import ManualClock
from rulecast.values.ids import BusinessNumberId, PortfolioId
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.workspace import Workspace


def journal(workspace: Workspace) -> list[JournalEntry]:
    found = list(open_journal(workspace).read())
    return [one for one in found if isinstance(one, JournalEntry)]


async def stopped(workspace: Workspace, contact_id: int) -> list[tuple[str, str]]:
    async with workspace.database.connection() as connection:
        rows = await connection.execute(
            "SELECT DISTINCT s.scope, s.cause FROM profile.current_suppression AS s"
            " JOIN profile.identity AS i USING (suppression_index) WHERE i.contact_id = %s",
            (contact_id,),
        )
        return [(scope, cause) for scope, cause in await rows.fetchall()]


async def test_a_stop_word_suppresses_in_the_same_transaction(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    at = clock.now().timestamp()
    assert await receiver.post(text_message(asha.person.phone, "Stop!", at)) == 200
    assert await stopped(workspace, asha.contact_id) == [("marketing", "stop_word")]
    entries = journal(workspace)
    assert [(entry.action, entry.cause, entry.level) for entry in entries] == [("stop", "stop_word", "exact")]
    async with workspace.database.connection() as connection:
        changes = await connection.execute(
            "SELECT payload FROM profile.change WHERE kind = 'suppression' AND contact_id = %s",
            (asha.contact_id,),
        )
        assert await changes.fetchall() == [({"scope": "marketing", "action": "stop"},)]


async def test_a_stop_button_suppresses_whatever_its_language(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    body = message(
        asha.person.phone,
        clock.now().timestamp(),
        wamid="wamid.button",
        type="button",
        button={"payload": "optout:marketing:v1", "text": "لا شكرا"},
        context={"id": "wamid.campaign"},
    )
    assert await receiver.post(body) == 200
    assert await stopped(workspace, asha.contact_id) == [("marketing", "stop_button")]


async def test_a_stop_in_whatsapp_settings_suppresses(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    assert await receiver.post(preference(asha.person.phone, "stop", clock.now().timestamp())) == 200
    assert await stopped(workspace, asha.contact_id) == [("marketing", "user_preferences")]


async def test_a_stop_of_somebody_unknown_is_kept_by_keyed_hash_and_found_when_they_become_known(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    assert await receiver.post(text_message(BILAL.phone, "توقف", clock.now().timestamp())) == 200
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT count(*) FROM profile.contact")
        assert await rows.fetchone() == (0,)
    known = await make_known(workspace, BILAL)
    assert await stopped(workspace, known.contact_id) == [("marketing", "stop_word")]


async def test_a_stop_through_a_number_added_later_stops_by_the_id_its_portfolio_knows(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    at = clock.now().timestamp()
    bsuid = Identity(kind="bsuid", value="MA.1234567890abcdef", scope="maroc")
    known = await make_known(workspace, BILAL, bsuid)
    # The receiver meets the number before the workspace does.
    assert await receiver.post(text_message(BILAL.phone, "hello", at)) == 200
    async with workspace.database.transaction() as connection:
        portfolio = Portfolio(portfolio_id=PortfolioId("maroc"), people_per_day_max=None)
        await save_portfolio(connection, portfolio)
        await save_number(
            connection,
            BusinessNumber(
                business_number_id=BusinessNumberId(NUMBER_ID),
                portfolio_id=portfolio.portfolio_id,
                name="casablanca",
                waba_id="102290129340398",
                throughput_per_second=80,
            ),
        )
    body = preference(BILAL.phone, "stop", at)
    (fact,) = body["entry"][0]["changes"][0]["value"]["user_preferences"]
    del fact["wa_id"]
    fact["user_id"] = bsuid.value
    assert await receiver.post(body) == 200
    assert await stopped(workspace, known.contact_id) == [("marketing", "user_preferences")]


@pytest.mark.parametrize("how", ["a tap on our button", "a refusal by Meta"])
async def test_a_stop_under_an_id_never_seen_stops_whom_the_message_went_to(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, how: str
) -> None:
    at = clock.now().timestamp()
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        (contact_id,) = await prepare_people(workspace, connection, 1)
        await launch(workspace, connection, [contact_id])
        await connection.execute(
            "UPDATE deliver.message SET state = 'accepted', accepted_at = changed_at, wamid_index = %s",
            (workspace.vault.lookup_index("wamid", "wamid.campaign"),),
        )
    if how == "a refusal by Meta":
        body = statuses(("wamid.campaign", "failed", at, BILAL.phone))
        (fact,) = body["entry"][0]["changes"][0]["value"]["statuses"]
        fact["errors"] = [{"code": 131050, "title": "stopped"}]
        del fact["recipient_id"]
        cause = "error_131050"
    else:
        body = message(
            BILAL.phone,
            at,
            wamid="wamid.button",
            type="button",
            button={"payload": "optout:marketing:v1", "text": "Stop"},
            context={"id": "wamid.campaign"},
        )
        value = body["entry"][0]["changes"][0]["value"]
        value["contacts"] = [{"user_id": "MA.1234567890abcdef"}]
        del value["messages"][0]["from"]
        cause = "stop_button"
    assert await receiver.post(body) == 200
    assert await stopped(workspace, contact_id) == [("marketing", cause)]
    assert {entry.cause for entry in journal(workspace)} == {cause}


@pytest.mark.parametrize(
    ("kind", "lacking", "cause"),
    [
        ("words", "timestamp", "stop_word"),
        ("words", "id", "stop_word"),
        ("a choice", "timestamp", "user_preferences"),
        ("a refusal", "timestamp", "error_131050"),
    ],
)
async def test_a_stop_without_a_readable_time_or_id_counts_from_its_arrival(
    receiver: RunningReceiver,
    workspace: Workspace,
    clock: ManualClock,
    asha: Known,
    kind: str,
    lacking: str,
    cause: str,
) -> None:
    at, phone = clock.now().timestamp(), asha.person.phone
    bodies = {
        "words": text_message(phone, "STOP", at),
        "a choice": preference(phone, "stop", at),
        "a refusal": statuses(("wamid.refused", "failed", at, phone)),
    }
    value = bodies[kind]["entry"][0]["changes"][0]["value"]
    (fact,) = next(value[name] for name in ("messages", "user_preferences", "statuses") if name in value)
    fact[lacking] = {"timestamp": "yesterday", "id": ""}[lacking]
    if kind == "a refusal":
        fact["errors"] = [{"code": 131050, "title": "stopped"}]
    assert await receiver.post(bodies[kind]) == 200
    assert await stopped(workspace, asha.contact_id) == [("marketing", cause)]
    (entry,) = {(one.cause, one.occurred_at) for one in journal(workspace)}
    assert entry == (cause, clock.now())
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT state FROM collect.inbox")
        assert await rows.fetchall() == [("quarantined",)]
        rows = await connection.execute("SELECT name FROM collect.event WHERE name = 'message_received'")
        assert await rows.fetchall() == []


async def test_other_wishes_without_a_readable_time_change_nothing(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    phone, at = asha.person.phone, clock.now().timestamp()
    assert await receiver.post(preference(phone, "stop", at)) == 200
    for body in (preference(phone, "resume", at + 1), text_message(phone, "hello", at)):
        value = body["entry"][0]["changes"][0]["value"]
        for name in ("user_preferences", "messages"):
            for fact in value.get(name, ()):
                del fact["timestamp"]
        assert await receiver.post(body) == 200
    assert await stopped(workspace, asha.contact_id) == [("marketing", "user_preferences")]
    assert [entry.action for entry in journal(workspace)] == ["stop"]


async def test_other_words_stop_nobody(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    for text in ("hello", "don't stop", "What time do you close?"):
        body = text_message(asha.person.phone, text, clock.now().timestamp())
        assert await receiver.post(body) == 200
    assert await stopped(workspace, asha.contact_id) == []
    assert journal(workspace) == []


async def test_a_refusal_131050_suppresses_in_the_same_transaction_as_its_status(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    body = statuses(("wamid.refused", "failed", clock.now().timestamp(), asha.person.phone))
    value = body["entry"][0]["changes"][0]["value"]
    value["statuses"][0]["errors"] = [{"code": 131050, "title": "stopped"}]
    assert await receiver.post(body) == 200
    assert await stopped(workspace, asha.contact_id) == [("marketing", "error_131050")]
    assert [entry.cause for entry in journal(workspace)] == ["error_131050"]
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT error_code FROM deliver.status")
        assert await rows.fetchall() == [(131050,)]


async def test_an_opt_out_is_a_fact_of_the_person_and_its_words_are_sealed(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    text = "please stop sending me this"
    assert await receiver.post(text_message(asha.person.phone, text, clock.now().timestamp())) == 200
    async with workspace.database.connection() as connection:
        rows = await connection.execute("SELECT name, properties FROM collect.event ORDER BY name")
        assert await rows.fetchall() == [("message_received", {"kind": "text"}), ("opted_out", {})]
        rows = await connection.execute("SELECT sealed_text FROM collect.inbound_text")
        ((sealed,),) = await rows.fetchall()
        levels = await connection.execute("SELECT level FROM profile.suppression")
        assert await levels.fetchall() == [("likely",)]
    assert text.encode() not in sealed
    opened = await workspace.vault.open(asha.contact_id, "collect.inbound_text.sealed_text", sealed)
    assert opened == text.encode()
