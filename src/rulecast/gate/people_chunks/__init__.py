"""A portfolio's people in a rolling day, shared by its numbers in small chunks that expire.

A limit and what a group of drafts may need come in; how many new people the group may write to goes out, locked
until its permits are written. Whoever takes a chunk waits for the others of the portfolio, whoever uses one does not.
"""

from rulecast.gate.people_chunks.chunk_size import PeopleLimit, chunk_size
from rulecast.gate.people_chunks.share import (
    DryPools,
    PeopleShare,
    Place,
    hold_people,
    return_chunks,
    use_people,
)

__all__ = [
    "DryPools",
    "PeopleLimit",
    "PeopleShare",
    "Place",
    "chunk_size",
    "hold_people",
    "return_chunks",
    "use_people",
]
