"""Editing, deleting and unpausing templates at Meta, within its rules and never behind the back of a rule or plan."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rulecast.database import Connection, fetch_all, load_queries
from rulecast.plan.errors import RuleRefusedError
from rulecast.rule.book.store import list_active_rules, list_kept
from rulecast.rule.language.document import sends_of
from rulecast.template import MessageTemplate
from rulecast.template.errors import TemplateActError, TemplateInUseError, TemplatePushError
from rulecast.template.read_parts import read_listed_parts
from rulecast.template.refuse import refuse_bad_templates
from rulecast.template.registry import creation_request, edit_refusal, unpause_refusal
from rulecast.template.registry.compare import differing_parts, differing_terms
from rulecast.template.registry.edit_rules import MONTH, NAME_LOCKED
from rulecast.template.registry.records import Registration
from rulecast.template.registry.store import (
    append_change,
    find_pause_start,
    list_changes,
    list_registrations,
    save_registration_state,
)
from rulecast.template.store import list_templates, save_template_state
from rulecast.wiring.rule_terms import read_kept
from rulecast.wiring.template_graph import TemplateGraph
from rulecast.wiring.template_push import upload_examples
from rulecast.wiring.workspace import Workspace

QUERIES = load_queries(__package__)
PENDING = "It is pending until Meta has looked at it."
CATEGORY_STAYS = (
    "Meta counts it as {}. It takes no other category for an approved template: appeal at Meta, or register the text"
    " under another name."
)
"""Source: Cloud API, edit templates: the category of an approved template cannot be edited."""
NAMED_MAX = 5
"""Rules or plans named in a refusal; more are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateAct:
    """What was done to a template in one account, and what a person should know about it."""

    name: str
    language: str
    waba_id: str
    done: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """Who sends a template: rules in force, and plans that may still send, each with its words."""

    rules: tuple[str, ...]
    plans: tuple[str, ...]


async def find_uses(
    connection: Connection, templates: Sequence[MessageTemplate], *, workspace: Workspace
) -> TemplateUse:
    """Return the rules in force and the open plans that send one of these templates."""
    names = {one.name for one in templates}
    languages = {one.language for one in templates}
    now = workspace.clock.now()
    texts = {one.rule_name: one.text for one in await list_active_rules(connection, now)}
    texts |= {
        one.rule_name: one.text for one in await list_kept(connection) if one.state in {"paused", "held"}
    }
    rules = [rule_name for rule_name, text in texts.items() if _sends(text, names, languages)]
    ids = [str(one.template_id) for one in templates]
    rows = await fetch_all(connection, QUERIES["list_open_plans_of_templates"], {"ids": ids, "now": now})
    return TemplateUse(
        rules=tuple(sorted(rules)),
        plans=tuple(f"{plan_id} ({rule_name}, {state})" for plan_id, rule_name, state in rows),
    )


def _sends(text: str, names: set[str], languages: set[str]) -> bool:
    try:
        sends = sends_of(read_kept(text))
    except RuleRefusedError:
        # What this release cannot read may be read again by another one.
        return any(name in text for name in names)
    for send in sends:
        fallback = set() if send.fallback_language is None else {send.fallback_language}
        offered = {*send.languages, *fallback}
        if send.template in names and (not offered or offered & languages):
            return True
    return False


async def edit_template(
    workspace: Workspace, name: str, language: str | None = None, *, examples: Path | None = None
) -> list[TemplateAct]:
    """Replace Meta's content of a template by the workspace's; it goes back to review, and approvals of plans end.

    Raises:
        TemplateRefusedError: the workspace's content breaks a published limit.
        TemplateActError: there is nothing to edit, or Meta would not take an edit now.
        TemplatePushError: the Cloud API refused it or could not be reached.
    """
    templates = await _chosen(workspace, name, language)
    refuse_bad_templates(templates, words_per_variable=workspace.settings.template_words_per_variable)
    done: list[TemplateAct] = []
    async with TemplateGraph.open(workspace.settings) as graph:
        for template, copies in await _with_copies(workspace, templates):
            if template.is_adopted:
                raise TemplateActError(
                    f"{name} ({template.language}) is not declared in the workspace.",
                    hint="Declare its new content in the workspace file first.",
                )
            handles = await upload_examples(graph, template, examples)
            for copy in copies:
                found = {
                    *differing_parts(template, read_listed_parts(copy.components)),
                    *differing_terms(template, copy),
                }
                if not found:
                    done.append(_act(template, copy, "unchanged", note="Meta has this content already."))
                elif found == {"category"} and copy.status == "approved":
                    done.append(_act(template, copy, "not edited", note=CATEGORY_STAYS.format(copy.category)))
                else:
                    await _edit(workspace, graph, template, copy, handles=handles)
                    done.append(_act(template, copy, "edited", note=PENDING))
    return done


async def _edit(
    workspace: Workspace,
    graph: TemplateGraph,
    template: MessageTemplate,
    copy: Registration,
    *,
    handles: dict[str, str],
) -> None:
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        changes = await list_changes(
            connection,
            waba_id=copy.waba_id,
            name=template.name,
            language=template.language,
            since=now - MONTH,
        )
    refusal = edit_refusal(replace(template, status=copy.status), changes, now=now)
    if refusal:
        raise TemplateActError(f"{template.name} ({template.language}): {refusal}")
    whole = creation_request(template, handles=handles)
    wanted = ("components", "message_send_ttl_seconds", *(() if copy.status == "approved" else ("category",)))
    request = {key: whole[key] for key in wanted if key in whole}
    await _asked(graph.edit(copy.meta_id, request), template)
    async with workspace.database.transaction() as connection:
        edited = replace(
            copy,
            status="pending",
            is_same=True,
            components=request["components"],
            category=template.category if "category" in request else copy.category,
            ttl_seconds=template.ttl_seconds,
        )
        await save_registration_state(connection, edited, now=now)
        await save_template_state(connection, replace(template, status="pending", obstacle=""), now=now)
        await _note(connection, workspace, template, copy, kind="edited")


async def delete_template(workspace: Workspace, name: str, language: str | None = None) -> list[TemplateAct]:
    """Delete a template at Meta, in one language or in all of them.

    Raises:
        TemplateInUseError: a rule in force or an open plan sends it; they are named.
        TemplateActError: Meta holds no such template.
        TemplatePushError: the Cloud API refused it or could not be reached.
    """
    templates = await _chosen(workspace, name, language)
    async with workspace.database.connection() as connection:
        uses = await find_uses(connection, templates, workspace=workspace)
    if uses.rules or uses.plans:
        told = [f"rules in force: {_named(uses.rules)}"] if uses.rules else []
        told += [f"open plans: {_named(uses.plans)}"] if uses.plans else []
        raise TemplateInUseError(f"{name} is still sent by {'; '.join(told)}.")
    done: list[TemplateAct] = []
    async with TemplateGraph.open(workspace.settings) as graph:
        for template, copies in await _with_copies(workspace, templates):
            for copy in copies:
                await _asked(graph.delete(copy.waba_id, name, copy.meta_id), template)
                now = workspace.clock.now()
                async with workspace.database.transaction() as connection:
                    await save_registration_state(connection, replace(copy, status="deleted"), now=now)
                    await save_template_state(connection, replace(template, status="deleted"), now=now)
                    await _note(connection, workspace, template, copy, kind="deleted")
                locked = (
                    f"The name is locked until {now + NAME_LOCKED:%Y-%m-%d}."
                    if copy.status == "approved"
                    else ""
                )
                done.append(_act(template, copy, "deleted", note=locked))
    return done


async def unpause_template(workspace: Workspace, name: str, language: str | None = None) -> list[TemplateAct]:
    """End a pause that pacing began, five minutes after its beginning at the earliest.

    Raises:
        TemplateActError: it is not paused, or the pause cannot be ended by hand now.
        TemplatePushError: the Cloud API refused it or could not be reached.
    """
    done: list[TemplateAct] = []
    async with TemplateGraph.open(workspace.settings) as graph:
        for template, copies in await _with_copies(workspace, await _chosen(workspace, name, language)):
            now = workspace.clock.now()
            async with workspace.database.connection() as connection:
                paused_at = await find_pause_start(connection, template.template_id)
            refusal = unpause_refusal(template, paused_at, now=now)
            if refusal:
                raise TemplateActError(f"{name} ({template.language}): {refusal}")
            for copy in copies:
                answer = await _asked(graph.unpause(copy.meta_id), template)
                if not answer.get("success"):
                    raise TemplatePushError(
                        f"{name} ({template.language}): {answer.get('reason', 'refused')}."
                    )
                resumed = replace(template, status="approved", paused_until=None, pause_title="")
                async with workspace.database.transaction() as connection:
                    await save_registration_state(connection, replace(copy, status="approved"), now=now)
                    await save_template_state(connection, resumed, now=now)
                    await _note(connection, workspace, template, copy, kind="unpaused")
                done.append(_act(template, copy, "unpaused"))
    return done


async def _chosen(workspace: Workspace, name: str, language: str | None) -> list[MessageTemplate]:
    async with workspace.database.connection() as connection:
        found = [
            one
            for one in await list_templates(connection)
            if one.name == name and language in {None, one.language}
        ]
    if not found:
        where = f" in {language}" if language else ""
        raise TemplateActError(f"There is no template {name}{where}.")
    return found


async def _with_copies(
    workspace: Workspace, templates: Sequence[MessageTemplate]
) -> list[tuple[MessageTemplate, list[Registration]]]:
    async with workspace.database.connection() as connection:
        found = [(one, await list_registrations(connection, one.template_id)) for one in templates]
    if not any(copies for _, copies in found):
        raise TemplateActError(
            f"Meta holds no {templates[0].name} that this workspace knows of.",
            hint="`rulecast template sync` reads what Meta has; `rulecast template push` registers it.",
        )
    return found


async def _asked(request: Awaitable[dict[str, Any]], template: MessageTemplate) -> dict[str, Any]:
    try:
        return await request
    except TemplatePushError as error:
        raise TemplatePushError(
            f"{template.name} ({template.language}): {error.what}", hint=error.hint, refusal=error.refusal
        ) from error


async def _note(
    connection: Connection, workspace: Workspace, template: MessageTemplate, copy: Registration, *, kind: str
) -> None:
    await append_change(
        connection,
        kind,
        waba_id=copy.waba_id,
        name=template.name,
        language=template.language,
        was_status=copy.status,
        asked_by=workspace.actor,
        now=workspace.clock.now(),
    )


def _act(template: MessageTemplate, copy: Registration, done: str, *, note: str = "") -> TemplateAct:
    return TemplateAct(
        name=template.name, language=template.language, waba_id=copy.waba_id, done=done, note=note
    )


def _named(found: Sequence[str]) -> str:
    more = f" and {len(found) - NAMED_MAX} more" if len(found) > NAMED_MAX else ""
    return ", ".join(found[:NAMED_MAX]) + more
