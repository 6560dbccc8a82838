"""The loop that tells: woken by the commit that opened an incident, apart from everything that sends."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from rulecast.database.errors import OperationalError
from rulecast.gate.incidents import find_incident
from rulecast.gate.incidents.alerts import Channel, DueAlert, settle_alert, take_alerts
from rulecast.wiring.alerts.mail import MailTeller
from rulecast.wiring.alerts.message import AlertMessage, message_of
from rulecast.wiring.alerts.post import PostTeller
from rulecast.wiring.workspace import Workspace

LOG = structlog.get_logger("alerts")

ALERTS_LOCK = "rulecast.alerts"
CHANNELS: tuple[Channel, ...] = ("webhook", "email")
AT_ONCE = 20
"""Alerts of one go; more wait a moment, so that a storm of incidents is no storm of calls."""
ATTEMPTS_MAX = 11
FIRST_PAUSE = timedelta(seconds=5)
PAUSE_MAX = timedelta(hours=2)
"""Eleven attempts with pauses growing threefold take about eight hours: a night."""
POLL_SECONDS = 1.0
TELL_SECONDS_MAX = 60.0
"""A sink that says a word now and then never times out by itself; after this it has not taken the alert."""


class Teller(Protocol):
    """One way of telling people."""

    @property
    def is_set_up(self) -> bool:
        """Return whether anybody can be told this way."""
        ...

    async def tell(self, message: AlertMessage) -> str:
        """Tell, and return what went wrong; empty where it was taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tellers:
    """Every way of telling."""

    webhook: Teller
    email: Teller

    def of(self, channel: Channel) -> Teller:
        """Return the teller of a channel."""
        return self.webhook if channel == "webhook" else self.email


def tellers_of(workspace: Workspace) -> Tellers:
    """Return the tellers the settings name."""
    return Tellers(
        webhook=PostTeller(workspace.settings, workspace.clock),
        email=MailTeller(workspace.settings, workspace.clock),
    )


async def run_alerts(
    workspace: Workspace, *, stop_event: asyncio.Event, tellers: Tellers | None = None
) -> None:
    """Tell what is due until told to stop; what fails is told later, and one process tells at a time.

    Each way has a loop of its own: one that hangs keeps the other from nothing, however many wait for it.
    """
    tellers = tellers or tellers_of(workspace)
    async with asyncio.TaskGroup() as group:
        for channel in CHANNELS:
            group.create_task(_run_channel(workspace, tellers, channel, stop_event))


async def _run_channel(
    workspace: Workspace, tellers: Tellers, channel: Channel, stop_event: asyncio.Event
) -> None:
    while not stop_event.is_set():
        try:
            async with workspace.database.listen("alert") as notices:
                while not stop_event.is_set():
                    if not await _tell_channel(workspace, tellers, channel):
                        await notices.next(timeout_seconds=POLL_SECONDS)
        except OperationalError:
            LOG.warning("alerts wait for the database", channel=channel)
        except Exception:
            LOG.exception("alerts could not be told", channel=channel)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop_event.wait(), POLL_SECONDS)


async def tell_due(workspace: Workspace, tellers: Tellers) -> int:
    """Tell what is due now, both ways at once, and return how many that were; none where another process tells."""
    return sum(await asyncio.gather(*(_tell_channel(workspace, tellers, channel) for channel in CHANNELS)))


async def _tell_channel(workspace: Workspace, tellers: Tellers, channel: Channel) -> int:
    async with workspace.database.connection() as connection:
        if not await take_alerts(connection, channel, now=workspace.clock.now(), count=1):
            return 0
    async with workspace.database.advisory_lock(f"{ALERTS_LOCK}.{channel}", wait=False) as is_mine:
        if not is_mine:
            return 0
        async with workspace.database.connection() as connection:
            due = await take_alerts(connection, channel, now=workspace.clock.now(), count=AT_ONCE)
        for one in due:
            await _tell(workspace, tellers.of(channel), one)
    return len(due)


async def _tell(workspace: Workspace, teller: Teller, due: DueAlert) -> None:
    if not teller.is_set_up:
        async with workspace.database.transaction() as connection:
            await settle_alert(
                connection, due.alert_id, "kept", now=workspace.clock.now(), problem="not set up"
            )
        return
    async with workspace.database.connection() as connection:
        incident = await find_incident(connection, due.incident_id)
    message = message_of(due, incident, workspace=workspace.name, mode=workspace.settings.mode)
    problem = await _try(teller, message)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        if not problem:
            await settle_alert(connection, due.alert_id, "told", now=now)
            return
        LOG.warning("alert not taken", incident_id=due.incident_id, channel=due.channel, problem=problem)
        pause = pause_after(due.attempts + 1)
        state, again_at = ("failed", None) if pause is None else ("waiting", now + pause)
        await settle_alert(connection, due.alert_id, state, now=now, problem=problem, again_at=again_at)  # type: ignore[arg-type] # one of two literals


async def _try(teller: Teller, message: AlertMessage) -> str:
    """Tell in bounded time and return what went wrong, whatever it was: one alert never stands before the others."""
    try:
        async with asyncio.timeout(TELL_SECONDS_MAX):
            return await teller.tell(message)
    except TimeoutError:
        return "it was not taken in time"
    except Exception as error:  # noqa: BLE001 - no alert may keep the next ones from being told
        return f"it could not be told: {type(error).__name__}"


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many attempts that failed; None where it is given up."""
    if attempts >= ATTEMPTS_MAX:
        return None
    pause: timedelta = min(FIRST_PAUSE * 3 ** (attempts - 1), PAUSE_MAX)
    return pause
