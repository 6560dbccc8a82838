"""Drafts whose requests are frozen and that wait for a slot: what somebody waits for goes before a campaign."""

from collections import deque
from collections.abc import Iterable

from rulecast.gate import PreparedDraft


class ReadyDrafts:
    """Two queues: those that go first, and the others."""

    def __init__(self) -> None:
        """Begin empty."""
        self._first: deque[PreparedDraft] = deque()
        self._others: deque[PreparedDraft] = deque()

    def __len__(self) -> int:
        return len(self._first) + len(self._others)

    @property
    def first(self) -> int:
        """Return how many go first."""
        return len(self._first)

    def add(self, drafts: Iterable[PreparedDraft], *, first: frozenset[int]) -> None:
        """Put drafts at the ends; `first` names the messages that go first."""
        for one in drafts:
            (self._first if one.draft.message_id in first else self._others).append(one)

    def take(self, count: int) -> list[PreparedDraft]:
        """Return so many drafts, those that go first first."""
        from_first = min(count, len(self._first))
        taken = [self._first.popleft() for _ in range(from_first)]
        return taken + [self._others.popleft() for _ in range(count - from_first)]

    def take_all(self) -> list[PreparedDraft]:
        """Return every draft and keep none."""
        return self.take(len(self))
