"""Membership packed by 512 people: what is put in comes out, and the next instant is never too early."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.values.ids import RuleVersionId
from rulecast.wiring.triggers.audience_block import BLOCK_PEOPLE, NEVER, AudienceBlock, block_of
from rulecast.wiring.triggers.loop_guard import EFFECTS_MAX, EFFECTS_WINDOW, find_loop

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
INSTANTS = st.one_of(
    st.none(),
    st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants naive bounds
)


def _empty(number: int = 3) -> AudienceBlock:
    return AudienceBlock(RuleVersionId(1), number, is_baselined=True)


def _stored(block: AudienceBlock) -> AudienceBlock:
    return AudienceBlock.read(
        block.rule_version_id,
        block.block_number,
        is_baselined=True,
        members=bytes(block.members),
        due=block.packed_due(),
    )


@given(st.dictionaries(st.integers(1536, 2047), st.tuples(st.booleans(), INSTANTS), max_size=40))
def test_what_is_put_into_a_block_comes_out_of_storage(
    people: dict[int, tuple[bool, datetime | None]],
) -> None:
    block = _empty()
    for contact_id, (is_member, again) in people.items():
        block.put(contact_id, is_member=is_member, look_again_at=again)
    read = _stored(block)
    assert set(read.member_ids()) == {one for one, (is_member, _) in people.items() if is_member}
    wanted = min((again for _, again in people.values() if again is not None), default=None)
    if wanted is None:
        assert read.next_due == NEVER
        assert read.packed_due() == b""
        return
    assert wanted <= read.next_due < wanted + timedelta(seconds=1)
    assert read.due_people(wanted - timedelta(seconds=1)) == []
    assert set(read.due_people(read.next_due)) >= {
        one for one, (_, again) in people.items() if again == wanted
    }


def test_a_block_is_small_and_holds_neighbours() -> None:
    block = _empty(0)
    assert (len(block.members), block.packed_due()) == (64, b"")
    block.put(7, is_member=True, look_again_at=NOW)
    assert len(block.packed_due()) == 4 * BLOCK_PEOPLE
    block.put(7, is_member=False, look_again_at=None)
    assert (bytes(block.members), block.packed_due()) == (bytes(64), b"")
    assert [block_of(one) for one in (0, 511, 512, 1_000_000)] == [0, 0, 1, 1953]


@pytest.mark.parametrize(("count", "is_loop"), [(EFFECTS_MAX - 1, False), (EFFECTS_MAX, True)])
def test_f94_only_many_messages_inside_the_window_are_a_loop(count: int, is_loop: bool) -> None:
    recent = [NOW - timedelta(hours=one) for one in range(count)]
    old = [NOW - EFFECTS_WINDOW - timedelta(hours=one) for one in range(20)]
    assert (find_loop("echo", [*recent, *old], now=NOW) is not None) is is_loop
