"""A template and a person's values become the text a phone shows."""

from collections.abc import Mapping

from rulecast.template.errors import ParameterMissingError
from rulecast.template.parts import VARIABLE
from rulecast.template.records import MessageTemplate


def preview(template: MessageTemplate, parameters: Mapping[str, str]) -> str:
    """Return the message as a phone shows it: header, body, footer, one line per button.

    Raises:
        ParameterMissingError: a variable has no value.
    """
    parts = template.parts
    header = _fill(template, parts.header, parameters) if parts.header else ""
    if parts.header_format not in {"", "TEXT"}:
        header = f"[{parts.header_format.lower()}]"
    shown = [text for text in (header, _fill(template, parts.body, parameters), parts.footer) if text]
    buttons = "\n".join(f"[ {button.text} ]" for button in parts.buttons)
    return "\n\n".join([*shown, buttons] if buttons else shown)


def _fill(template: MessageTemplate, text: str, parameters: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda match: _value(template, parameters, match[1]), text)


def _value(template: MessageTemplate, values: Mapping[str, str], name: str) -> str:
    if name not in values:
        raise ParameterMissingError(f"The template {template.name} has no value for `{name}`.")
    return values[name]
