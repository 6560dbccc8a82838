"""Keeping what an account lists, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rulecast.template.records import MessageTemplate
from rulecast.template.registry import store
from rulecast.template.registry.compare import changes_between, differing_parts, merge_copies
from rulecast.template.registry.records import ListedTemplate, TemplateChange
from rulecast.template.registry.store import Connection
from rulecast.template.store import lock_templates, save_template, save_template_state
from rulecast.values.ids import TemplateId


async def keep_listed(
    connection: Connection, listed: Sequence[ListedTemplate], *, now: datetime
) -> list[TemplateChange]:
    """Keep rows of an account's listing and return what they changed; what the workspace declares is not overwritten.

    A template nobody declared is adopted. Hand in at most a hundred rows a transaction.
    """
    kept = {
        (one.name, one.language): one
        for one in await lock_templates(connection, {one.name for one in listed})
    }
    found: list[TemplateChange] = []
    for one in listed:
        known = kept.get((one.name, one.language))
        before = known or await _adopt(connection, one, now=now)
        is_same = before.is_adopted or not differing_parts(before, one.parts)
        await store.save_registration(connection, one, before.template_id, is_same=is_same, now=now)
        copies = await store.list_registrations(connection, before.template_id)
        after = merge_copies(before, copies, one)
        if known is None:
            key = {"name": one.name, "language": one.language}
            found.append(TemplateChange(kind="adopted", now=after.status, **key))
        else:
            found += changes_between(before, after)
        if after != before:
            await _save(connection, before, after, now=now)
    return found


async def mark_missing(connection: Connection, *, waba_id: str, read_at: datetime) -> list[TemplateChange]:
    """Take back the copies an account lists no more; a template without any copy left is marked deleted."""
    found: list[TemplateChange] = []
    gone = await store.drop_registrations(connection, waba_id=waba_id, before=read_at)
    names = {name for name, _ in gone}
    for template in await lock_templates(connection, names) if names else ():
        copies = await store.list_registrations(connection, template.template_id)
        if copies or template.status == "deleted" or (template.name, template.language) not in gone:
            continue
        after = replace(template, status="deleted", paused_until=None, pause_title="")
        found.append(
            TemplateChange(
                kind="deleted", name=template.name, language=template.language, was=template.status
            )
        )
        await save_template_state(connection, after, now=read_at)
    return found


async def _adopt(connection: Connection, listed: ListedTemplate, *, now: datetime) -> MessageTemplate:
    template = MessageTemplate(
        template_id=TemplateId(0),
        name=listed.name,
        language=listed.language,
        category=listed.category,
        status=listed.status,
        components=listed.components,
        links={},
        parts=listed.parts,
        parameter_format=listed.parameter_format,
        ttl_seconds=listed.ttl_seconds,
        is_adopted=True,
    )
    return replace(template, template_id=await save_template(connection, template, now=now))


async def _save(
    connection: Connection, before: MessageTemplate, after: MessageTemplate, *, now: datetime
) -> None:
    if after.is_adopted and after.components_hash != replace(before, category=after.category).components_hash:
        await save_template(connection, after, now=now)
    await save_template_state(connection, after, now=now)
