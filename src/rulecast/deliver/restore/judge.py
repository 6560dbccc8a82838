"""Compares what a database says of itself with what is remembered of it outside; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class HoldCause(StrEnum):
    """Why nothing may be sent from a database until a person has decided."""

    OTHER_CLUSTER = "other_cluster"
    OTHER_TIMELINE = "other_timeline"
    OTHER_DATABASE = "other_database"
    OTHER_ENVIRONMENT = "other_environment"
    OTHER_WORKSPACE = "other_workspace"
    BEHIND = "behind"
    FORGOT = "forgot"
    MEMORY_DAMAGED = "memory_damaged"


CAUSE_SENTENCES: Mapping[HoldCause, str] = MappingProxyType(
    {
        HoldCause.OTHER_CLUSTER: "It was copied or restored into another PostgreSQL server.",
        HoldCause.OTHER_TIMELINE: "Its server was restored to a point in time, or a standby took over.",
        HoldCause.OTHER_DATABASE: "It was copied or restored into another database of the server.",
        HoldCause.OTHER_ENVIRONMENT: "It belongs to another environment than RULECAST_ENVIRONMENT says.",
        HoldCause.OTHER_WORKSPACE: "This home has sent from another database.",
        HoldCause.BEHIND: "It is an older state: this home has sent from a later one.",
        HoldCause.FORGOT: "Nobody has ever sent from it, but this home has sent from its workspace.",
        HoldCause.MEMORY_DAMAGED: "What this home remembers of the database cannot be read.",
    }
)
"""One sentence for each cause, for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a home directory remembers of the database it last sent from."""

    workspace_id: UUID
    life: str
    beat: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a database says: who it is now, and which life of it was sent from last (none: empty, beat -1)."""

    life_now: str
    life: str
    environment: str
    beat: int
    beaten_at: datetime | None

    @property
    def is_new(self) -> bool:
        """Return whether nobody ever sent from it."""
        return not self.life


def judge(
    standing: Standing, memory: Memory | None, *, workspace_id: UUID, environment: str
) -> tuple[HoldCause, ...]:
    """Return why nothing may be sent from this database; empty where it is the one that was sent from last.

    A home without memory trusts a database that is where it always was. One whose memory is of another life trusts a
    decision somebody has taken about the new one, unless it has itself seen a later state.
    """
    if memory is not None and memory.workspace_id != workspace_id:
        return (HoldCause.OTHER_WORKSPACE,)
    if standing.is_new:
        return () if memory is None else (HoldCause.FORGOT,)
    causes = []
    if standing.environment and standing.environment != environment:
        causes.append(HoldCause.OTHER_ENVIRONMENT)
    causes.extend(_moves(standing.life, standing.life_now))
    if memory is not None and memory.beat > standing.beat:
        causes.append(HoldCause.BEHIND)
    return tuple(causes)


def _moves(before: str, now: str) -> list[HoldCause]:
    """Return which parts of a life differ; of another server only that is told, the rest follows."""
    differing = [
        cause
        for cause, one, other in zip(
            (HoldCause.OTHER_CLUSTER, HoldCause.OTHER_TIMELINE, HoldCause.OTHER_DATABASE),
            before.split("/"),
            now.split("/"),
            strict=True,
        )
        if one != other
    ]
    return differing[:1]
