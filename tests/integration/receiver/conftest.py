from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from tests.integration.receiver.serving import SECRET, VERIFY_TOKEN, RunningReceiver, running
from tests.people import ASHA, Person

from rulecast.config import Settings
from rulecast.database import Connection
from rulecast.profile import ConsentEntry, NewContact, create_contacts, record_consents
from rulecast.profile.identity import Identity
from rulecast.receiver import build_receiver
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.wiring.workspace import Workspace, open_workspace


@pytest.fixture
def receiver_settings(settings: Settings) -> Settings:
    return replace(settings, app_secret=SECRET, verify_token=VERIFY_TOKEN)


@pytest.fixture
async def workspace(receiver_settings: Settings, clock: ManualClock) -> AsyncIterator[Workspace]:
    async with open_workspace(receiver_settings, actor="tester", clock=clock) as opened:
        yield opened


@pytest.fixture
async def receiver(workspace: Workspace) -> AsyncIterator[RunningReceiver]:
    async with running(build_receiver(workspace)) as one:
        yield one


@dataclass(frozen=True, slots=True)
class Known:
    person: Person
    contact_id: ContactId


async def make_known(
    workspace: Workspace, person: Person, *identities: Identity, has_consent: bool = True
) -> Known:
    now = workspace.clock.now()

    async def create(connection: Connection) -> ContactId:
        phone = Identity(kind="phone", value=person.phone)
        (contact_id,) = await create_contacts(
            connection,
            workspace.vault,
            [NewContact(identities=(phone, *identities), source="import", first_seen_at=now)],
            now,
        )
        if has_consent:
            entry = ConsentEntry(
                contact_id=contact_id,
                purpose=Purpose.MARKETING,
                status=ConsentStatus.GRANTED,
                occurred_at=now,
                method="web form",
                wording_version="v1",
                source="import",
            )
            await record_consents(connection, workspace.vault, [entry], now)
        return contact_id

    async with workspace.database.transaction() as connection:
        return Known(person, await create(connection))


@pytest.fixture
async def asha(workspace: Workspace) -> Known:
    return await make_known(workspace, ASHA)
