"""The values of a template's parameters for one person."""

from collections.abc import Iterable, Mapping

from rulecast.rule.language.document import Parameter
from rulecast.template import clean_value
from rulecast.template.clean_value import written
from rulecast.values.catalogue import Catalogue

MASK = "•••"
COUPON_SPECIMEN = "SPECIMEN"
"""Stands where a code will: nobody can redeem it."""


def parameter_values(parameters: Iterable[Parameter], attributes: Mapping[str, object]) -> dict[str, str]:
    """Return a safe value by parameter: the person's own, else the default; absent where neither can be used."""
    found: dict[str, str] = {}
    for parameter in parameters:
        raw = None if parameter.attribute is None else attributes.get(parameter.attribute)
        value = None if raw is None else clean_value(written(raw), from_contact=True)
        if value is None and parameter.default is not None:
            value = clean_value(parameter.default, from_contact=False)
        if parameter.coupon_pool is not None:
            value = COUPON_SPECIMEN
        if value is not None:
            found[parameter.name] = value
    return found


def required_attributes(parameters: Iterable[Parameter], catalogue: Catalogue) -> list[str]:
    """Return the attributes that have no default and are not sealed."""
    names = [one.attribute for one in parameters if one.attribute is not None and one.default is None]
    entries = [entry for name in names if (entry := catalogue.attribute(name)) is not None]
    return [entry.name for entry in entries if not entry.is_sealed]


def mask_personal(attributes: Mapping[str, object]) -> dict[str, object]:
    """Return personal values as they may be shown: the first letter, then dots."""
    return {name: f"{str(value)[:1]}{MASK}" for name, value in attributes.items() if value not in {None, ""}}
