"""What a reading or a registration found out, told as a webhook would have told it: incidents begin and end."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rulecast.database import Connection
from rulecast.template.registry import TemplateChange
from rulecast.template.words import TemplateNews
from rulecast.template.words.meaning import GRAVE
from rulecast.wiring.webhook_accounts import tell_template_news

WELL = "approved"


async def tell_changes(connection: Connection, changes: Iterable[TemplateChange], now: datetime) -> None:
    """Open and settle the incidents of templates that changed, in the caller's transaction."""
    await tell_template_news(connection, (news for one in changes for news in _news(one, now)))


def _news(change: TemplateChange, now: datetime) -> Iterator[TemplateNews]:
    def news(cause: str, *, is_over: bool = False, **facts: object) -> TemplateNews:
        return TemplateNews(
            name=change.name, language=change.language, cause=cause, at=now, is_over=is_over, facts=facts
        )

    status = "deleted" if change.kind == "deleted" else change.now
    match change.kind:
        case "status" | "deleted" if status in GRAVE:
            yield news("template:status", status=status)
        case "status" if status == WELL:
            yield news("template:status", is_over=True)
        case "category":
            yield news("template:category", category=change.now, previous_category=change.was)
        case "correct category":
            yield news("template:category", is_over=not change.now, correct_category=change.now)
        case "same again":
            yield news("template:components", is_over=True)
        case _:
            pass
