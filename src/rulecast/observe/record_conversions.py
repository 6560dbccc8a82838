"""Counts the success events of rules: what happened inside the window after a message was accepted.

An event counts once for each rule it followed, for the last of the steps before it; two rules that reached the same
person may both count it, and the report says of which rule it speaks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from typing import Any

from rulecast.collect import NewEvent, record_events
from rulecast.observe import store
from rulecast.observe.store import Connection, NewConversion, SuccessCandidate
from rulecast.rule.engine import EventFact
from rulecast.rule.engine.reference import where_holds
from rulecast.rule.language import CheckedRule, check_rule
from rulecast.rule.language.document import Success
from rulecast.values.catalogue import AttributeType, Catalogue, EventDefinition
from rulecast.values.ids import MessageId, RunId
from rulecast.values.money import MINOR_UNIT_DIGITS

# No rule may wait longer for a success, so older runs need not be looked at.
WINDOW_MAX = timedelta(days=90)
# Rows of one page of candidates; a transaction stays far below 5,000 rows and 256 kB.
PAGE_ROWS = 2_000
CURRENCY_PROPERTY = "currency"
KEY_BYTES = 16
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measure:
    """How one run measures success."""

    run_id: RunId
    rule_name: str
    success: Success
    definition: EventDefinition
    currency: str


async def record_conversions(
    connection: Connection, catalogue: Catalogue, *, now: datetime, currency: str
) -> int:
    """Count new success events of every run whose window is open, and record a `converted` fact for each.

    `currency` is that of amounts whose event names none and whose rule has no budget.
    """
    count = 0
    for run_id, text in await store.list_runs_with_open_windows(connection, launched_after=now - WINDOW_MAX):
        checked = check_rule(text, catalogue)
        if isinstance(checked, CheckedRule) and checked.success is not None:
            count += await _record_run(
                connection, _measure(run_id, checked, catalogue, currency=currency), now
            )
    return count


def _measure(run_id: RunId, checked: CheckedRule, catalogue: Catalogue, *, currency: str) -> _Measure:
    success = checked.success
    assert success is not None
    definition = catalogue.event(success.event.event)
    assert definition is not None
    budget = checked.rule.budget
    return _Measure(
        run_id=run_id,
        rule_name=checked.rule.name,
        success=success,
        definition=definition,
        currency=budget.currency if budget else currency,
    )


async def _record_run(connection: Connection, measure: _Measure, now: datetime) -> int:
    after = (MessageId(0), EARLIEST)
    count = 0
    while True:
        page = await store.list_success_candidates(
            connection,
            store.SuccessQuestion(
                run_id=measure.run_id,
                event_name=measure.definition.name,
                window=measure.success.within.length,
                now=now,
                after_message=after[0],
                after_instant=after[1],
                limit=PAGE_ROWS,
            ),
        )
        found = [one for one in page if _fulfils(one, measure, now)]
        count += await store.add_conversions(
            connection, [_conversion(one, measure) for one in found], now=now
        )
        await record_events(connection, [_fact(one, measure) for one in found], now)
        if len(page) < PAGE_ROWS:
            return count
        after = (page[-1].message_id, page[-1].occurred_at)


def _fulfils(candidate: SuccessCandidate, measure: _Measure, now: datetime) -> bool:
    fact = EventFact(
        name=measure.definition.name,
        occurred_at=candidate.occurred_at,
        properties=_typed(candidate.properties, measure.definition),
    )
    return where_holds(measure.success.event.where, fact, now)


def _conversion(candidate: SuccessCandidate, measure: _Measure) -> NewConversion:
    currency = str(candidate.properties.get(CURRENCY_PROPERTY) or measure.currency).upper()[:3]
    worth = _worth(candidate, measure)
    scaled = worth.scaleb(MINOR_UNIT_DIGITS.get(currency, 2)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return NewConversion(
        message_id=candidate.message_id,
        event_key=candidate.event_key,
        occurred_at=candidate.occurred_at,
        worth_minor=int(scaled),
        currency=currency,
    )


def _worth(candidate: SuccessCandidate, measure: _Measure) -> Decimal:
    if measure.success.worth is None:
        return Decimal(0)
    return Decimal(str(candidate.properties.get(measure.success.worth) or 0))


def _fact(candidate: SuccessCandidate, measure: _Measure) -> NewEvent:
    named = f"converted\x1f{candidate.message_id}\x1f".encode() + candidate.event_key
    return NewEvent(
        contact_id=candidate.contact_id,
        name="converted",
        occurred_at=candidate.occurred_at,
        properties={
            "rule": measure.rule_name,
            "run": measure.run_id,
            "step": candidate.step,
            "template": candidate.template_name,
            **({"variant": candidate.variant} if candidate.variant else {}),
            "value": _worth(candidate, measure),
        },
        event_key=blake2b(named, digest_size=KEY_BYTES).digest(),
        source="rulecast",
    )


def _typed(properties: Mapping[str, Any], definition: EventDefinition) -> dict[str, Any]:
    """Return stored properties as the evaluator compares them."""
    return {
        name: _value(value, definition.properties.get(name, AttributeType.TEXT))
        for name, value in properties.items()
        if value is not None
    }


def _value(value: Any, kind: AttributeType) -> object:
    match kind:
        case AttributeType.DECIMAL:
            return Decimal(str(value))
        case AttributeType.DATE:
            return date.fromisoformat(str(value))
        case AttributeType.INSTANT:
            return datetime.fromisoformat(str(value))
        case AttributeType.TEXT_LIST:
            return tuple(value) if isinstance(value, Sequence) else ()
        case _:
            return value
