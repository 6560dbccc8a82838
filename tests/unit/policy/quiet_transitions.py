"""Quiet hours around every change of every clock, against the wall clock of the zone files themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

from rulecast.policy import local_clock
from rulecast.policy.local_time import LocalClock, QuietHours, is_quiet, next_allowed_instant
from rulecast.values.zone_offsets import rows_of, zone_names

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
NIGHT = QuietHours(start_minute=21 * 60, end_minute=9 * 60)
MINUTES_PER_DAY = 24 * 60


def different_zones() -> list[str]:
    """Return one name for each way a clock runs in these years; every other zone of the wheel runs like one of them."""
    found: dict[object, str] = {}
    for zone in zone_names():
        rows = rows_of(zone)
        both = list(zip(rows.instants, rows.minutes, strict=True))
        before = [minutes for at, minutes in both if at < FIRST - timedelta(days=2)][-1:]
        found.setdefault((*before, *(one for one in both if one[0] >= FIRST - timedelta(days=2))), zone)
    return sorted(found.values())


def changes_of(zone: str) -> list[datetime]:
    """Return when the clocks of a zone change; one instant of a year for a zone that changes nothing."""
    found = [at for at in rows_of(zone).instants if FIRST <= at < LAST]
    return found or [FIRST + timedelta(days=180)]


def file_of(zone: str) -> ZoneInfo:
    """Return the zone as the wheel has it, read by the standard library: no code of ours."""
    data = files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()
    return ZoneInfo.from_file(BytesIO(data), key=zone)


def readings(zone: ZoneInfo, at: datetime) -> Iterator[datetime]:
    """Yield what a clock on the wall may show: two readings while an hour repeats."""
    local = at.astimezone(zone)
    yield local
    naive = local.replace(tzinfo=None)
    for fold in (0, 1):
        other = naive.replace(tzinfo=zone, fold=fold)
        if other.astimezone(UTC) != at and other.utcoffset() != local.utcoffset():
            # The same words on the wall mean another instant, too: either may be what the person sees.
            yield other


def hours_at(change: datetime, zone: ZoneInfo) -> list[QuietHours]:
    """Return the night with a person's own hours, and hours that begin or end where the clocks change."""
    minute = change.astimezone(zone).hour * 60 + change.astimezone(zone).minute
    around = QuietHours(
        start_minute=(minute - 30) % MINUTES_PER_DAY, end_minute=(minute + 30) % MINUTES_PER_DAY
    )
    return [
        replace(NIGHT, own=around),
        around,
        QuietHours(start_minute=minute, end_minute=(minute - 90) % MINUTES_PER_DAY),
    ]


def shows_quiet(quiet: QuietHours, local: datetime) -> bool:
    """Return whether a reading of the wall lies in hours of the workspace or of the person."""
    minute = local.hour * 60 + local.minute
    spans = [quiet] if quiet.own is None else [quiet, quiet.own]
    return any(
        (minute - one.start_minute) % MINUTES_PER_DAY < (one.end_minute - one.start_minute) % MINUTES_PER_DAY
        for one in spans
    )


def violations(zone: str, offsets: Sequence[int], *, searches: bool = True) -> tuple[int, list[str]]:
    """Return how many instants of a zone were looked at, and those at which sending was wrongly allowed."""
    clock, wall, wrong, looked = local_clock(zone, "", workspace_zone="UTC"), file_of(zone), [], 0
    for change in changes_of(zone):
        for quiet in hours_at(change, wall):
            for minutes in offsets:
                at = change + timedelta(minutes=minutes)
                looked += 1
                if any(shows_quiet(quiet, local) for local in readings(wall, at)) and not is_quiet(
                    clock, quiet, at
                ):
                    wrong.append(f"{zone} {at:%Y-%m-%d %H:%M}")
        if searches:
            wrong += _wrong_next(clock, wall, change - timedelta(minutes=1), quiet=hours_at(change, wall)[0])
            looked += 1
    return looked, wrong


def _wrong_next(clock: LocalClock, wall: ZoneInfo, at: datetime, *, quiet: QuietHours) -> list[str]:
    found = next_allowed_instant(clock, quiet, None, at=at)
    if found is None or any(shows_quiet(quiet, local) for local in readings(wall, found)):
        return [f"next allowed after {at} in {wall.key}: {found}"]
    return []
