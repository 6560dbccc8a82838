"""Statuses merge as a join: order, repetition and strangers change nothing (P12, F35 to F38)."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.graph_stub import Exchange, GraphStub
from tests.sending import NUMBER, START, Launched, launch, prepare_number, prepare_people

from rulecast.collect.webhook_facts import StatusFact, StatusWord
from rulecast.deliver.reconcile import reconcile_unknown
from rulecast.deliver.statuses import MessageDirectory, settle_parked
from rulecast.deliver.statuses.merge import Marks, join, join_all, marks_of
from rulecast.values.ids import OpaqueId
from rulecast.wiring.message_book import Answer, LinkClick
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.workspace import Workspace

AT = START + timedelta(minutes=5)


def status(word: StatusWord, *, wamid: str = "wamid.x", seconds: int = 0, **more: Any) -> StatusFact:
    return StatusFact(
        wamid=wamid,
        status=word,
        occurred_at=AT + timedelta(seconds=seconds),
        business_number_id=NUMBER,
        **more,
    )


statuses_of_a_message = st.lists(
    st.builds(
        status,
        st.sampled_from(["sent", "delivered", "read", "played", "failed"]),
        seconds=st.integers(0, 5),
        error_code=st.sampled_from([0, 131026, 131049]),
        pricing_type=st.sampled_from(["", "regular", "free_entry_point"]),
        pricing_category=st.sampled_from(["", "marketing", "utility"]),
    ),
    max_size=8,
)


@given(statuses_of_a_message, st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=300, deadline=None)
def test_any_order_and_repetition_comes_to_the_same_marks_p12(
    statuses: list[StatusFact], chance: random.Random
) -> None:
    mixed = statuses + [one for one in statuses if chance.random() < 0.5]
    chance.shuffle(mixed)
    assert join_all(mixed) == join_all(statuses)


@given(statuses_of_a_message, statuses_of_a_message)
@hypothesis_settings(max_examples=200, deadline=None)
def test_the_join_is_commutative_associative_and_idempotent(
    left: list[StatusFact], right: list[StatusFact]
) -> None:
    first, second = join_all(left), join_all(right)
    assert join(first, second) == join(second, first) == join_all(left + right)
    assert join(first, first) == first
    assert join(first, Marks()) == first
    for one in left:
        assert join(first, marks_of(one)) == first


async def sent(workspace: Workspace, count: int, clauses: str = "") -> Launched:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, count)
        run = await launch(workspace, connection, people, clauses=clauses)
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    return run


async def rows(workspace: Workspace, text: str) -> list[tuple[Any, ...]]:
    async with workspace.database.connection() as connection:
        return await (await connection.execute(text.encode())).fetchall()


async def tell(
    workspace: Workspace, book: MessageFacts, statuses: Sequence[StatusFact], now: datetime = AT
) -> Any:
    async with workspace.database.transaction() as connection:
        return (await book.apply_statuses(connection, statuses, now)).applied


MARKS = (
    "SELECT state, sent_at, delivered_at, read_at, failed_at, failed_code, billed_category, accepted_at IS NOT NULL,"
    " wamid_index IS NOT NULL FROM deliver.message ORDER BY message_id"
)
FACTS = "SELECT name, occurred_at, properties FROM collect.event ORDER BY name, occurred_at"


async def test_every_order_leaves_the_same_rows_f35_f36(workspace: Workspace, graph: GraphStub) -> None:
    await sent(workspace, 6)
    story = [
        ("sent", 0, 0),
        ("delivered", 2, 0),
        ("read", 4, 0),
        ("failed", 5, 131026),
        ("failed", 3, 131049),
    ]
    chance = random.Random(3)
    book = MessageFacts.of(workspace)
    told = 0
    for opaque in graph.asked:
        mixed = [*story, *chance.sample(story, 2)]
        chance.shuffle(mixed)
        for word, seconds, code in mixed:
            one = status(
                word,  # type: ignore[arg-type] - the words of the story above
                wamid=f"wamid.{opaque}",
                seconds=seconds,
                error_code=code,
                pricing_type="regular",
                pricing_category="marketing" if word != "failed" else "",
            )
            applied = await tell(workspace, book, [one])
            told += applied.new
    found = await rows(workspace, MARKS)
    assert len(set(found)) == 1
    assert found[0][0] == "accepted"
    assert found[0][5] == 131049
    assert found[0][6] == "marketing"
    assert told == 6 * len(story)
    names = [row[0] for row in await rows(workspace, FACTS)]
    assert {name: names.count(name) for name in names} == {"sent": 6, "delivered": 6, "read": 6, "failed": 12}


async def test_parallel_duplicates_have_one_effect_f35(workspace: Workspace, graph: GraphStub) -> None:
    await sent(workspace, 5)
    book = MessageFacts.of(workspace)
    told = [status("delivered", wamid=f"wamid.{one}") for one in graph.asked]
    applied = await asyncio.gather(
        *(tell(workspace, book, random.Random(n).sample(told, len(told))) for n in range(6))
    )
    assert sum(one.new for one in applied) == 5
    assert len(await rows(workspace, FACTS)) == 5


async def test_a_status_before_our_own_answer_settles_the_message_f37(
    workspace: Workspace, graph: GraphStub
) -> None:
    book = MessageFacts.of(workspace)

    async def tell_first(exchange: Exchange) -> None:
        import base64  # noqa: PLC0415 - used here alone

        opaque = OpaqueId(base64.urlsafe_b64decode(exchange.opaque + "=="))
        early = status("sent", wamid=f"wamid.{exchange.opaque}", opaque_id=opaque)
        await tell(workspace, book, [early])
        await exchange.accept()

    graph.handle = tell_first
    await sent(workspace, 3)
    assert {(row[0], row[7], row[8]) for row in await rows(workspace, MARKS)} == {("accepted", True, True)}
    assert await rows(workspace, "SELECT DISTINCT state FROM deliver.attempt") == [("accepted",)]
    assert len(graph.asked) == 3


async def test_a_doubt_is_settled_by_the_status_with_its_opaque_id(
    workspace: Workspace, graph: GraphStub
) -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.reset()

    graph.handle = reset
    await sent(workspace, 2)
    assert {row[0] for row in await rows(workspace, MARKS)} == {"unknown"}
    found = await rows(workspace, "SELECT opaque_id FROM deliver.attempt ORDER BY attempt_id")
    book = MessageFacts.of(workspace)
    await tell(workspace, book, [status("read", wamid="wamid.1", opaque_id=OpaqueId(found[0][0]))])
    assert sorted(row[0] for row in await rows(workspace, MARKS)) == ["accepted", "unknown"]
    # From now on the wamid alone finds it.
    applied = await tell(workspace, book, [status("delivered", wamid="wamid.1", seconds=-1)])
    assert applied.unknown_wamids == 0
    assert await rows(workspace, "SELECT DISTINCT state FROM deliver.attempt ORDER BY 1") == [
        ("accepted",),
        ("unknown",),
    ]


async def test_a_strangers_status_is_kept_and_counted_f38(workspace: Workspace) -> None:
    book = MessageFacts.of(workspace)
    told = [
        status("sent", wamid="wamid.stranger"),
        status("read", wamid="wamid.stranger", opaque_id=OpaqueId(bytes(16))),
    ]
    applied = await tell(workspace, book, told)
    assert (applied.new, applied.unknown_wamids) == (2, 2)
    again = await tell(workspace, book, told)
    assert (again.new, again.repeated, again.unknown_wamids) == (0, 2, 0)
    assert await rows(workspace, "SELECT count(*) FROM deliver.status WHERE message_id IS NULL") == [(2,)]
    assert await rows(workspace, FACTS) == []


async def test_tags_of_a_moment_are_given_once(workspace: Workspace, graph: GraphStub) -> None:
    run = await sent(
        workspace,
        2,
        clauses='  when accepted: tag add "asked"\n  when delivered: tag add "reached"\n'
        '  when replied: tag add "talks"\n',
    )
    assert await rows(workspace, "SELECT tag, count(*) FROM profile.tag GROUP BY 1") == [("asked", 2)]
    book = MessageFacts.of(workspace)
    wamid = f"wamid.{graph.asked[0]}"
    await tell(workspace, book, [status("read", wamid=wamid), status("delivered", wamid=wamid, seconds=-1)])
    await tell(workspace, book, [status("delivered", wamid=wamid, seconds=-1)])
    async with workspace.database.transaction() as connection:
        answer = Answer(contact_id=run.contact_ids[0], context_wamid=None, occurred_at=workspace.clock.now())
        await book.apply_reply(connection, [answer], AT)
        await book.apply_opt_out(connection, [answer], AT)
    changes = await rows(
        workspace,
        "SELECT payload ->> 'tag', count(*) FROM profile.change WHERE kind = 'tag_added' GROUP BY 1 ORDER BY 1",
    )
    assert changes == [("asked", 2), ("reached", 1), ("talks", 1)]
    names = [row[0] for row in await rows(workspace, FACTS)]
    assert names == ["delivered", "opted_out", "read", "replied"]
    assert await rows(workspace, "SELECT count(*) FROM deliver.message WHERE opted_out_at IS NOT NULL") == [
        (1,)
    ]


async def test_a_click_is_a_fact_of_its_message(workspace: Workspace) -> None:
    await sent(workspace, 1)
    book = MessageFacts.of(workspace)
    [(opaque,)] = await rows(workspace, "SELECT opaque_id FROM deliver.attempt")
    for seconds in (0, 5, 0):
        async with workspace.database.transaction() as connection:
            click = LinkClick(
                opaque_id=OpaqueId(opaque), link="promo", occurred_at=AT + timedelta(seconds=seconds)
            )
            assert await book.apply_click(connection, click, AT)
    async with workspace.database.transaction() as connection:
        stranger = LinkClick(opaque_id=OpaqueId(bytes(16)), link="promo", occurred_at=AT)
        assert not await book.apply_click(connection, stranger, AT)
    found = await rows(workspace, "SELECT properties ->> 'link' FROM collect.event WHERE name = 'clicked'")
    assert found == [("promo",), ("promo",)]
    assert await rows(workspace, "SELECT clicked_at FROM deliver.message") == [(AT,)]


async def test_a_doubt_past_its_deadline_is_unresolved_until_a_status_comes(
    workspace: Workspace, graph: GraphStub
) -> None:
    async def reset(exchange: Exchange) -> None:
        exchange.reset()

    graph.handle = reset
    await sent(workspace, 1)
    later = workspace.clock.now() + timedelta(hours=25)
    async with workspace.database.transaction() as connection:
        assert await reconcile_unknown(connection, [NUMBER], deadline=timedelta(hours=24), now=later) == 1
        assert await reconcile_unknown(connection, [NUMBER], deadline=timedelta(hours=24), now=later) == 0
    assert [row[0] for row in await rows(workspace, MARKS)] == ["unresolved"]
    assert await rows(workspace, "SELECT count(*) FROM gate.permit WHERE released_at IS NULL") == [(1,)]
    [(opaque,)] = await rows(workspace, "SELECT opaque_id FROM deliver.attempt")
    await tell(workspace, MessageFacts.of(workspace), [status("sent", opaque_id=OpaqueId(opaque))])
    assert [row[0] for row in await rows(workspace, MARKS)] == ["accepted"]


async def test_a_parked_status_finds_its_message_later(workspace: Workspace, graph: GraphStub) -> None:
    book = MessageFacts.of(workspace)

    async def tell_without_opaque_id(exchange: Exchange) -> None:
        await tell(workspace, book, [status("sent", wamid=f"wamid.{exchange.opaque}")])
        await exchange.accept()

    graph.handle = tell_without_opaque_id
    await sent(workspace, 1)
    async with workspace.database.transaction() as connection:
        await settle_parked(connection, MessageDirectory(workspace.vault), workspace.clock.now())
    assert [(row[0], row[1]) for row in await rows(workspace, MARKS)] == [("accepted", AT)]
    assert [row[0] for row in await rows(workspace, FACTS)] == ["sent"]
    assert await rows(workspace, "SELECT count(*) FROM deliver.status WHERE message_id IS NULL") == [(0,)]
