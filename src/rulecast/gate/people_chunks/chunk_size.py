"""How large a chunk of a portfolio's people is; pure."""

from dataclasses import dataclass

CHUNK_MAX = 5_000
"""Five seconds of the fastest number: the portfolio is counted no more often than that."""
CHUNKS_PER_HOLDER = 4
"""Of what is left a number gets a quarter of its even part, so that chunks shrink as the end comes near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleLimit:
    """How many people a portfolio may write to in a rolling day, and how many of them are reserved.

    What is reserved is for people to whom no marketing went; marketing never takes it.
    """

    people_max: int
    reserved: int

    def of_kind(self, *, is_marketing: bool) -> int:
        """Return how many people messages of a kind may reach altogether."""
        return self.people_max - self.reserved if is_marketing else self.people_max

    def left(self, *, people: int, marketed_only: int, out: int, out_marketing: int) -> tuple[int, int]:
        """Return how many people more marketing may reach, and how many anything else.

        `people` were counted, `marketed_only` of them by marketing alone; `out` is handed out and not used yet,
        `out_marketing` of it for marketing.
        """
        left = self.people_max - people - out
        for_marketing = self.of_kind(is_marketing=True) - marketed_only - out_marketing
        return max(0, min(left, for_marketing)), max(0, left)


def chunk_size(left: int, *, wanted: int, holders: int) -> int:
    """Return how many people a number gets of those left: what it needs now, or its small part of them."""
    part = left // (CHUNKS_PER_HOLDER * max(1, holders))
    return min(left, CHUNK_MAX, max(wanted, part))
