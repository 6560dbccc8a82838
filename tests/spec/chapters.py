"""The specification of conditions: people, conditions, and for whom they are true. It prints the manual."""

from tests.spec.tables import Chapter

CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        title="Comparing text",
        text="Text is compared without regard to capital letters; there is no order among texts. "
        "Language and time zone are codes and keep their letters.",
        people="""
            person | city       | country
            Asha   | Casablanca | MA
            Bilal  | Rabat      | MA
            Chitra | Lyon       | FR
            Deepa  |            | TN
        """,
        cases=(
            ('city = "casablanca"', "Asha"),
            ('city = "CASABLANCA"', "Asha"),
            ('city in ("Casablanca", "Rabat")', "Asha Bilal"),
            ('city contains "a"', "Asha Bilal"),
            ('city starts with "ca"', "Asha"),
            ('country = "ma"', "Asha Bilal"),
        ),
    ),
    Chapter(
        title="Comparing numbers",
        text="`between` counts both ends. Whole numbers compare with whole numbers, decimals with both.",
        people="""
            person | orders | balance
            Asha   | 3      | 19.99
            Bilal  | 0      | 0
            Chitra | 5      | -3.5
            Deepa  | 10     | 500
        """,
        cases=(
            ("orders = 3", "Asha"),
            ("orders != 3", "Bilal Chitra Deepa"),
            ("orders >= 5", "Chitra Deepa"),
            ("orders > 5", "Deepa"),
            ("orders between 3 and 5", "Asha Chitra"),
            ("orders in (0, 10)", "Bilal Deepa"),
            ("balance < 0", "Chitra"),
            ("balance >= 19.99", "Asha Deepa"),
        ),
    ),
    Chapter(
        title="Missing values",
        text="Truth has two values. A comparison with a missing value is false; its negation is true, because it "
        "says that the comparison does not hold. `!=` is the negation of `=`. Whoever wants only people with a "
        "value says so: `and city is set`. An empty text and an empty list are missing.",
        people="""
            person | city
            Asha   | Casablanca
            Bilal  | Rabat
            Chitra |
        """,
        cases=(
            ('city = "Rabat"', "Bilal"),
            ('not city = "Rabat"', "Asha Chitra"),
            ('city != "Rabat"', "Asha Chitra"),
            ('not city != "Rabat"', "Bilal"),
            ('city in ("Rabat")', "Bilal"),
            ('city not in ("Rabat")', "Asha Chitra"),
            ('city contains "a"', "Asha Bilal"),
            ('not city contains "a"', "Chitra"),
            ("city is set", "Asha Bilal"),
            ("city is missing", "Chitra"),
            ("not city is set", "Chitra"),
            ('city != "Rabat" and city is set', "Asha"),
        ),
    ),
    Chapter(
        title="The truth table of missing values",
        text="All nine rows: the name says whether `orders = 1` and whether `balance = 1` is true (T), false (F) or "
        "about a missing value (M). A missing value makes its comparison false before `and`, `or` and `not` see "
        "it; no third truth value ever arises.",
        people="""
            person | orders | balance
            TT     | 1      | 1
            TF     | 1      | 0
            TM     | 1      |
            FT     | 0      | 1
            FF     | 0      | 0
            FM     | 0      |
            MT     |        | 1
            MF     |        | 0
            MM     |        |
        """,
        cases=(
            ("orders = 1", "TT TF TM"),
            ("not orders = 1", "FT FF FM MT MF MM"),
            ("orders != 1", "FT FF FM MT MF MM"),
            ("orders = 1 and balance = 1", "TT"),
            ("orders = 1 or balance = 1", "TT TF TM FT MT"),
            ("not (orders = 1 and balance = 1)", "TF TM FT FF FM MT MF MM"),
            ("not (orders = 1 or balance = 1)", "FF FM MF MM"),
            ("not orders = 1 and not balance = 1", "FF FM MF MM"),
            ("orders = 1 and not balance = 1", "TF TM"),
            ("orders = 0 or not orders = 0", "TT TF TM FT FF FM MT MF MM"),
            ("orders is missing or balance is missing", "TM FM MT MF MM"),
        ),
    ),
    Chapter(
        title="And, or, not",
        text="`not` binds closest, then `and`, then `or`; brackets change that.",
        people="""
            person | city       | orders
            Asha   | Casablanca | 3
            Bilal  | Rabat      | 0
            Chitra | Lyon       | 5
            Deepa  | Rabat      | 5
        """,
        cases=(
            ('city = "Rabat" and orders = 0', "Bilal"),
            ('city = "Casablanca" or city = "Rabat" and orders = 5', "Asha Deepa"),
            ('(city = "Casablanca" or city = "Rabat") and orders = 5', "Deepa"),
            ('not city = "Rabat" and orders = 5', "Chitra"),
            ('not (city = "Rabat" and orders = 5)', "Asha Bilal Chitra"),
        ),
    ),
    Chapter(
        title="True or false, lists and tags",
        text="`contains` finds one value in a list; `any of` and `all of` take several.",
        people="""
            person | is_member | interests    | tags
            Asha   | true      | shoes, bags  | vip
            Bilal  | false     | shoes        |
            Chitra |           |              | vip, new
        """,
        cases=(
            ("is_member = true", "Asha"),
            ("is_member != true", "Bilal Chitra"),
            ('interests contains "shoes"', "Asha Bilal"),
            ('interests contains any of ("bags", "hats")', "Asha"),
            ('interests contains all of ("bags", "shoes")', "Asha"),
            ('not interests contains "bags"', "Bilal Chitra"),
            ("interests is missing", "Chitra"),
            ('tag "vip"', "Asha Chitra"),
            ('not tag "vip"', "Bilal"),
        ),
    ),
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
        title="Consent",
        text="Consent is a record that grants the purpose and is proven. Absence never grants, and a consent cannot "
        "stand below `not`. Leaving it out is allowed: the gate excludes everybody without a proven consent.",
        people="""
            person | marketing consent
            Asha   | proven, 10 days ago
            Bilal  | withdrawn, 2 days ago
            Chitra |
            Deepa  | unproven, 3 days ago
        """,
        cases=(
            ("consent marketing granted", "Asha"),
            ("consent marketing granted after 30 days ago", "Asha"),
            ("consent marketing granted before 30 days ago", ""),
        ),
    ),
    Chapter(
        title="What people did",
        text="A window of 7 days is the 168 hours before now; its start counts, now does not. Without a window the "
        "whole history counts. `did not` is true for everybody else, also for those without any event.",
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
        title="Sums and distinct periods",
        text="The sum of nothing is zero; a missing property adds nothing. Days, weeks (from Monday) and months are "
        "those of the contact's local calendar; for a contact without a zone, of the workspace's (here Casablanca).",
        people="""
            person | zone
            Asha   | Africa/Casablanca
            Bilal  | Asia/Kathmandu
            Chitra |
            Deepa  |
        """,
        events="""
            person | event    | at                | amount
            Asha   | purchase | 2026-10-31T23:30Z | 300
            Asha   | purchase | 2026-11-01T10:00Z | 250
            Bilal  | purchase | 2026-10-31T23:30Z | 100
            Bilal  | purchase | 2026-11-01T10:00Z |
            Deepa  | purchase | 2026-06-30T23:30Z |
            Deepa  | purchase | 2026-07-01T10:00Z |
        """,
        cases=(
            ("sum(purchase.amount) >= 500", "Asha"),
            ("sum(purchase.amount) in last 90 days > 100", "Asha"),
            ("sum(purchase.amount) <= 100", "Bilal Chitra Deepa"),
            ("sum(purchase.amount) = 0", "Chitra Deepa"),
            ("sum(purchase.amount) where (amount > 250) = 300", "Asha"),
            ("did purchase in at least 2 distinct months", "Asha"),
            ("did purchase in at least 2 distinct days", "Asha"),
            ("did purchase in at least 2 distinct weeks", ""),
            ("did not purchase in at least 1 distinct month", "Chitra"),
        ),
    ),
    Chapter(
        title="One thing after another",
        text="`then B within 14 days` asks for a B after the A, at the latest exactly 14 days later. `then not B` is "
        "true once those days have passed without a B. `for the same` asks both events for equal properties.",
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
        title="Silence",
        text="`silent for 7 days` is true for those known for longer who wrote nothing in that time, also for those "
        "who never wrote.",
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
)
