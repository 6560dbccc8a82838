"""What a word of Meta makes of a template; pure (whatsapp-platform 3.7, 4.6, 5.3)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from rulecast.collect.webhook_facts import TemplateFact
from rulecast.template.records import CATEGORIES, QUALITIES, MessageTemplate

STATUS_OF_EVENT: Final = {
    "APPROVED": "approved",
    "REINSTATED": "approved",
    "UNARCHIVED": "approved",
    "ARCHIVED": "archived",
    "DELETED": "deleted",
    "DISABLED": "disabled",
    "IN_APPEAL": "in_appeal",
    "LIMIT_EXCEEDED": "limit_exceeded",
    "LOCKED": "disabled",
    "PAUSED": "paused",
    "PENDING": "pending",
    "PENDING_DELETION": "pending_deletion",
    "REJECTED": "rejected",
}
PAUSES: Final = {"FIRST_PAUSE": timedelta(hours=3), "SECOND_PAUSE": timedelta(hours=6)}
"""How long a pause lasts; a pause for pacing (RATE_LIMITING_PAUSE) ends when somebody asks for it."""
_BILLED: Final = {
    "marketing": "marketing",
    "marketing_lite": "marketing",
    "utility": "utility",
    "authentication": "authentication",
    "authentication-international": "authentication",
    "authentication_international": "authentication",
}
# What a person has to hear of; the rest is told by the list of templates.
GRAVE: Final = frozenset({"paused", "disabled", "rejected", "deleted", "pending_deletion"})
_PAUSE_TITLE_LENGTH_MAX = 60
_REASON_LENGTH_MAX = 200


def with_status(template: MessageTemplate, fact: TemplateFact, at: datetime) -> MessageTemplate:
    """Return the template after a word about its status; a word nobody knows changes nothing."""
    event = {"UNPAUSE": "APPROVED", "DISABLED": "DISABLED"}.get(fact.pause_title, fact.event)
    if event not in STATUS_OF_EVENT:
        return template
    status = STATUS_OF_EVENT[event]
    is_paused = status == "paused"
    pause = PAUSES.get(fact.pause_title)
    return replace(
        template,
        status=status,
        meta_id=template.meta_id or fact.template_id,
        rejected_reason=reason_of(fact)[:_REASON_LENGTH_MAX] if status == "rejected" else "",
        pause_title=fact.pause_title[:_PAUSE_TITLE_LENGTH_MAX] if is_paused else "",
        paused_until=at + pause if is_paused and pause is not None else None,
    )


def recategorises(template: MessageTemplate, fact: TemplateFact) -> bool:
    """Return whether a word about the status tells another category than ours.

    An approval tells as what: utility that reads as marketing is approved as marketing, without another word.
    """
    category = fact.category.lower()
    return fact.event == "APPROVED" and category in CATEGORIES and category != template.category


def reason_of(fact: TemplateFact) -> str:
    """Return why Meta rejected a template; nothing where Meta says NONE."""
    return "" if fact.reason.upper() == "NONE" else fact.reason


def with_category(template: MessageTemplate, fact: TemplateFact) -> MessageTemplate:
    """Return the template after a word about its category: done, or announced as the correct one."""
    correct, category = fact.correct_category.lower(), fact.category.lower()
    if fact.is_impending:
        return replace(template, correct_category=correct) if correct in CATEGORIES else template
    if category not in CATEGORIES:
        return template
    if category == template.category:
        return replace(template, correct_category="") if fact.kind == "category" else template
    previous = fact.previous_category.lower()
    return replace(
        template,
        category=category,
        previous_category=previous if previous in CATEGORIES else template.category,
        correct_category="",
    )


def with_quality(template: MessageTemplate, fact: TemplateFact) -> MessageTemplate:
    """Return the template after a word about how people take it."""
    quality = fact.quality.lower()
    return replace(template, quality=quality) if quality in QUALITIES else template


def rate_category(word: str) -> str:
    """Return the category of a rate card that a price of a status names, or nothing for prices of other things."""
    word = word.replace("-", "_")
    return word if word == "authentication_international" else billed_category(word)


def billed_category(word: str) -> str:
    """Return the category of a template that a price of a status names, or nothing for prices of other things."""
    return _BILLED.get(word, "")
