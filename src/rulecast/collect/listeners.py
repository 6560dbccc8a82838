"""Later rooms that learn of events inside the transaction that stores them.

They are registered once in a process, by wiring: whoever records an event knows nothing of them, and none of them
keeps anything about a workspace, which it finds in the transaction.
"""

from collections.abc import Sequence
from typing import Protocol

from rulecast.collect.event import AddedEvent
from rulecast.collect.store import Connection


class EventListener(Protocol):
    """Somebody who listens."""

    async def names(self, connection: Connection) -> frozenset[str]:
        """Return the events it wants to hear of; asked before each insert, in the same transaction."""
        ...

    async def hear(self, connection: Connection, added: Sequence[AddedEvent]) -> None:
        """Take in events of those names that were added."""
        ...


_LISTENERS: list[EventListener] = []


def listen(listener: EventListener) -> None:
    """Register a listener for this process; the same one again does nothing."""
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)


def listeners() -> Sequence[EventListener]:
    """Return the listeners in order of registration."""
    return tuple(_LISTENERS)
