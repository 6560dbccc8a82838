"""An explicit model of the sending protocol: two senders, two messages, an opt-out, a stop, crashes, webhooks.

Every interleaving is visited once (states are hashed). It mirrors deliver/README.md: a lease with a fence, the intent
transaction that locks before it reads, one request an intent, results by compare-and-set, doubts that only a status
or a deadline ends. Source of the shape: science 9; there one message and the table of bad policies.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

PLANNED, CLAIMED, INTENT, ACCEPTED, UNKNOWN, UNRESOLVED, CANCELLED = "pciauxz"
OPEN = frozenset({PLANNED, CLAIMED, INTENT})
# What a sender holds of a message: nothing, a permit, a permit whose last checks passed, a request that is out, and
# how it ended: taken, surely not taken, nobody knows, never started.
NOTHING, PERMIT, CHECKED, WAITING, TAKEN, NOT_TAKEN, LOST, UNSTARTED = "-pcwtnlu"
ENDED = frozenset({TAKEN, NOT_TAKEN, LOST, UNSTARTED})
STATES_MAX = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The protocol, or one that is known to be wrong in one place."""

    locks_and_reads_at_once: bool = False
    recovers_to_planned: bool = False
    resends_unknown: bool = False
    ignores_fence: bool = False
    ignores_stop: bool = False
    writes_blindly: bool = False
    faults: int = 1
    refusals: int = 1
    messages: int = 2


class Message(NamedTuple):
    """One row, and what is true of it outside: requests on the wire, acceptances, a status that may still come."""

    state: str = PLANNED
    fence: int = 0
    wire: tuple[int, ...] = ()
    accepted: int = 0
    status: bool = False


class Transaction(NamedTuple):
    """An intent transaction under way: which message, whether the guard is locked, and the facts once they are read.

    The facts are whether the person has opted out, whether a stop was seen, and whether there was one.
    """

    message: int
    is_locked: bool = False
    facts: tuple[bool, bool, bool] | None = None


class Sender(NamedTuple):
    """One process: the epoch it believes in (0 is none), whether it heard of the stop, and what it holds."""

    epoch: int = 0
    has_heard: bool = False
    transaction: Transaction | None = None
    held: tuple[str, ...] = (NOTHING, NOTHING)


class State(NamedTuple):
    """Everything; the lease is (epoch, holder or -1, whether it has run out)."""

    messages: tuple[Message, ...]
    senders: tuple[Sender, Sender]
    lease: tuple[int, int, bool] = (0, -1, True)
    opt_out: str = "none"
    is_stopped: bool = False
    faults: int = 0
    refusals: int = 0
    broken: str = ""


class Found(NamedTuple):
    """What the search came to: how many states, which promises broke, and the shortest way to the first of them."""

    states: int
    broken: frozenset[str]
    way: tuple[str, ...]


Step = tuple[str, State]


def search(variant: Variant) -> Found:
    """Visit every state that can be reached; a state in which a promise is broken is not left again."""
    first = State(
        messages=(Message(),) * variant.messages,
        senders=(Sender(held=(NOTHING,) * variant.messages), Sender(held=(NOTHING,) * variant.messages)),
        faults=variant.faults,
        refusals=variant.refusals,
    )
    came_from: dict[State, tuple[State, str] | None] = {first: None}
    waiting = deque([first])
    broken: dict[str, State] = {}
    while waiting:
        state = waiting.popleft()
        is_stuck = True
        for name, after in _steps(state, variant):
            is_stuck = False
            if after in came_from:
                continue
            came_from[after] = (state, name)
            if after.broken:
                broken.setdefault(after.broken, after)
                continue
            waiting.append(after)
            assert len(came_from) <= STATES_MAX, "the model has grown beyond what a test may visit"
        if is_stuck and any(one.state in OPEN for one in state.messages) and not _rests(state):
            broken.setdefault("stuck", state)
    shortest = next(iter(broken.values()), None)
    return Found(len(came_from), frozenset(broken), _way(came_from, shortest))


def _rests(state: State) -> bool:
    """Return whether what is open waits for nothing but a resume."""
    return state.is_stopped and all(one.state not in {CLAIMED, INTENT} for one in state.messages)


def _way(came_from: dict[State, tuple[State, str] | None], state: State | None) -> tuple[str, ...]:
    names: list[str] = []
    while state is not None and (before := came_from[state]) is not None:
        names.append(before[1])
        state = before[0]
    return tuple(reversed(names))


def _steps(state: State, variant: Variant) -> Iterator[Step]:
    for index in (0, 1):
        yield from _lease_steps(state, index, variant)
        if state.senders[index].epoch:
            yield from _transaction_steps(state, index, variant)
            yield from _request_steps(state, index, variant)
            if state.faults:
                fresh = Sender(held=(NOTHING,) * len(state.messages))
                yield f"{index} dies", _with_sender(state, index, fresh)._replace(faults=state.faults - 1)
            if state.is_stopped and not state.senders[index].has_heard:
                yield (
                    f"{index} hears",
                    _with_sender(state, index, state.senders[index]._replace(has_heard=True)),
                )
    yield from _world_steps(state)


def _lease_steps(state: State, index: int, variant: Variant) -> Iterator[Step]:
    epoch, holder, has_run_out = state.lease
    if holder == index and not has_run_out and state.faults and state.senders[index].epoch == epoch:
        yield "lease runs out", state._replace(lease=(epoch, holder, True), faults=state.faults - 1)
    # Whoever takes over waits for the transactions of the holder; a dead process is known to be dead.
    is_free = has_run_out or holder < 0 or state.senders[holder].epoch == 0
    is_busy = holder >= 0 and state.senders[holder].transaction is not None and not variant.ignores_fence
    if state.senders[index].epoch == 0 and is_free and not is_busy:
        back = PLANNED if variant.recovers_to_planned else UNKNOWN
        messages = tuple(
            one._replace(state=back)
            if one.state == INTENT
            else one._replace(state=PLANNED)
            if one.state == CLAIMED
            else one
            for one in state.messages
        )
        taken = _with_sender(state, index, state.senders[index]._replace(epoch=epoch + 1, has_heard=False))
        yield f"{index} takes the lease", taken._replace(messages=messages, lease=(epoch + 1, index, False))


def _is_ours(state: State, index: int, variant: Variant) -> bool:
    epoch, holder, has_run_out = state.lease
    if variant.ignores_fence:
        return True
    return holder == index and not has_run_out and state.senders[index].epoch == epoch


def _transaction_steps(state: State, index: int, variant: Variant) -> Iterator[Step]:
    sender = state.senders[index]
    if sender.transaction is not None:
        yield from _inside(state, index, sender.transaction, variant)
        return
    if not _is_ours(state, index, variant):
        yield from _leave(state, index)
        return
    for number, message in enumerate(state.messages):
        held = sender.held[number]
        if message.state in {PLANNED, UNKNOWN if variant.resends_unknown else PLANNED} and held == NOTHING:
            if not sender.has_heard:
                claimed = message._replace(state=CLAIMED, fence=sender.epoch)
                yield f"{index} claims {number}", _with_message(state, number, claimed)
        elif message.state == CLAIMED and message.fence == sender.epoch and held == NOTHING:
            begun = sender._replace(transaction=Transaction(message=number))
            yield f"{index} opens {number}", _with_sender(state, index, begun)
        if held in ENDED:
            after = _result(state, index, number, is_blind=variant.writes_blindly)
            yield f"{index} writes the result of {number}", after


def _leave(state: State, index: int) -> Iterator[Step]:
    """A sender without its lease waits for what is out, writes nothing, and may take the lease again."""
    sender = state.senders[index]
    if all(held in {NOTHING, PERMIT, *ENDED} for held in sender.held):
        yield f"{index} gives up", _with_sender(state, index, Sender(held=(NOTHING,) * len(state.messages)))


def _inside(state: State, index: int, at: Transaction, variant: Variant) -> Iterator[Step]:
    """The statements of an intent transaction, one by one; only the first message's person opts out."""
    sender, number = state.senders[index], at.message
    guard_is_free = number != 0 or state.opt_out != "locked"
    sees_stop = state.is_stopped and not variant.ignores_stop
    read = (number == 0 and state.opt_out == "committed", sees_stop, state.is_stopped)
    if variant.locks_and_reads_at_once and at.facts is None:
        # One statement: its snapshot is taken first, and then it waits for the lock.
        yield f"{index} reads {number}", _in_transaction(state, index, at._replace(facts=read))
    elif not at.is_locked:
        if guard_is_free:
            yield f"{index} locks {number}", _in_transaction(state, index, at._replace(is_locked=True))
    elif at.facts is None:
        yield f"{index} reads {number}", _in_transaction(state, index, at._replace(facts=read))
    else:
        yield f"{index} commits {number}", _commit(state, index, at, variant)
    if state.messages[number].state != CLAIMED:
        # A status settled it in between: the row is locked before the permit is written, and it is left out.
        yield f"{index} leaves out {number}", _with_sender(state, index, sender._replace(transaction=None))


def _commit(state: State, index: int, at: Transaction, variant: Variant) -> State:
    assert at.facts is not None
    sender, message = state.senders[index], state.messages[at.message]
    ended = sender._replace(transaction=None)
    is_ours = message.fence == sender.epoch or variant.ignores_fence
    if message.state != CLAIMED or not is_ours:
        return _with_sender(state, index, ended)
    has_opted_out, sees_stop, was_stopped = at.facts
    if has_opted_out:
        return _with_message(_with_sender(state, index, ended), at.message, message._replace(state=CANCELLED))
    if sees_stop:
        return _with_message(_with_sender(state, index, ended), at.message, message._replace(state=PLANNED))
    after = _with_message(state, at.message, message._replace(state=INTENT))
    after = _with_sender(after, index, ended._replace(held=_put(ended.held, at.message, PERMIT)))
    if at.message == 0 and state.opt_out == "committed":
        return after._replace(broken="intent after an opt-out")
    return after._replace(broken="intent after a stop") if was_stopped else after


def _result(state: State, index: int, number: int, *, is_blind: bool) -> State:
    """Write a result by compare-and-set on state and fence."""
    sender, message = state.senders[index], state.messages[number]
    held = sender.held[number]
    after = _with_sender(state, index, sender._replace(held=_put(sender.held, number, NOTHING)))
    is_current = message.state == INTENT and message.fence == sender.epoch
    if not is_current and not is_blind:
        return after
    if message.state == ACCEPTED and held != TAKEN:
        return after._replace(broken="acceptance forgotten")
    new = {TAKEN: ACCEPTED, NOT_TAKEN: PLANNED, UNSTARTED: PLANNED, LOST: UNKNOWN}[held]
    return _with_message(after, number, message._replace(state=new))


def _request_steps(state: State, index: int, variant: Variant) -> Iterator[Step]:
    sender = state.senders[index]
    for number, held in enumerate(sender.held):
        if held == PERMIT:
            epoch, holder, has_run_out = state.lease
            trusts_lease = variant.ignores_fence or (
                holder == index and not has_run_out and sender.epoch == epoch
            )
            may_start = trusts_lease and (variant.ignores_stop or not sender.has_heard)
            put = _put(sender.held, number, CHECKED if may_start else UNSTARTED)
            after = _with_sender(state, index, sender._replace(held=put))
            broken = "request after a stop was heard" if may_start and sender.has_heard else ""
            yield f"{index} checks {number}", after._replace(broken=broken)
        elif held == CHECKED:
            # Between the check and the first byte a process may be frozen for as long as it takes.
            yield f"{index} asks {number}", _asked(state, index, number)


def _asked(state: State, index: int, number: int) -> State:
    sender, message = state.senders[index], state.messages[number]
    after = _with_sender(state, index, sender._replace(held=_put(sender.held, number, WAITING)))
    after = _with_message(after, number, message._replace(wire=(*message.wire, index)))
    if len(message.wire) > 0:
        return after._replace(broken="two requests at once")
    return after


def _world_steps(state: State) -> Iterator[Step]:
    for number, message in enumerate(state.messages):
        yield from _wire_steps(state, number, message)
        # A status proves that Meta took the message, whatever we thought of it; it may also never come.
        if message.status:
            told = message._replace(state=ACCEPTED, status=False)
            yield f"status of {number}", _with_message(state, number, told)
        if message.state == UNKNOWN and not message.wire:
            yield f"deadline of {number}", _with_message(state, number, message._replace(state=UNRESOLVED))
    yield from _people_steps(state)


def _wire_steps(state: State, number: int, message: Message) -> Iterator[Step]:
    for owner in set(message.wire):
        rest = list(message.wire)
        rest.remove(owner)
        gone = message._replace(wire=tuple(rest))
        taken = gone._replace(accepted=min(2, message.accepted + 1), status=True)
        broken = "two acceptances" if message.accepted else ""
        if message.state in {PLANNED, CLAIMED} and message.fence == 0:
            broken = "acceptance without an intent"
        for answer, row in ((TAKEN, taken), (LOST, taken), (LOST, gone)):
            after = _answered(_with_message(state, number, row), owner, number, answer)
            yield (
                f"Meta takes {number}, answer {answer}",
                after._replace(broken=broken if row is taken else ""),
            )
        if state.refusals:
            after = _answered(_with_message(state, number, gone), owner, number, NOT_TAKEN)
            yield f"Meta refuses {number}", after._replace(refusals=state.refusals - 1)


def _answered(state: State, owner: int, number: int, answer: str) -> State:
    sender = state.senders[owner]
    if sender.held[number] != WAITING:
        return state
    return _with_sender(state, owner, sender._replace(held=_put(sender.held, number, answer)))


def _people_steps(state: State) -> Iterator[Step]:
    if state.opt_out == "none" and not _guard_is_locked(state):
        yield "opt-out locks", state._replace(opt_out="locked")
    if state.opt_out == "locked":
        yield "opt-out commits", state._replace(opt_out="committed")
    if not state.is_stopped:
        yield "stop commits", state._replace(is_stopped=True)


def _guard_is_locked(state: State) -> bool:
    return any(
        one.transaction is not None and one.transaction.message == 0 and one.transaction.is_locked
        for one in state.senders
    )


def _with_sender(state: State, index: int, sender: Sender) -> State:
    senders = (sender, state.senders[1]) if index == 0 else (state.senders[0], sender)
    return state._replace(senders=senders)


def _with_message(state: State, number: int, message: Message) -> State:
    return state._replace(messages=(*state.messages[:number], message, *state.messages[number + 1 :]))


def _in_transaction(state: State, index: int, at: Transaction) -> State:
    return _with_sender(state, index, state.senders[index]._replace(transaction=at))


def _put(held: tuple[str, ...], number: int, word: str) -> tuple[str, ...]:
    return (*held[:number], word, *held[number + 1 :])
