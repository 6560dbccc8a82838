"""Name and count what a webhook body told."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from rulecast.collect.webhook_facts import InboundMessage, ParsedWebhook


class DatedFact(Protocol):
    """A fact with an instant, where Meta names one."""

    @property
    def occurred_at(self) -> datetime | None:
        """Return when it happened, aware UTC."""
        ...


def dated_facts(parsed: ParsedWebhook) -> Iterator[tuple[str, DatedFact]]:
    """Yield every fact with the name of its kind, such as `status/delivered` or `account/restriction`."""
    for status in parsed.statuses:
        yield f"status/{status.status}", status
    for message in parsed.messages:
        yield f"message/{_message_kind(message)}", message
    for preference in parsed.preferences:
        yield f"preference/{preference.value}", preference
    for change in parsed.identity_changes:
        yield f"identity/{change.kind}", change
    for account in parsed.account_facts:
        yield f"account/{account.kind}", account
    for template in parsed.template_facts:
        yield f"template/{template.kind}", template
    for problem in parsed.problems:
        yield "problem", problem
    for echo in parsed.echoes:
        yield f"echo/{echo.kind}", echo
    for click in parsed.clicks:
        yield "click", click


def _message_kind(message: InboundMessage) -> str:
    if message.flow_reply is not None:
        return "flow_reply"
    return "call_permission" if message.call_permission is not None else message.kind


def count_facts(parsed: ParsedWebhook) -> Counter[str]:
    """Return how many facts of each kind a body told."""
    return Counter(kind for kind, _ in dated_facts(parsed))


def count_unread(parsed: ParsedWebhook) -> Counter[str]:
    """Return by name how many parts of a body nothing was done with, the broken ones not counted."""
    return Counter(fact.field for fact in parsed.unread if not fact.is_broken)


def count_older(parsed: ParsedWebhook, oldest: datetime) -> int:
    """Return how many facts are from before an instant; those without an instant are of their arrival."""
    return sum(fact.occurred_at is not None and fact.occurred_at < oldest for _, fact in dated_facts(parsed))
