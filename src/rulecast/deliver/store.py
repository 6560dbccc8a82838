"""The only caller of the database on the sending side of this room."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from rulecast.account.slowdown import Slowdown
from rulecast.database import Connection, Database, execute, fetch_all, fetch_one, fetch_value, load_queries
from rulecast.database.columns import bigints, blobs, instants, integers, texts
from rulecast.database.errors import CheckViolation, OperationalError
from rulecast.database.retry import retry_conflicts
from rulecast.deliver.restore.pulse import NEVER_BEATEN
from rulecast.values.quickly_made import quickly_made

__all__ = [
    "Connection",
    "Database",
    "IntentRow",
    "NewRun",
    "OperationalError",
    "RefusalRow",
    "ResultRow",
    "SenderRow",
    "Unstarted",
    "retry_conflicts",
]

QUERIES = load_queries(__package__)

Unstarted = Mapping[int, bytes | None]
"""Messages that were taken and never started, each with the opaque id of its draft; None where it got no draft."""

# A sender's transaction waits for its own process for milliseconds; after this the process is frozen or cut off.
TRANSACTION_IDLE_MS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A plan about to be sent."""

    plan_id: int
    rule_name: str
    business_number_id: str
    launched_by: str
    is_test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """A business number with what paces it."""

    business_number_id: str
    name: str
    throughput_per_second: int
    state: str
    slow_share: float = 1.0
    slowed_at: datetime | None = None

    def per_second(self, now: datetime) -> int:
        """Return the messages a second it may send now; an incident may have slowed it."""
        if self.slowed_at is None:
            return self.throughput_per_second
        share = Slowdown(share=self.slow_share, slowed_at=self.slowed_at).share_at(now)
        return max(1, int(self.throughput_per_second * share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a sender asks for: at most so many messages, none of these rules; with `only_first` no campaign's."""

    count_max: int
    stopped_rules: list[str]
    only_first: bool = False


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRow:
    """A message the sender has taken; `state` is `expired` where it was too late."""

    message_id: int
    contact_id: int
    run_id: int
    template_id: int
    variant: str
    media: str
    attempts: int
    send_until: datetime
    state: str
    goes_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRow:
    """What a refusal makes of a message; `send_from` None leaves it as it is."""

    message_id: int
    state: str
    reason: str
    send_from: datetime | None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class IntentRow:
    """One intent to be written."""

    message_id: int
    contact_id: int
    permit_id: int
    attempt: int
    opaque_id: bytes
    sealed_request: bytes = field(repr=False)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One result to be written by compare-and-set on fence and attempt."""

    message_id: int
    attempt_id: int
    intent_at: datetime
    attempt: int
    state: str
    attempt_state: str
    reason: str
    error_code: int
    send_from: datetime | None
    wamid_index: bytes | None = field(default=None, repr=False)
    sealed_wamid: bytes | None = field(default=None, repr=False)


async def insert_run(connection: Connection, run: NewRun, now: datetime) -> int:
    """Return the run of a plan; its messages are written with it, once."""
    await ensure_months(connection, now)
    parameters = {**asdict(run), "now": now}
    run_id = await fetch_value(connection, QUERIES["insert_run"], parameters)
    if run_id is None:
        return int(await fetch_value(connection, QUERIES["find_run"], {"plan_id": run.plan_id}))
    await execute(connection, QUERIES["insert_messages"], {**parameters, "run_id": run_id})
    await execute(connection, QUERIES["keep_links"], {"run_id": run_id, "plan_id": run.plan_id})
    await execute(connection, QUERIES["notify_send"])
    return int(run_id)


async def ensure_months(connection: Connection, now: datetime) -> None:
    """Make the partitions of this month and the next for what sending writes.

    A month whose rows are in the default partition already stays there.
    """
    for name in ("ensure_attempt_months", "ensure_status_months", "ensure_verdict_months"):
        try:
            async with connection.transaction():
                await fetch_value(connection, QUERIES[name], {"now": now})
        except CheckViolation:
            continue


async def list_senders(connection: Connection) -> list[SenderRow]:
    """Return every business number."""
    return await fetch_all(connection, QUERIES["list_senders"], record=SenderRow)


async def lock_lease(connection: Connection, business_number_id: str) -> tuple[str, int, bool] | None:
    """Lock the lease and return holder, epoch and whether it is in force; None where there is none yet."""
    row = await fetch_one(connection, QUERIES["lock_lease"], {"business_number_id": business_number_id})
    return None if row is None else (row[0], row[1], row[2])


async def take_lease(
    connection: Connection, business_number_id: str, *, holder: str, lease_seconds: float, is_first: bool
) -> int | None:
    """Take a lease that nobody holds and return its new epoch, or None where another was faster."""
    found = await fetch_value(
        connection,
        QUERIES["insert_lease"] if is_first else QUERIES["take_lease"],
        {"business_number_id": business_number_id, "holder": holder, "lease_seconds": lease_seconds},
    )
    return None if found is None else int(found)


async def renew_lease(
    connection: Connection, business_number_id: str, *, epoch: int, lease_seconds: float
) -> bool:
    """Renew a lease that is still ours and return whether it was."""
    return (
        await execute(
            connection,
            QUERIES["renew_lease"],
            {"business_number_id": business_number_id, "epoch": epoch, "lease_seconds": lease_seconds},
        )
        == 1
    )


async def release_lease(connection: Connection, business_number_id: str, *, epoch: int) -> None:
    """End a lease now."""
    await execute(
        connection, QUERIES["release_lease"], {"business_number_id": business_number_id, "epoch": epoch}
    )


async def hold_lease(
    connection: Connection, business_number_id: str, *, epoch: int, beat: int = NEVER_BEATEN
) -> bool:
    """Keep the lease until this transaction ends; False where it is not ours, or the database is behind this beat."""
    lease = {"business_number_id": business_number_id, "epoch": epoch, "beat": beat}
    parameters = {**lease, "idle_ms": str(TRANSACTION_IDLE_MS)}
    found = await fetch_value(connection, QUERIES["hold_lease"], parameters)
    return found is not None


async def recover(
    connection: Connection, business_number_id: str, *, epoch: int, now: datetime
) -> tuple[int, int]:
    """Put what older epochs left in doubt or claimed where it belongs; returns how many of each."""
    parameters = {"business_number_id": business_number_id, "epoch": epoch, "now": now}
    doubted = await execute(connection, QUERIES["doubt_intents"], parameters)
    returned = await execute(connection, QUERIES["return_claims"], parameters)
    return doubted, returned


async def claim_messages(
    connection: Connection, business_number_id: str, claim: Claim, *, epoch: int, now: datetime
) -> list[ClaimedRow]:
    """Take at most so many due messages."""
    return await fetch_all(
        connection,
        QUERIES["claim_messages"],
        {**asdict(claim), "business_number_id": business_number_id, "epoch": epoch, "now": now},
        record=ClaimedRow,
    )


async def return_drafts(
    connection: Connection, message_ids: Sequence[int], *, epoch: int, now: datetime
) -> int:
    """Give claimed messages back and return how many there were."""
    return await execute(
        connection,
        QUERIES["return_drafts"],
        {"message_ids": list(message_ids), "epoch": epoch, "now": now},
    )


async def return_unstarted(
    connection: Connection, unstarted: Unstarted, *, epoch: int, now: datetime
) -> list[int]:
    """Give back messages of a transaction whose commit was in doubt, and return which.

    Each is named with the opaque id its attempt would have: an intent of another attempt is not touched.
    """
    rows = await fetch_all(
        connection,
        QUERIES["return_unstarted"],
        {
            "message_ids": list(unstarted),
            "opaque_ids": blobs(list(unstarted.values())),
            "epoch": epoch,
            "now": now,
        },
    )
    return [row[0] for row in rows]


async def lock_messages(connection: Connection, message_ids: Sequence[int], *, epoch: int) -> set[int]:
    """Lock these messages in the order of their ids and return those that are still claimed under this fence."""
    rows = await fetch_all(
        connection, QUERIES["lock_messages"], {"message_ids": bigints(sorted(message_ids)), "epoch": epoch}
    )
    return {row[0] for row in rows if row[1]}


async def write_refusals(
    connection: Connection, rows: Sequence[RefusalRow], *, epoch: int, now: datetime
) -> None:
    """Put refused drafts where their verdicts say."""
    await execute(
        connection,
        QUERIES["write_refusals"],
        {
            "message_ids": bigints([one.message_id for one in rows]),
            "states": texts([one.state for one in rows]),
            "reasons": texts([one.reason for one in rows]),
            "send_from": instants([one.send_from for one in rows]),
            "epoch": epoch,
            "now": now,
        },
    )


async def write_intents(
    connection: Connection, rows: Sequence[IntentRow], *, epoch: int, now: datetime
) -> dict[int, int]:
    """Write intents and return the attempt ids by message; a message that is not ours any more is missing."""
    found = await fetch_all(
        connection,
        QUERIES["write_intents"],
        {
            "message_ids": bigints([one.message_id for one in rows]),
            "contact_ids": bigints([one.contact_id for one in rows]),
            "permit_ids": bigints([one.permit_id for one in rows]),
            "attempts": integers([one.attempt for one in rows]),
            "opaque_ids": blobs([one.opaque_id for one in rows]),
            "sealed_requests": blobs([one.sealed_request for one in rows]),
            "epoch": epoch,
            "now": now,
        },
    )
    return {row[0]: row[1] for row in found}


async def write_results(
    connection: Connection, rows: Sequence[ResultRow], *, epoch: int, now: datetime
) -> set[int]:
    """Write results by compare-and-set and return the messages whose result counted."""
    found = await fetch_all(
        connection,
        QUERIES["write_results"],
        {
            "message_ids": bigints([one.message_id for one in rows]),
            "attempt_ids": bigints([one.attempt_id for one in rows]),
            "intents_at": instants([one.intent_at for one in rows]),
            "attempts": integers([one.attempt for one in rows]),
            "states": texts([one.state for one in rows]),
            "attempt_states": texts([one.attempt_state for one in rows]),
            "reasons": texts([one.reason for one in rows]),
            "error_codes": integers([one.error_code for one in rows]),
            "send_from": instants([one.send_from for one in rows]),
            "wamid_indexes": blobs([one.wamid_index for one in rows]),
            "sealed_wamids": blobs([one.sealed_wamid for one in rows]),
            "epoch": epoch,
            "now": now,
        },
    )
    return {row[0] for row in found}


async def known_wamids(connection: Connection, wamid_indexes: Sequence[bytes]) -> set[bytes]:
    """Return which of these wamids belong to a message already."""
    rows = await fetch_all(connection, QUERIES["known_wamids"], {"wamid_indexes": blobs(wamid_indexes)})
    return {row[0] for row in rows}


async def hold_number(connection: Connection, business_number_id: str, *, reason: str) -> None:
    """Hold a number until a person resumes it."""
    await execute(
        connection, QUERIES["hold_number"], {"business_number_id": business_number_id, "reason": reason}
    )


async def pause_templates(
    connection: Connection, template_ids: Sequence[int], *, now: datetime
) -> dict[int, str]:
    """Pause templates that Meta does not send any more, and return those that were not, as name/language."""
    parameters = {"template_ids": list(template_ids), "now": now}
    return dict(await fetch_all(connection, QUERIES["pause_templates"], parameters))


async def finish_runs(connection: Connection, business_number_id: str, *, now: datetime) -> int:
    """Finish the runs of a number that have nothing left to send, and return how many.

    Two statements, so that the second one sees what was added to a run while the first one waited for its lock.
    """
    rows = await fetch_all(
        connection, QUERIES["lock_ending_runs"], {"business_number_id": business_number_id}
    )
    if not rows:
        return 0
    run_ids = [run_id for (run_id,) in rows]
    return await execute(connection, QUERIES["finish_runs"], {"run_ids": run_ids, "now": now})


async def next_due(connection: Connection, business_number_id: str) -> datetime | None:
    """Return when the next message of a number is due, or None where there is none."""
    found: datetime | None = await fetch_value(
        connection, QUERIES["next_due"], {"business_number_id": business_number_id}
    )
    return found


async def read_stops(connection: Connection) -> list[tuple[str, str]]:
    """Return scope and target of every stop in force."""
    return [(row[0], row[1]) for row in await fetch_all(connection, QUERIES["read_stops"])]


async def give_up_unknown(
    connection: Connection, business_number_id: str, *, before: datetime, now: datetime
) -> int:
    """Call doubts unresolved that are older than the deadline, and return how many."""
    return await execute(
        connection,
        QUERIES["give_up_unknown"],
        {"business_number_id": business_number_id, "before": before, "now": now},
    )
