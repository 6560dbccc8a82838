"""What a number shared with the Business App brings along: an address book and old chats."""

from tests.integration.facts.conftest import DISPLAYED, Door, talk
from tests.people import ASHA


def digits(phone: str) -> str:
    return phone.removeprefix("+")


async def test_an_address_book_and_old_chats_make_neither_people_nor_consent(door: Door) -> None:
    known = {"full_name": "Asha B", "first_name": "Asha", "phone_number": digits(ASHA.phone)}
    entry = {"type": "contact", "contact": known, "action": "add", "metadata": {"timestamp": str(door.at())}}
    old = {
        "from": digits(ASHA.phone),
        "id": "wamid.old",
        "timestamp": str(door.at(-60)),
        "type": "text",
        "text": {"body": "Oui, envoyez-moi vos offres"},
    }
    ours = {**old, "from": DISPLAYED, "to": digits(ASHA.phone), "id": "wamid.ours"}
    chunk = {
        "metadata": {"phase": 0, "chunk_order": 1, "progress": 55},
        "threads": [{"id": digits(ASHA.phone), "messages": [old, ours]}],
    }
    await door.tell(
        ("smb_app_state_sync", talk(state_sync=[entry, entry])), ("history", talk(history=[chunk]))
    )
    assert await door.owner("phone", ASHA.phone) is None
    for table in ("profile.contact", "profile.consent", "conversation.window"):
        assert await door.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    # The same person writes: a contact from then on, and still nobody who agreed to anything.
    await door.say(
        {**old, "id": "wamid.new", "timestamp": str(door.at())}, contact={"wa_id": digits(ASHA.phone)}
    )
    assert await door.owner("phone", ASHA.phone) is not None
    assert await door.rows("SELECT count(*) FROM profile.consent") == [(0,)]
