"""The files that a plan signed for an arm: that of the header, or those of the cards of a carousel."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from rulecast.template.media.choose import FULLER, Grade
from rulecast.template.parts import HEADER_PARAMETER, card_parameter

PlannedFile: TypeAlias = Mapping[str, Any]
"""Name, kind, hash of the source, file name and renditions by grade, as the document of a plan has them."""


def planned_files(planned: Mapping[str, Any]) -> dict[str, PlannedFile]:
    """Return the files of what a plan says of one arm, by the parameter that each fills; those of replies by name."""
    found: dict[str, PlannedFile] = dict(planned.get("files", {}))
    if "renditions" in planned:
        found[HEADER_PARAMETER] = planned
    cards = planned.get("cards", {})
    for number in sorted(map(int, cards)):
        found[card_parameter(number, HEADER_PARAMETER)] = cards[str(number)]
    return found


def signed_files(document: Mapping[str, Any]) -> list[PlannedFile]:
    """Return every file that the document of a plan signs: those of its messages, and those of its replies."""
    arms = (*document.get("media", {}).values(), {"files": document.get("reply_files", {})})
    return [file for one in arms for file in planned_files(one).values()]


def planned_form(planned: PlannedFile, form: str) -> Mapping[str, Any]:
    """Return hash, type and sizes of what a message shows of a file, by the form it keeps; empty is in full."""
    forms: Mapping[str, Mapping[str, Any]] = planned["renditions"]
    return next(forms[one] for one in FULLER[Grade(form or Grade.FULL)] if one in forms)


def planned_name(planned: Mapping[str, Any]) -> str:
    """Return the names of the files of one arm, each once, in the order of the cards."""
    return ", ".join(dict.fromkeys(str(one["name"]) for one in planned_files(planned).values()))
