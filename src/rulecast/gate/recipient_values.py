"""What a message may say of its recipient: personal values in the clear, the others as stored, all cleaned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from rulecast.gate.store import RecipientRow
from rulecast.rule.language.document import Parameter
from rulecast.template import clean_value
from rulecast.template.clean_value import written
from rulecast.values.quickly_made import quickly_made

VALUES = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A recipient with address and personal values in the clear, for the length of one rendering."""

    row: RecipientRow
    address: str | None = field(repr=False)
    personal: Mapping[str, Any] = field(repr=False)


def own_value(name: str, person: Opened) -> str | None:
    """Return what a message may say of an attribute of the person."""
    raw = person.personal.get(name)
    if raw is None:
        raw = VALUES.decode(person.row.attributes).get(name)
    return None if raw is None else clean_value(written(raw), from_contact=True)


def parameter_values(parameters: Sequence[Parameter], person: Opened) -> dict[str, str]:
    """Return a safe value by parameter: the person's own, else the default; missing where neither can be used."""
    stored: Mapping[str, Any] | None = None
    found: dict[str, str] = {}
    for parameter in parameters:
        value: str | None = None
        if parameter.attribute is not None:
            raw = person.personal.get(parameter.attribute)
            if raw is None:
                stored = stored if stored is not None else VALUES.decode(person.row.attributes)
                raw = stored.get(parameter.attribute)
            value = None if raw is None else clean_value(written(raw), from_contact=True)
        if value is None and parameter.default is not None:
            value = clean_value(parameter.default, from_contact=False)
        if value is not None:
            found[parameter.name] = value
    return found
