"""Likely opt-outs block at once and wait for a person: who lifts what, in any order of arrival."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from tests.integration.receiver.conftest import Known, make_known
from tests.integration.receiver.serving import RunningReceiver, message, text_message
from tests.integration.receiver.test_opt_out import journal, stopped
from tests.people import ASHA, BILAL

from rulecast.database import Connection
from rulecast.observe.metrics import render_metrics
from rulecast.profile.suppression import Stop, SuppressionAction, SuppressionCause, suppress
from rulecast.values.clock import ManualClock
from rulecast.wiring.doctor_opt_outs import look_at_opt_outs
from rulecast.wiring.finding import Health
from rulecast.wiring.opt_outs.errors import ReasonMissingError, ReviewUnknownError, StopStandsError
from rulecast.wiring.opt_outs.review import Lifted, keep_stop, lift_stop, list_reviews, review_samples
from rulecast.wiring.workspace import Workspace

LIKELY = "please stop sending me these messages, I am tired of it"


def tapped(phone: str, payload: str, at: float, *, wamid: str) -> dict[str, Any]:
    reply = {"type": "button_reply", "button_reply": {"id": payload, "title": "Tout"}}
    return message(phone, at, wamid=wamid, type="interactive", interactive=reply)


async def audited(workspace: Workspace) -> list[tuple[str, str]]:
    async with workspace.database.connection() as connection:
        rows = await connection.execute(
            "SELECT actor, action FROM observe.audit WHERE action LIKE 'opt-out%'"
        )
        return sorted(await rows.fetchall())


async def test_a_likely_opt_out_blocks_at_once_and_a_person_lifts_or_keeps_it(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    bilal = await make_known(workspace, BILAL)
    at = clock.now().timestamp()
    for place, one in enumerate((asha, bilal)):
        body = text_message(one.person.phone, LIKELY, at, wamid=f"wamid.likely{place}")
        # A repeat waits once.
        assert [await receiver.post(body) for _ in range(2)] == [200, 200]
        assert await stopped(workspace, one.contact_id) == [("marketing", "stop_word")]
    clock.advance(60)
    (noted,) = await look_at_opt_outs(workspace)
    assert noted.health is Health.GOOD
    first, second = await list_reviews(workspace, with_words=True)
    assert [first.contact_id, second.contact_id] == [asha.contact_id, bilal.contact_id]
    assert first.words == LIKELY
    assert LIKELY not in repr(first)
    assert "rulecast_opt_out_reviews_open 2.0" in render_metrics(await review_samples(workspace))

    with pytest.raises(ReasonMissingError):
        await lift_stop(workspace, first.review_id, because="  ")
    lifted = await lift_stop(workspace, first.review_id, because="stop by the shop")
    assert lifted == Lifted(contact_id=asha.contact_id, waiting=0)
    assert await keep_stop(workspace, second.review_id, because="an opt-out") == bilal.contact_id
    assert await stopped(workspace, asha.contact_id) == []
    assert await stopped(workspace, bilal.contact_id) == [("marketing", "stop_word")]
    written = [(one.action, one.cause, one.level, one.occurred_at) for one in journal(workspace)[-2:]]
    right_behind = first.said_at + timedelta(microseconds=1)
    assert written == [
        ("resume", "agent", "exact", right_behind),
        ("stop", "stop_word", "exact", right_behind),
    ]
    assert await list_reviews(workspace) == []
    assert await look_at_opt_outs(workspace) == []
    for number in (first.review_id, second.review_id, 1_000_000):
        with pytest.raises(ReviewUnknownError):
            await lift_stop(workspace, number, because="again")
    assert await audited(workspace) == [
        ("tester", "opt-out kept"),
        ("tester", "opt-out lifted"),
        ("tester", "opt-out words read"),
    ]
    assert 'opt_out_reviews_total{decision="lifted"} 1.0' in render_metrics(await review_samples(workspace))
    # What she says for sure, and is told late, stands against the lifting.
    assert await receiver.post(text_message(ASHA.phone, "STOP", at - 60, wamid="wamid.late")) == 200
    assert await stopped(workspace, asha.contact_id) == [("marketing", "stop_word")]


async def test_what_was_also_said_for_sure_is_lifted_by_nobody_of_the_business(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    at = clock.now().timestamp()
    assert await receiver.post(text_message(ASHA.phone, "STOP", at - 5, wamid="wamid.sure")) == 200
    assert await receiver.post(text_message(ASHA.phone, LIKELY, at, wamid="wamid.likely")) == 200
    (review,) = await list_reviews(workspace)
    assert review.words == ""
    clock.advance(timedelta(hours=25).total_seconds())
    (late,) = await look_at_opt_outs(workspace)
    assert late.health is Health.NOTE
    assert late.what.startswith("1 likely ones wait for a person, the oldest for 25 h")
    with pytest.raises(StopStandsError):
        await lift_stop(workspace, review.review_id, because="a mistake")
    assert await stopped(workspace, asha.contact_id) == [("marketing", "stop_word")]
    assert [one.review_id for one in await list_reviews(workspace)] == [review.review_id]
    assert await audited(workspace) == []


async def test_the_order_in_which_taps_arrive_changes_nothing(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock
) -> None:
    at = clock.now().timestamp()
    clock.advance(600)
    taps = (("optout:everything:v1", at), ("optout:offers:v1", at + 60), ("optin:offers:v1", at + 120))
    for place, order in enumerate(permutations(range(3))):
        phone = f"+21261300000{place}"
        known = await make_known(workspace, replace(ASHA, phone=phone))
        for which in order:
            payload, tapped_at = taps[which]
            assert (
                await receiver.post(tapped(phone, payload, tapped_at, wamid=f"wamid.{place}.{which}")) == 200
            )
        assert await stopped(workspace, known.contact_id) == [], order


async def test_a_tap_lifts_nothing_that_a_clerk_an_import_or_whatsapp_stopped(
    receiver: RunningReceiver, workspace: Workspace, clock: ManualClock, asha: Known
) -> None:
    at = clock.now()

    async def stop(connection: Connection, cause: SuppressionCause, scope: str) -> None:
        said = Stop(
            contact_id=asha.contact_id,
            occurred_at=at,
            cause=cause,
            scope="all" if scope == "all" else "marketing",
            action=SuppressionAction.STOP,
        )
        await suppress(connection, [said], at)

    async with workspace.database.transaction() as connection:
        await stop(connection, SuppressionCause.AGENT, "all")
        await stop(connection, SuppressionCause.IMPORT, "marketing")
    later = (at + timedelta(minutes=1)).timestamp()
    clock.advance(120)
    for place, payload in enumerate(("optout:offers:v1", "optin:offers:v1")):
        body = tapped(ASHA.phone, payload, later + place, wamid=f"wamid.tap{place}")
        assert await receiver.post(body) == 200
    assert {scope for scope, _ in await stopped(workspace, asha.contact_id)} == {"all", "marketing"}
