"""Whether Meta has what the workspace declares, and what all copies of a template together are worth."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rulecast.template.parts import Button, Card, Parts
from rulecast.template.records import MessageTemplate
from rulecast.template.registry.records import ListedTemplate, Registration, TemplateChange

# From the one with which nothing can be sent to the one with which everything can: the most cautious copy decides.
CAUTIOUS_STATUSES = (
    "disabled", "rejected", "limit_exceeded", "pending_deletion", "deleted", "archived", "in_appeal", "pending",
    "paused", "approved",
)  # fmt: skip
CAUTIOUS_CATEGORIES = ("marketing", "utility", "authentication")
CAUTIOUS_QUALITIES = ("red", "yellow", "unknown", "green")
REPORTED_FIELDS = ("status", "category", "correct_category", "quality", "rejected_reason")


def differing_parts(ours: MessageTemplate, theirs: Parts) -> tuple[str, ...]:
    """Return the parts in which Meta's copy differs from the workspace's, examples and our own fields apart."""
    mine = ours.parts
    texts = () if ours.category == "authentication" else ("header", "body", "footer")
    found = [
        name
        for name in ("header_format", *texts, "limited_time_offer", "code_expiration_minutes")
        if getattr(mine, name) != getattr(theirs, name)
    ]
    if _row(mine.buttons) != _row(theirs.buttons):
        found.append("buttons")
    if [_card(card) for card in mine.cards] != [_card(card) for card in theirs.cards]:
        found.append("cards")
    return (*found, *(f"unknown {name}" for name in theirs.unknown))


def differing_terms(ours: MessageTemplate, copy: Registration) -> tuple[str, ...]:
    """Return what differs beside the content: `category`, and `ttl_seconds` where the workspace declares one."""
    found = ["category"] if ours.category != copy.category else []
    if ours.ttl_seconds is not None and ours.ttl_seconds != copy.ttl_seconds:
        found.append("ttl_seconds")
    return tuple(found)


def _row(buttons: Sequence[Button]) -> list[tuple[str, ...]]:
    return [
        (one.kind, one.url, re.sub(r"[^0-9]", "", one.phone_number), one.flow_id, one.otp_type, _label(one))
        if one.kind != "OTP"
        else (one.kind,)
        for one in buttons
    ]


def _label(button: Button) -> str:
    # Meta sets the labels of these itself, in the language of the template.
    return "" if button.kind in {"COPY_CODE", "CATALOG", "MPM", "SPM"} else button.text


def _card(card: Card) -> tuple[str, str, list[tuple[str, ...]]]:
    return card.header_format, card.body, _row(card.buttons)


def merge_copies(
    template: MessageTemplate, copies: Sequence[Registration], listed: ListedTemplate
) -> MessageTemplate:
    """Return the template with the most cautious state of its copies; `listed` is the copy just read."""
    status = _first(CAUTIOUS_STATUSES, [one.status for one in copies])
    category = _first(CAUTIOUS_CATEGORIES, [one.category for one in copies])
    told = [one.correct_category for one in copies if one.correct_category]
    # A listing that says nothing takes back nothing of what a webhook announced or an invoice showed.
    announced = [one for one in told or [template.correct_category] if one not in {"", category}]
    is_changed = category != template.category
    state = replace(
        template,
        status=status,
        category=category,
        quality=_first(CAUTIOUS_QUALITIES, [one.quality for one in copies]),
        correct_category=_first(CAUTIOUS_CATEGORIES, announced) if announced else "",
        previous_category=listed.previous_category
        or (template.category if is_changed else template.previous_category),
        rejected_reason=next((one.rejected_reason for one in copies if one.rejected_reason), ""),
        paused_until=template.paused_until if status == "paused" else None,
        pause_title=template.pause_title if status == "paused" else "",
        meta_id=listed.meta_id,
        waba_id=listed.waba_id,
        obstacle="",
    )
    if template.is_adopted:
        return replace(
            state,
            components=listed.components,
            parts=listed.parts,
            parameter_format=listed.parameter_format,
            ttl_seconds=listed.ttl_seconds,
        )
    others = sorted(one.waba_id for one in copies if not one.is_same)
    if not others:
        return state
    named = ", ".join(differing_parts(template, listed.parts)) or "content"
    return replace(
        state,
        obstacle=f"Meta has other content than the workspace: {named} (account {', '.join(others)}).",
    )


def _first(order: Sequence[str], found: Sequence[str]) -> str:
    return next((one for one in order if one in found), order[0])


def changes_between(before: MessageTemplate, after: MessageTemplate) -> list[TemplateChange]:
    """Return what a reading changed about a template."""
    key = {"name": after.name, "language": after.language}
    found = [
        TemplateChange(
            kind=field.replace("_", " "), was=getattr(before, field), now=getattr(after, field), **key
        )
        for field in REPORTED_FIELDS
        if getattr(before, field) != getattr(after, field)
    ]
    if after.obstacle and after.obstacle != before.obstacle:
        found.append(TemplateChange(kind="differs", now=after.obstacle, **key))
    elif before.obstacle and not after.obstacle:
        found.append(TemplateChange(kind="same again", **key))
    if after.is_adopted and before.components != after.components:
        found.append(TemplateChange(kind="content", now="changed at Meta", **key))
    return found
