"""Which rendition a person's device and network get: decided once, in the plan.

What is not known changes nothing: without a network or a system on record a person gets the file in full.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

VERY_SLOW_NETWORKS = frozenset({"2g", "slow-2g", "gprs", "edge"})
SLOW_NETWORKS = VERY_SLOW_NETWORKS | {"3g", "umts", "hspa", "hspa+"}
"""Effective types of the Network Information API (W3C community group, 2020) and the names operators use for them."""
OLD_BELOW: Mapping[str, tuple[int, ...]] = {"android": (9,), "ios": (15, 1), "ipados": (15, 1)}
"""Versions below which a system counts as old: WhatsApp asks for iOS 15.1; Android 8 and older are phones with little
memory and without security updates since 2021."""
ALWAYS_OLD = frozenset({"kaios", "java", "symbian", "blackberry", "windows phone", "bada", "s40"})
"""Systems of feature phones and of phones that nobody updates any more."""
_NUMBERS = re.compile(r"\d{1,4}")


class Grade(StrEnum):
    """How much of a file a person gets; `full` is what everybody gets of whom nothing else is said."""

    FULL = "full"
    LIGHT = "light"
    TINY = "tiny"
    NONE = "none"


LIGHTNESS = {Grade.FULL: 0, Grade.LIGHT: 1, Grade.TINY: 2, Grade.NONE: 3}
FULLER: Mapping[Grade, tuple[Grade, ...]] = {
    Grade.FULL: (Grade.FULL,),
    Grade.LIGHT: (Grade.LIGHT, Grade.FULL),
    Grade.TINY: (Grade.TINY, Grade.LIGHT, Grade.FULL),
    Grade.NONE: (),
}
"""Which form stands for a grade: its own, or the next fuller one where a file has none; there always is one in full."""
GRADES: Mapping[str, Grade] = {"lighter": Grade.LIGHT, "lightest": Grade.TINY, "none": Grade.NONE}
"""What the words of the rule language mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Technical data on record of a person; empty texts are not known."""

    network_type: str = ""
    os_name: str = ""
    os_version: str = ""

    def fits(self, cause: str) -> bool:
        """Return whether a cause of the rule language holds for this device."""
        network = self.network_type.strip().casefold()
        match cause:
            case "slow network":
                return network in SLOW_NETWORKS
            case "very slow network":
                return network in VERY_SLOW_NETWORKS
            case "old system":
                return is_old_system(self.os_name, self.os_version)
            case _:
                return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a device gets, and the cause that decided; none where nothing was said of it."""

    grade: Grade
    cause: str = ""


def is_old_system(os_name: str, os_version: str) -> bool:
    """Return whether a system is old; one whose version is not known is none, unless every version is."""
    name = os_name.strip().casefold()
    if name in ALWAYS_OLD:
        return True
    below = OLD_BELOW.get(name)
    version = tuple(int(one) for one in _NUMBERS.findall(os_version)[: len(below or ())])
    return below is not None and bool(version) and version < below[: len(version)]


def choose_grade(choices: Iterable[tuple[str, str]], device: Device) -> Chosen:
    """Return what a device gets by the choices of a rule, (grade, cause) each: the lightest of those that fit."""
    chosen = Chosen(grade=Grade.FULL)
    for word, cause in choices:
        grade = GRADES[word]
        if LIGHTNESS[grade] > LIGHTNESS[chosen.grade] and device.fits(cause):
            chosen = Chosen(grade=grade, cause=cause)
    return chosen
