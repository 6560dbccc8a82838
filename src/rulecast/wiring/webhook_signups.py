"""Who signed up inside WhatsApp, and to what (Cloud API, "Signups")."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rulecast.account.facts import find_signups
from rulecast.account.records import Signup
from rulecast.collect import NewEvent, record_events
from rulecast.collect.webhook_facts import PreferenceFact
from rulecast.database import Connection
from rulecast.profile import ConsentEntry, record_consents
from rulecast.profile.consent import find_proven
from rulecast.values.catalogue import fold_text
from rulecast.values.ids import ContactId
from rulecast.values.purpose import ConsentStatus, Purpose
from rulecast.vault import Vault
from rulecast.wiring.senders import Sender, create_senders

# How people agreed; the ledger keeps it with the wording the workspace declared.
SIGNUP_METHOD = "whatsapp_signup"


async def keep_signups(
    connection: Connection,
    vault: Vault,
    signups: Sequence[tuple[PreferenceFact, Sender]],
    *,
    people: Mapping[Sender, ContactId],
    now: datetime,
) -> dict[Sender, ContactId]:
    """Keep consents, proven where the workspace declares the sign-up, and return people with the strangers met."""
    strangers = {
        sender: min(fact.occurred_at, now)
        for fact, sender in signups
        if sender not in people and sender.identities
    }
    known = {**people, **await create_senders(connection, vault, strangers, now)}
    declared = await find_signups(connection, [fact.signup_id for fact, _ in signups])
    proven = await find_proven(connection, set(known.values()))
    entries, events = [], []
    for fact, sender in signups:
        if sender not in known:
            continue
        contact_id, signup = known[sender], declared.get(fact.signup_id)
        events.append(_event(vault, fact, contact_id))
        # What nobody vouches for proves nothing: it does not come before what the person has proven already.
        if signup is not None or (contact_id, Purpose.MARKETING) not in proven:
            entries.append(_consent(fact, signup, contact_id, now))
    await record_consents(connection, vault, entries, now)
    await record_events(connection, events, now)
    return known


def _consent(
    fact: PreferenceFact, signup: Signup | None, contact_id: ContactId, now: datetime
) -> ConsentEntry:
    return ConsentEntry(
        contact_id=contact_id,
        purpose=Purpose.MARKETING if signup is None else Purpose(signup.purpose),
        status=ConsentStatus.GRANTED,
        source="webhook",
        occurred_at=min(fact.occurred_at, now),
        method=SIGNUP_METHOD,
        wording_version="" if signup is None else signup.wording_version,
        evidence=f"sign-up {fact.signup_id}" if fact.signup_id else None,
    )


def _event(vault: Vault, fact: PreferenceFact, contact_id: ContactId) -> NewEvent:
    told = f"signed_up\x1f{contact_id}\x1f{fact.signup_id}\x1f{fact.occurred_at.isoformat()}"
    return NewEvent(
        contact_id=contact_id,
        name="signed_up",
        occurred_at=fact.occurred_at,
        event_key=vault.lookup_index("event", told),
        source="webhook",
        properties={"signup": fold_text(fact.signup_id)} if fact.signup_id else {},
    )
