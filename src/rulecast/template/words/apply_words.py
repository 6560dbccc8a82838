"""Apply what Meta says about templates, in the caller's transaction, the newest word of each side deciding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rulecast.collect.webhook_facts import TemplateFact
from rulecast.template.records import MessageTemplate
from rulecast.template.registry.store import forget_reading, list_changes
from rulecast.template.store import find_templates, lock_template_of_fact, save_template_state
from rulecast.template.words import store
from rulecast.template.words.meaning import (
    GRAVE,
    reason_of,
    recategorises,
    with_category,
    with_quality,
    with_status,
)
from rulecast.template.words.store import Connection, WordRow
from rulecast.values.ids import TemplateId

REVIEW_MAX = timedelta(hours=24)
"""Meta has looked at an edit within a day (Cloud API: template review); until then its webhook may be of our own."""
# Which statuses no longer need a person.
SETTLED = frozenset({"approved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateNews:
    """What a person hears of a template: `cause` is template:status, :category, :components or :billed.

    `is_over` tells that an earlier word of the same cause was taken back.
    """

    name: str
    language: str
    cause: str
    at: datetime
    is_over: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)


async def apply_template_facts(
    connection: Connection, facts: Sequence[TemplateFact], now: datetime
) -> list[TemplateNews]:
    """Keep the words, bring the templates up to them, and return what a person has to hear.

    A word about a template nobody knows is kept for the next reading of the account. An older word about the same
    side of a template changes nothing.
    """
    news: list[TemplateNews] = []
    for fact in sorted(facts, key=lambda one: (one.occurred_at or now, one.template_id, one.name)):
        at = min(fact.occurred_at or now, now)
        if not await store.put_word(connection, _word(fact, at), now):
            continue
        template = await lock_template_of_fact(
            connection, meta_id=fact.template_id, name=fact.name, language=fact.language
        )
        if template is None:
            continue
        changed = _changed(template, fact, at)
        # A late approval must not undo a newer word about the category.
        if (
            fact.kind == "status"
            and recategorises(template, fact)
            and await store.put_word(connection, replace(_word(fact, at), topic="category"), now)
        ):
            changed = with_category(changed, fact)
        if changed != template:
            await save_template_state(connection, changed, now=now)
        is_our_edit = False
        if fact.kind == "components":
            # What it says now is read before anything else is sent with it.
            await forget_reading(connection, fact.waba_id)
            is_our_edit = await _was_edited_here(connection, fact, at)
        news.extend(_news(template, changed, fact, at, is_our_edit=is_our_edit))
    return news


async def _was_edited_here(connection: Connection, fact: TemplateFact, at: datetime) -> bool:
    changes = await list_changes(
        connection, waba_id=fact.waba_id, name=fact.name, language=fact.language, since=at - REVIEW_MAX
    )
    return any(change.kind == "edited" for change in changes)


async def heed_billed_categories(
    connection: Connection, billed: Mapping[TemplateId, tuple[str, datetime]], now: datetime
) -> list[TemplateNews]:
    """Hold templates to the category Meta billed, where it is another than ours, and return what a person hears."""
    news: list[TemplateNews] = []
    for template_id in sorted(billed):
        category, at = billed[template_id]
        found = (await find_templates(connection, [template_id])).get(template_id)
        template = found and await lock_template_of_fact(
            connection, meta_id="", name=found.name, language=found.language
        )
        # Marketing needs most consent already: no price makes it need less.
        is_told = template is not None and (
            category in {template.category, template.correct_category}
            or template.correct_category == "marketing"
        )
        if template is None or is_told:
            continue
        word = WordRow(
            meta_id=template.meta_id,
            name=template.name,
            language=template.language,
            topic="category",
            event=category.upper(),
            said_at=min(at, now),
        )
        # A status told late is no news beside what Meta has said of the category since.
        if await store.is_outdated(connection, word) or not await store.put_word(connection, word, now):
            continue
        await save_template_state(connection, replace(template, correct_category=category), now=now)
        news.append(
            TemplateNews(
                name=template.name,
                language=template.language,
                cause="template:billed",
                at=min(at, now),
                facts={"category": template.category, "billed_as": category},
            )
        )
    return news


def _word(fact: TemplateFact, at: datetime) -> WordRow:
    return WordRow(
        meta_id=fact.template_id,
        name=fact.name,
        language=fact.language,
        topic=fact.kind,
        event=fact.event or fact.quality,
        said_at=at,
        details=dict(fact.details),
    )


def _changed(template: MessageTemplate, fact: TemplateFact, at: datetime) -> MessageTemplate:
    match fact.kind:
        case "status":
            return with_status(template, fact, at)
        case "category":
            return with_category(template, fact)
        case "quality":
            return with_quality(template, fact)
        case _:
            return template


def _news(
    before: MessageTemplate, after: MessageTemplate, fact: TemplateFact, at: datetime, *, is_our_edit: bool
) -> list[TemplateNews]:
    found: list[TemplateNews] = []

    def tell(cause: str, *, is_over: bool = False, **facts: object) -> None:
        found.append(
            TemplateNews(
                name=after.name, language=after.language, cause=cause, at=at, is_over=is_over, facts=facts
            )
        )

    if fact.kind == "components" and not is_our_edit:
        tell("template:components")
    if after.status != before.status and after.status in GRAVE:
        tell("template:status", status=after.status, reason=reason_of(fact), pause=fact.pause_title)
    if after.status != before.status and after.status in SETTLED:
        tell("template:status", is_over=True)
    if (after.category, after.correct_category) != (before.category, before.correct_category):
        is_over = after.category == before.category and not after.correct_category
        tell(
            "template:category",
            is_over=is_over,
            category=after.category,
            correct_category=after.correct_category,
            previous_category=after.previous_category,
        )
    return found
