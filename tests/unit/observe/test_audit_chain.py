"""Any change of the audit before its last anchor is seen (P16, F105)."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace

from rulecast.observe.audit_chain import Anchor, Entry, find_faults, next_link
from rulecast.observe.audit_chain.chain import GENESIS

TAMPERINGS = 1_000


def chain(count: int, chance: random.Random) -> list[Entry]:
    """A chain over rows whose numbers have gaps and are not always in order."""
    numbers = chance.sample(range(1, 5 * count), count)
    entries, previous = [], GENESIS
    for position, audit_id in enumerate(numbers, 1):
        content = hashlib.sha256(chance.randbytes(8)).digest()
        previous = next_link(previous, position, audit_id, content)
        entries.append(
            Entry(position=position, audit_id=audit_id, link=previous, content=content, stored_hash=content)
        )
    return entries


def edit(entries: list[Entry], place: int, chance: random.Random) -> list[Entry]:
    return [*entries[:place], replace(entries[place], content=chance.randbytes(32)), *entries[place + 1 :]]


def edit_with_its_hash(entries: list[Entry], place: int, chance: random.Random) -> list[Entry]:
    content = chance.randbytes(32)
    forged = replace(entries[place], content=content, stored_hash=content)
    return [*entries[:place], forged, *entries[place + 1 :]]


def rewrite_from(entries: list[Entry], place: int, chance: random.Random) -> list[Entry]:
    """Everything from a place on is made anew, links and all: only an anchor can tell."""
    made = edit_with_its_hash(entries, place, chance)
    previous = made[place - 1].link if place else GENESIS
    for at in range(place, len(made)):
        one = made[at]
        assert one.stored_hash is not None
        previous = next_link(previous, one.position, one.audit_id, one.stored_hash)
        made[at] = replace(one, link=previous)
    return made


def delete_row(entries: list[Entry], place: int, _: random.Random) -> list[Entry]:
    return [*entries[:place], replace(entries[place], content=None, stored_hash=None), *entries[place + 1 :]]


def delete_link(entries: list[Entry], place: int, _: random.Random) -> list[Entry]:
    return [*entries[:place], *entries[place + 1 :]]


def swap(entries: list[Entry], place: int, chance: random.Random) -> list[Entry]:
    other = chance.choice([one for one in range(len(entries)) if one != place])
    made = list(entries)
    for one, two in ((place, other), (other, place)):
        row = entries[two]
        made[one] = replace(
            entries[one], audit_id=row.audit_id, content=row.content, stored_hash=row.stored_hash
        )
    return made


def cut(entries: list[Entry], place: int, _: random.Random) -> list[Entry]:
    return entries[:place]


def fork(entries: list[Entry], place: int, chance: random.Random) -> list[Entry]:
    """Two writers that both followed the same link."""
    return [
        *entries[: place + 1],
        replace(entries[place], audit_id=chance.randint(10_000, 20_000)),
        *entries[place + 1 :],
    ]


KINDS: tuple[Callable[[list[Entry], int, random.Random], list[Entry]], ...] = (
    edit,
    edit_with_its_hash,
    rewrite_from,
    delete_row,
    delete_link,
    swap,
    cut,
    fork,
)


def test_an_untouched_chain_has_no_fault() -> None:
    chance = random.Random(1)
    for count in (0, 1, 2, 50):
        entries = chain(count, chance)
        anchors = [Anchor(position=one.position, link=one.link) for one in entries[::7]]
        assert find_faults(entries, anchors) == []


def test_every_one_of_a_thousand_tamperings_is_found_p16_f105() -> None:
    chance = random.Random(20261122)
    missed = []
    for number in range(TAMPERINGS):
        kind = KINDS[number % len(KINDS)]
        entries = chain(chance.randint(2, 30), chance)
        last = entries[-1]
        place = chance.randrange(len(entries))
        if not find_faults(kind(entries, place, chance), [Anchor(position=last.position, link=last.link)]):
            missed.append((number, kind.__name__, place, len(entries)))
    assert missed == []


def test_a_tail_that_is_cut_is_found_by_an_anchor_alone_f105() -> None:
    entries = chain(10, random.Random(3))
    assert find_faults(entries[:8], []) == []
    (fault,) = find_faults(entries[:8], [Anchor(position=10, link=entries[9].link)])
    assert (fault.position, fault.what) == (10, "the chain was cut before an anchor")
