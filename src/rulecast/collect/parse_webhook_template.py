"""Read what happens to templates: status, quality, category, components (Meta, "Webhooks", template fields)."""

from datetime import datetime
from typing import Final

from rulecast.collect.webhook_details import details_of
from rulecast.collect.webhook_facts import TemplateFact, TemplateFactKind
from rulecast.collect.webhook_fields import (
    NAME_LENGTH_MAX,
    UnreadableError,
    clean_or_none,
    day_or_none,
    id_or_empty,
    instant_or_none,
    object_of,
    word_or_empty,
)
from rulecast.collect.webhook_reading import Change, Reading

TEMPLATE_FIELDS: Final[dict[str, TemplateFactKind]] = {
    "message_template_status_update": "status",
    "message_template_quality_update": "quality",
    "template_category_update": "category",
    "template_correct_category_detection": "category",
    "message_template_components_update": "components",
}


def read_template(change: Change, reading: Reading) -> None:
    """Read one change of one template.

    Raises:
        UnreadableError: neither an id nor a name says which template it is.
    """
    value, kind = change.value, TEMPLATE_FIELDS[change.field]
    template_id = id_or_empty(value.get("message_template_id"))
    name = clean_or_none(value.get("message_template_name"), NAME_LENGTH_MAX) or ""
    if not template_id and not name:
        raise UnreadableError("names no template")
    event, takes_effect_at = _event_of(change, kind)
    correct = word_or_empty(value.get("correct_category"))
    reading.others.append(
        TemplateFact(
            kind=kind,
            template_id=template_id,
            name=name,
            language=word_or_empty(value.get("message_template_language")),
            event=event,
            reason=word_or_empty(value.get("reason")),
            quality=word_or_empty(value.get("new_quality_score")),
            previous_quality=word_or_empty(value.get("previous_quality_score")),
            category=_category_of(change),
            previous_category=word_or_empty(value.get("previous_category")),
            correct_category=correct,
            pause_title=word_or_empty(object_of(value, "other_info").get("title")),
            is_impending=event in {"IMPENDING", "DETECTED"},
            occurred_at=change.told_at,
            takes_effect_at=takes_effect_at,
            waba_id=change.waba_id,
            details=details_of(value),
        )
    )


def _category_of(change: Change) -> str:
    """Return the category in force: before an impending change `new_category` is the current one."""
    found = change.value.get
    category = found("new_category") or found("message_template_category") or found("category")
    return word_or_empty(category)


def _event_of(change: Change, kind: TemplateFactKind) -> tuple[str, datetime | None]:
    """Return the word for what happened and when it takes effect, where Meta says so.

    Categories have no word of Meta's: DONE, IMPENDING (notice of about 24 hours) and DETECTED are ours.
    """
    value = change.value
    if kind == "status":
        return word_or_empty(value.get("event")), day_or_none(
            object_of(value, "disable_info").get("disable_date")
        )
    if kind != "category":
        return "", None
    if change.field == "template_correct_category_detection":
        return "DETECTED", None
    if value.get("correct_category") and not value.get("previous_category"):
        return "IMPENDING", instant_or_none(value.get("category_update_timestamp"))
    return "DONE", None
