"""The people at the other end: who they are and what they always do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloud_api_simulator.calling_codes import country_of
from cloud_api_simulator.chance import Chance
from cloud_api_simulator.settings import Behaviour

PHONE_DIGITS_MIN = 7
PHONE_DIGITS_MAX = 15
"""Bounds of an international number without its plus (E.164)."""
SERVICE_WINDOW_SECONDS = 24 * 3600
"""Free-form messages arrive this long after the user's last message (Cloud API docs: service window)."""

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
    last_inbound: dict[str, float] = field(default_factory=dict)

    def window_is_open(self, number_id: str, now: float) -> bool:
        """Return whether free-form messages of the number reach this person at `now` (virtual seconds)."""
        last = self.last_inbound.get(number_id)
        return last is not None and now - last < SERVICE_WINDOW_SECONDS


HABITS = frozenset(
    {
        "will_reply",
        "taps_stop_button",
        "taps_button",
        "prefers_stop",
        "clicks",
        "delivered",
        "reads",
        "capped",
        "reacts_after_seconds",
        "preview_bot",
    }
)
_ACTING = frozenset({"will_reply", "taps_stop_button", "taps_button", "prefers_stop", "clicks"})
_FIELDS = frozenset(
    {"phone", "name", "bsuid", "country", "language", "has_whatsapp", "read_receipts", "stopped"}
)


class People:
    """Finds the person of a phone; someone never described is made from the seed, the same each time."""

    def __init__(self, chance: Chance, behaviour: Behaviour) -> None:
        """Start with nobody described."""
        self._chance = chance
        self.behaviour = behaviour
        self._kept: dict[str, Person] = {}
        self._by_user_id: dict[str, str] = {}
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
        number = user_id[3:]
        if not number.isascii() or not number.isdigit():
            return None
        digits = str((int(number) - self._offset) * self._inverse % _BSUID_MODULUS)
        if not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX:
            return None
        person = self.find(digits)
        return person if person.user_id == user_id else None

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
        person.name = str(row.get("name", person.name))
        person.country = str(row.get("country", person.country))
        person.language = str(row.get("language", person.language))
        person.has_whatsapp = bool(row.get("has_whatsapp", person.has_whatsapp))
        person.read_receipts = bool(row.get("read_receipts", person.read_receipts))
        person.stopped = bool(row.get("stopped", person.stopped))
        habits = {key: row[key] for key in HABITS if key in row}
        if habits.keys() & _ACTING:
            # Whoever is told to act must be reachable: the seed may not silence the person a test is about.
            person.has_whatsapp = bool(row.get("has_whatsapp", True))
            habits = {"delivered": True, "reads": True, "capped": False, **habits}
        person.habits = {**person.habits, **habits}
        if "bsuid" in row:
            person.user_id = str(row["bsuid"])
            self._by_user_id[person.user_id] = digits
        self.keep(person)
        return person

    def forget(self) -> None:
        """Forget everyone described and everything that happened to them."""
        self._kept.clear()
        self._by_user_id.clear()

    def _make(self, wa_id: str) -> Person:
        draws = self._chance.draws("person", wa_id)
        country = country_of(wa_id)
        first = _FIRST_NAMES[int(draws[0] * len(_FIRST_NAMES))]
        last = _LAST_NAMES[int(draws[1] * len(_LAST_NAMES))]
        return Person(
            wa_id=wa_id,
            user_id=f"{country}.{(int(wa_id) * self._factor + self._offset) % _BSUID_MODULUS}",
            name=f"{first} {last}",
            country=country,
            has_whatsapp=draws[2] >= self.behaviour.without_whatsapp_rate,
            read_receipts=draws[3] >= self.behaviour.without_read_receipts_rate,
        )
