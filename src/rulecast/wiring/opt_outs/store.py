"""Answers to opt-outs and their review in the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from rulecast.database import Connection, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.values.ids import ContactId, RunId
from rulecast.wiring.opt_outs.records import Asked, WaitingAnswer
from rulecast.wiring.replies.records import ReplyRun

QUERIES = load_queries(__package__)

Decision = Literal["kept", "lifted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A likely opt-out that waits for a decision."""

    review_id: int
    contact_id: ContactId
    said_at: datetime
    cause: str
    sealed_texts: list[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundReview:
    """One likely opt-out that waits."""

    review_id: int
    contact_id: ContactId
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What else its person likely said: how many wait, whether one was confirmed, and when the last was said."""

    waiting: int
    is_one_kept: bool
    last_said_at: datetime


async def note_confirmations(connection: Connection, asked: Sequence[Asked]) -> None:
    """Note that these people are told that they are stopped, unless they were."""
    await execute(connection, QUERIES["note_confirmations"], _columns(asked))


async def note_questions(connection: Connection, asked: Sequence[Asked]) -> None:
    """Note that those of these people who are stopped are asked whether they want offers again."""
    await execute(connection, QUERIES["note_questions"], _columns(asked))


async def list_waiting_answers(connection: Connection, *, count: int) -> list[WaitingAnswer]:
    """Return answers that wait, the oldest first."""
    parameters = {"count": count}
    return await fetch_all(connection, QUERIES["list_waiting_answers"], parameters, record=WaitingAnswer)


async def find_answer_run(
    connection: Connection,
    rule_name: str,
    number: str,
    *,
    fixed: str,
    since: datetime,
    contact_ids: Sequence[ContactId],
) -> ReplyRun | None:
    """Return a run since an instant that says the same (`fixed` is JSON) from this number to none of these people."""
    parameters = {
        "rule_name": rule_name,
        "number": number,
        "fixed": fixed,
        "since": since,
        "contact_ids": list(contact_ids),
    }
    return await fetch_one(connection, QUERIES["find_answer_run"], parameters, record=ReplyRun)


async def settle_answers(
    connection: Connection,
    answers: Sequence[WaitingAnswer],
    *,
    run_id: RunId | None,
    why: str = "",
    now: datetime,
) -> None:
    """Note in which run answers of one kind were written, or why they were not."""
    parameters = {
        "contact_ids": [one.contact_id for one in answers],
        "asked": [one.asked_at for one in answers],
        "kind": answers[0].kind,
        "state": "ended" if run_id is None else "written",
        "why": why,
        "run_id": run_id,
        "now": now,
    }
    await execute(connection, QUERIES["settle_answers"], parameters)


async def list_reviews(connection: Connection, *, count: int) -> list[ReviewRow]:
    """Return likely opt-outs that wait for a decision, the oldest first."""
    return await fetch_all(connection, QUERIES["list_reviews"], {"count": count}, record=ReviewRow)


async def find_review(connection: Connection, review_id: int) -> FoundReview | None:
    """Return one likely opt-out that waits."""
    return await fetch_one(connection, QUERIES["find_review"], {"review_id": review_id}, record=FoundReview)


async def find_beside(connection: Connection, review: FoundReview) -> Beside:
    """Return what its person likely said besides."""
    parameters = {"contact_id": review.contact_id, "said_at": review.said_at}
    found = await fetch_one(connection, QUERIES["find_beside"], parameters, record=Beside)
    assert found is not None, "it is one row, whatever there is"
    return found


async def is_stopped(connection: Connection, contact_id: ContactId) -> bool:
    """Return whether the person gets no offers."""
    return bool(await fetch_value(connection, QUERIES["is_stopped"], {"contact_id": contact_id}))


async def insert_review(
    connection: Connection,
    review: FoundReview,
    *,
    decision: Decision,
    because: str,
    by: str,
    now: datetime,
) -> None:
    """Keep what was decided."""
    parameters = {
        "contact_id": review.contact_id,
        "said_at": review.said_at,
        "decision": decision,
        "because": because,
        "by": by,
        "now": now,
    }
    await execute(connection, QUERIES["insert_review"], parameters)


async def count_reviews(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many likely opt-outs wait, and since when the oldest does."""
    found = await fetch_one(connection, QUERIES["count_reviews"])
    return (0, None) if found is None else (int(found[0]), found[1])


async def count_decisions(connection: Connection) -> dict[str, int]:
    """Return how often each decision was made."""
    return dict(await fetch_all(connection, QUERIES["count_decisions"]))


def _columns(asked: Sequence[Asked]) -> dict[str, object]:
    return {
        "contact_ids": [one.contact_id for one in asked],
        "asked": [one.asked_at for one in asked],
        "numbers": [one.business_number_id for one in asked],
        "languages": [one.language for one in asked],
    }
