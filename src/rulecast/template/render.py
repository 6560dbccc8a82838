"""A template and a person's values become the request for Meta, or the text a phone shows."""

from collections.abc import Mapping

from rulecast.template.errors import ParameterMissingError
from rulecast.template.parts import OPT_OUT_PAYLOAD, VARIABLE
from rulecast.template.records import MessageTemplate

Component = dict[str, object]


def render_components(
    template: MessageTemplate, parameters: Mapping[str, str], *, link_tokens: Mapping[str, str] | None = None
) -> list[Component]:
    """Return the `components` of a template message; parts without a variable are left out (Cloud API: 2.3).

    `parameters` holds cleaned values by variable name; `link_tokens` the token of each named link.

    Raises:
        ParameterMissingError: a variable or a link has no value.
    """
    tokens = link_tokens or {}
    components: list[Component] = []
    for kind, text in (("header", template.parts.header), ("body", template.parts.body)):
        values = _text_parameters(template, text, parameters)
        if values:
            components.append({"type": kind, "parameters": values})
    for index, button in enumerate(template.parts.buttons):
        if button.is_opt_out:
            components.append(_button("quick_reply", index, {"type": "payload", "payload": OPT_OUT_PAYLOAD}))
        elif button.takes_suffix:
            token = _value(template, tokens, button.link)
            components.append(_button("url", index, {"type": "text", "text": token}))
    return components


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


def _text_parameters(template: MessageTemplate, text: str, parameters: Mapping[str, str]) -> list[Component]:
    names = list(dict.fromkeys(VARIABLE.findall(text)))
    if all(name.isdigit() for name in names):
        return [
            {"type": "text", "text": _value(template, parameters, name)} for name in sorted(names, key=int)
        ]
    return [
        {"type": "text", "parameter_name": name, "text": _value(template, parameters, name)} for name in names
    ]


def _button(sub_type: str, index: int, parameter: Component) -> Component:
    return {"type": "button", "sub_type": sub_type, "index": str(index), "parameters": [parameter]}


def _value(template: MessageTemplate, values: Mapping[str, str], name: str) -> str:
    if name not in values:
        raise ParameterMissingError(f"The template {template.name} has no value for `{name}`.")
    return values[name]
