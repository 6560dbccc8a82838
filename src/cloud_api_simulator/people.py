"""The people at the other end: who they are and what they always do."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cloud_api_simulator.behaviour import Behaviour
from cloud_api_simulator.calling_codes import country_of
from cloud_api_simulator.chance import Chance

PHONE_DIGITS_MIN = 7
PHONE_DIGITS_MAX = 15
"""Bounds of an international number without its plus (E.164)."""
USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
"""Form of a BSUID and of a parent BSUID (platform reference 1.4)."""
SERVICE_WINDOW_SECONDS = 24 * 3600
"""Free-form messages arrive this long after the user's last message (Cloud API docs: service window)."""
ENTRY_POINT_SECONDS = 72 * 3600
"""Everything is free this long after the answer to somebody who came by an ad (Cloud API docs: entry point)."""
PHONE_SHOWN_SECONDS = 30 * 86_400
"""A user with a username is named by phone this long after a contact by phone (Cloud API docs: BSUID)."""

_ALTERED_SHARE = 0.5
_BRAZIL_DIGITS = 13
_MEXICO_DIGITS = 12
_BSUID_MODULUS = 10**17
_FIRST_NAMES = (
    *(
        "Yassine",
        "Imane",
        "Sara",
        "Amine",
        "Khadija",
        "Mehdi",
        "Salma",
        "Omar",
        "Nadia",
        "Karim",
        "Leïla",
        "Rania",
    ),
    *(
        "Hélène",
        "Zoé",
        "Amélie",
        "Nicolas",
        "Camille",
        "محمد",
        "فاطمة",
        "أمينة",
        "يوسف",
        "Anaïs",
        "Walid",
        "Houda",
    ),
    *("Chloé", "Tarek", "Meriem", "Sofiane", "Inès", "Rachid"),
)
_LAST_NAMES = (
    *(
        "Benali",
        "El Idrissi",
        "Trabelsi",
        "Bouazizi",
        "Lefèvre",
        "Martin",
        "Durand",
        "Haddad",
        "Alaoui",
        "Mansouri",
    ),
    *("العلوي", "بنعلي", "Chraibi", "Jaziri", "Moreau", "Garçon", "Tazi", "Ben Salah", "Gharbi", "Petit"),
)


@dataclass(slots=True, kw_only=True)
class Person:
    """A user of WhatsApp; `habits` are the behaviours a test fixed instead of leaving them to chance."""

    wa_id: str
    user_id: str
    name: str
    country: str
    language: str = "en"
    has_whatsapp: bool = True
    read_receipts: bool = True
    habits: Mapping[str, Any] = field(default_factory=dict)
    stopped: bool = False
    engagement: float = 0.5
    username: str | None = None
    parent_user_id: str | None = None
    in_contact_book: bool = False
    blocked: frozenset[str] = frozenset()
    last_inbound: dict[str, float] = field(default_factory=dict)
    last_by_phone: dict[str, float] = field(default_factory=dict)
    referred_at: dict[str, float] = field(default_factory=dict)
    answered_at: dict[str, float] = field(default_factory=dict)

    def window_is_open(self, number_id: str, now: float) -> bool:
        """Return whether free-form messages of the number reach this person at `now` (virtual seconds)."""
        last = self.last_inbound.get(number_id)
        return last is not None and now - last < SERVICE_WINDOW_SECONDS

    def entry_point_is_open(self, number_id: str, now: float) -> bool:
        """Return whether messages of the number are free: 72 h from an answer within 24 h of a referral."""
        answered = self.answered_at.get(number_id)
        return answered is not None and now - answered < ENTRY_POINT_SECONDS

    def answer_referral(self, number_id: str, now: float) -> None:
        """Open the free entry point with the first answer within 24 h (Cloud API docs: free entry point)."""
        referred = self.referred_at.pop(number_id, None)
        if referred is not None and now - referred < SERVICE_WINDOW_SECONDS:
            self.answered_at[number_id] = now

    def shows_phone(self, number_id: str, now: float) -> bool:
        """Return whether webhooks of the number name the phone.

        Without a username always; with one only in the contact book or within 30 days of a contact by phone
        (Cloud API docs: business-scoped user ids).
        """
        if self.username is None or self.in_contact_book:
            return True
        last = self.last_by_phone.get(number_id)
        return last is not None and now - last < PHONE_SHOWN_SECONDS


_YES_OR_NO = ("taps_stop_button", "prefers_stop", "delivered", "reads", "capped", "preview_bot", "blocks")
_HABIT_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys((*_YES_OR_NO, "reports", "late"), (bool, int)),
    "will_reply": (str,),
    "taps_button": (int,),
    "taps_row": (int,),
    "clicks": (int,),
    "reacts_after_seconds": (int, float),
}
HABITS = frozenset(_HABIT_KINDS)
"""What a test may fix of somebody's behaviour; each has a kind of value."""
_ACTING = frozenset(
    {
        *("will_reply", "taps_stop_button", "taps_button", "prefers_stop", "clicks", "blocks", "reports"),
        "taps_row",
    }
)
_PLAIN_FIELDS = ("name", "country", "language", "has_whatsapp", "read_receipts", "stopped", "engagement")
_FIELDS = frozenset(
    {"phone", "bsuid", "username", "parent_bsuid", "in_contact_book", "blocked", *_PLAIN_FIELDS}
)


class People:
    """Finds the person of a phone; someone never described is made from the seed, the same each time."""

    def __init__(self, chance: Chance, behaviour: Behaviour) -> None:
        """Start with nobody described."""
        self._chance = chance
        self.behaviour = behaviour
        self._kept: dict[str, Person] = {}
        self._by_user_id: dict[str, str] = {}
        self._gone: set[str] = set()
        # An odd multiplier that no factor of ten divides makes phone -> BSUID invertible, so that a
        # send by BSUID finds a person nobody described without a table of everybody.
        self._factor = chance.integer("bsuid factor") // 10 * 10 + 7
        self._inverse = pow(self._factor, -1, _BSUID_MODULUS)
        self._offset = chance.integer("bsuid offset") % _BSUID_MODULUS

    def __iter__(self) -> Iterator[Person]:
        """Yield the people described or changed so far."""
        return iter(self._kept.values())

    def __len__(self) -> int:
        """Return how many people were described or changed so far."""
        return len(self._kept)

    def find(self, wa_id: str) -> Person:
        """Return the person with this `wa_id`, made from the seed when unknown; not kept."""
        kept = self._kept.get(wa_id)
        return kept if kept is not None else self._make(wa_id)

    def current(self, person: Person) -> Person:
        """Return the kept person where a message holds an older copy, else the one given."""
        return self._kept.get(person.wa_id, person)

    def resolve(self, digits: str) -> str:
        """Return the `wa_id` WhatsApp knows a dialled number by.

        Half of Brazil's mobiles lack the ninth digit, half of Mexico's carry a 1 (Cloud API docs: numbers).
        """
        if (
            digits in self._kept
            or digits[:2] not in ("52", "55")
            or self._chance.uniform("wa_id", digits) < _ALTERED_SHARE
        ):
            return digits
        if digits.startswith("55") and len(digits) == _BRAZIL_DIGITS and digits[4] == "9":
            return digits[:4] + digits[5:]
        if digits.startswith("52") and len(digits) == _MEXICO_DIGITS:
            return "521" + digits[2:]
        return digits

    def keep(self, person: Person) -> None:
        """Remember a person whose state changed."""
        self._kept[person.wa_id] = person

    def find_user(self, user_id: str) -> Person | None:
        """Return the person with a BSUID of this portfolio, or None (Cloud API docs: BSUID)."""
        described = self._by_user_id.get(user_id)
        if described is not None:
            return self.find(described)
        if user_id in self._gone:
            return None
        number = user_id.removeprefix(f"{user_id[:3]}ENT.") if user_id[3:7] == "ENT." else user_id[3:]
        if not number.isascii() or not number.isdigit():
            return None
        digits = str((int(number) - self._offset) * self._inverse % _BSUID_MODULUS)
        if not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX:
            return None
        person = self.find(digits)
        return person if user_id in (person.user_id, person.parent_user_id) else None

    def describe(self, row: Mapping[str, Any]) -> Person:
        """Keep one person as described by a control request.

        `row` holds `phone` and any of name, bsuid, country, language, has_whatsapp, read_receipts,
        stopped and the habits. Raises ValueError naming the wrong field.
        """
        phone = row.get("phone")
        digits = (
            "".join(character for character in phone if character.isdigit()) if isinstance(phone, str) else ""
        )
        if not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX:
            message = f"phone: expected {PHONE_DIGITS_MIN} to {PHONE_DIGITS_MAX} digits"
            raise ValueError(message)
        unknown = set(row) - _FIELDS - HABITS
        if unknown:
            message = f"unknown fields: {', '.join(sorted(unknown))}"
            raise ValueError(message)
        person = self.find(digits)
        for name in _PLAIN_FIELDS:
            if name in row:
                # The field's own type says how a value is read: a name is text, a stop is yes or no.
                setattr(person, name, type(getattr(person, name))(row[name]))
        habits = {key: _habit(key, row[key]) for key in HABITS if key in row}
        if habits.keys() & _ACTING:
            # Whoever is told to act must be reachable: the seed may not silence the person a test is about.
            person.has_whatsapp = bool(row.get("has_whatsapp", True))
            habits = {"delivered": True, "reads": True, "capped": False, **habits}
        person.habits = {**person.habits, **habits}
        if "bsuid" in row:
            self.rename(person, str(row["bsuid"]))
        self._describe_identity(person, row)
        self.keep(person)
        return person

    def _describe_identity(self, person: Person, row: Mapping[str, Any]) -> None:
        if "username" in row:
            person.username = str(row["username"]) if row["username"] else None
        if "parent_bsuid" in row:
            person.parent_user_id = str(row["parent_bsuid"]) if row["parent_bsuid"] else None
            if person.parent_user_id is not None:
                self._by_user_id[person.parent_user_id] = person.wa_id
        if "in_contact_book" in row:
            person.in_contact_book = bool(row["in_contact_book"])
        if "blocked" in row:
            blocked = row["blocked"]
            if not isinstance(blocked, list):
                raise ValueError("blocked: expected a list of business numbers")
            person.blocked = frozenset(str(number) for number in blocked)

    def rename(self, person: Person, user_id: str) -> None:
        """Give a person another BSUID; the old one leads nowhere any more. Raises ValueError for another form."""
        if USER_ID.fullmatch(user_id) is None:
            raise ValueError("bsuid: expected a country, a period and letters or digits, such as MA.123")
        self._gone.add(person.user_id)
        self._gone.discard(user_id)
        self._by_user_id.pop(person.user_id, None)
        person.user_id = user_id
        self._by_user_id[user_id] = person.wa_id

    def move(self, person: Person, digits: str) -> Person:
        """Return the person on a new phone, with a new BSUID; the old phone has no WhatsApp any more.

        Cloud API docs: business-scoped user ids change with the phone number.
        """
        made = self._make(digits)
        moved = replace(person, wa_id=digits, user_id=made.user_id, country=made.country)
        if person.parent_user_id is not None:
            moved.parent_user_id = parent_of(moved.user_id)
        old = replace(self._make(person.wa_id), has_whatsapp=False, name=person.name)
        self._gone.add(person.user_id)
        self._by_user_id.pop(person.user_id, None)
        self._gone.discard(moved.user_id)
        self._by_user_id[moved.user_id] = digits
        self.keep(old)
        self.keep(moved)
        return moved

    def forget(self) -> None:
        """Forget everyone described and everything that happened to them."""
        self._kept.clear()
        self._by_user_id.clear()
        self._gone.clear()

    def _make(self, wa_id: str) -> Person:
        draws = self._chance.draws("person", wa_id)
        country = country_of(wa_id)
        first = _FIRST_NAMES[int(draws[0] * len(_FIRST_NAMES))]
        last = _LAST_NAMES[int(draws[1] * len(_LAST_NAMES))]
        user_id = f"{country}.{(int(wa_id) * self._factor + self._offset) % _BSUID_MODULUS}"
        behaviour = self.behaviour
        return Person(
            wa_id=wa_id,
            user_id=user_id,
            name=f"{first} {last}",
            country=country,
            has_whatsapp=draws[2] >= behaviour.without_whatsapp_rate,
            read_receipts=draws[3] >= behaviour.without_read_receipts_rate,
            engagement=draws[4],
            username=f"user.{wa_id[-6:]}" if draws[5] < behaviour.username_rate else None,
            parent_user_id=parent_of(user_id) if behaviour.parent_user_ids else None,
        )


def _habit(name: str, value: object) -> object:
    """Return a habit's value; one of another kind would break the message that asks for it."""
    if not isinstance(value, _HABIT_KINDS[name]):
        message = f"{name}: expected {' or '.join(kind.__name__ for kind in _HABIT_KINDS[name])}"
        raise TypeError(message)
    return value


def parent_of(user_id: str) -> str:
    """Return the parent BSUID that belongs to a BSUID (Cloud API docs: parent BSUIDs)."""
    return f"{user_id[:3]}ENT.{user_id[3:]}"
