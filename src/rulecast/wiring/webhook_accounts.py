"""What webhooks tell of accounts, numbers and templates, brought to holds, limits and incidents."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rulecast.account.facts import IncidentCall, apply_account_facts, learn_display_numbers
from rulecast.collect.unread import count_unread
from rulecast.collect.webhook_facts import AccountFact, ProblemFact
from rulecast.database import Connection
from rulecast.deliver.error_code import UNLISTED, CodeAction, describe_error_code
from rulecast.gate.incidents import IncidentReport, open_incident, settle_incidents
from rulecast.template.words import TemplateNews, apply_template_facts
from rulecast.wiring.webhook_group import Group

# What the code of a problem makes rest; the others are kept and shown.
_HOLDS: Mapping[CodeAction, str] = {
    CodeAction.STOP_ALL: "waba",
    CodeAction.PAUSE_NUMBER: "number",
    CodeAction.HOLD: "number",
    CodeAction.HOLD_MARKETING: "waba",
    CodeAction.HOLD_UTILITY: "waba",
}
_HELD_KINDS: Mapping[CodeAction, str] = {
    CodeAction.HOLD_MARKETING: "marketing",
    CodeAction.HOLD_UTILITY: "utility",
}
_TEMPLATE_STEPS: Mapping[str, tuple[str, ...]] = {
    "template:status": (
        "Read what Meta says about the template, and correct it.",
        "Plans that use it wait while it is paused, and are refused when it is gone.",
    ),
    "template:category": (
        "People without consent to marketing no longer get it; plan again.",
        "Ask Meta for a review within 60 days if the category is wrong.",
    ),
    "template:billed": (
        "Meta counts the template as another category than yours: read the templates again and plan again.",
    ),
    "template:components": (
        "Meta changed the text: read the templates again, and approve what it says now.",
    ),
}


async def apply_account_group(connection: Connection, group: Group, now: datetime) -> None:
    """Apply everything a group tells of accounts, numbers and templates, and count what nobody acts upon."""
    facts = [*group.account_facts, *(_fact_of(one) for one in group.problems)]
    outcome = await apply_account_facts(connection, facts, now)
    for call in outcome.calls:
        await _tell(connection, call)
    await tell_template_news(connection, await apply_template_facts(connection, group.template_facts, now))
    await count_unread(connection, group.unread, now)


async def tell_template_news(connection: Connection, news: Iterable[TemplateNews]) -> None:
    """Open or settle an incident for each thing a person has to hear of a template."""
    for one in news:
        scope_id = f"{one.name}/{one.language}"
        if one.is_over:
            await settle_incidents(
                connection, cause=one.cause, scope="template", scope_id=scope_id, at=one.at
            )
            continue
        report = IncidentReport(
            cause=one.cause,
            scope="template",
            scope_id=scope_id,
            at=one.at,
            steps=_TEMPLATE_STEPS.get(one.cause, ()),
            facts=one.facts,
        )
        await open_incident(connection, report)


async def _tell(connection: Connection, call: IncidentCall) -> None:
    if call.is_over:
        await settle_incidents(
            connection, cause=call.cause, scope=call.scope, scope_id=call.scope_id, at=call.at
        )
        return
    report = IncidentReport(
        cause=call.cause,
        scope=call.scope,
        scope_id=call.scope_id,
        at=call.at,
        steps=call.steps,
        facts=call.facts,
    )
    await open_incident(connection, report)


def _fact_of(problem: ProblemFact) -> AccountFact:
    """Return a problem as a fact about an account; the table of codes says what it makes rest."""
    described = describe_error_code(problem.code)
    is_listed = described is not UNLISTED
    details: dict[str, str | int | float | bool] = {
        "title": problem.title,
        "meaning": described.meaning,
        "holds": _HOLDS.get(described.action, "") if is_listed else "",
        "hold_kind": _HELD_KINDS.get(described.action, ""),
    }
    return AccountFact(
        kind="problem",
        field="errors",
        event=str(problem.code),
        waba_id=problem.waba_id,
        business_number_id=problem.business_number_id,
        occurred_at=problem.occurred_at,
        details={**{name: value for name, value in details.items() if value}, "is_listed": is_listed},
    )


class DisplayNumbers:
    """How our numbers are displayed, learned from messages; asked of the database only when it is news."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self._known: dict[str, str] = {}

    async def learn(self, connection: Connection, displayed: Sequence[tuple[str, str]]) -> None:
        """Keep (number id, displayed number) where it is new to this process."""
        news = {
            number: shown
            for number, shown in displayed
            if number and shown and self._known.get(number) != shown
        }
        if news:
            await learn_display_numbers(connection, news)
            self._known |= news
