"""Whatever order webhooks come in: who stopped last stays silent, consent comes of nothing, repeats change nothing."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.integration.facts.conftest import Door, talk
from tests.integration.facts.test_people import digits, known

from rulecast.values.ids import ContactId

LIVES = 14
WORDS_MAX = 9
# What a repeat could change, beside who is stopped: of that rows may come again, for what people are called since.
TABLES = (
    "profile.contact", "profile.identity", "profile.identity_change", "profile.identity_conflict",
    "profile.consent", "conversation.window", "collect.event",
    "account.hold", "account.fact", "gate.incident",
)  # fmt: skip
_DRAWN = itertools.count(1)


@dataclass(slots=True)
class Life:
    """One person as they really are, whoever we take them for."""

    number: str
    user_id: str
    has_stopped_us: bool = False
    has_stopped_inside: bool = False

    @property
    def is_silent(self) -> bool:
        return self.has_stopped_us or self.has_stopped_inside


@dataclass(slots=True)
class World:
    """Some people, and every webhook about them in the order in which it happened."""

    door: Door
    chance: random.Random
    lives: list[Life] = field(default_factory=list)
    recycles: bool = True
    left: list[str] = field(default_factory=list)
    told: list[tuple[str, Any]] = field(default_factory=list)

    def live(self, minutes: int) -> None:
        """Let one thing happen to one of them."""
        life = self.chance.choice(self.lives)
        happen = self.chance.choice(
            (self._write, self._write, self._stop, self._choose, self._choose, self._move, self._rename)
        )
        happen(life, minutes)

    def _names(self, life: Life) -> dict[str, str]:
        by = self.chance.choice(("number", "id", "both"))
        named = {"from": digits(life.number) if by != "id" else "", "from_user_id": life.user_id}
        return {name: one for name, one in named.items() if one and (by != "number" or name == "from")}

    def _say(self, life: Life, minutes: int, text: str) -> None:
        message = {
            **self._names(life),
            "id": f"wamid.{next(_DRAWN)}",
            "timestamp": str(self.door.at(minutes)),
        }
        self.told.append(("messages", talk(messages=[{**message, "type": "text", "text": {"body": text}}])))

    def _write(self, life: Life, minutes: int) -> None:
        self._say(life, minutes, "hello")

    def _stop(self, life: Life, minutes: int) -> None:
        self._say(life, minutes, "STOP")
        life.has_stopped_us = True

    def _choose(self, life: Life, minutes: int) -> None:
        value = self.chance.choice(("stop", "resume"))
        named = {{"from": "wa_id", "from_user_id": "user_id"}[k]: v for k, v in self._names(life).items()}
        chosen = {
            **named,
            "category": "marketing_messages",
            "value": value,
            "timestamp": self.door.at(minutes),
        }
        self.told.append(("user_preferences", talk(user_preferences=[chosen])))
        life.has_stopped_inside = value == "stop"

    def _move(self, life: Life, minutes: int) -> None:
        """Change the number, sometimes to one that another person gave up, and with it the id."""
        fresh = f"+2126{next(_DRAWN):08d}"
        number = self.left.pop() if self.left and self.recycles else fresh
        user_id = f"MA.{next(_DRAWN):010d}"
        message = {
            "from": digits(life.number), "from_user_id": life.user_id, "id": f"wamid.{next(_DRAWN)}",
            "timestamp": str(self.door.at(minutes)), "type": "system",
            "system": {"type": "user_changed_number", "wa_id": digits(number), "user_id": user_id},
        }  # fmt: skip
        self.told.append(("messages", talk(messages=[message])))
        self.left.append(life.number)
        life.number, life.user_id = number, user_id

    def _rename(self, life: Life, minutes: int) -> None:
        user_id = f"MA.{next(_DRAWN):010d}"
        update = {
            "wa_id": digits(life.number),
            "user_id": {"previous": life.user_id, "current": user_id},
            "timestamp": str(self.door.at(minutes)),
        }
        self.told.append(("user_id_update", talk(user_id_update=[update])))
        life.user_id = user_id

    async def tell(self, told: Sequence[tuple[str, Any]]) -> None:
        """Tell these in bodies of one to three."""
        rest = list(told)
        while rest:
            count = self.chance.randint(1, 3)
            await self.door.tell(*rest[:count])
            del rest[:count]


async def sendable(door: Door, contact_id: int) -> bool:
    """Return whether marketing may go to the contact, as the gate reads consent and stops."""
    granted = await door.rows(
        "SELECT 1 FROM profile.current_consent WHERE contact_id = %s AND purpose = 'marketing'"
        " AND status = 'granted' AND is_proven",
        contact_id,
    )
    return bool(granted) and not await door.stops(contact_id)


async def dump(door: Door) -> dict[str, Any]:
    return {table: await door.rows(f"SELECT t::text FROM {table} AS t ORDER BY 1") for table in TABLES}


async def live_once(door: Door, seed: int) -> None:
    chance = random.Random(seed)
    is_in_order = chance.choice((True, False))
    # An old word under a number that is another's since is counted as theirs: more silence, but not nothing.
    world = World(door=door, chance=chance, recycles=not is_in_order)
    people: list[ContactId] = []
    for _ in range(2):
        life = Life(number=f"+2126{next(_DRAWN):08d}", user_id=f"MA.{next(_DRAWN):010d}")
        people.append(await known(door, life.number, bsuid=life.user_id))
        world.lives.append(life)
    for place in range(chance.randint(2, WORDS_MAX)):
        world.live(-600 + place * 10)
    told = list(world.told)
    if not is_in_order:
        chance.shuffle(told)
    await world.tell(told)
    await check(door, world.lives, people, seed)
    before = await dump(door) if is_in_order else {}
    silent = [bool(await door.stops(one)) for one in people]
    chance.shuffle(told)
    await world.tell(told)
    await check(door, world.lives, people, seed)
    if is_in_order:
        after = await dump(door)
        assert silent == [bool(await door.stops(one)) for one in people], seed
        changed = {
            table: set(after[table]) ^ set(rows) for table, rows in before.items() if after[table] != rows
        }
        assert not changed, (seed, changed)


async def check(door: Door, lives: Sequence[Life], people: Sequence[ContactId], seed: int) -> None:
    """Make sure that whoever is silent is silent under all they are called by, and as whom they were."""
    for life, contact_id in zip(lives, people, strict=True):
        if not life.is_silent:
            continue
        assert not await sendable(door, contact_id), (seed, "the contact they were")
        for kind, value in (("phone", life.number), ("bsuid", life.user_id)):
            owner = await door.owner(kind, value)  # type: ignore[arg-type]  # one of these two
            assert owner is None or not await sendable(door, owner), (seed, kind)


async def test_who_stopped_last_is_silent_in_every_order_and_repeats_change_nothing_f35_f36_f52(
    door: Door,
) -> None:
    for seed in range(LIVES):
        await live_once(door, seed)
    granted = "SELECT count(*) FROM profile.consent WHERE status = 'granted'"
    assert await door.rows(granted) == [(2 * LIVES,)]
