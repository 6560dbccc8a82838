"""Registering the workspace's templates with the Cloud API, and keeping what it answers about them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rulecast.template import MessageTemplate
from rulecast.template.errors import TemplateActError, TemplatePushError
from rulecast.template.refuse import refuse_bad_templates
from rulecast.template.registry import creation_request, keep_listed, read_listed
from rulecast.template.registry.compare import differing_parts
from rulecast.template.registry.edit_rules import NAME_LOCKED, creation_refusal
from rulecast.template.registry.records import ListedTemplate
from rulecast.template.registry.request import example_files
from rulecast.template.registry.store import append_change, list_changes
from rulecast.template.store import find_templates, list_templates
from rulecast.wiring.template_graph import TemplateGraph
from rulecast.wiring.template_news import tell_changes
from rulecast.wiring.template_sync import list_accounts
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedTemplate:
    """What came of one template in one account: `registered`, `known` already, with the status Meta gives it.

    `category` is what Meta counts it as, which may differ from what was asked.
    """

    name: str
    language: str
    outcome: str
    status: str
    category: str
    asked_category: str
    waba_id: str


async def push_templates(
    workspace: Workspace,
    *,
    waba_id: str | None = None,
    names: Sequence[str] = (),
    examples: Path | None = None,
) -> list[PushedTemplate]:
    """Register the templates the workspace declares with each WhatsApp Business account of its numbers.

    `names` limits it to some; `examples` is the directory of the example files that media headers name.

    Raises:
        TemplateRefusedError: a template breaks a published limit; nothing was sent.
        TemplatePushError: the Cloud API refused a template or could not be reached.
        TemplateThrottledError: Meta wants to be asked later.
    """
    async with workspace.database.connection() as connection:
        templates = [
            one
            for one in await list_templates(connection)
            if not one.is_adopted and (not names or one.name in names)
        ]
    if names and not templates:
        raise TemplateActError(f"The workspace declares no template named {' or '.join(names)}.")
    # What Meta has taken already is not judged again: it may count as another category by now.
    new = [one for one in templates if not one.meta_id]
    refuse_bad_templates(new, words_per_variable=workspace.settings.template_words_per_variable)
    pushed: list[PushedTemplate] = []
    refused: list[TemplatePushError] = []
    async with TemplateGraph.open(workspace.settings) as graph:
        for account in [waba_id] if waba_id else await list_accounts(workspace):
            for template in templates:
                request = creation_request(template, handles=await upload_examples(graph, template, examples))
                try:
                    pushed.append(await _push(workspace, graph, account, template, request=request))
                except TemplatePushError as error:
                    if error.refusal is None or not error.refusal.is_about_content:
                        raise
                    refused.append(error)
    if refused:
        raise _together(refused, pushed)
    return pushed


def _together(refused: Sequence[TemplatePushError], pushed: Sequence[PushedTemplate]) -> TemplatePushError:
    """Return one error that tells every refusal; what was taken is kept all the same."""
    if len(refused) == 1 and not pushed:
        return refused[0]
    taken = f" {len(pushed)} others are registered." if pushed else ""
    return TemplatePushError(
        " ".join(error.what for error in refused) + taken,
        hint=" ".join(dict.fromkeys(error.hint for error in refused)),
        refusal=refused[0].refusal,
    )


async def upload_examples(
    graph: TemplateGraph, template: MessageTemplate, directory: Path | None
) -> dict[str, str]:
    """Upload the example files of a template and return their handles by name.

    Raises:
        TemplateActError: a file is not there.
        TemplatePushError: the Cloud API refused it.
    """
    handles = {}
    for name in example_files(template):
        file = (directory or Path.cwd()) / name
        try:
            content = await asyncio.to_thread(file.read_bytes)
        except OSError as error:
            raise TemplateActError(
                f"{template.name} ({template.language}): the example file {name} cannot be read: {error.strerror}.",
                hint="Name its directory with --examples.",
            ) from None
        handles[name] = await graph.upload_example(file, content)
    return handles


async def _push(
    workspace: Workspace,
    graph: TemplateGraph,
    account: str,
    template: MessageTemplate,
    *,
    request: Mapping[str, Any],
) -> PushedTemplate:
    now = workspace.clock.now()
    await _check_name(workspace, account, template, now=now)
    outcome = "registered"
    try:
        answer = await graph.create(account, request)
        row: Mapping[str, Any] = {**request, "parameter_format": "", **_answered(answer, request)}
    except TemplatePushError as error:
        if error.refusal is None or not error.refusal.is_known_already:
            raise TemplatePushError(
                f"{template.name} ({template.language}): {error.what}", hint=error.hint, refusal=error.refusal
            ) from error
        outcome, row = "known", await _find(graph, account, template, error)
    listed = read_listed(row, waba_id=account)
    if listed is None:
        raise TemplatePushError(f"{template.name} ({template.language}): Meta's answer cannot be read.")
    kept = await _keep(workspace, template, listed, is_new=outcome == "registered", now=now)
    return PushedTemplate(
        name=template.name,
        language=template.language,
        outcome=outcome,
        status=kept.status,
        category=kept.category,
        asked_category=template.category,
        waba_id=account,
    )


async def _check_name(
    workspace: Workspace, account: str, template: MessageTemplate, *, now: datetime
) -> None:
    async with workspace.database.connection() as connection:
        changes = await list_changes(
            connection,
            waba_id=account,
            name=template.name,
            language=template.language,
            since=now - NAME_LOCKED,
        )
    refusal = creation_refusal(changes, now=now)
    if refusal:
        raise TemplateActError(f"{template.name} ({template.language}): {refusal}")


def _answered(answer: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": answer.get("id"),
        "status": answer.get("status", "PENDING"),
        "category": answer.get("category", request["category"]),
    }


async def _find(
    graph: TemplateGraph, account: str, template: MessageTemplate, refused: TemplatePushError
) -> Mapping[str, Any]:
    for row in await graph.find_template(account, template.name, template.language):
        listed = read_listed(row, waba_id=account)
        if listed is not None and not differing_parts(template, listed.parts):
            return row
        if listed is not None:
            raise TemplatePushError(
                f"{template.name} ({template.language}) is registered with other content than the workspace's.",
                hint="`rulecast template edit` replaces it; or give the template a new name.",
                refusal=refused.refusal,
            )
    raise TemplatePushError(
        f"{template.name} ({template.language}): {refused.what}", hint=refused.hint, refusal=refused.refusal
    )


async def _keep(
    workspace: Workspace, template: MessageTemplate, listed: ListedTemplate, *, is_new: bool, now: datetime
) -> MessageTemplate:
    async with workspace.database.transaction() as connection:
        await tell_changes(connection, await keep_listed(connection, [listed], now=now), now)
        if is_new:
            await append_change(
                connection,
                "created",
                waba_id=listed.waba_id,
                name=listed.name,
                language=listed.language,
                was_status="",
                asked_by=workspace.actor,
                now=now,
            )
        return (await find_templates(connection, [template.template_id]))[template.template_id]
