"""Faults a test asks for, chosen by hash of the phone or by a list of phones."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from cloud_api_simulator.chance import Chance

KINDS = frozenset(
    {
        "error",
        "stall",
        "reset",
        "bad_gateway",
        "no_id",
        "gzip",
        "oversized",
        "slow",
        "delay",
        "held",
        "fail",
        "status_before_response",
    }
)
_REFUSING_BY_DEFAULT = frozenset({"error"})
PHONES_MAX = 1_000_000
"""Most phones one fault lists: as many as the largest run has recipients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what happens, to whom, how often, and whether the message is accepted first.

    `rate` is the share of phones (by hash, so the same phones each time); `phones` overrides it. `times`
    bounds the hits in all, `times_per_phone` the hits of one phone. `seconds` is the length of a delay,
    `bytes_count` the size of an oversized body; `code` the error of kind `error` or, told later, of kind
    `fail`, `status` its HTTP status when not Meta's; `dropped` ends a held message with 132015 instead of
    releasing it; `silent` accepts it and never tells anything about it.
    """

    kind: str
    name: str = ""
    rate: float = 0.0
    phones: frozenset[str] = frozenset()
    times: int | None = None
    times_per_phone: int | None = None
    accepted: bool = True
    code: int = 131000
    status: int | None = None
    seconds: float = 1.0
    bytes_count: int = 100_000_000
    dropped: bool = False
    silent: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the fault as a control answer shows it, with the number of its phones only."""
        row = {item.name: getattr(self, item.name) for item in fields(self)}
        row["phones"] = len(self.phones)
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A control request that happens by itself after so many accepted messages: trouble in mid-campaign."""

    accepted: int
    control: str
    body: Any


class Faults:
    """The faults of a run; the first that hits a message happens."""

    def __init__(self, chance: Chance) -> None:
        """Start with none."""
        self._chance = chance
        self._faults: tuple[Fault, ...] = ()
        self._hits: Counter[str] = Counter()
        self._phone_hits: Counter[tuple[str, str]] = Counter()
        self._triggers: list[Trigger] = []
        self._accepted = 0
        self.run: Callable[[Trigger], None] | None = None

    def replace(self, faults: Iterable[Fault]) -> None:
        """Use these faults instead of the ones before, with fresh counts."""
        self._faults = tuple(faults)
        self._hits.clear()
        self._phone_hits.clear()

    def set_triggers(self, triggers: Iterable[Trigger]) -> None:
        """Count accepted messages from now on and run these control requests at their counts."""
        self._triggers = sorted(triggers, key=lambda trigger: trigger.accepted)
        self._accepted = 0

    def count_accepted(self) -> None:
        """Count one accepted message and run what is due."""
        self._accepted += 1
        while self._triggers and self._triggers[0].accepted <= self._accepted:
            trigger = self._triggers.pop(0)
            if self.run is not None:
                self.run(trigger)

    def triggers_as_json(self) -> list[dict[str, Any]]:
        """Return the triggers still to come, with how many messages were accepted since they were set."""
        return [
            {"accepted": trigger.accepted, "control": trigger.control, "so_far": self._accepted}
            for trigger in self._triggers
        ]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the faults and how often each happened."""
        return [{**fault.as_json(), "hits": self._hits[fault.name]} for fault in self._faults]

    def choose(self, wa_id: str, template_name: str) -> Fault | None:
        """Return the fault that happens to this message, counted as a hit, or None."""
        for fault in self._faults:
            if self._hits_message(fault, wa_id, template_name):
                self._hits[fault.name] += 1
                if fault.times_per_phone is not None:
                    self._phone_hits[fault.name, wa_id] += 1
                return fault
        return None

    def _hits_message(self, fault: Fault, wa_id: str, template_name: str) -> bool:
        if fault.times is not None and self._hits[fault.name] >= fault.times:
            return False
        if fault.phones:
            chosen = wa_id in fault.phones
        else:
            chosen = (
                fault.rate > 0
                and self._chance.uniform("fault", fault.name, wa_id, template_name) < fault.rate
            )
        if not chosen:
            return False
        return fault.times_per_phone is None or self._phone_hits[fault.name, wa_id] < fault.times_per_phone


def read_fault(row: Mapping[str, Any], position: int) -> Fault:
    """Return the fault a control request describes; raises ValueError naming the wrong field."""
    if not isinstance(row, Mapping):
        message = f"faults[{position}]: expected an object"
        raise TypeError(message)
    known = {item.name for item in fields(Fault)}
    unknown = set(row) - known
    if unknown:
        message = f"faults[{position}]: unknown fields: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    kind = row.get("kind")
    if kind not in KINDS:
        message = f"faults[{position}].kind: expected one of {', '.join(sorted(KINDS))}"
        raise ValueError(message)
    values = dict(row)
    values["name"] = str(row.get("name") or f"{kind}-{position}")
    phones = row.get("phones", [])
    if not isinstance(phones, list) or len(phones) > PHONES_MAX:
        message = f"faults[{position}].phones: expected a list of at most {PHONES_MAX} phones"
        raise ValueError(message)
    values["phones"] = frozenset(
        "".join(character for character in str(phone) if character.isdigit()) for phone in phones
    )
    values.setdefault("accepted", kind not in _REFUSING_BY_DEFAULT)
    _check_kinds(values, f"faults[{position}]")
    return Fault(**values)


_NUMBERS, _COUNTS, _ANSWERS = (
    ("rate", "seconds"),
    ("code", "bytes_count", "times", "times_per_phone", "status"),
    ("accepted", "dropped", "silent"),
)
_MAY_BE_ABSENT = frozenset({"times", "times_per_phone", "status"})


def _check_kinds(values: Mapping[str, Any], place: str) -> None:
    """Raise ValueError naming a field whose value is of another kind, before a message meets it."""
    for names, kind, wanted in (
        (_NUMBERS, int | float, "a number of at least 0"),
        (_COUNTS, int, "a whole number of at least 0"),
        (_ANSWERS, bool, "true or false"),
    ):
        for name in names:
            value = values.get(name)
            if name not in values or (value is None and name in _MAY_BE_ABSENT):
                continue
            if not isinstance(value, kind) or (kind is not bool and (isinstance(value, bool) or value < 0)):
                message = f"{place}.{name}: expected {wanted}"
                raise ValueError(message)


def read_trigger(row: Mapping[str, Any], position: int) -> Trigger:
    """Return the trigger a control request describes; raises ValueError or TypeError naming the field."""
    accepted, control = row.get("accepted"), row.get("control")
    if not isinstance(accepted, int) or accepted < 1:
        message = f"after[{position}].accepted: expected a count of at least 1"
        raise ValueError(message)
    if not isinstance(control, str):
        message = f"after[{position}].control: expected the name of a control request"
        raise TypeError(message)
    return Trigger(accepted=accepted, control=control, body=row.get("body", {}))
