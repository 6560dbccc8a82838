"""Periods, first and last events, gaps, keys, sequences and silence."""

from tests.spec.tables import Chapter

EVENTS: tuple[Chapter, ...] = (
    Chapter(
        title="Distinct days by a named clock",
        text="Without `of zone` each contact's own calendar counts; with it one clock counts for all.",
        people="""
            person | zone
            Asha   | Africa/Casablanca
            Bilal  | Asia/Kathmandu
            Chitra | Europe/Paris
            Deepa  |
        """,
        events="""
            person | event    | at
            Asha   | purchase | 2026-11-10T18:14Z
            Asha   | purchase | 2026-11-10T18:15Z
            Bilal  | purchase | 2026-11-10T18:14Z
            Bilal  | purchase | 2026-11-10T18:15Z
            Chitra | purchase | 2026-11-10T22:59Z
            Chitra | purchase | 2026-11-10T23:00Z
            Deepa  | purchase | 2026-11-10T10:00Z
            Deepa  | purchase | 2026-11-10T11:00Z
        """,
        cases=(
            ("did purchase in at least 2 distinct days", "Bilal Chitra"),
            ('did purchase in at least 2 distinct days of zone "Asia/Kathmandu"', "Asha Bilal"),
            ('did purchase in at least 2 distinct days of zone "Europe/Paris"', "Chitra"),
            ('did purchase in at least 2 distinct days of zone "Africa/Casablanca"', ""),
            ("did purchase in at least 2 distinct weeks", ""),
            ("did purchase in at least 1 distinct months", "Asha Bilal Chitra Deepa"),
            ("did not purchase in at least 2 distinct days", "Asha Deepa"),
            ("did purchase in at least 2 distinct days in last 7 days", "Chitra"),
        ),
    ),
    Chapter(
        title="The first and the last event",
        text="Only that one event is asked, of those that `where` and the window leave. Of two at one instant the "
        "one recorded later is the last. Who has no such event fulfils nothing.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
            Elif   | Rabat
        """,
        events="""
            person | event    | at          | amount
            Asha   | purchase | 10 days ago | 50
            Asha   | purchase | 2 days ago  | 200
            Bilal  | purchase | 2 days ago  | 50
            Bilal  | purchase | 10 days ago | 200
            Chitra | purchase | 10 days ago |
            Deepa  | purchase | 5 days ago  | 10
            Deepa  | purchase | 5 days ago  | 500
        """,
        cases=(
            ("last purchase has (amount >= 100)", "Asha Deepa"),
            ("first purchase has (amount >= 100)", "Bilal"),
            ("last purchase has (amount < 100)", "Bilal"),
            ("first purchase has (amount < 100)", "Asha Deepa"),
            ("last purchase has (amount is missing)", "Chitra"),
            ("last purchase has (not amount >= 100)", "Bilal Chitra"),
            ("not last purchase has (amount >= 100)", "Bilal Chitra Elif"),
            ("last purchase has (occurred_at before 7 days ago)", "Chitra"),
            ("first purchase has (occurred_at before 7 days ago)", "Asha Bilal Chitra"),
            ("last purchase before 7 days ago has (amount >= 100)", "Bilal"),
            ("last purchase in last 7 days has (amount > 0)", "Asha Bilal Deepa"),
            ("first purchase in last 7 days has (amount >= 100)", "Asha"),
            ("last purchase where (amount >= 100) has (occurred_at before 7 days ago)", "Bilal"),
            ("last purchase where (amount >= 100) has (occurred_at after 7 days ago)", "Asha Deepa"),
            ("last purchase has (amount >= 100 and occurred_at after 3 days ago)", "Asha"),
        ),
    ),
    Chapter(
        title="The time between events",
        text="Gaps lie between one event and the next. With fewer than two events there is none, and nothing is "
        "true of it. The average is the whole stretch over the number of gaps.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
            Elif   | Rabat
        """,
        events="""
            person | event    | at           | category
            Asha   | purchase | 100 days ago | shoes
            Asha   | purchase | 40 days ago  | bags
            Asha   | purchase | 30 days ago  | shoes
            Bilal  | purchase | 50 days ago  | shoes
            Bilal  | purchase | 100 days ago | bags
            Chitra | purchase | 10 days ago  | shoes
            Deepa  | purchase | 20 days ago  | shoes
            Deepa  | purchase | 20 days ago  | shoes
            Deepa  | purchase | 10 days ago  | bags
        """,
        cases=(
            ("longest gap between purchase > 50 days", "Asha"),
            ("longest gap between purchase >= 50 days", "Asha Bilal"),
            ("longest gap between purchase = 60 days", "Asha"),
            ("longest gap between purchase != 60 days", "Bilal Deepa"),
            ("not longest gap between purchase > 50 days", "Bilal Chitra Deepa Elif"),
            ("shortest gap between purchase < 10 days", "Deepa"),
            ("shortest gap between purchase <= 10 days", "Asha Deepa"),
            ("last gap between purchase = 10 days", "Asha Deepa"),
            ("last gap between purchase > 10 days", "Bilal"),
            ("average gap between purchase <= 35 days", "Asha Deepa"),
            ("average gap between purchase > 35 days", "Bilal"),
            ("average gap between purchase = 840 hours", "Asha"),
            ("longest gap between purchase in last 60 days > 5 days", "Asha Deepa"),
            ('longest gap between purchase where (category = "shoes") > 60 days', "Asha"),
            ('longest gap between purchase where (category = "shoes") = 70 days', "Asha"),
        ),
    ),
    Chapter(
        title="For one and the same value",
        text="`for some number (...)` asks whether there is a number for whose events the condition in brackets "
        "holds. Events without a number belong to none.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
            Elif   | Rabat
        """,
        events="""
            person | event      | at          | number | category
            Asha   | campaign   | 10 days ago | 8      | bags
            Asha   | campaign   | 9 days ago  | 9      | shoes
            Asha   | redemption | 5 days ago  | 8      |
            Bilal  | campaign   | 10 days ago | 8      | shoes
            Bilal  | redemption | 5 days ago  | 8      |
            Chitra | campaign   | 10 days ago |        | shoes
            Deepa  | campaign   | 40 days ago | 9      | bags
            Elif   | redemption | 5 days ago  | 9      |
        """,
        cases=(
            ("for some number (did campaign and not did redemption)", "Asha Deepa"),
            ("for some number (did campaign in last 30 days and not did redemption in last 30 days)", "Asha"),
            ("for some number (did campaign and did redemption)", "Asha Bilal"),
            ("not for some number (did campaign and did redemption)", "Chitra Deepa Elif"),
            ("for some number (did redemption and not did campaign)", "Elif"),
            ("for some number (did campaign or did redemption)", "Asha Bilal Deepa Elif"),
            ("for some number (did campaign at least 2 times)", ""),
            ("for some number (count(campaign) = 1)", "Asha Bilal Deepa"),
            ("for some number (count(campaign) > count(redemption))", "Asha Deepa"),
            ('for some number (did campaign where (category = "shoes") and not did redemption)', "Asha"),
            ('for some number (did campaign where (category = "shoes") and did redemption)', "Bilal"),
            ("did campaign and not did redemption", "Chitra Deepa"),
        ),
    ),
    Chapter(
        title="On one and the same day",
        text="`day` is the contact's local day. Two keys ask for events that are alike in both.",
        people="""
            person | zone
            Asha   | Africa/Casablanca
            Bilal  | Africa/Casablanca
            Chitra | Asia/Kathmandu
            Deepa  |
            Elif   | Europe/Paris
        """,
        events="""
            person | event    | at                | category
            Asha   | purchase | 2026-11-10T10:00Z | shoes
            Asha   | purchase | 2026-11-10T12:00Z | bags
            Bilal  | purchase | 2026-11-10T10:00Z | shoes
            Bilal  | purchase | 2026-11-11T10:00Z | bags
            Chitra | purchase | 2026-11-10T18:00Z | shoes
            Chitra | purchase | 2026-11-10T18:30Z | bags
            Deepa  | purchase | 2026-11-10T18:00Z | shoes
            Deepa  | purchase | 2026-11-10T18:30Z | bags
            Elif   | purchase | 2026-11-10T10:00Z | shoes
            Elif   | purchase | 2026-11-10T12:00Z | shoes
        """,
        cases=(
            ("for some day (distinct(purchase.category) >= 2)", "Asha Deepa"),
            ("for some day (did purchase at least 2 times)", "Asha Deepa Elif"),
            ("for some category (did purchase at least 2 times)", "Elif"),
            ("for some category, day (did purchase at least 2 times)", "Elif"),
            (
                (
                    'for some day (did purchase where (category = "shoes") '
                    'and not did purchase where (category = "bags"))'
                ),
                "Bilal Chitra Elif",
            ),
            (
                (
                    'for some day (did purchase where (category = "shoes") '
                    'and did purchase where (category = "bags"))'
                ),
                "Asha Deepa",
            ),
            ("not for some day (did purchase at least 2 times)", "Bilal Chitra"),
        ),
    ),
    Chapter(
        title="One thing after another",
        text="`then B within 14 days` asks for a B after the A, at the latest exactly 14 days later. `then not B` "
        "is true once those days have passed without a B. `for the same` asks both events for equal "
        "properties.",
        people="""
            person | city
            Asha   | Casablanca
            Bilal  | Rabat
            Chitra | Lyon
            Deepa  | Tunis
        """,
        events="""
            person | event      | at          | number | category
            Asha   | campaign   | 30 days ago | 8      | shoes
            Asha   | purchase   | 20 days ago |        | shoes
            Bilal  | campaign   | 30 days ago | 8      | shoes
            Bilal  | purchase   | 16 days ago |        | bags
            Bilal  | redemption | 15 days ago | 8      |
            Chitra | campaign   | 5 days ago  | 8      | shoes
            Deepa  | purchase   | 40 days ago |        | shoes
            Deepa  | campaign   | 30 days ago | 9      | shoes
        """,
        cases=(
            ("did campaign then purchase within 14 days", "Asha Bilal"),
            ("did campaign then purchase within 13 days", "Asha"),
            ("did campaign then purchase within 14 days for the same category", "Asha"),
            ("did campaign then not purchase within 14 days", "Deepa"),
            ("did campaign where (number = 8) then not redemption within 14 days", "Asha Bilal"),
            (
                (
                    "did campaign where (number = 8) then purchase within 14 days for the same category "
                    "and did not redemption where (number = 8)"
                ),
                "Asha",
            ),
            ("not did campaign then purchase within 14 days", "Chitra Deepa"),
            ("did campaign then not redemption within 30 days", ""),
            ("did campaign then not redemption within 29 days", "Asha Deepa"),
            ("did campaign then purchase within 14 days in last 25 days", ""),
        ),
    ),
    Chapter(
        title="Only the first one",
        text="`did first A then ...` asks the person's first A alone (inside the window, where there is one); "
        "without `first` any A will do. What happens at the very instant of A is not after it.",
        people="""
            person | city
            Asha   | Rabat
            Bilal  | Rabat
            Chitra | Rabat
            Deepa  | Rabat
            Elif   | Rabat
        """,
        events="""
            person | event    | at
            Asha   | campaign | 40 days ago
            Asha   | campaign | 20 days ago
            Asha   | purchase | 15 days ago
            Bilal  | campaign | 40 days ago
            Bilal  | purchase | 30 days ago
            Bilal  | campaign | 20 days ago
            Chitra | campaign | 10 days ago
            Deepa  | campaign | 14 days ago
            Elif   | campaign | 15 days ago
            Elif   | purchase | 15 days ago
        """,
        cases=(
            ("did campaign then purchase within 14 days", "Asha Bilal"),
            ("did first campaign then purchase within 14 days", "Bilal"),
            ("did campaign then not purchase within 14 days", "Asha Bilal Elif"),
            ("did first campaign then not purchase within 14 days", "Asha Elif"),
            ("did campaign then not purchase within 13 days", "Asha Bilal Deepa Elif"),
            ("not did campaign then purchase within 14 days", "Chitra Deepa Elif"),
            ("did campaign then purchase within 5 days", "Asha"),
            ("did campaign then purchase within 120 hours", "Asha"),
            ("did campaign then purchase within 4 days", ""),
            ("did campaign then purchase within 14 days in last 30 days", "Asha"),
            ("did first campaign then purchase within 14 days in last 30 days", "Asha"),
            ("did purchase then campaign within 14 days", "Bilal"),
            ("did campaign then campaign within 20 days", "Asha Bilal"),
            ("did campaign then campaign within 19 days", ""),
        ),
    ),
    Chapter(
        title="Silence",
        text="`silent for 7 days` is true for those known for longer who wrote nothing in that time, also for "
        "those who never wrote.",
        people="""
            person | first_seen_at
            Asha   | 60 days ago
            Bilal  | 60 days ago
            Chitra | 7 days ago
            Deepa  |
        """,
        events="""
            person | event            | at
            Asha   | message_received | 8 days ago
            Bilal  | message_received | 7 days ago
        """,
        cases=(
            ("silent for 7 days", "Asha"),
            ("silent for 6 days", "Asha Bilal Chitra"),
            ("not silent for 7 days", "Bilal Chitra Deepa"),
            ("did not message in last 7 days", "Asha Chitra Deepa"),
        ),
    ),
    Chapter(
        title="Silence in other lengths",
        text="A message exactly as long ago as the silence asked for breaks it, and whoever became known exactly "
        "then is not known for longer.",
        people="""
            person | first_seen_at
            Asha   | 60 days ago
            Bilal  | 60 days ago
            Chitra | 7 days ago
            Deepa  |
        """,
        events="""
            person | event            | at
            Asha   | message_received | 8 days ago
            Bilal  | message_received | 7 days ago
        """,
        cases=(
            ("silent for 168 hours", "Asha"),
            ("silent for 1 week", "Asha"),
            ("silent for 8 days", ""),
            ("silent for 1 hour", "Asha Bilal Chitra"),
            ("silent for 7 days and did message", "Asha"),
            ("silent for 6 days and not did message", "Chitra"),
            ("did message at least 1 times in last 8 days", "Asha Bilal"),
        ),
    ),
)
