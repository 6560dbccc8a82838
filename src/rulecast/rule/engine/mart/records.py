"""What a sync did, how fresh the mart is, and the frame in time in which an audience is asked for."""

from dataclasses import dataclass
from datetime import datetime

from rulecast.values.errors import RulecastError


class MartError(RulecastError):
    """The mart file cannot be opened or read."""

    code = "RC-MART-001"
    summary = "The mart file cannot be opened."
    remedy = (
        "Delete the file `mart.duckdb` in the home directory: it is rebuilt from PostgreSQL at the next plan."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What one synchronisation read: rows of the change log, events, and whether it started from nothing."""

    changes: int
    events: int
    rebuilt: bool
    horizon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How far behind PostgreSQL the mart is: everything committed before `complete_until` is in it."""

    complete_until: datetime
    lag_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of an evaluation: valid time up to `as_of`, and only what was recorded by `known_at`.

    `now` is the one instant of the evaluation; with `as_of` set, both are the same instant.
    """

    now: datetime
    as_of: datetime | None = None
    known_at: datetime | None = None

    @property
    def is_past(self) -> bool:
        """Return whether the frame needs the history and not the current state."""
        return self.as_of is not None or self.known_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Up to where PostgreSQL is complete: no transaction below `xid_next` is still open."""

    cluster: str
    xid_next: int
    complete_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Which rows another cluster wrote: ids up to these, with transaction ids from this one on; -1 for none."""

    from_xid: int
    change_id: int
    event_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """Up to where the mart has read, and from which cluster.

    A restored database carries rows whose transaction ids this cluster has not reached yet. They are read once, at
    the rebuild, and known by their ids (`adopted_*`), so that they are not read again when the counter passes them.
    """

    cluster: str
    catalogue_signature: str
    xid_next: int
    adopted_from_xid: int
    adopted_change_id: int
    adopted_event_id: int
    complete_until: datetime
