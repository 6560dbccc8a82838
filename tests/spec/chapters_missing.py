"""What is missing, in every condition and below and, or, not."""

# ruff: noqa: E501 - a table is as wide as the people in it

from tests.spec.tables import Chapter

MISSING: tuple[Chapter, ...] = (
    Chapter(
        title="Missing values",
        text="Truth has two values. A comparison with a missing value is false; its negation is true, because it "
        "says that the comparison does not hold. `!=` is the negation of `=`. Whoever wants only people with "
        "a value says so: `and city is set`. An empty text and an empty list are missing.",
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
        text="All nine rows: the name says whether `orders = 1` and whether `balance = 1` is true (T), false (F) "
        "or about a missing value (M). A missing value makes its comparison false before `and`, `or` and "
        "`not` see it; no third truth value ever arises.",
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
        title="And, or, not with missing values",
        text="The same nine people: negation passes through brackets as logic has it, because only two truth "
        "values ever meet.",
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
            ("not not orders = 1", "TT TF TM"),
            ("not (orders = 1)", "FT FF FM MT MF MM"),
            ("not orders != 1", "TT TF TM"),
            ("orders != 1 and balance != 1", "FF FM MF MM"),
            ("orders != 1 or balance != 1", "TF TM FT FF FM MT MF MM"),
            ("not orders = 1 or not balance = 1", "TF TM FT FF FM MT MF MM"),
            ("orders = 1 or not balance = 1", "TT TF TM FF FM MF MM"),
            ("not (orders = 1 or not balance = 1)", "FT MT"),
            ("not (orders = 1 and not balance = 1)", "TT FT FF FM MT MF MM"),
            ("orders = 1 and balance is set", "TT TF"),
            ("orders != 1 and orders is set", "FT FF FM"),
            ("orders = 0 and balance = 0", "FF"),
            ("not orders = 0 and not balance = 0", "TT TM MT MM"),
            ("orders is missing and balance is missing", "MM"),
            ("not (orders is missing or balance is missing)", "TT TF FT FF"),
            ("orders is set or balance is set", "TT TF TM FT FF FM MT MF"),
            ("orders < balance", "FT"),
            ("not orders < balance", "TT TF TM FF FM MT MF MM"),
            ("orders = balance", "TT FF"),
            ("orders != balance", "TF FT"),
        ),
    ),
    Chapter(
        title="Missing in every condition",
        text="Asha has everything, Bilal nothing at all. Every condition on something that Bilal lacks is false "
        "for him, and its negation true. What counts or sums is never missing: it is zero for him.",
        people="""
            person | city  | orders | balance | is_member | joined_on  | paid_at    | interests | location | birth_date | tags | labels          | first_seen_at
            Asha   | Rabat | 3      | 5       | true      | 2026-11-17 | 1 day ago  | shoes     | 0 0      | 1990-11-17 | vip  | churn_risk=high | 60 days ago
            Bilal  |       |        |         |           |            |            |           |          |            |      |                 |
        """,
        events="""
            person | event    | at          | amount | category | number
            Asha   | campaign | 20 days ago |        | shoes    | 8
            Asha   | purchase | 15 days ago | 10     | shoes    |
            Asha   | purchase | 5 days ago  | 20     | shoes    |
        """,
        cases=(
            ('city = "Rabat"', "Asha"),
            ('not city = "Rabat"', "Bilal"),
            ('city != "Lyon"', "Asha Bilal"),
            ('not city != "Lyon"', ""),
            ('city in ("Rabat", "Lyon")', "Asha"),
            ('not city in ("Rabat", "Lyon")', "Bilal"),
            ('city not in ("Lyon")', "Asha Bilal"),
            ('city contains "a"', "Asha"),
            ('not city contains "a"', "Bilal"),
            ('city starts with "r"', "Asha"),
            ('not city starts with "r"', "Bilal"),
            ('city matches "^r"', "Asha"),
            ('not city matches "^r"', "Bilal"),
            ("orders > 2", "Asha"),
            ("not orders > 2", "Bilal"),
            ("orders <= 3", "Asha"),
            ("not orders <= 3", "Bilal"),
            ("orders between 1 and 5", "Asha"),
            ("not orders between 1 and 5", "Bilal"),
            ("balance >= 0", "Asha"),
            ("not balance >= 0", "Bilal"),
            ("is_member = true", "Asha"),
            ("not is_member = true", "Bilal"),
            ("is_member = false", ""),
            ("not is_member = false", "Asha Bilal"),
            ('interests contains "shoes"', "Asha"),
            ('not interests contains "shoes"', "Bilal"),
            ('interests contains any of ("shoes", "bags")', "Asha"),
            ('not interests contains any of ("shoes", "bags")', "Bilal"),
            ('interests contains all of ("shoes")', "Asha"),
            ('not interests contains all of ("shoes")', "Bilal"),
            ("joined_on = 2026-11-17", "Asha"),
            ("not joined_on = 2026-11-17", "Bilal"),
            ("joined_on after 7 days ago", "Asha"),
            ("not joined_on after 7 days ago", "Bilal"),
            ("joined_on in next 7 days", "Asha"),
            ("not joined_on in next 7 days", "Bilal"),
            ("paid_at in last 7 days", "Asha"),
            ("not paid_at in last 7 days", "Bilal"),
            ("paid_at before 1 hour ago", "Asha"),
            ("not paid_at before 1 hour ago", "Bilal"),
            ("birthday in next 1 day", "Asha"),
            ("not birthday in next 1 day", "Bilal"),
            ("age >= 18", "Asha"),
            ("not age >= 18", "Bilal"),
            ("location within 1 m of 0, 0", "Asha"),
            ("not location within 1 m of 0, 0", "Bilal"),
            ('tag "vip"', "Asha"),
            ('not tag "vip"', "Bilal"),
            ('label "churn_risk" is "high"', "Asha"),
            ('not label "churn_risk" is "high"', "Bilal"),
            ('in segment "regulars"', "Asha"),
            ('not in segment "regulars"', "Bilal"),
            ("silent for 7 days", "Asha"),
            ("not silent for 7 days", "Bilal"),
            ("did purchase", "Asha"),
            ("did not purchase", "Bilal"),
            ("did purchase at most 2 times", "Asha Bilal"),
            ("did purchase at most 1 times", "Bilal"),
            ("did purchase where (number is missing)", "Asha"),
            ("did purchase in at least 2 distinct days", "Asha"),
            ("not did purchase in at least 2 distinct days", "Bilal"),
            ("did campaign then purchase within 14 days", "Asha"),
            ("not did campaign then purchase within 14 days", "Bilal"),
            ("did campaign then not redemption within 14 days", "Asha"),
            ("not did campaign then not redemption within 14 days", "Bilal"),
            ("last purchase has (amount > 15)", "Asha"),
            ("not last purchase has (amount > 15)", "Bilal"),
            ("longest gap between purchase > 1 day", "Asha"),
            ("not longest gap between purchase > 1 day", "Bilal"),
            ("for some category (did campaign and did purchase)", "Asha"),
            ("not for some category (did campaign and did purchase)", "Bilal"),
            ("count(purchase) <= 1", "Bilal"),
            ("sum(purchase.amount) = 0", "Bilal"),
            ("distinct(purchase.category) = 0", "Bilal"),
            ("average(purchase.amount) > 0", "Asha"),
            ("not average(purchase.amount) > 0", "Bilal"),
            ("average(purchase.amount) = 0", ""),
            ("smallest(purchase.amount) <= 10", "Asha"),
            ("not smallest(purchase.amount) <= 10", "Bilal"),
            ("largest(purchase.amount) >= 20", "Asha"),
            ("not largest(purchase.amount) >= 20", "Bilal"),
            ("sum(purchase.amount) / count(purchase) >= 0", "Asha"),
            ("not sum(purchase.amount) / count(purchase) >= 0", "Bilal"),
            ("orders >= count(purchase)", "Asha"),
            ("not orders >= count(purchase)", "Bilal"),
            ("orders + 1 != count(purchase)", "Asha"),
        ),
    ),
)
