"""The likely opt-outs: they block at once, and a person of the business says afterwards whether they were one."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rulecast.database import Connection
from rulecast.observe.append_audit import append_audit
from rulecast.observe.metrics import Sample
from rulecast.profile.suppression import (
    JournalEntry,
    Stop,
    SuppressionAction,
    SuppressionCause,
    suppress,
)
from rulecast.profile.suppression.suppress import lock_with_doubles
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem
from rulecast.wiring.keep_lifts import keep_lifts, keep_stops
from rulecast.wiring.opt_outs import store
from rulecast.wiring.opt_outs.errors import ReasonMissingError, ReviewUnknownError, StopStandsError
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.webhooks import TEXT_COLUMN
from rulecast.wiring.workspace import Workspace

LISTED_MAX = 200
"""More than anybody looks through at once; the oldest come first."""
REASON_LENGTH_MAX = 200
AFTERWARDS = timedelta(microseconds=1)
"""A decision stands right behind the words it is about, before the next second somebody can say something in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A likely opt-out that waits; `words` are empty unless they were asked for and are kept."""

    review_id: int
    contact_id: ContactId
    said_at: datetime
    cause: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """Whose words were no opt-out; the person stays stopped as long as others of them wait."""

    contact_id: ContactId
    waiting: int


async def list_reviews(workspace: Workspace, *, with_words: bool = False) -> list[Review]:
    """Return the likely opt-outs that wait for a decision, the oldest first; reading words is written to the audit."""
    async with workspace.database.transaction() as connection:
        rows = await store.list_reviews(connection, count=LISTED_MAX)
        words: dict[int, str] = {}
        if with_words and rows:
            worded = [(row, sealed) for row in rows for sealed in row.sealed_texts]
            opened = await workspace.vault.open_many(
                [SealItem(row.contact_id, TEXT_COLUMN, sealed) for row, sealed in worded]
            )
            for (row, _), plain in zip(worded, opened, strict=True):
                if plain is not None:
                    before = words.get(row.review_id)
                    words[row.review_id] = f"{before}\n{plain.decode()}" if before else plain.decode()
            await append_audit(
                connection,
                actor=workspace.actor,
                action="opt-out words read",
                subject="opt-out review",
                details={"reviews": sorted(words)},
                now=workspace.clock.now(),
            )
    return [
        Review(
            review_id=row.review_id,
            contact_id=row.contact_id,
            said_at=row.said_at,
            cause=row.cause,
            words=words.get(row.review_id, ""),
        )
        for row in rows
    ]


async def keep_stop(workspace: Workspace, review_id: int, *, because: str) -> ContactId:
    """Say that the words were an opt-out, and return whose; from now on they count as said for sure.

    Raises:
        ReviewUnknownError: none of this number waits.
        ReasonMissingError: no reason is given.
        JournalWriteError: the journal is away, so nothing was decided.
    """
    because = _reason(because)
    now = workspace.clock.now()
    journal = await asyncio.to_thread(open_journal, workspace)
    async with workspace.database.transaction() as connection:
        found = await _find(connection, review_id)
        surely = Stop(
            contact_id=found.contact_id,
            occurred_at=found.said_at + AFTERWARDS,
            cause=SuppressionCause.STOP_WORD,
        )
        entries = await suppress(connection, [surely], now)
        await _decide(connection, workspace, found, "kept", because=because)
        await keep_stops(journal, entries)
    return found.contact_id


async def lift_stop(workspace: Workspace, review_id: int, *, because: str) -> Lifted:
    """Say that the words were no opt-out, and lift what they stopped once nothing the person likely said waits.

    The journal holds it once it is committed: a process that dies in between lifts nothing.

    Raises:
        ReviewUnknownError: none of this number waits.
        ReasonMissingError: no reason is given.
        StopStandsError: the person stopped us in another way too, or another of their words was confirmed.
    """
    because = _reason(because)
    now = workspace.clock.now()
    journal = await asyncio.to_thread(open_journal, workspace)
    async with workspace.database.transaction() as connection:
        found = await _find(connection, review_id)
        beside = await store.find_beside(connection, found)
        lifts = [] if beside.waiting else await _lift(connection, found, beside, now=now)
        await _decide(connection, workspace, found, "lifted", because=because)
    await keep_lifts(journal, lifts)
    return Lifted(contact_id=found.contact_id, waiting=beside.waiting)


async def _lift(
    connection: Connection, found: store.FoundReview, beside: store.Beside, *, now: datetime
) -> list[JournalEntry]:
    """Lift what was read, and nothing that was said since."""
    if beside.is_one_kept:
        raise StopStandsError(f"Contact {found.contact_id} stays stopped.")
    resume = Stop(
        contact_id=found.contact_id,
        occurred_at=beside.last_said_at + AFTERWARDS,
        cause=SuppressionCause.AGENT,
        action=SuppressionAction.RESUME,
    )
    lifts = await suppress(connection, [resume], now)
    # After a restore the journal may have lifted it before, and the decision is only said again.
    if not lifts and await store.is_stopped(connection, found.contact_id):
        raise StopStandsError(f"Contact {found.contact_id} stays stopped.")
    return lifts


async def _find(connection: Connection, review_id: int) -> store.FoundReview:
    """Return what waits, its person locked: of two who decide on two of their words, the second sees the first."""
    found = await store.find_review(connection, review_id)
    if found is not None:
        await lock_with_doubles(connection, found.contact_id)
        found = await store.find_review(connection, review_id)
    if found is None:
        raise ReviewUnknownError(f"Nothing waits under the number {review_id}.")
    return found


async def _decide(
    connection: Connection,
    workspace: Workspace,
    found: store.FoundReview,
    decision: store.Decision,
    *,
    because: str,
) -> None:
    now = workspace.clock.now()
    await store.insert_review(
        connection, found, decision=decision, because=because, by=workspace.actor, now=now
    )
    await append_audit(
        connection,
        actor=workspace.actor,
        action=f"opt-out {decision}",
        subject=f"contact {found.contact_id}",
        details={"review": found.review_id, "because": because},
        now=now,
    )


def _reason(because: str) -> str:
    because = because.strip()[:REASON_LENGTH_MAX]
    if not because:
        raise ReasonMissingError("Nothing was decided.")
    return because


async def review_samples(workspace: Workspace) -> list[Sample]:
    """Return how many likely opt-outs wait, for how long, and how people decided, as metrics."""
    async with workspace.database.connection() as connection:
        count, since = await store.count_reviews(connection)
        decisions = await store.count_decisions(connection)
    waited = 0.0 if since is None else max(0.0, (workspace.clock.now() - since).total_seconds())
    return [
        Sample(name="opt_out_reviews_open", about="Likely opt-outs nobody has looked at.", value=count),
        Sample(
            name="opt_out_review_oldest_seconds",
            about="For how long the oldest of them has waited.",
            value=waited,
        ),
        *(
            Sample(
                name="opt_out_reviews_total",
                about="Likely opt-outs decided on; each person's identity counts.",
                value=decisions.get(decision, 0),
                labels={"decision": decision},
            )
            for decision in ("kept", "lifted")
        ),
    ]
