"""What Meta allows to be asked about a template, and when (Cloud API: message templates, pacing)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rulecast.template.records import MessageTemplate
from rulecast.template.registry.records import AskedChange

EDITABLE_STATUSES = ("approved", "rejected", "paused")
EDITS_PER_DAY_MAX = 1
EDITS_PER_MONTH_MAX = 10
"""Of an approved template; rejected and paused ones may be edited at will."""
DAY = timedelta(hours=24)
MONTH = timedelta(days=30)
NAME_LOCKED = timedelta(days=30)
"""The name of a deleted approved template cannot be used anew for so long."""
PAUSE_MIN = timedelta(minutes=5)
PAUSE_BY_PACING = "RATE_LIMITING_PAUSE"
"""Only this pause has to be ended by hand; those for quality end by themselves after three and six hours."""


def edit_refusal(template: MessageTemplate, changes: Sequence[AskedChange], *, now: datetime) -> str:
    """Return why Meta would not take an edit now, empty where it would."""
    if template.status not in EDITABLE_STATUSES:
        return (
            f"A template that is {template.status} cannot be edited; only approved, rejected and paused ones."
        )
    if template.status != "approved":
        return ""
    edits = [one.changed_at for one in changes if one.kind == "edited" and one.was_status == "approved"]
    recent = [at for at in edits if at > now - DAY]
    if len(recent) >= EDITS_PER_DAY_MAX:
        return f"An approved template can be edited once in 24 hours; {_again(recent[0] + DAY)}"
    months = [at for at in edits if at > now - MONTH]
    if len(months) >= EDITS_PER_MONTH_MAX:
        again = months[-EDITS_PER_MONTH_MAX] + MONTH
        return f"An approved template can be edited ten times in 30 days; {_again(again)}"
    return ""


def _again(at: datetime) -> str:
    return f"the next time at {at:%Y-%m-%d %H:%M} UTC."


def creation_refusal(changes: Sequence[AskedChange], *, now: datetime) -> str:
    """Return why Meta would not take the name now, empty where it would."""
    deleted = [
        one.changed_at
        for one in changes
        if one.kind == "deleted" and one.was_status == "approved" and one.changed_at > now - NAME_LOCKED
    ]
    if not deleted:
        return ""
    free = deleted[-1] + NAME_LOCKED
    return f"The name was deleted on {deleted[-1]:%Y-%m-%d} and is locked until {free:%Y-%m-%d}; use another name."


def unpause_refusal(template: MessageTemplate, paused_at: datetime | None, *, now: datetime) -> str:
    """Return why a pause cannot be ended by hand now, empty where it can."""
    if template.status != "paused":
        return f"It is {template.status}, not paused."
    if template.pause_title and template.pause_title != PAUSE_BY_PACING:
        until = "" if template.paused_until is None else f", at {template.paused_until:%Y-%m-%d %H:%M} UTC"
        return f"Meta paused it for its quality; that pause ends by itself{until}."
    if paused_at is not None and now < paused_at + PAUSE_MIN:
        return f"A pause can be ended after five minutes, at {paused_at + PAUSE_MIN:%Y-%m-%d %H:%M:%S} UTC."
    return ""
