"""A connection cut at any byte is a doubt, never a second request, and a slow peer holds up nobody (F05 F12)."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from tests.contract.test_transports import TOTAL_SECONDS, Open, general, lean, request
from tests.graph_stub import GraphStub, graph_stub
from tests.tcp_proxy import Course, TcpProxy, tcp_proxy

from rulecast.deliver.classify import Rejected, classify
from rulecast.deliver.error_code import CodeOutcome
from rulecast.deliver.transport import Answered, Lost


@pytest.fixture
async def graph() -> AsyncIterator[GraphStub]:
    async with graph_stub() as stub:
        yield stub


async def measure(graph: GraphStub, open_transport: Open) -> tuple[int, int]:
    """Return the bytes of one request and of its answer."""
    sizes = {"asking": 0}

    def see(data: bytes) -> str:
        sizes["asking"] += len(data)
        return ""

    async with (
        tcp_proxy(("127.0.0.1", graph.port), lambda _: Course(sees=see)) as proxy,
        open_transport(f"http://127.0.0.1:{proxy.port}") as transport,
    ):
        answer = await transport.send(request())
    assert isinstance(answer, Answered)
    assert answer.body is not None
    head = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        answer.body
    )
    return sizes["asking"], len(head) + len(answer.body)


@pytest.mark.parametrize(("open_transport", "stride"), [(lean, 1), (general, 9)], ids=["lean", "general"])
async def test_a_cut_at_any_byte_of_a_request_is_a_doubt_and_never_repeated_f05(
    graph: GraphStub, open_transport: Open, stride: int
) -> None:
    size, _ = await measure(graph, open_transport)
    graph.asked.clear()
    offsets = range(0, size, stride)
    async with tcp_proxy(
        ("127.0.0.1", graph.port), lambda number: Course(cut_asking_at=offsets[number])
    ) as proxy:
        await send_each(proxy, open_transport, len(offsets))
        assert proxy.cuts == proxy.connections == len(offsets)
    # Without its last byte no request was whole: the peer never saw one.
    assert graph.asked == []


@pytest.mark.parametrize(("open_transport", "stride"), [(lean, 1), (general, 9)], ids=["lean", "general"])
async def test_a_cut_at_any_byte_of_an_answer_is_a_doubt_and_never_repeated_f05(
    graph: GraphStub, open_transport: Open, stride: int
) -> None:
    _, size = await measure(graph, open_transport)
    graph.asked.clear()
    offsets = range(0, size, stride)
    async with tcp_proxy(
        ("127.0.0.1", graph.port), lambda number: Course(cut_answering_at=offsets[number])
    ) as proxy:
        await send_each(proxy, open_transport, len(offsets))
        assert proxy.connections == len(offsets)
    assert len(graph.asked) == len(offsets)


async def send_each(proxy: TcpProxy, open_transport: Open, count: int) -> None:
    """Send so many requests, each of which must end as a doubt."""
    async with open_transport(f"http://127.0.0.1:{proxy.port}") as transport:
        for _ in range(count):
            found = await transport.send(request())
            assert isinstance(found, Lost), found
            outcome = classify(found)
            assert isinstance(outcome, Rejected)
            assert outcome.outcome is CodeOutcome.UNKNOWN


@pytest.mark.parametrize("open_transport", [lean, general], ids=["lean", "general"])
async def test_a_peer_that_trickles_ends_at_the_deadline_and_holds_up_nobody_f12(
    graph: GraphStub, open_transport: Open
) -> None:
    ended: list[str] = []

    async def send(name: str) -> None:
        found = await transport.send(request(name))
        ended.append(name)
        if name == "slow":
            assert found == Lost("time_out")
        else:
            assert isinstance(found, Answered)
            assert json.loads(found.body or b"")["messages"]

    def course_of(number: int) -> Course:
        # At this pace a whole answer would take many times the deadline.
        return Course(trickle_seconds=TOTAL_SECONDS / 10) if number == 0 else Course()

    async with (
        tcp_proxy(("127.0.0.1", graph.port), course_of) as proxy,
        open_transport(f"http://127.0.0.1:{proxy.port}") as transport,
    ):
        slow = asyncio.create_task(send("slow"))
        await graph.arrived.wait()
        await asyncio.gather(*(send(f"quick {number}") for number in range(3)))
        await slow
    assert ended[-1] == "slow"
