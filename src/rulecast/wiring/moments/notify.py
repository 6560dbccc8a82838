"""Recipients are told of moments by an HTTP POST to the address the workspace file gives them, until they answer.

The body names rule, run, moment and contacts by number; it holds nothing else of people.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus

import aiohttp
import structlog

from rulecast.values.http_address import is_allowed_address
from rulecast.wiring.moments import store
from rulecast.wiring.moments.records import Notice
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("notices")

NOTICES_AT_ONCE = 500
"""Contacts of one call at most: a body of a few kilobytes."""
CALLS_PER_MINUTE = 30
"""More would be a flood to a person; what waits meanwhile goes together with the next call."""
TIMEOUT_SECONDS = 10
ATTEMPTS_MAX = 8
FIRST_PAUSE = timedelta(seconds=30)
PAUSE_MAX = timedelta(hours=6)
"""Eight attempts with pauses growing fourfold take about a day."""


async def tell_recipients(workspace: Workspace) -> int:
    """Make the calls that are due, one after another, and return how many there were."""
    now = workspace.clock.now()
    async with workspace.database.connection() as connection:
        notices = await store.list_notices(connection, now=now, count=NOTICES_AT_ONCE)
        told = await store.count_told(connection, since=now - timedelta(minutes=1)) if notices else {}
    made = 0
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    for notice in notices:
        if told.get(notice.recipient, 0) >= CALLS_PER_MINUTE:
            continue
        told[notice.recipient] = told.get(notice.recipient, 0) + 1
        call_number = notice.call_number or await _name(workspace, notice)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            problem = await _tell(workspace, session, notice, call_number)
        await _settle(workspace, notice, problem)
        made += 1
    return made


async def _name(workspace: Workspace, notice: Notice) -> int:
    """Number a call before it is made: whatever happens then, the same people are told under the same number."""
    async with workspace.database.transaction() as connection:
        return await store.name_call(connection, notice.notice_ids)


async def _tell(
    workspace: Workspace, session: aiohttp.ClientSession, notice: Notice, call_number: int
) -> str:
    """Make one call and return what went wrong; empty where the recipient took it."""
    if not is_allowed_address(notice.webhook, may_be_local=workspace.is_simulated):
        return "the address is not allowed here"
    named = f"{notice.recipient} {notice.run_id} {call_number}"
    headers = {"Idempotency-Key": sha256(named.encode()).hexdigest()}
    try:
        async with session.post(
            notice.webhook, json=body_of(notice), headers=headers, allow_redirects=False
        ) as answer:
            return (
                ""
                if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
                else f"the address answered {answer.status}"
            )
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return f"the address did not answer: {type(error).__name__}"


def body_of(notice: Notice) -> dict[str, object]:
    """Return what a recipient is told."""
    return {
        "recipient": notice.recipient,
        "rule": notice.rule_name,
        "run": notice.run_id,
        "moment": notice.moment,
        "count": len(notice.contact_ids),
        "contacts": list(notice.contact_ids),
        "first_at": notice.first_at.isoformat(),
    }


async def _settle(workspace: Workspace, notice: Notice, problem: str) -> None:
    now = workspace.clock.now()
    state, again = ("told", None) if not problem else next_attempt(notice.attempts + 1, now=now)
    if problem:
        LOG.warning("notice not taken", recipient=notice.recipient, problem=problem, state=state)
    async with workspace.database.transaction() as connection:
        await store.settle_notices(
            connection, notice.notice_ids, state=state, now=now, problem=problem, next_attempt_at=again
        )


def next_attempt(attempts: int, *, now: datetime) -> tuple[str, datetime | None]:
    """Return the state after so many failed calls, and when the next one is made."""
    if attempts >= ATTEMPTS_MAX:
        return "failed", None
    pause: timedelta = min(FIRST_PAUSE * 4 ** (attempts - 1), PAUSE_MAX)
    return "waiting", now + pause
