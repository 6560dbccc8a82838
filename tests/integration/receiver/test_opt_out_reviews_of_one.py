"""Several likely opt-outs of one person: each is read on its own, in any order, and nothing is lifted unread."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from tests.integration.receiver.conftest import Known, make_known
from tests.integration.receiver.test_opt_out import journal, stopped
from tests.people import ASHA

from rulecast.profile.suppression import (
    JournalEntry,
    Stop,
    SuppressionAction,
    SuppressionCause,
    replay,
    suppress,
)
from rulecast.profile.suppression.stop import Level
from rulecast.values.clock import ManualClock
from rulecast.values.ids import ContactId
from rulecast.wiring.opt_outs.errors import ReviewUnknownError, StopStandsError
from rulecast.wiring.opt_outs.review import keep_stop, lift_stop, list_reviews
from rulecast.wiring.workspace import Workspace

BECAUSE = "read"
SECOND = timedelta(seconds=1)


async def hear(
    workspace: Workspace,
    known: Known,
    said_at: datetime,
    *,
    cause: SuppressionCause = SuppressionCause.STOP_WORD,
    action: SuppressionAction = SuppressionAction.STOP,
    level: Level = "likely",
) -> list[JournalEntry]:
    said = Stop(contact_id=known.contact_id, occurred_at=said_at, cause=cause, action=action, level=level)
    async with workspace.database.transaction() as connection:
        return await suppress(connection, [said], workspace.clock.now())


async def waiting(workspace: Workspace, contact_id: ContactId) -> dict[datetime, int]:
    return {
        one.said_at: one.review_id for one in await list_reviews(workspace) if one.contact_id == contact_id
    }


async def make_speaker(workspace: Workspace, place: int, said: Sequence[datetime]) -> Known:
    """Return somebody new who said these words."""
    known = await make_known(workspace, replace(ASHA, phone=f"+2126140000{place:02}"))
    for said_at in said:
        await hear(workspace, known, said_at)
    return known


async def test_words_are_lifted_one_by_one_in_any_order_and_the_stop_with_the_last(
    workspace: Workspace, clock: ManualClock
) -> None:
    said = [clock.now() + SECOND * place for place in range(3)]
    clock.advance(60)
    for place, order in enumerate(permutations(said)):
        known = await make_speaker(workspace, place, order[::-1])
        for done, said_at in enumerate(order, start=1):
            reviews = await waiting(workspace, known.contact_id)
            assert set(reviews) == set(said) - set(order[: done - 1]), order
            assert await stopped(workspace, known.contact_id) != [], order
            assert (await lift_stop(workspace, reviews[said_at], because=BECAUSE)).waiting == 3 - done
        assert await stopped(workspace, known.contact_id) == [], order
        assert await waiting(workspace, known.contact_id) == {}


async def test_words_that_were_confirmed_keep_the_stop_whatever_is_decided_on_others(
    workspace: Workspace, clock: ManualClock
) -> None:
    first, second = clock.now(), clock.now() + SECOND
    clock.advance(60)
    for place, (kept, lifted) in enumerate(permutations((first, second))):
        known = await make_speaker(workspace, place, (first, second))
        reviews = await waiting(workspace, known.contact_id)
        await keep_stop(workspace, reviews[kept], because=BECAUSE)
        with pytest.raises(StopStandsError):
            await lift_stop(workspace, reviews[lifted], because=BECAUSE)
        assert await waiting(workspace, known.contact_id) == {lifted: reviews[lifted]}
        assert await stopped(workspace, known.contact_id) == [("marketing", "stop_word")]

        known = await make_speaker(workspace, 10 + place, (first, second))
        reviews = await waiting(workspace, known.contact_id)
        await lift_stop(workspace, reviews[lifted], because=BECAUSE)
        await keep_stop(workspace, reviews[kept], because=BECAUSE)
        assert await waiting(workspace, known.contact_id) == {}
        # And what they likely say later, too.
        await hear(workspace, known, second + SECOND * 5)
        (later,) = (await waiting(workspace, known.contact_id)).values()
        with pytest.raises(StopStandsError):
            await lift_stop(workspace, later, because=BECAUSE)
        assert await stopped(workspace, known.contact_id) == [("marketing", "stop_word")]


async def test_words_said_before_a_lifting_and_told_after_it_stop_and_wait(
    workspace: Workspace, clock: ManualClock
) -> None:
    said_at = clock.now()
    clock.advance(60)
    for place, late in enumerate((said_at - SECOND * 5, said_at + SECOND * 5)):
        known = await make_speaker(workspace, place, [said_at])
        (review,) = (await waiting(workspace, known.contact_id)).values()
        await lift_stop(workspace, review, because=BECAUSE)
        assert await stopped(workspace, known.contact_id) == []
        await hear(workspace, known, late)
        assert await stopped(workspace, known.contact_id) == [("marketing", "stop_word")]
        reviews = await waiting(workspace, known.contact_id)
        assert set(reviews) == {late}
        # A repeat of what was lifted changes nothing.
        assert await hear(workspace, known, said_at) == []
        await lift_stop(workspace, reviews[late], because=BECAUSE)
        assert await stopped(workspace, known.contact_id) == []
        assert await waiting(workspace, known.contact_id) == {}


async def test_two_who_decide_at_once_leave_nobody_stopped_by_words_that_were_lifted(
    workspace: Workspace, clock: ManualClock
) -> None:
    said = [clock.now() + SECOND * place for place in range(2)]
    clock.advance(60)
    known = await make_speaker(workspace, 0, said)
    reviews = await waiting(workspace, known.contact_id)
    done = await asyncio.gather(
        *(lift_stop(workspace, review, because=BECAUSE) for review in reviews.values())
    )
    assert sorted(one.waiting for one in done) == [0, 1]
    assert await stopped(workspace, known.contact_id) == []


async def test_a_tap_takes_words_from_the_list_and_a_resume_inside_whatsapp_does_not(
    workspace: Workspace, clock: ManualClock
) -> None:
    said_at = clock.now()
    clock.advance(60)
    known = await make_speaker(workspace, 0, [said_at])
    (review,) = (await waiting(workspace, known.contact_id)).values()
    resume = SuppressionAction.RESUME
    await hear(workspace, known, said_at + SECOND, cause=SuppressionCause.USER_PREFERENCES, action=resume)
    assert await waiting(workspace, known.contact_id) == {said_at: review}
    await hear(workspace, known, said_at + SECOND, cause=SuppressionCause.STOP_BUTTON, action=resume)
    assert await waiting(workspace, known.contact_id) == {}
    assert await stopped(workspace, known.contact_id) == []
    with pytest.raises(ReviewUnknownError):
        await keep_stop(workspace, review, because=BECAUSE)


async def test_after_a_restore_forgot_a_decision_it_is_made_again_either_way_f99(
    workspace: Workspace, clock: ManualClock
) -> None:
    said_at = clock.now()
    clock.advance(60)
    for place, decide in enumerate((lift_stop, keep_stop)):
        known = await make_speaker(workspace, place, [])
        (stop,) = await hear(workspace, known, said_at)
        lifting = replace(
            stop,
            action=SuppressionAction.RESUME,
            cause=SuppressionCause.AGENT,
            level="exact",
            occurred_at=said_at + timedelta(microseconds=1),
        )
        async with workspace.database.transaction() as connection:
            await replay(connection, [lifting], clock.now())
        assert await stopped(workspace, known.contact_id) == []
        (review,) = (await waiting(workspace, known.contact_id)).values()
        await decide(workspace, review, because=BECAUSE)
        is_kept = decide is keep_stop
        assert await stopped(workspace, known.contact_id) == [("marketing", "stop_word")] * is_kept
        assert await waiting(workspace, known.contact_id) == {}
    # What was confirmed is in the journal, for sure.
    assert [(one.action, one.level) for one in journal(workspace)] == [("stop", "exact")]
