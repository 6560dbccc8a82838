"""What spaces requests, in worlds whose clock is put back and whose database goes away at the wrong moment."""

import logging
from datetime import datetime

import pytest
import structlog
from tests.simulation import campaign
from tests.simulation.campaign import NUMBER, Turn, World, simulate
from tests.simulation.drawn import draw
from typing_extensions import override

from rulecast.deliver import courier
from rulecast.deliver.lease import acquire_lease
from rulecast.deliver.sender import NumberSender
from rulecast.deliver.steady_clock import SteadyClock

# A world in which a sender's line is full when the clock is put back; another drawing of worlds needs another one.
FULL_LINE_SEED = 1122


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Keep what the product logs of so many faults out of the way."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


class _PlainClock(SteadyClock):
    """A clock that is put back with the world's."""

    @override
    def now(self) -> datetime:
        return self._clock.now()


def test_a_clock_put_back_a_quarter_of_an_hour_halts_no_campaign_f61(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "CLOCK_JUMPS_SECONDS", (-900,))
    assert simulate(FULL_LINE_SEED).broken == []
    monkeypatch.setattr(courier, "SteadyClock", _PlainClock)
    assert any(one.startswith("liveness") for one in simulate(FULL_LINE_SEED).broken)


def test_a_pace_that_could_not_be_kept_is_kept_with_the_next_group() -> None:
    world = World.of(draw(1), Turn())
    kept: list[object] = []

    async def slow_down_in_an_outage() -> None:
        async with world.database.transaction() as connection:
            lease = await acquire_lease(
                connection,  # type: ignore[arg-type] - the database of the simulation
                NUMBER,
                holder="one",
                lease_seconds=60.0,
                now=world.clock.now(),
            )
        assert lease is not None
        parts = world.parts()
        await parts.stops.read()
        sender = NumberSender(parts, lease)
        sender._courier.pacer.slow_down(world.clock.now())
        world.database.crash()
        assert await sender._turn([], []) == 0
        kept.append(sender._courier.take_unsaved_pace())

    try:
        world.loop.run_until_complete(slow_down_in_an_outage())
    finally:
        world.loop.close()
    assert kept != [None]
