"""Ordinary statuses taken in one statement leave what the longer road leaves (P12, F35 to F38)."""

import asyncio
import base64
import json
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from tests.graph_stub import GraphStub
from tests.integration.deliver.test_statuses import AT, rows
from tests.sending import NUMBER, launch, prepare_number, prepare_people

from rulecast.collect.parse_webhook import parse_webhook
from rulecast.collect.plain_statuses import PlainStatuses
from rulecast.deliver.statuses import take_plain
from rulecast.deliver.statuses.message_directory import TEMPLATES_KEPT_FOR
from rulecast.wiring.sender import run_sender
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.webhook_group import PlainPost, read_post
from rulecast.wiring.workspace import Workspace

# Deliveries are counted of every rule; of some, something is done at each.
CLAUSES = {"counted": "", "acting": 'when delivered: tag add "reached"'}
PEOPLE = 4
PRICES: list[dict[str, Any] | None] = [
    None,
    {"billable": True, "type": "regular", "category": "marketing"},
    {"type": "regular", "category": "marketing_lite"},
    {"type": "regular", "category": "utility"},
]


def told(
    wamid: str, word: str, seconds: int, price: dict[str, Any] | None = None, opaque: str = ""
) -> dict[str, Any]:
    at = int((AT + timedelta(seconds=seconds)).timestamp())
    return {
        "id": wamid, "status": word, "timestamp": str(at),
        **({"pricing": price} if price else {}),
        **({"biz_opaque_callback_data": opaque} if opaque else {}),
    }  # fmt: skip


def post(statuses: Sequence[dict[str, Any]]) -> PlainPost:
    value = {"metadata": {"phone_number_id": NUMBER}, "statuses": list(statuses)}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    read = read_post(body, AT)
    assert isinstance(read, PlainPost)
    return read


async def tell(
    workspace: Workspace, book: MessageFacts, posts: Sequence[PlainPost], *, is_plain: bool
) -> None:
    async with workspace.database.transaction() as connection:
        if is_plain:
            await book.apply_plain(connection, posts, AT)
        else:
            await book.apply_statuses(connection, [fact for one in posts for fact in one.facts()], AT)


async def launched(workspace: Workspace) -> dict[str, list[tuple[int, str]]]:
    """Return message and wamid of each sent message by kind of its rule, in order of people."""
    async with workspace.database.transaction() as connection:
        await prepare_number(connection)
        people = await prepare_people(workspace, connection, 2 * PEOPLE * len(CLAUSES))
        for place, (name, clauses) in enumerate(CLAUSES.items()):
            mine = people[place :: len(CLAUSES)]
            await launch(workspace, connection, mine, name=name, clauses=clauses)
    await asyncio.wait_for(run_sender(workspace, stop_event=asyncio.Event(), until_idle=True), 60)
    found = await rows(
        workspace,
        "SELECT r.rule_name, m.message_id, m.sealed_wamid, m.contact_id FROM deliver.message AS m"
        " JOIN deliver.run AS r USING (run_id) ORDER BY m.message_id",
    )
    messages: dict[str, list[tuple[int, str]]] = {name: [] for name in CLAUSES}
    for name, message_id, sealed, contact_id in found:
        wamid = await workspace.vault.open(contact_id, "deliver.message.sealed_wamid", sealed)
        assert wamid is not None
        messages[name].append((message_id, wamid.decode()))
    return messages


async def left(workspace: Workspace, message_ids: Sequence[int]) -> list[list[tuple[Any, ...]]]:
    """Return everything that stands of these messages, told without ids."""
    ids = ",".join(map(str, message_ids))
    return [await rows(workspace, text.replace("IDS", ids)) for text in LEFT]


LEFT = (
    (
        "SELECT array_position(ARRAY[IDS]::bigint[], message_id), state, reason, error_code, accepted_at, sent_at,"
        " delivered_at, read_at, failed_at, failed_code, billed_category, changed_at FROM deliver.message"
        " WHERE message_id IN (IDS) ORDER BY 1"
    ),
    (
        "SELECT array_position(ARRAY[IDS]::bigint[], message_id), status, occurred_at, error_code, pricing_type,"
        " pricing_category, recorded_at, opaque_id IS NULL FROM deliver.status WHERE message_id IN (IDS)"
        " ORDER BY 1, 2, 3"
    ),
    (
        "SELECT array_position(ARRAY[IDS]::bigint[], m.message_id), e.name, e.occurred_at, e.recorded_at, e.source,"
        " e.properties FROM collect.event AS e JOIN deliver.message AS m USING (contact_id)"
        " WHERE m.message_id IN (IDS) ORDER BY 1, 2, 3"
    ),
    (
        "SELECT array_position(ARRAY[IDS]::bigint[], message_id), position FROM deliver.action_taken"
        " WHERE message_id IN (IDS) ORDER BY 1, 2"
    ),
)


def stories(chance: random.Random) -> Iterator[list[tuple[int, str, int, dict[str, Any] | None]]]:
    """Yield groups of (place of a message, word, seconds, price), repeats and several of one message among them."""
    told_before: list[tuple[int, str, int, dict[str, Any] | None]] = []
    for size in (1, 3, 8, 20, 20):
        drawn = [
            (chance.randrange(PEOPLE), chance.choice(("sent", "delivered", "read")), chance.randrange(6))
            for _ in range(size)
        ]
        # Meta names the same price whenever it repeats a status.
        group = [
            (place, word, at, PRICES[(place + len(word) + at) % len(PRICES)]) for place, word, at in drawn
        ]
        group += chance.sample(told_before, min(len(told_before), size // 3))
        chance.shuffle(group)
        told_before += group
        yield group


async def test_both_roads_leave_the_same_rows_whoever_waits_for_deliveries_p12(
    workspace: Workspace, graph: GraphStub
) -> None:
    messages = await launched(workspace)
    # Each road has its own memory of runs, as two receivers have.
    roads = {True: MessageFacts.of(workspace), False: MessageFacts.of(workspace)}
    counts: dict[bool, list[tuple[Any, ...]]] = {}
    for is_plain, book in roads.items():
        chance = random.Random(7)
        for groups in zip(*(stories(chance) for _ in CLAUSES), strict=True):
            mine = {name: found[:PEOPLE] if is_plain else found[PEOPLE:] for name, found in messages.items()}
            statuses = [
                told(mine[name][place][1], word, seconds, price)
                for name, group in zip(CLAUSES, groups, strict=True)
                for place, word, seconds, price in group
            ]
            half = len(statuses) // 2
            await tell(workspace, book, [post(statuses[:half]), post(statuses[half:])], is_plain=is_plain)
        counts[is_plain] = await rows(
            workspace,
            "SELECT r.rule_name, sum(t.delivered) FROM deliver.tally AS t JOIN deliver.run AS r USING (run_id)"
            " GROUP BY r.rule_name ORDER BY 1",
        )
    for name, found in messages.items():
        ids = [message_id for message_id, _ in found]
        quick, thorough = await left(workspace, ids[:PEOPLE]), await left(workspace, ids[PEOPLE:])
        assert quick == thorough, name
        assert quick[2], "the story tells of every rule"
    assert len(counts[True]) == 2
    assert counts[False] == [(name, 2 * count) for name, count in counts[True]]


async def test_what_is_not_ordinary_is_left_to_the_longer_road(
    workspace: Workspace, graph: GraphStub
) -> None:
    messages = await launched(workspace)
    book = MessageFacts.of(workspace)
    counted = messages["counted"]
    await tell(workspace, book, [post([told(counted[0][1], "sent", 1)])], is_plain=True)
    attempts = await rows(workspace, "SELECT message_id, opaque_id FROM deliver.attempt ORDER BY message_id")
    unknown, refused = counted[1], counted[2]
    async with workspace.database.transaction() as connection:
        await connection.execute(
            "UPDATE deliver.message SET state = 'unknown', wamid_index = NULL, sealed_wamid = NULL, accepted_at = NULL"
            " WHERE message_id = %s",
            (unknown[0],),
        )
        await connection.execute(
            "UPDATE deliver.message SET state = 'refused', error_code = 131049 WHERE message_id = %s",
            (refused[0],),
        )
    opaque = next(found for message_id, found in attempts if message_id == unknown[0])
    bodies = [
        post([told(counted[0][1], "delivered", 2), told("wamid.stranger", "delivered", 2)]),
        post(
            [
                told(
                    unknown[1], "delivered", 2, opaque=base64.urlsafe_b64encode(opaque).decode().rstrip("=")
                ),
                told(refused[1], "read", 3),
            ]
        ),
    ]
    statuses = PlainStatuses()
    for one in bodies:
        statuses.extend(one.statuses)
    async with workspace.database.transaction() as connection:
        taken = await take_plain(
            connection, book.directory, statuses, listening=book.actions.listening, now=AT
        )
        assert list(taken.left) == [1, 2, 3]
        await connection.execute("ROLLBACK AND CHAIN")
    await tell(workspace, book, bodies, is_plain=True)
    ids = f"{counted[0][0]}, {unknown[0]}, {refused[0]}"
    found = await rows(
        workspace,
        "SELECT state, error_code, delivered_at, read_at, wamid_index IS NULL FROM deliver.message"
        f" WHERE message_id IN ({ids}) ORDER BY message_id",
    )
    at = [AT + timedelta(seconds=seconds) for seconds in range(4)]
    assert found == [
        ("accepted", 0, at[2], None, False),
        ("accepted", 0, at[2], None, False),
        ("accepted", 0, None, at[3], False),
    ]
    parked = await rows(workspace, "SELECT status FROM deliver.status WHERE message_id IS NULL")
    assert parked == [("delivered",)]


async def test_two_lanes_that_meet_at_a_message_lose_nothing_p12(
    workspace: Workspace, graph: GraphStub
) -> None:
    messages = await launched(workspace)
    book = MessageFacts.of(workspace)
    message_id, wamid = messages["counted"][0]
    # Both roads are known by now, so that what follows is one statement each.
    await tell(workspace, book, [post([told(messages["counted"][1][1], "sent", 0)])], is_plain=True)
    async with workspace.database.transaction() as first:
        await book.apply_plain(first, [post([told(wamid, "delivered", 2), told(wamid, "sent", 3)])], AT)
        second = asyncio.create_task(
            tell(workspace, book, [post([told(wamid, "read", 4), told(wamid, "sent", 1)])], is_plain=True)
        )
        waiting: list[tuple[Any, ...]] = []
        while not waiting:
            waiting = await rows(workspace, "SELECT 1 FROM pg_locks WHERE NOT granted")
        assert not second.done()
    await second
    at = [AT + timedelta(seconds=seconds) for seconds in range(5)]
    assert await rows(
        workspace,
        f"SELECT sent_at, delivered_at, read_at FROM deliver.message WHERE message_id = {message_id}",
    ) == [(at[1], at[2], at[4])]
    told_of = await rows(workspace, "SELECT count(*) FROM deliver.status WHERE status <> 'sent'")
    assert told_of == [(2,)]


async def test_a_price_is_compared_with_what_its_template_counts_as_now(
    workspace: Workspace, graph: GraphStub
) -> None:
    messages = await launched(workspace)
    book = MessageFacts.of(workspace)
    (_, first), (message_id, second) = messages["counted"][:2]
    price = PRICES[1]
    await tell(workspace, book, [post([told(first, "sent", 0, price)])], is_plain=True)
    async with workspace.database.transaction() as connection:
        # Meta counts the template as utility from now on; a message may be planned as that and billed as before.
        await connection.execute("UPDATE template.template SET category = 'utility'")
    async with workspace.database.transaction() as connection:
        later = AT + TEMPLATES_KEPT_FOR
        await book.apply_plain(connection, [post([told(second, "delivered", 1, price)])], later)
    price_of = f"SELECT billed_e4 FROM gate.permit WHERE message_id = {message_id}"
    assert await rows(workspace, price_of) == [(41_400,)]
    # Of two prices in one body the newer one counts, wherever it stands.
    free = {"billable": False, "type": "free_customer_service", "category": "utility"}
    both = [told(second, "read", 9, price), told(second, "delivered", 5, free)]
    value = {"metadata": {"phone_number_id": NUMBER}, "statuses": both}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    async with workspace.database.transaction() as connection:
        await book.apply_statuses(connection, parse_webhook(body).statuses, later)
    assert await rows(workspace, price_of) == [(41_400,)]
