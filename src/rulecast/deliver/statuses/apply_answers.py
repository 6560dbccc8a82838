"""Mark the messages people answered, opted out after, or clicked in, and record it as facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.collect import NewEvent, record_events
from rulecast.deliver.statuses import store
from rulecast.deliver.statuses.message_directory import MessageDirectory
from rulecast.deliver.statuses.outcome import MessageMoment
from rulecast.deliver.statuses.store import AnsweredRow, Connection
from rulecast.values.catalogue import fold_text
from rulecast.values.ids import ContactId, OpaqueId, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFact:
    """A known person wrote; `context_wamid` names the message answered where the answer quotes one."""

    contact_id: ContactId
    occurred_at: datetime
    context_wamid: str | None = field(default=None, repr=False)


async def apply_replies(
    connection: Connection,
    directory: MessageDirectory,
    answers: Sequence[AnswerFact],
    now: datetime,
) -> list[MessageMoment]:
    """Mark the answered messages; an answer to nothing of ours leaves no trace here."""
    rows = await _mark(connection, directory, answers, is_opt_out=False)
    known = [(answers[row.position - 1], row) for row in rows if not directory.is_test(row.run_id)]
    events = [_event(directory, "replied", answer, row) for answer, row in known]
    await record_events(connection, events, now)
    return [
        MessageMoment(run_id=RunId(row.run_id), contact_id=ContactId(row.contact_id), moment="replied")
        for row in {row.message_id: row for _, row in known if not row.was_answered}.values()
    ]


async def apply_opt_outs(
    connection: Connection,
    directory: MessageDirectory,
    answers: Sequence[AnswerFact],
    now: datetime,
) -> list[MessageMoment]:
    """Mark the messages after which people asked for silence; the asking is a fact with or without one."""
    rows = {row.position - 1: row for row in await _mark(connection, directory, answers, is_opt_out=True)}
    events = [
        _event(directory, "opted_out", answer, rows.get(position))
        for position, answer in enumerate(answers)
        if position not in rows or not directory.is_test(rows[position].run_id)
    ]
    await record_events(connection, events, now)
    return [
        MessageMoment(run_id=RunId(row.run_id), contact_id=ContactId(row.contact_id), moment="opted_out")
        for row in {row.message_id: row for row in rows.values() if not row.was_opted_out}.values()
        if not directory.is_test(row.run_id)
    ]


async def apply_click(
    connection: Connection,
    directory: MessageDirectory,
    *,
    opaque_id: OpaqueId,
    link: str,
    occurred_at: datetime,
    now: datetime,
) -> list[MessageMoment] | None:
    """Mark the message whose link was opened and return the moments reached; None where the attempt is unknown."""
    row = await store.mark_clicked(connection, opaque_id, occurred_at)
    if row is None:
        return None
    await directory.learn(connection, {row.run_id}, {row.template_id})
    if directory.is_test(row.run_id):
        return []
    folded = fold_text(link)
    event = NewEvent(
        contact_id=ContactId(row.contact_id),
        name="clicked",
        occurred_at=occurred_at,
        event_key=directory.event_key(
            f"clicked\x1f{opaque_id.hex()}\x1f{folded}\x1f{occurred_at.isoformat()}"
        ),
        source="link",
        properties={**directory.properties(row.run_id, row.template_id, row.variant), "link": folded},
    )
    await record_events(connection, [event], now)
    if row.was_clicked:
        return []
    return [MessageMoment(run_id=RunId(row.run_id), contact_id=ContactId(row.contact_id), moment="clicked")]


async def _mark(
    connection: Connection,
    directory: MessageDirectory,
    answers: Sequence[AnswerFact],
    *,
    is_opt_out: bool,
) -> list[AnsweredRow]:
    if not answers:
        return []
    rows = await store.mark_answered(
        connection,
        [
            (
                one.contact_id,
                directory.wamid_index(one.context_wamid) if one.context_wamid else None,
                one.occurred_at,
            )
            for one in answers
        ],
        is_opt_out=is_opt_out,
    )
    await directory.learn(connection, {row.run_id for row in rows}, {row.template_id for row in rows})
    return rows


def _event(directory: MessageDirectory, name: str, answer: AnswerFact, row: AnsweredRow | None) -> NewEvent:
    return NewEvent(
        contact_id=answer.contact_id,
        name=name,
        occurred_at=answer.occurred_at,
        event_key=directory.event_key(f"{name}\x1f{answer.contact_id}\x1f{answer.occurred_at.isoformat()}"),
        source="webhook",
        properties={} if row is None else directory.properties(row.run_id, row.template_id, row.variant),
    )
