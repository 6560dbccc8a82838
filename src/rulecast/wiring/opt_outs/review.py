"""The likely opt-outs: they block at once, and a person of the business says afterwards whether they were one."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.observe.append_audit import append_audit
from rulecast.observe.metrics import Sample
from rulecast.profile.suppression import (
    JournalEntry,
    Stop,
    SuppressionAction,
    SuppressionCause,
    suppress,
)
from rulecast.values.ids import ContactId
from rulecast.vault import SealItem
from rulecast.wiring.keep_lifts import keep_lifts
from rulecast.wiring.opt_outs import store
from rulecast.wiring.opt_outs.errors import ReasonMissingError, ReviewUnknownError, StopStandsError
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.webhooks import TEXT_COLUMN
from rulecast.wiring.workspace import Workspace

LISTED_MAX = 200
"""More than anybody looks through at once; the oldest come first."""
REASON_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A likely opt-out that waits; `words` are empty unless they were asked for and are kept."""

    review_id: int
    contact_id: ContactId
    said_at: datetime
    cause: str
    words: str = field(default="", repr=False)


async def list_reviews(workspace: Workspace, *, with_words: bool = False) -> list[Review]:
    """Return the likely opt-outs that wait for a decision, the oldest first; reading words is written to the audit."""
    async with workspace.database.transaction() as connection:
        rows = await store.list_reviews(connection, count=LISTED_MAX)
        words: dict[int, str] = {}
        if with_words and rows:
            worded = [row for row in rows if row.sealed_text is not None]
            items = [SealItem(row.contact_id, TEXT_COLUMN, row.sealed_text or b"") for row in worded]
            opened = await workspace.vault.open_many(items)
            words = {
                row.review_id: plain.decode()
                for row, plain in zip(worded, opened, strict=True)
                if plain is not None
            }
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
    """Say that the words were an opt-out, and return whose; nothing else changes.

    Raises:
        ReviewUnknownError: none of this number waits.
        ReasonMissingError: no reason is given.
    """
    return await _decide(workspace, review_id, "kept", because=because)


async def lift_stop(workspace: Workspace, review_id: int, *, because: str) -> ContactId:
    """Say that the words were no opt-out, lift what they stopped, and return whose.

    The journal holds it once it is committed: a process that dies in between lifts nothing.

    Raises:
        ReviewUnknownError: none of this number waits.
        ReasonMissingError: no reason is given.
        StopStandsError: the person stopped us in another way too.
    """
    return await _decide(workspace, review_id, "lifted", because=because)


async def _decide(
    workspace: Workspace, review_id: int, decision: store.Decision, *, because: str
) -> ContactId:
    because = because.strip()[:REASON_LENGTH_MAX]
    if not because:
        raise ReasonMissingError("Nothing was decided.")
    now = workspace.clock.now()
    journal = await asyncio.to_thread(open_journal, workspace)
    async with workspace.database.transaction() as connection:
        found = await store.find_review(connection, review_id)
        if found is None or found.contact_id is None or found.decision is not None:
            raise ReviewUnknownError(f"Nothing waits under the number {review_id}.")
        lifts: list[JournalEntry] = []
        if decision == "lifted":
            resume = Stop(
                contact_id=found.contact_id,
                occurred_at=now,
                cause=SuppressionCause.AGENT,
                action=SuppressionAction.RESUME,
            )
            lifts = await suppress(connection, [resume], now)
            if not lifts:
                raise StopStandsError(f"Contact {found.contact_id} stays stopped.")
        await store.insert_review(
            connection, review_id, decision=decision, because=because, by=workspace.actor, now=now
        )
        await append_audit(
            connection,
            actor=workspace.actor,
            action=f"opt-out {decision}",
            subject=f"contact {found.contact_id}",
            details={"review": review_id, "because": because},
            now=now,
        )
    await keep_lifts(journal, lifts)
    return found.contact_id


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
