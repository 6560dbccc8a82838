"""Which local days of a recurring rule are due, over zones, after downtime and at the edges of months."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from rulecast.rule.book.schedule import LEAD, decide_runs, is_run_day, is_valid_on, next_due, run_of_day
from rulecast.rule.language.condition import Weekday
from rulecast.rule.language.document import WORKING_DAYS, DropRest, Schedule, Validity

TUNIS, PARIS, LOS_ANGELES, TOKYO = "Africa/Tunis", "Europe/Paris", "America/Los_Angeles", "Asia/Tokyo"
DAY = date(2026, 11, 17)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def every(
    *days: Weekday, start: time = time(20), end: time = time(22), month_days: tuple[int, ...] = ()
) -> Schedule:
    return Schedule(
        recurrence="every",
        days=days or tuple(Weekday),
        start=start,
        end=end,
        leftover=DropRest(),
        month_days=month_days,
    )


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 28), True),
        (date(2026, 2, 27), False),
        (date(2028, 2, 29), True),
        (date(2028, 2, 28), False),
        (date(2026, 4, 30), True),
        (date(2026, 12, 31), True),
        (date(2026, 12, 30), False),
        (date(2026, 12, 15), True),
    ],
)
def test_the_31st_is_the_last_day_of_every_month(day: date, expected: bool) -> None:
    assert is_run_day(every(month_days=(15, 31)), day) is expected


def test_a_day_is_due_before_its_window_opens_first_and_closes_where_it_closes_last() -> None:
    run = run_of_day(every(), DAY, [LOS_ANGELES, TUNIS, TOKYO])
    assert run.due_at == at(17, 11) - LEAD
    assert run.closes_at == at(18, 6)


def test_a_window_over_midnight_closes_on_the_day_after() -> None:
    run = run_of_day(every(start=time(22), end=time(0)), DAY, [TUNIS])
    assert run.closes_at == at(17, 23)
    assert run_of_day(every(start=time(22), end=time(1)), DAY, [TUNIS]).closes_at == at(18, 0)


@pytest.mark.parametrize(
    ("now", "verdicts"),
    [
        (at(17, 18, 44), []),
        (at(17, 18, 45), [(17, "run")]),
        (at(17, 20, 59), [(17, "run")]),
        (at(17, 21), [(17, "missed")]),
        (at(18, 18, 45), [(17, "missed"), (18, "run")]),
    ],
)
def test_at_most_the_latest_day_runs_and_only_while_its_window_is_open(
    now: datetime, verdicts: list[tuple[int, str]]
) -> None:
    found = decide_runs(every(), None, zones=[TUNIS], since=at(17, 12), done=[], now=now)
    assert [(one.run.day.day, one.verdict) for one in found] == verdicts


def test_a_day_is_due_once_and_nothing_before_the_activation_counts() -> None:
    now = at(17, 19)
    assert decide_runs(every(), None, zones=[TUNIS], since=at(17, 12), done=[DAY], now=now) == []
    assert decide_runs(every(), None, zones=[TUNIS], since=at(17, 21), done=[], now=at(17, 22)) == []
    inside = decide_runs(every(), None, zones=[TUNIS], since=at(17, 20), done=[], now=at(17, 20))
    assert [one.verdict for one in inside] == ["run"]


def test_days_outside_the_validity_are_refused_and_its_last_day_runs() -> None:
    validity = Validity(start=date(2026, 11, 16), end=DAY)
    assert [is_valid_on(validity, DAY + timedelta(days=one)) for one in (-2, -1, 0, 1)] == [
        False,
        True,
        True,
        False,
    ]
    found = decide_runs(every(), validity, zones=[TUNIS], since=LONG_AGO, done=[DAY], now=at(18, 18, 45))
    assert found[-1].verdict == "not_valid"
    assert next_due(every(), validity, zones=[TUNIS], done=[DAY], now=at(17, 21)) is None


def test_the_next_run_is_on_the_next_working_day() -> None:
    found = next_due(every(*WORKING_DAYS), None, zones=[TUNIS], done=[date(2026, 11, 20)], now=at(20, 20))
    assert found is not None
    assert found.day == date(2026, 11, 23)
    assert found.due_at == at(23, 18, 45)


def test_downtime_of_years_lists_a_month_of_missed_days() -> None:
    found = decide_runs(every(), None, zones=[PARIS], since=LONG_AGO, done=[], now=at(17, 19))
    assert [one.verdict for one in found] == ["missed"] * 31 + ["run"]


def test_every_day_of_a_year_is_due_once_in_a_zone_whose_clock_changes() -> None:
    zones = [PARIS, LOS_ANGELES]
    done: list[date] = []
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    since = now
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        for one in decide_runs(
            every(start=time(2, 30), end=time(3)), None, zones=zones, since=since, done=done, now=now
        ):
            assert one.verdict == "run"
            done.append(one.run.day)
        now += timedelta(hours=1)
    assert done == [date(2026, 1, 2) + timedelta(days=one) for one in range(364)]
