"""A workspace with one number behind the door through which webhooks come."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, LiteralString

import pytest
from tests.sending import NUMBER, prepare_number

from rulecast.collect.parse_webhook import parse_webhook
from rulecast.config import Settings
from rulecast.profile.identity import Identity, IdentityKind, lookup_of
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.webhook_group import WebhookPost
from rulecast.wiring.webhooks import WebhookDoor
from rulecast.wiring.workspace import Workspace, open_workspace

ACCOUNT = "77"
DISPLAYED = "15550783881"
PORTFOLIO = "9" + NUMBER[-3:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The door, told of values of webhooks; instants are given in minutes from now."""

    workspace: Workspace
    door: WebhookDoor

    def at(self, minutes: float = 0) -> int:
        return int((self.workspace.clock.now() + timedelta(minutes=minutes)).timestamp())

    async def tell(
        self, *changes: tuple[str, Mapping[str, Any]], minutes: float | None = None, is_broken: bool = False
    ) -> None:
        """Apply one body with these (field, value) changes; `minutes` is the time of the entry."""
        await self.door.apply([self._post(changes, minutes=minutes, is_broken=is_broken)])

    async def tell_together(self, bodies: Iterable[Sequence[tuple[str, Mapping[str, Any]]]]) -> None:
        """Apply bodies with these changes as one group."""
        await self.door.apply([self._post(changes) for changes in bodies])

    def _post(
        self,
        changes: Sequence[tuple[str, Mapping[str, Any]]],
        *,
        minutes: float | None = None,
        is_broken: bool = False,
    ) -> WebhookPost:
        entry: dict[str, Any] = {
            "id": ACCOUNT,
            "changes": [{"field": field, "value": dict(value)} for field, value in changes],
        }
        if minutes is not None:
            entry["time"] = self.at(minutes)
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        parsed = parse_webhook(body)
        assert parsed.is_broken == is_broken, parsed.unread
        return WebhookPost(body=body, parsed=parsed, received_at=self.workspace.clock.now())

    async def say(self, *messages: Mapping[str, Any], contact: Mapping[str, Any] | None = None) -> None:
        """Apply one body with these messages."""
        await self.tell(("messages", talk(messages=list(messages), contacts=[dict(contact or {})])))

    async def rows(self, sql: LiteralString, *parameters: Any) -> list[tuple[Any, ...]]:
        given = parameters[0] if parameters and isinstance(parameters[0], dict) else parameters
        async with self.workspace.database.connection() as connection:
            return list(await (await connection.execute(sql, given)).fetchall())

    async def owner(self, kind: IdentityKind, value: str) -> ContactId | None:
        """Return who has an identity now."""
        scope = PORTFOLIO if kind in {"bsuid", "username"} else ""
        lookup = lookup_of(self.workspace.vault, Identity(kind=kind, value=value, scope=scope))
        found = await self.rows(
            "SELECT contact_id FROM profile.identity WHERE lookup = %s AND kind = %s AND valid_to IS NULL",
            lookup,
            kind,
        )
        return ContactId(found[0][0]) if found else None

    async def events(self, contact_id: int) -> dict[str, dict[str, Any]]:
        """Return the properties of the person's events by name; several of one name are an error of the test."""
        found = await self.rows(
            "SELECT name, properties FROM collect.event WHERE contact_id = %s ORDER BY name", contact_id
        )
        assert len({name for name, _ in found}) == len(found), found
        return dict(found)

    async def stops(self, contact_id: int) -> set[str]:
        """Return the causes of stops in force through everything that names the person."""
        found = await self.rows(
            "SELECT DISTINCT s.cause FROM profile.current_suppression AS s WHERE s.suppression_index IN ("
            " SELECT suppression_index FROM profile.identity WHERE contact_id = %(id)s UNION"
            " SELECT suppression_index FROM profile.suppression WHERE contact_id = %(id)s)",
            {"id": contact_id},
        )
        return {cause for (cause,) in found}


def talk(**lists: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": DISPLAYED, "phone_number_id": NUMBER},
        **lists,
    }


@pytest.fixture
async def workspace(settings: Settings, clock: ManualClock) -> AsyncIterator[Workspace]:
    simulated = replace(settings, access_token="token")
    async with open_workspace(simulated, actor="tester", clock=clock) as opened:
        async with opened.database.transaction() as connection:
            await prepare_number(connection)
        yield opened


@pytest.fixture
def door(workspace: Workspace) -> Door:
    inner = WebhookDoor(workspace, book=MessageFacts.of(workspace), journal=open_journal(workspace))
    return Door(workspace=workspace, door=inner)
