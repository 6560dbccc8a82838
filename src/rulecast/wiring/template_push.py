"""Registering templates with the Cloud API, and keeping what it answers about them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import aiohttp

from rulecast.account.store import list_numbers
from rulecast.template import MessageTemplate
from rulecast.template.errors import TemplatePushError
from rulecast.template.parts import VARIABLE
from rulecast.template.records import STATUSES
from rulecast.template.store import list_templates, save_template_state
from rulecast.wiring.workspace import Workspace

TIMEOUT_SECONDS = 30
ALREADY_EXISTS = 2388024
"""Subcode of Meta's answer where the name has this language already (Cloud API: template management errors)."""
LOCAL_FIELDS = frozenset({"link", "opt_out"})
EXAMPLE = "example"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedTemplate:
    """What came of one template: `registered`, `known` already, with the status Meta gives it."""

    name: str
    language: str
    outcome: str
    status: str


async def push_templates(workspace: Workspace, *, waba_id: str | None = None) -> list[PushedTemplate]:
    """Register every template of the workspace with each WhatsApp Business account of its numbers.

    Raises:
        TemplatePushError: the Cloud API refused a template or could not be reached.
    """
    async with workspace.database.connection() as connection:
        templates = await list_templates(connection)
        accounts = sorted({number.waba_id for number in await list_numbers(connection)})
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    headers = {"Authorization": f"Bearer {workspace.settings.access_token or ''}"}
    pushed: list[PushedTemplate] = []
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        for account in [waba_id] if waba_id else accounts:
            address = f"{workspace.settings.graph_base_url}/{workspace.settings.graph_version}/{account}"
            edge = f"{address}/message_templates"
            pushed += [await _push(workspace, session, edge, template) for template in templates]
    return pushed


async def _push(
    workspace: Workspace, session: aiohttp.ClientSession, address: str, template: MessageTemplate
) -> PushedTemplate:
    outcome = "registered"
    answer = await _call(session, "POST", address, template_request(template))
    error = answer.get("error")
    if isinstance(error, dict):
        if error.get("error_subcode") != ALREADY_EXISTS:
            raise TemplatePushError(
                f"{template.name} ({template.language}): {error.get('message', 'refused')}."
            )
        outcome, answer = "known", await _find(session, address, template)
    status = str(answer.get("status", "PENDING")).lower()
    status = status if status in STATUSES else "disabled"
    category = str(answer.get("category", template.category)).lower()
    async with workspace.database.transaction() as connection:
        changed = replace(template, status=status, category=category)
        await save_template_state(connection, changed, now=workspace.clock.now())
    return PushedTemplate(name=template.name, language=template.language, outcome=outcome, status=status)


async def _find(session: aiohttp.ClientSession, address: str, template: MessageTemplate) -> dict[str, Any]:
    query = f"{address}?name={template.name}&language={template.language}"
    answer = await _call(session, "GET", query, None)
    wanted = template_request(template)
    for row in answer.get("data", []):
        if row.get("components") == wanted["components"]:
            return dict(row)
    raise TemplatePushError(
        f"{template.name} ({template.language}) is registered with other content than the workspace's.",
        hint="Give the template a new name, or edit it with Meta and declare that content.",
    )


async def _call(
    session: aiohttp.ClientSession, method: str, address: str, body: Mapping[str, object] | None
) -> dict[str, Any]:
    try:
        async with session.request(method, address, json=body, allow_redirects=False) as response:
            answer = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise TemplatePushError(f"The Cloud API did not answer: {type(error).__name__}.") from error
    if not isinstance(answer, dict) or (response.status >= HTTPStatus.BAD_REQUEST and "error" not in answer):
        raise TemplatePushError(f"The Cloud API answered {response.status} in an unknown form.")
    return answer


def template_request(template: MessageTemplate) -> dict[str, Any]:
    """Return Meta's creation request: our own fields left out, an example for every variable added."""
    return {
        "name": template.name,
        "language": template.language,
        "category": template.category.upper(),
        "parameter_format": "POSITIONAL" if all(name.isdigit() for name in template.parameters) else "NAMED",
        "components": [_component(component) for component in template.components],
    }


def _component(component: Mapping[str, Any]) -> dict[str, Any]:
    sent = dict(component)
    names = list(dict.fromkeys(VARIABLE.findall(str(sent.get("text", "")))))
    if names and "example" not in sent:
        sent["example"] = _examples(str(sent["type"]).lower(), names)
    if "buttons" in sent:
        sent["buttons"] = [
            {name: value for name, value in button.items() if name not in LOCAL_FIELDS}
            | (
                {"example": [button["url"].replace("{{1}}", EXAMPLE)]}
                if "{{1}}" in button.get("url", "")
                else {}
            )
            for button in sent["buttons"]
        ]
    return sent


def _examples(kind: str, names: list[str]) -> dict[str, Any]:
    if all(name.isdigit() for name in names):
        return {f"{kind}_text": [[EXAMPLE] * len(names)] if kind == "body" else [EXAMPLE]}
    return {f"{kind}_text_named_params": [{"param_name": name, "example": EXAMPLE} for name in names]}
