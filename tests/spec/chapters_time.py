"""Dates, instants, birthdays and clocks."""

from datetime import UTC, datetime

from tests.spec.tables import Chapter

TIME: tuple[Chapter, ...] = (
    Chapter(
        title="Dates and age",
        text="Now is 2026-11-17 18:55 UTC in these examples. `before 30 days ago` is false where the value is "
        "missing, and the checker warns. A date is compared with today's date of the workspace; a bare date "
        "compared with an instant is its midnight there. Instants between two ends leave the end out. Age is "
        "full years; who is born on 29 February grows older on 1 March.",
        people="""
            person | birth_date | joined_on  | paid_at
            Asha   | 1990-04-02 | 2026-10-18 | 2026-11-16T23:00Z
            Bilal  | 2008-11-17 | 2026-10-17 | 2026-11-17
            Chitra | 2008-11-18 | 2026-11-17 | 30 days ago
            Deepa  |            |            |
        """,
        cases=(
            ("age >= 18", "Asha Bilal"),
            ("age = 17", "Chitra"),
            ("not age >= 18", "Chitra Deepa"),
            ("age between 18 and 30", "Bilal"),
            ("joined_on before 30 days ago", "Bilal"),
            ("joined_on after 30 days ago", "Asha Chitra"),
            ("joined_on = 2026-11-17", "Chitra"),
            ("joined_on between 2026-10-18 and 2026-11-17", "Asha Chitra"),
            ("paid_at before 30 days ago", ""),
            ("paid_at after 30 days ago", "Asha Bilal Chitra"),
            ("not paid_at after 30 days ago", "Deepa"),
            ("paid_at >= 2026-11-17", "Bilal"),
            ("paid_at between 2026-11-16T23:00Z and 2026-11-17T00:00Z", "Asha"),
        ),
    ),
    Chapter(
        title="Dates around today",
        text="Today is 2026-11-17, a Tuesday, in the workspace's zone. `in next 7 days` is today and the six days "
        "after; `in last 7 days` is the seven days before today.",
        people="""
            person | joined_on
            Asha   | 2026-11-17
            Bilal  | 2026-11-18
            Chitra | 2026-11-16
            Deepa  | 2026-11-24
            Elif   |
        """,
        cases=(
            ("joined_on in next 1 day", "Asha"),
            ("joined_on in next 7 days", "Asha Bilal"),
            ("joined_on in next 1 week", "Asha Bilal"),
            ("joined_on in next 8 days", "Asha Bilal Deepa"),
            ("joined_on in last 1 day", "Chitra"),
            ("joined_on in last 7 days", "Chitra"),
            ("not joined_on in next 7 days", "Chitra Deepa Elif"),
            ("joined_on < 2026-11-17", "Chitra"),
            ("joined_on <= 2026-11-17", "Asha Chitra"),
            ("joined_on > 2026-11-17", "Bilal Deepa"),
            ("joined_on >= 2026-11-18", "Bilal Deepa"),
            ("joined_on != 2026-11-17", "Bilal Chitra Deepa Elif"),
            ("joined_on in (2026-11-16, 2026-11-24)", "Chitra Deepa"),
            ("joined_on between 2026-11-16 and 2026-11-17", "Asha Chitra"),
            ("joined_on before 1 day ago", ""),
            ("joined_on after 1 day ago", "Asha Bilal Chitra Deepa"),
            ("not joined_on before 1 day ago", "Asha Bilal Chitra Deepa Elif"),
        ),
    ),
    Chapter(
        title="Instants around now",
        text="Now is 2026-11-17 18:55 UTC. Lengths of time are counted to the microsecond, and a stretch of time "
        "holds its start, not its end.",
        people="""
            person | paid_at
            Asha   | 2026-11-17T18:55Z
            Bilal  | 2026-11-24T18:55Z
            Chitra | 2026-11-24T18:54:59Z
            Deepa  | 2026-11-10T18:55Z
            Elif   |
        """,
        cases=(
            ("paid_at in next 7 days", "Asha Chitra"),
            ("paid_at in next 168 hours", "Asha Chitra"),
            ("paid_at in next 1 minute", "Asha"),
            ("paid_at in next 8 days", "Asha Bilal Chitra"),
            ("paid_at in last 7 days", "Deepa"),
            ("paid_at in last 6 days", ""),
            ("not paid_at in last 7 days", "Asha Bilal Chitra Elif"),
            ("paid_at before 7 days ago", ""),
            ("paid_at before 6 days ago", "Deepa"),
            ("paid_at after 7 days ago", "Asha Bilal Chitra Deepa"),
            ("paid_at = 2026-11-17T18:55Z", "Asha"),
            ("paid_at > 2026-11-17T18:55Z", "Bilal Chitra"),
            ("paid_at >= 2026-11-24T18:55Z", "Bilal"),
            ("paid_at between 2026-11-10T18:55Z and 2026-11-17T18:55Z", "Deepa"),
            ("paid_at between 2026-11-17 and 2026-11-18", "Asha"),
            ("paid_at < 2026-11-17", "Deepa"),
            ("paid_at is missing", "Elif"),
        ),
    ),
    Chapter(
        title="Birthdays in a common year",
        text="Now is 2026-02-27 12:00 UTC. A birthday on 29 February falls on 1 March in common years. The day "
        "itself counts: `in next 1 day` is today.",
        now=datetime(2026, 2, 27, 12, 0, tzinfo=UTC),
        people="""
            person | birth_date
            Asha   | 2000-02-29
            Bilal  | 1990-03-05
            Chitra | 1990-03-06
            Deepa  |
            Elif   | 2008-02-27
        """,
        cases=(
            ("birthday in next 1 day", "Elif"),
            ("birthday in next 2 days", "Elif"),
            ("birthday in next 3 days", "Asha Elif"),
            ("birthday in next 7 days", "Asha Bilal Elif"),
            ("birthday in next 8 days", "Asha Bilal Chitra Elif"),
            ("not birthday in next 8 days", "Deepa"),
            ("age = 25", "Asha"),
            ("age = 35", "Bilal Chitra"),
            ("age >= 18", "Asha Bilal Chitra Elif"),
            ("age < 18", ""),
            ("age is missing", "Deepa"),
        ),
    ),
    Chapter(
        title="Birthdays in a leap year",
        text="Now is 2028-02-27 12:00 UTC. There is a 29 February.",
        now=datetime(2028, 2, 27, 12, 0, tzinfo=UTC),
        people="""
            person | birth_date
            Asha   | 2000-02-29
            Bilal  | 1990-03-05
            Chitra | 2000-03-01
        """,
        cases=(
            ("birthday in next 2 days", ""),
            ("birthday in next 3 days", "Asha"),
            ("birthday in next 4 days", "Asha Chitra"),
            ("birthday in next 8 days", "Asha Bilal Chitra"),
            ("age = 27", "Asha Chitra"),
            ("age = 37", "Bilal"),
        ),
    ),
    Chapter(
        title="Anniversaries over the new year",
        text="Now is 2026-12-30 12:00 UTC. The day itself, year zero, is no anniversary.",
        now=datetime(2026, 12, 30, 12, 0, tzinfo=UTC),
        people="""
            person | joined_on
            Asha   | 2025-01-02
            Bilal  | 2026-12-30
            Chitra | 2020-12-30
            Deepa  | 2020-12-29
            Elif   |
        """,
        cases=(
            ("anniversary of joined_on in next 1 day", "Chitra"),
            ("anniversary of joined_on in next 3 days", "Chitra"),
            ("anniversary of joined_on in next 4 days", "Asha Chitra"),
            ("anniversary of joined_on in next 364 days", "Asha Chitra"),
            ("not anniversary of joined_on in next 4 days", "Bilal Deepa Elif"),
        ),
    ),
    Chapter(
        title="Whose day it is",
        text="Now is 2026-11-17 18:55 UTC: in Kathmandu the 18th is 40 minutes old, on Kiritimati it is morning "
        "of the 18th. Birthdays and anniversaries are asked of the contact's own day.",
        people="""
            person | birth_date | zone
            Asha   | 1990-11-18 | Africa/Casablanca
            Bilal  | 1990-11-18 | Pacific/Kiritimati
            Chitra | 1990-11-18 | Asia/Kathmandu
            Deepa  | 1990-11-17 | Asia/Kathmandu
        """,
        cases=(
            ("birthday in next 1 day", "Bilal Chitra"),
            ("birthday in next 2 days", "Asha Bilal Chitra"),
            ("anniversary of birth_date in next 1 day", "Bilal Chitra"),
            ("not birthday in next 2 days", "Deepa"),
        ),
    ),
    Chapter(
        title="The contact's clock",
        text="Now is Tuesday, 2026-11-17 18:55 UTC: 18:55 in Casablanca, 19:55 in Paris, 00:40 of Wednesday in "
        "Kathmandu. A contact without a zone has the workspace's, Casablanca. The end of the time is left "
        "out, and it may lie behind midnight.",
        people="""
            person | zone
            Asha   | Africa/Casablanca
            Bilal  | Asia/Kathmandu
            Chitra | Europe/Paris
            Deepa  |
        """,
        cases=(
            ("local_time between 18:00 and 19:00", "Asha Deepa"),
            ("local_time between 18:55 and 19:00", "Asha Deepa"),
            ("local_time between 18:00 and 18:55", ""),
            ("local_time between 19:55 and 19:56", "Chitra"),
            ("local_time between 18:00 and 20:00", "Asha Chitra Deepa"),
            ("local_time between 22:00 and 06:00", "Bilal"),
            ("local_time between 00:40 and 00:41", "Bilal"),
            ("local_time between 00:00 and 00:40", ""),
            ("local_time between 00:41 and 00:40", "Asha Chitra Deepa"),
            ("not local_time between 18:00 and 20:00", "Bilal"),
            ("local_weekday in (tuesday)", "Asha Chitra Deepa"),
            ("local_weekday in (wednesday, sunday)", "Bilal"),
            ("local_weekday in weekdays", "Asha Bilal Chitra Deepa"),
            ("local_weekday in (saturday, sunday)", ""),
            ("local_weekday not in (tuesday)", "Bilal"),
            ("not local_weekday in (wednesday)", "Asha Chitra Deepa"),
        ),
    ),
    Chapter(
        title="The night in which clocks go forward",
        text="Now is Sunday, 2026-03-29 01:00 UTC, the instant in which Paris goes from 02:00 to 03:00. A zone "
        "that nobody knows counts as UTC.",
        now=datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        people="""
            person | zone
            Asha   | Europe/Paris
            Bilal  | Mars/Olympus
            Chitra |
            Deepa  | America/New_York
        """,
        cases=(
            ("local_time between 03:00 and 03:01", "Asha"),
            ("local_time between 02:00 and 03:00", "Chitra"),
            ("local_time between 01:00 and 02:00", "Bilal"),
            ("local_time between 21:00 and 21:01", "Deepa"),
            ("local_weekday in (sunday)", "Asha Bilal Chitra"),
            ("local_weekday in (saturday)", "Deepa"),
        ),
    ),
    Chapter(
        title="The hour that comes twice",
        text="Now is Sunday, 2026-11-01 06:30 UTC. New York set its clock back half an hour ago and shows 01:30 "
        "for the second time; what happened an hour ago happened at 01:30 of the same day.",
        now=datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
        people="""
            person | zone
            Asha   | America/New_York
            Bilal  | Europe/Paris
        """,
        events="""
            person | event    | at
            Asha   | purchase | 2026-11-01T05:30Z
            Asha   | purchase | 2026-11-01T03:30Z
            Bilal  | purchase | 2026-11-01T05:30Z
            Bilal  | purchase | 2026-11-01T03:30Z
        """,
        cases=(
            ("local_time between 01:30 and 01:31", "Asha"),
            ("local_time between 07:30 and 07:31", "Bilal"),
            ("did purchase in last 1 hour", "Asha Bilal"),
            ("did purchase at least 2 times in last 1 calendar day", "Bilal"),
            ("did purchase at least 2 times in last 2 calendar days", "Asha Bilal"),
            ("did purchase in at least 2 distinct days", "Asha"),
        ),
    ),
)
