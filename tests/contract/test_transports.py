"""One contract for every transport: one attempt, an honest word about it, and nothing without a bound."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest
from tests.graph_stub import Exchange, GraphStub, graph_stub

from rulecast.deliver.cloud_api import CloudApiTransport
from rulecast.deliver.lean_transport import LeanTransport
from rulecast.deliver.transport import Answered, Lost, NotSent, OutboundRequest, Transport, Withheld

Open = Callable[[str], AbstractAsyncContextManager[Transport]]
TOTAL_SECONDS = 0.6


def general(base_url: str) -> Any:
    return CloudApiTransport(
        base_url=base_url,
        version="v26.0",
        access_token="test",
        connections_max=4,
        total_seconds=TOTAL_SECONDS,
    )


def lean(base_url: str) -> Any:
    return LeanTransport(base_url=base_url, version="v26.0", access_token="test", total_seconds=TOTAL_SECONDS)


@pytest.fixture(params=[general, lean], ids=["general", "lean"])
def open_transport(request: pytest.FixtureRequest) -> Open:
    chosen: Open = request.param
    return chosen


@pytest.fixture
async def graph() -> AsyncIterator[GraphStub]:
    async with graph_stub() as stub:
        yield stub


def request(opaque: str = "one") -> OutboundRequest:
    return OutboundRequest(
        business_number_id="100000000000001", body=json.dumps({"biz_opaque_callback_data": opaque}).encode()
    )


async def test_an_answer_comes_back_whole_and_connections_are_kept(
    graph: GraphStub, open_transport: Open
) -> None:
    async with open_transport(graph.base_url) as transport:
        for number in range(5):
            answer = await transport.send(request(str(number)))
            assert isinstance(answer, Answered)
            assert answer.status == 200
            assert answer.body is not None
            assert json.loads(answer.body)["messages"] == [{"id": f"wamid.{number}"}]
        assert len(graph.writers) == 1
    assert graph.asked == ["0", "1", "2", "3", "4"]


async def test_each_request_goes_to_the_edge_of_the_number_it_names(
    graph: GraphStub, open_transport: Open
) -> None:
    async with open_transport(graph.base_url) as transport:
        await transport.send(request())
        await transport.send(replace(request(), edge="marketing_messages"))
    number = "/v26.0/100000000000001"
    assert graph.paths == [f"{number}/messages", f"{number}/marketing_messages"]


async def test_many_at_once_get_each_their_own_answer(graph: GraphStub, open_transport: Open) -> None:
    async with open_transport(graph.base_url) as transport:
        answers = await asyncio.gather(*(transport.send(request(str(number))) for number in range(4)))
    for number, answer in enumerate(answers):
        assert isinstance(answer, Answered)
        assert f"wamid.{number}".encode() in (answer.body or b"")


async def test_an_error_is_an_answer_and_its_connection_is_kept(
    graph: GraphStub, open_transport: Open
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.refuse(131049)

    graph.handle = refuse
    async with open_transport(graph.base_url) as transport:
        for _ in range(2):
            answer = await transport.send(request())
            assert isinstance(answer, Answered)
            assert answer.status == 400
        assert len(graph.writers) == 1


async def test_a_refused_connection_is_surely_not_sent_f07(open_transport: Open) -> None:
    async with open_transport("http://127.0.0.1:9") as transport:
        assert isinstance(await transport.send(request()), NotSent)


async def test_a_name_that_does_not_resolve_is_surely_not_sent_f06(open_transport: Open) -> None:
    async with open_transport("http://nobody.invalid") as transport:
        assert isinstance(await transport.send(request()), NotSent)


async def test_a_peer_without_tls_is_surely_not_sent_f07(graph: GraphStub, open_transport: Open) -> None:
    async with open_transport(graph.base_url.replace("http:", "https:")) as transport:
        assert isinstance(await transport.send(request()), NotSent)
    assert graph.asked == []


@pytest.mark.parametrize("answered_bytes", [0, 1, 20, 60, 110])
async def test_a_connection_cut_at_any_byte_is_lost_f05(
    graph: GraphStub, open_transport: Open, answered_bytes: int
) -> None:
    async def cut(exchange: Exchange) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"
        whole = head + b'{"messages":[{"id":"wamid.cut'
        exchange.writer.write(whole[:answered_bytes])
        await exchange.writer.drain()
        exchange.writer.close()

    graph.handle = cut
    async with open_transport(graph.base_url) as transport:
        assert isinstance(await transport.send(request()), Lost)
    assert graph.asked == ["one"]


async def test_a_silent_or_slow_peer_is_lost_at_the_deadline_f04_f12(
    graph: GraphStub, open_transport: Open
) -> None:
    async def trickle(exchange: Exchange) -> None:
        for byte in b"HTTP/1.1 200 OK\r\n" * 10:
            exchange.writer.write(bytes([byte]))
            await asyncio.sleep(0.05)

    graph.handle = trickle
    async with open_transport(graph.base_url) as transport, asyncio.timeout(10):
        assert await transport.send(request()) == Lost("time_out")
    assert graph.asked == ["one"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b" " * 10_000_000, ()),
        (gzip.compress(b" " * 50_000_000), (b"Content-Encoding: gzip",)),
        (b"not packed at all", (b"Content-Encoding: gzip",)),
        (b"{}", (b"Content-Encoding: br",)),
    ],
    ids=["oversized", "gzip bomb", "broken gzip", "unasked coding"],
)
async def test_an_answer_that_cannot_be_read_has_no_body_f10(
    graph: GraphStub, open_transport: Open, body: bytes, headers: tuple[bytes, ...]
) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(200, body, *headers)

    graph.handle = answer
    async with open_transport(graph.base_url) as transport:
        assert await transport.send(request()) == Answered(200, None)


async def test_a_packed_answer_within_bounds_is_read(graph: GraphStub, open_transport: Open) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.answer(200, gzip.compress(b'{"messages":[]}'), b"Content-Encoding: gzip")

    graph.handle = answer
    async with open_transport(graph.base_url) as transport:
        assert await transport.send(request()) == Answered(200, b'{"messages":[]}')


@pytest.mark.parametrize(
    "noise", [b"\x00\x01\x02\r\n\r\n", b"HTTP/9.9 999 \r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"]
)
async def test_what_is_no_http_is_lost(graph: GraphStub, open_transport: Open, noise: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.writer.write(noise)
        await exchange.writer.drain()
        exchange.writer.close()

    graph.handle = answer
    async with open_transport(graph.base_url) as transport:
        found = await transport.send(request())
    assert not isinstance(found, NotSent)
    assert not (isinstance(found, Answered) and found.status == 200 and found.body)


async def test_a_second_answer_nobody_asked_for_is_never_the_next_ones(
    graph: GraphStub, open_transport: Open
) -> None:
    async def twice(exchange: Exchange) -> None:
        await exchange.accept()
        if exchange.number == 1:
            await exchange.accept()

    graph.handle = twice
    async with open_transport(graph.base_url) as transport:
        await transport.send(request("first"))
        await asyncio.sleep(0.05)
        second = await transport.send(request("second"))
    assert not isinstance(second, Answered) or b"wamid.second" in (second.body or b"")


async def test_a_redirect_is_not_followed(graph: GraphStub, open_transport: Open) -> None:
    async def redirect(exchange: Exchange) -> None:
        await exchange.answer(307, b"", b"Location: http://127.0.0.1:9/elsewhere")

    graph.handle = redirect
    async with open_transport(graph.base_url) as transport:
        found = await transport.send(request())
    assert isinstance(found, Answered)
    assert found.status == 307
    assert graph.asked == ["one"]


async def test_a_request_is_taken_back_between_connecting_and_the_first_byte(
    graph: GraphStub, open_transport: Open
) -> None:
    stood: list[int] = []

    async def may_start() -> str | None:
        stood.append(1)
        return "stopped" if len(stood) == 1 else None

    async with open_transport(graph.base_url) as transport:
        assert await transport.send(request("first"), may_start) == Withheld("stopped")
        assert graph.asked == []
        assert isinstance(await transport.send(request("second"), may_start), Answered)
    assert graph.asked == ["second"]
    assert len(stood) == 2


async def test_a_peer_that_leaves_while_a_request_waits_for_its_turn_was_sent_nothing(
    graph: GraphStub,
) -> None:
    async with lean(graph.base_url) as transport:
        await transport.send(request("first"))

        async def may_start() -> None:
            (writer,) = graph.writers
            writer.transport.abort()
            while not connection.is_closed:  # noqa: ASYNC110 - the end of a connection is no event of ours
                await asyncio.sleep(0)

        (connection,) = transport._idle
        assert isinstance(await transport.send(request("second"), may_start), NotSent)
    assert graph.asked == ["first"]


async def test_nobody_asks_whether_to_start_what_cannot_be_connected(open_transport: Open) -> None:
    stood: list[int] = []

    async def may_start() -> None:
        stood.append(1)

    async with open_transport("http://127.0.0.1:9") as transport:
        assert isinstance(await transport.send(request(), may_start), NotSent)
    assert stood == []
