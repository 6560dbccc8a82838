"""Which form of its file each person of a plan gets, by device and network; and what the plan says and signs of it."""

from typing import Any

from rulecast.database import Connection
from rulecast.plan.devices import store
from rulecast.rule.language.document import SendTemplate, send_for
from rulecast.template.media import Device, Grade, choose_grade
from rulecast.template.media.choose import Chosen
from rulecast.template.parts import file_parameters
from rulecast.values.ids import TemplateId
from rulecast.wiring.media_library import media_of_replies, media_of_rule
from rulecast.wiring.plan_draft import Draft
from rulecast.wiring.workspace import Workspace

PAGE = 2_000
"""Kinds of devices decided at a time: about 200 kB of parameters."""


def media_for(send: SendTemplate, device: Device) -> Chosen:
    """Return which form of the file a device gets with a message."""
    clause = send.media
    return choose_grade([] if clause is None else [(one.grade, one.cause) for one in clause.choices], device)


def kept_grade(grade: Grade) -> str:
    """Return a form as plans and messages keep it: the file in full is what needs no word."""
    return "" if grade is Grade.FULL else grade.value


async def choose_media(connection: Connection, draft: Draft) -> None:
    """Decide for everybody of an audience, once for each kind of device that occurs."""
    rule = draft.checked.rule
    arms = ("", *(one.name for one in rule.variants))
    if not any((media := send_for(rule, arm).media) is not None and media.choices for arm in arms):
        return
    chosen = []
    for variant, network, system, version in await store.list_devices(connection, draft.plan_id):
        device = Device(network_type=network, os_name=system, os_version=version)
        grade = media_for(send_for(rule, variant), device).grade
        if grade is not Grade.FULL:
            chosen.append((variant, network, system, version, grade.value))
    for first in range(0, len(chosen), PAGE):
        await store.set_media(connection, draft.plan_id, chosen[first : first + PAGE])


async def media_of_plan(connection: Connection, workspace: Workspace, draft: Draft) -> dict[str, Any]:
    """Return what the plan shows of files: each with the hashes it signs, and how many get which form.

    Raises:
        MediaNotFetchedError: a file was not fetched yet.
    """
    shown = await media_of_replies(connection, draft.checked.rule)
    replies = {"reply_files": shown} if shown else {}
    templates = draft.terms.templates.values()
    if not any(file_parameters(one.parts) for one in templates):
        return replies
    catalogue = await workspace.catalogue_of_runs(connection)
    media = await media_of_rule(connection, draft.checked.rule, catalogue)
    names = {one.template_id: one.name for one in templates}
    return replies | {
        "media": dict(media),
        "media_counts": [
            {
                "variant": variant,
                "template": names[TemplateId(template_id)],
                "form": form or Grade.FULL.value,
                "count": count,
            }
            for variant, template_id, form, count in await store.count_media(connection, draft.plan_id)
        ],
    }
