"""Send an unresolved message once more, where two people want it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rulecast.deliver.resends import store
from rulecast.deliver.resends.errors import (
    MessageNotInDoubtError,
    MessageUnknownError,
    PlanOverError,
    ResendMarketingError,
    ResendReasonError,
    ResendSamePersonError,
)
from rulecast.deliver.resends.store import Connection
from rulecast.values.purpose import Purpose

REASON_LENGTH_MAX = 500
NAME_LENGTH_MAX = 100
SENDABLE_FOR = timedelta(hours=24)
"""A window that has ended is opened for a day: what two people decide today shall not wait for next week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who wants a message again and why, and whether the workspace lets marketing be sent once more."""

    by: str
    because: str
    allows_marketing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """Where a resend stands; `is_confirmed` is false while it waits for a second person."""

    message_id: int
    contact_id: int
    is_confirmed: bool
    requested_by: str


async def resend_message(
    connection: Connection,
    message_id: int,
    wish: Wish,
    *,
    same_person: Callable[[str], str],
    now: datetime,
) -> Resend:
    """Keep the request of the first person, or, where that stands, plan the message again for the second.

    The permit of the first attempt counts until the gate grants another in its place, and counts again where the
    second attempt does not leave: then the message is unresolved as before. A status of the first attempt that still
    comes settles the message, and nothing is sent. `same_person` makes one word of all spellings of a name.

    Raises:
        ResendReasonError, MessageUnknownError, MessageNotInDoubtError, ResendMarketingError, PlanOverError: it may
            not be asked for.
        ResendSamePersonError: the same person asks again.
    """
    because, by = wish.because.strip(), wish.by.strip()
    if not (1 <= len(because) <= REASON_LENGTH_MAX and 1 <= len(by) <= NAME_LENGTH_MAX):
        raise ResendReasonError
    found = await store.find_doubt(connection, message_id)
    if found is None:
        raise MessageUnknownError(f"There is no message {message_id}.")
    if found.state != "unresolved":
        raise MessageNotInDoubtError(f"Message {message_id} is {found.state}.")
    if found.purpose == Purpose.MARKETING and not wish.allows_marketing:
        raise ResendMarketingError
    if found.expires_at <= now:
        raise PlanOverError(
            f"The plan of message {message_id} expired at {found.expires_at:%Y-%m-%d %H:%M} UTC."
        )
    requested_by = await store.find_request(connection, message_id)
    if requested_by and same_person(requested_by) == same_person(by):
        raise ResendSamePersonError(f"{by} has asked for message {message_id} already.")
    if requested_by:
        await store.confirm_request(connection, message_id, by=by, now=now)
        await store.plan_again(connection, message_id, until=now + SENDABLE_FOR, now=now)
    else:
        await store.insert_request(connection, message_id, because=because, by=by, now=now)
    return Resend(
        message_id=message_id,
        contact_id=found.contact_id,
        is_confirmed=bool(requested_by),
        requested_by=requested_by or by,
    )
