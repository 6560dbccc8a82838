import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

from rulecast.receiver.read_body import BodyTooLargeError, ClientGoneError, ReadingRoom, RoomFullError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


def scope(*lengths: bytes) -> dict[str, Any]:
    return {"headers": [(b"content-length", length) for length in lengths]}


def receive(*parts: bytes, ends: bool = True) -> Receive:
    """Return what a server would hand over: these parts, and then, unless the body ends, nothing for ever."""
    waiting = list(parts)

    async def next_part() -> MutableMapping[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting) or not ends}

    return next_part


async def gone() -> MutableMapping[str, Any]:
    return {"type": "http.disconnect"}


async def test_a_body_is_read_whole_in_one_part_or_many() -> None:
    room = ReadingRoom()
    assert await room.read(scope(b"3"), receive(b"abc")) == b"abc"
    assert await room.read(scope(), receive(b"a", b"", b"bc")) == b"abc"


async def test_a_slow_upload_is_given_up_f39() -> None:
    room = ReadingRoom(seconds_max=0.01)
    with pytest.raises(TimeoutError):
        await room.read(scope(b"3"), receive(b"a", ends=False))


async def test_a_length_that_lies_does_not_get_past_the_limit_f39() -> None:
    room = ReadingRoom(bytes_max=4)
    with pytest.raises(BodyTooLargeError):
        await room.read(scope(b"2"), receive(b"abc", b"de"))
    for lengths in ([b"5"], [b"-1"], [b"two"], [b"9" * 30], [b"2", b"5"]):
        with pytest.raises(BodyTooLargeError):
            await room.read(scope(*lengths), receive(b"ab"))


async def test_bodies_together_stay_within_the_memory_set_aside_f39() -> None:
    room = ReadingRoom(bytes_max=60, room_bytes_max=100, seconds_max=5)
    reading = asyncio.create_task(room.read(scope(), receive(b"a", ends=False)))
    await asyncio.sleep(0)
    with pytest.raises(RoomFullError):
        await room.read(scope(b"50"), receive(b"abc"))
    assert await room.read(scope(b"40"), receive(b"abc")) == b"abc"
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await room.read(scope(b"50"), receive(b"abc")) == b"abc"


async def test_a_client_that_went_away_gets_no_answer() -> None:
    with pytest.raises(ClientGoneError):
        await ReadingRoom().read(scope(b"3"), gone)
