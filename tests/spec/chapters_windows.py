"""What people did, how often, and when."""

from tests.spec.tables import Chapter

WINDOWS_OF_EVENTS: tuple[Chapter, ...] = (
    Chapter(
        title="What people did",
        text="A window of 7 days is the 168 hours before now; its start counts, now does not. Without a window "
        "the whole history counts. `did not` is true for everybody else, also for those without any event.",
        people="""
            person | city
            Asha   | Casablanca
            Bilal  | Rabat
            Chitra | Lyon
            Deepa  | Tunis
        """,
        events="""
            person | event    | at           | amount | category
            Asha   | purchase | 7 days ago   | 20     | shoes
            Asha   | purchase | 1 day ago    | 30     | bags
            Bilal  | purchase | 8 days ago   | 600    | shoes
            Bilal  | purchase | 2017-03-15   |        | bags
            Chitra | purchase | now          | 5      | shoes
        """,
        cases=(
            ("did purchase", "Asha Bilal"),
            ("did purchase in last 7 days", "Asha"),
            ("did purchase at least 2 times in last 7 days", "Asha"),
            ("did not purchase in last 7 days", "Bilal Chitra Deepa"),
            ('did purchase where (category = "shoes") in last 7 days', "Asha"),
            ('did purchase where (category = "shoes" and amount > 20)', "Bilal"),
            ("did purchase where (amount is missing)", "Bilal"),
            ('did not purchase where (category = "bags")', "Chitra Deepa"),
            ("did purchase between 2017-03-01 and 2017-04-01", "Bilal"),
            ("did purchase between 2017-03-01 and 2017-03-15", ""),
        ),
    ),
    Chapter(
        title="How often",
        text="`at most` counts nobody's nothing too: who never bought bought at most twice. `did not` negates the "
        "whole.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
        """,
        events="""
            person | event    | at         | amount
            Bilal  | purchase | 1 day ago  | 5
            Chitra | purchase | 1 day ago  | 5
            Chitra | purchase | 2 days ago | 20
            Deepa  | purchase | 1 day ago  | 20
            Deepa  | purchase | 2 days ago | 20
            Deepa  | purchase | 3 days ago |
        """,
        cases=(
            ("did purchase at least 2 times", "Chitra Deepa"),
            ("did purchase at most 2 times", "Asha Bilal Chitra"),
            ("did purchase exactly 2 times", "Chitra"),
            ("did purchase exactly 1 times in last 2 days", "Bilal"),
            ("did purchase exactly 2 times in last 2 days", "Chitra Deepa"),
            ("did purchase at most 1 times in last 2 days", "Asha Bilal"),
            ("did not purchase at least 2 times", "Asha Bilal"),
            ("did not purchase at most 2 times", "Deepa"),
            ("did not purchase exactly 2 times", "Asha Bilal Deepa"),
            ("not did purchase at least 1 times", "Asha"),
            ("did purchase where (amount > 10) exactly 1 times", "Chitra"),
            ("did purchase where (amount > 10) at most 1 times", "Asha Bilal Chitra"),
            ("did purchase where (not amount > 10) exactly 1 times", "Bilal Chitra Deepa"),
        ),
    ),
    Chapter(
        title="Conditions on an event",
        text="Inside `where` stand the properties of the event, and everything that conditions on attributes can "
        "say. `occurred_at` is a property of every event.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
        """,
        events="""
            person | event    | at          | amount | category | pieces | is_gift | products
            Asha   | purchase | 10 days ago | 100.00 | Shoes    | 2      | true    | boots, laces
            Bilal  | purchase | 7 days ago  | 99.99  | bags     | 1      | false   | bag
            Chitra | purchase | 3 days ago  | 0.01   | shoes    | 10     |         |
            Deepa  | purchase | 1 day ago   |        |          |        |         |
        """,
        cases=(
            ("did purchase where (amount >= 100)", "Asha"),
            ("did purchase where (amount between 0.01 and 99.99)", "Bilal Chitra"),
            ("did purchase where (amount is set)", "Asha Bilal Chitra"),
            ('did purchase where (category = "SHOES")', "Asha Chitra"),
            ('did purchase where (category in ("bags", "hats"))', "Bilal"),
            ('did purchase where (category not in ("bags", "hats"))', "Asha Chitra Deepa"),
            ('did purchase where (category != "shoes")', "Bilal Deepa"),
            ('did purchase where (category starts with "sh")', "Asha Chitra"),
            ('did purchase where (category contains "ag")', "Bilal"),
            ('did purchase where (category matches "^b")', "Bilal"),
            ("did purchase where (pieces = 2)", "Asha"),
            ("did purchase where (pieces in (1, 10))", "Bilal Chitra"),
            ("did purchase where (is_gift = true)", "Asha"),
            ("did purchase where (is_gift != true)", "Bilal Chitra Deepa"),
            ("did purchase where (is_gift is missing)", "Chitra Deepa"),
            ('did purchase where (products contains "laces")', "Asha"),
            ('did purchase where (products contains any of ("bag", "boots"))', "Asha Bilal"),
            ('did purchase where (products contains all of ("boots", "laces"))', "Asha"),
            ("did purchase where (products is missing)", "Chitra Deepa"),
            ("did purchase where (amount > 50 or pieces > 5)", "Asha Bilal Chitra"),
            ("did purchase where (not amount > 50)", "Chitra Deepa"),
            ('did purchase where (amount > 50 and not category = "bags")', "Asha"),
            ("did not purchase where (amount > 50)", "Chitra Deepa"),
            ("did purchase where (occurred_at before 7 days ago)", "Asha"),
            ("did purchase where (occurred_at after 7 days ago)", "Bilal Chitra Deepa"),
            ("did purchase where (occurred_at in last 7 days)", "Bilal Chitra Deepa"),
            ("did purchase where (occurred_at < 2026-11-10)", "Asha"),
        ),
    ),
    Chapter(
        title="Windows that follow now",
        text="A day is 24 hours here. A window holds its start and leaves out its end; nothing at or after now is "
        "seen.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
        """,
        events="""
            person | event    | at
            Asha   | purchase | 30 days ago
            Bilal  | purchase | 29 days ago
            Chitra | purchase | 31 days ago
            Deepa  | purchase | now
        """,
        cases=(
            ("did purchase", "Asha Bilal Chitra"),
            ("did purchase in last 29 days", "Bilal"),
            ("did purchase in last 30 days", "Asha Bilal"),
            ("did purchase in last 31 days", "Asha Bilal Chitra"),
            ("did purchase in last 720 hours", "Asha Bilal"),
            ("did purchase in last 43200 minutes", "Asha Bilal"),
            ("did purchase in last 4 weeks", ""),
            ("did purchase in last 5 weeks", "Asha Bilal Chitra"),
            ("did purchase before 30 days ago", "Chitra"),
            ("did purchase before 29 days ago", "Asha Chitra"),
            ("did purchase between 31 and 30 days ago", "Chitra"),
            ("did purchase between 30 and 29 days ago", "Asha"),
            ("did purchase between 31 and 29 days ago", "Asha Chitra"),
            ("did purchase between 720 and 696 hours ago", "Asha"),
            ("did purchase between 5 and 4 weeks ago", "Asha Bilal Chitra"),
            ("did not purchase in last 30 days", "Chitra Deepa"),
            ("did not purchase before 30 days ago", "Asha Bilal Deepa"),
            ("did not purchase", "Deepa"),
        ),
    ),
    Chapter(
        title="Windows of fixed days",
        text="A bare date is midnight of the workspace's zone; Casablanca is an hour ahead of UTC in July.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
        """,
        events="""
            person | event    | at
            Asha   | purchase | 2026-07-15T22:59Z
            Bilal  | purchase | 2026-07-15T23:00Z
            Chitra | purchase | 2026-07-16T22:59:59Z
            Deepa  | purchase | 2026-07-16T23:00Z
        """,
        cases=(
            ("did purchase on 2026-07-15", "Asha"),
            ("did purchase on 2026-07-16", "Bilal Chitra"),
            ("did purchase on 2026-07-17", "Deepa"),
            ("did not purchase on 2026-07-16", "Asha Deepa"),
            ("did purchase between 2026-07-16 and 2026-07-17", "Bilal Chitra"),
            ("did purchase between 2026-07-15 and 2026-07-17", "Asha Bilal Chitra"),
            ("did purchase between 2026-07-16T00:00Z and 2026-07-17T00:00Z", "Chitra Deepa"),
            ("did purchase between 2026-07-15T23:00Z and 2026-07-16T23:00Z", "Bilal Chitra"),
            ("did purchase where (occurred_at >= 2026-07-16)", "Bilal Chitra Deepa"),
            ("did purchase where (occurred_at between 2026-07-16 and 2026-07-17)", "Bilal Chitra"),
        ),
    ),
    Chapter(
        title="Calendar days and weeks",
        text="Calendar windows follow the contact's own calendar; a week begins on Monday. Now is Tuesday the "
        "17th for all but Bilal, whose Wednesday has begun. Asha's purchase was on Sunday the 15th, Bilal's "
        "at the first minute of Monday the 16th, Chitra's in the last minute of Sunday the 15th, Deepa's on "
        "Monday the 9th.",
        people="""
            person | zone
            Asha   | Africa/Casablanca
            Bilal  | Asia/Kathmandu
            Chitra | America/New_York
            Deepa  |
        """,
        events="""
            person | event    | at
            Asha   | purchase | 2026-11-15T23:59Z
            Bilal  | purchase | 2026-11-15T18:15Z
            Chitra | purchase | 2026-11-16T04:59Z
            Deepa  | purchase | 2026-11-09T00:00Z
        """,
        cases=(
            ("did purchase in last 1 calendar week", "Bilal"),
            ("did purchase in last 2 calendar weeks", "Asha Bilal Chitra Deepa"),
            ("did not purchase in last 1 calendar week", "Asha Chitra Deepa"),
            ("did purchase in last 2 calendar days", ""),
            ("did purchase in last 3 calendar days", "Asha Bilal Chitra"),
            ("did purchase in last 9 calendar days", "Asha Bilal Chitra Deepa"),
            ("did purchase in last 1 calendar month", "Asha Bilal Chitra Deepa"),
        ),
    ),
    Chapter(
        title="Calendar months",
        text="`in last 1 calendar month` is the month that it is for the contact. Asha and Bilal bought in the "
        "first minute of their November, Chitra in the last one of her October, Deepa in the first one of "
        "October.",
        people="""
            person | zone
            Asha   | Africa/Casablanca
            Bilal  | Asia/Kathmandu
            Chitra | America/New_York
            Deepa  |
        """,
        events="""
            person | event    | at
            Asha   | purchase | 2026-11-01T00:00Z
            Bilal  | purchase | 2026-10-31T18:15Z
            Chitra | purchase | 2026-11-01T03:59Z
            Deepa  | purchase | 2026-10-01T00:00Z
        """,
        cases=(
            ("did purchase in last 1 calendar month", "Asha Bilal"),
            ("did purchase in last 2 calendar months", "Asha Bilal Chitra Deepa"),
            ("did not purchase in last 1 calendar month", "Chitra Deepa"),
            ("did purchase in last 17 calendar days", "Asha"),
            ("did purchase in last 18 calendar days", "Asha Bilal Chitra"),
            ("did purchase in last 48 calendar days", "Asha Bilal Chitra Deepa"),
            ("did purchase in last 47 calendar days", "Asha Bilal Chitra"),
        ),
    ),
    Chapter(
        title="Windows that follow a person's first event",
        text="The first event itself is inside, what happens exactly at the end is not. Who has no such event has "
        "no such window.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
        """,
        events="""
            person | event    | at          | category
            Asha   | purchase | 40 days ago | shoes
            Asha   | purchase | 26 days ago | bags
            Bilal  | purchase | 40 days ago | shoes
            Bilal  | purchase | 27 days ago | bags
            Chitra | campaign | 45 days ago |
            Chitra | purchase | 40 days ago | shoes
            Deepa  | campaign | 50 days ago |
            Deepa  | purchase | 40 days ago | shoes
            Deepa  | purchase | 39 days ago | bags
        """,
        cases=(
            ("did purchase within 14 days of the first", "Asha Bilal Chitra Deepa"),
            ("did purchase at least 2 times within 14 days of the first", "Bilal Deepa"),
            ("did purchase at least 2 times within 15 days of the first", "Asha Bilal Deepa"),
            ("did purchase exactly 1 times within 14 days of the first", "Asha Chitra"),
            ("did purchase within 5 days of the first campaign", ""),
            ("did purchase within 6 days of the first campaign", "Chitra"),
            ("did purchase within 10 days of the first campaign", "Chitra"),
            ("did purchase within 14 days of the first campaign", "Chitra Deepa"),
            ("did not purchase within 10 days of the first campaign", "Asha Bilal Deepa"),
            (
                'did purchase within 2 days of the first purchase where (category = "bags")',
                "Asha Bilal Deepa",
            ),
        ),
    ),
)
