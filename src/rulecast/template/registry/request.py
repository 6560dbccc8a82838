"""What is sent to Meta to register or edit a template."""

from collections.abc import Mapping
from typing import Any

from rulecast.template.messages.request import creative_opt_out
from rulecast.template.parts import variables_of
from rulecast.template.records import MessageTemplate

LOCAL_FIELDS = frozenset({"link", "opt_out", "example_file"})
EXAMPLE = "example"


def creation_request(
    template: MessageTemplate, *, handles: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return Meta's creation request: our own fields left out, an example for every variable added.

    `handles` are those of uploaded example files, by the name of the file. A marketing template refuses every change
    that Meta offers to make to it: Meta's pages contradict each other about the default. An edit takes `components`,
    `message_send_ttl_seconds` and, unless approved, `category` of the same request.
    """
    request: dict[str, Any] = {
        "name": template.name,
        "language": template.language,
        "category": template.category.upper(),
        "parameter_format": template.format,
        "components": [_component(component, handles or {}) for component in template.components],
    }
    if template.ttl_seconds is not None:
        request["message_send_ttl_seconds"] = template.ttl_seconds
    if template.category == "marketing":
        request["degrees_of_freedom_spec"] = creative_opt_out()
    return request


def example_files(template: MessageTemplate) -> tuple[str, ...]:
    """Return the names of the example files a registration needs."""
    found = [component.get("example_file") for component in _headers(template)]
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str)))


def _headers(template: MessageTemplate) -> list[Mapping[str, Any]]:
    cards = [card for one in template.components for card in one.get("cards", ())]
    return [*template.components, *(part for card in cards for part in card.get("components", ()))]


def _component(component: Mapping[str, Any], handles: Mapping[str, str]) -> dict[str, Any]:
    sent = {name: value for name, value in component.items() if name not in LOCAL_FIELDS}
    file = component.get("example_file")
    if isinstance(file, str) and file in handles:
        sent["example"] = {"header_handle": [handles[file]]}
    names = list(variables_of(str(sent.get("text", ""))))
    if names and "example" not in sent:
        sent["example"] = _examples(str(sent["type"]).lower(), names)
    if "buttons" in sent:
        sent["buttons"] = [_button(button) for button in sent["buttons"]]
    if "cards" in sent:
        sent["cards"] = [
            {**card, "components": [_component(one, handles) for one in card["components"]]}
            for card in sent["cards"]
        ]
    return sent


def _button(button: Mapping[str, Any]) -> dict[str, Any]:
    sent = {name: value for name, value in button.items() if name not in LOCAL_FIELDS}
    if "{{1}}" in str(button.get("url", "")) and "example" not in sent:
        sent["example"] = [button["url"].replace("{{1}}", EXAMPLE)]
    return sent


def _examples(kind: str, names: list[str]) -> dict[str, Any]:
    if all(name.isdigit() for name in names):
        return {f"{kind}_text": [[EXAMPLE] * len(names)] if kind == "body" else [EXAMPLE]}
    return {f"{kind}_text_named_params": [{"param_name": name, "example": EXAMPLE} for name in names]}
