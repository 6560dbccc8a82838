"""Keep facts about accounts and put in force what follows from them, in the caller's transaction."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from rulecast.account.facts import store
from rulecast.account.facts.store import Connection, HoldRow, LimitRow
from rulecast.account.limit_tiers import read_tiers, resolved, shipped_tiers
from rulecast.account.reactions import HoldScope, HoldWord, Reaction, reaction_of
from rulecast.collect.webhook_facts import AccountFact

# Facts about calls, groups and chats of the Business app say nothing about an account, and can be thousands.
KEPT_KINDS = frozenset(
    {
        "restriction", "violation", "ban", "disconnected", "connected", "certification", "marketing_messages",
        "pricing", "location", "volume_tier", "account_update", "alert", "review", "settings", "capability",
        "number_quality", "number_name", "security", "username", "flow", "payment_configuration",
        "partner_solution", "problem",
    }
)  # fmt: skip
# Told of the number where Meta names one.
OF_NUMBERS = frozenset({"number_quality", "number_name", "security", "username", "alert"})
# A problem belongs to what its code makes rest.
HELD_NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCall:
    """An incident to be opened, or, `is_over`, to be closed because Meta took its word back."""

    cause: str
    scope: HoldScope
    scope_id: str
    at: datetime
    is_over: bool = False
    steps: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class AccountOutcome:
    """How many facts were new, and which incidents they call for."""

    new_count: int = 0
    calls: list[IncidentCall] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A fact with where it belongs and when it happened; a fact without a time happened when it came.

    `is_strangers` where it is about a number of the account that is none of ours.
    """

    fact: AccountFact
    scope: HoldScope
    scope_id: str
    at: datetime
    key: bytes
    is_strangers: bool = False


async def apply_account_facts(
    connection: Connection, facts: Sequence[AccountFact], now: datetime
) -> AccountOutcome:
    """Keep the facts and act upon those that are new; repeats and any order come to the same."""
    outcome = AccountOutcome()
    kept = [one for one in facts if one.kind in KEPT_KINDS]
    if not kept:
        return outcome
    numbers = await store.list_number_places(connection)
    placed = {one.key: one for one in (_place(fact, numbers, now) for fact in kept) if one is not None}
    new = await store.insert_facts(
        connection,
        [
            store.FactRow(
                fact_key=key,
                field=one.fact.field,
                event=one.fact.event,
                scope=one.scope,
                scope_id=one.scope_id,
                occurred_at=one.at,
                until=one.fact.until,
                is_undated=one.fact.occurred_at is None,
                details=msgspec.json.encode(one.fact.details).decode(),
            )
            for key, one in sorted(placed.items())
        ],
        now,
    )
    outcome.new_count = len(new)
    tiers = await read_tiers(connection) if new else shipped_tiers()
    for one in sorted((placed[key] for key in new), key=lambda placed_fact: placed_fact.at):
        outcome.calls += await _act(connection, one, reaction_of(resolved(one.fact, tiers, on=one.at.date())))
    return outcome


def _place(fact: AccountFact, numbers: Sequence[store.NumberPlace], now: datetime) -> _Placed | None:
    """Return where a fact belongs: the number where it is about one we know, else its account."""
    at = min(fact.occurred_at or now, now)
    number, is_strangers = _number_of(fact, numbers)
    is_of_a_number = fact.kind in OF_NUMBERS or fact.details.get("holds") == HELD_NUMBER
    of_number = bool(number) and is_of_a_number
    scope_id = number if of_number else fact.waba_id or _account_of(number, numbers)
    if not scope_id or len(scope_id) > store.SCOPE_ID_LENGTH_MAX:
        return None
    said = {
        "kind": fact.kind, "field": fact.field, "event": fact.event, "of": scope_id, "until": fact.until,
        "at": fact.occurred_at, "details": dict(sorted(fact.details.items())),
    }  # fmt: skip
    return _Placed(
        fact=fact,
        scope="number" if of_number else "waba",
        scope_id=scope_id,
        at=at,
        key=hashlib.sha256(msgspec.json.encode(said)).digest()[:16],
        is_strangers=is_strangers and is_of_a_number,
    )


def _number_of(fact: AccountFact, numbers: Sequence[store.NumberPlace]) -> tuple[str, bool]:
    """Return which number a fact names, and whether it is displayed as none of the account's numbers here is."""
    if fact.business_number_id or not fact.display_phone_number:
        return fact.business_number_id, False
    of_account = [one for one in numbers if fact.waba_id in {"", one.waba_id}]
    shown = [one for one in of_account if one.display_phone_number == fact.display_phone_number]
    # Of which nobody has told yet how it is displayed: the only one leaves no doubt.
    silent = [one for one in of_account if not one.display_phone_number]
    found = shown or (silent if len(of_account) == 1 else [])
    return (found[0].business_number_id if found else ""), not shown and not silent


def _account_of(number: str, numbers: Sequence[store.NumberPlace]) -> str:
    return next((one.waba_id for one in numbers if one.business_number_id == number), "")


async def _act(connection: Connection, placed: _Placed, reaction: Reaction) -> list[IncidentCall]:
    if placed.is_strangers:
        # Kept as a fact; of what it says only the people of a day are the whole portfolio's.
        people = tuple(one for one in reaction.limits if one.topic == "people")
        reaction = Reaction(limits=people)
    for limit in reaction.limits:
        row = LimitRow(topic=limit.topic, value=limit.value, word=limit.word)
        await store.tell_limit(connection, row, scope=placed.scope, scope_id=placed.scope_id, at=placed.at)
    cause = reaction.incident or reaction.closes
    if not cause:
        return []
    # What holds nothing keeps the time of its newest word too: an older one is no incident once a newer has settled it.
    is_news = False
    for word in reaction.holds or (HoldWord(cause=cause, is_in_force=False),):
        is_news = await put_hold(connection, word, scope=placed.scope, scope_id=placed.scope_id, at=placed.at)
    if not is_news:
        return []
    return [
        IncidentCall(
            cause=cause,
            scope=placed.scope,
            scope_id=placed.scope_id,
            at=placed.at,
            is_over=not reaction.incident,
            steps=reaction.steps,
            facts={"field": placed.fact.field, "event": placed.fact.event, **placed.fact.details},
        )
    ]


async def put_hold(
    connection: Connection, word: HoldWord, *, scope: HoldScope, scope_id: str, at: datetime
) -> bool:
    """Keep the newest word about a cause and return whether this is it; at one instant a hold outweighs its end."""
    row = HoldRow(cause=word.cause, kind=word.kind, is_in_force=word.is_in_force, until=word.until)
    return await store.put_hold(connection, row, scope=scope, scope_id=scope_id, at=at)
