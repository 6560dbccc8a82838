"""Calculations over events."""

from tests.spec.tables import Chapter

MEASURES: tuple[Chapter, ...] = (
    Chapter(
        title="Sums and distinct periods",
        text="The sum of nothing is zero; a missing property adds nothing. Days, weeks (from Monday) and months "
        "are those of the contact's local calendar; for a contact without a zone, of the workspace's (here "
        "Casablanca).",
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
        title="Counts, sums and averages",
        text="Of nothing, a count and a sum are 0 and so is the number of different values; an average, a "
        "smallest and a largest are missing, and no comparison with them is true. A missing property adds "
        "nothing.",
        people="""
            person | orders
            Asha   | 4
            Bilal  | 0
            Chitra |
            Deepa  | 1
        """,
        events="""
            person | event    | at          | amount | category
            Asha   | purchase | 5 days ago  | 10     | shoes
            Asha   | purchase | 40 days ago | 20     | Shoes
            Asha   | purchase | 50 days ago | 30     | bags
            Bilal  | purchase | 5 days ago  | 10     | bags
            Bilal  | purchase | 45 days ago | 10     |
            Deepa  | purchase | 3 days ago  | 5      | shoes
            Deepa  | purchase | 4 days ago  |        | bags
            Deepa  | purchase | 2 days ago  | 15     | hats
        """,
        cases=(
            ("count(purchase) = 3", "Asha Deepa"),
            ("count(purchase) = 0", "Chitra"),
            ("count(purchase) > -1", "Asha Bilal Chitra Deepa"),
            ("count(purchase) in last 30 days = 1", "Asha Bilal"),
            ('count(purchase) where (category = "bags") = 1', "Asha Bilal Deepa"),
            ("sum(purchase.amount) = 20", "Bilal Deepa"),
            ("sum(purchase.amount) in last 30 days >= 10", "Asha Bilal Deepa"),
            ("sum(purchase.amount) between 60 and 30 days ago = 50", "Asha"),
            ("average(purchase.amount) = 10", "Bilal Deepa"),
            ("average(purchase.amount) != 10", "Asha"),
            ("not average(purchase.amount) = 10", "Asha Chitra"),
            ("average(purchase.amount) in last 30 days > 9.99", "Asha Bilal Deepa"),
            ('average(purchase.amount) where (category = "bags") >= 0', "Asha Bilal"),
            ("smallest(purchase.amount) < 10", "Deepa"),
            ("largest(purchase.amount) = 30", "Asha"),
            ("largest(purchase.amount) in last 30 days = 15", "Deepa"),
            ("largest(purchase.amount) = smallest(purchase.amount)", "Bilal"),
            ("largest(purchase.amount) - smallest(purchase.amount) > 5", "Asha Deepa"),
            ("distinct(purchase.category) = 2", "Asha"),
            ("distinct(purchase.category) >= 1", "Asha Bilal Deepa"),
            ("distinct(purchase.category) = 0", "Chitra"),
            ("distinct(purchase.amount) = 2", "Deepa"),
        ),
    ),
    Chapter(
        title="One calculation against another",
        text="Both sides may hold calculations, numbers of the contact, and arithmetic. Quotients are compared "
        "without rounding. Division by zero is missing, like a calculation with a missing number.",
        people="""
            person | orders
            Asha   | 4
            Bilal  | 0
            Chitra |
            Deepa  | 1
        """,
        events="""
            person | event    | at          | amount | category
            Asha   | purchase | 5 days ago  | 10     | shoes
            Asha   | purchase | 40 days ago | 20     | Shoes
            Asha   | purchase | 50 days ago | 30     | bags
            Bilal  | purchase | 5 days ago  | 10     | bags
            Bilal  | purchase | 45 days ago | 10     |
            Deepa  | purchase | 3 days ago  | 5      | shoes
            Deepa  | purchase | 4 days ago  |        | bags
            Deepa  | purchase | 2 days ago  | 15     | hats
        """,
        cases=(
            ("count(purchase) in last 30 days > count(purchase) between 60 and 30 days ago", "Deepa"),
            (
                "count(purchase) in last 30 days >= count(purchase) between 60 and 30 days ago",
                "Bilal Chitra Deepa",
            ),
            (
                "2 * count(purchase) in last 30 days >= count(purchase) between 60 and 30 days ago",
                "Asha Bilal Chitra Deepa",
            ),
            ("orders > count(purchase)", "Asha"),
            ("orders < count(purchase)", "Bilal Deepa"),
            ("orders != count(purchase)", "Asha Bilal Deepa"),
            ("not orders > count(purchase)", "Bilal Chitra Deepa"),
            ("count(purchase) - orders >= 2", "Bilal Deepa"),
            ("orders + 1 >= 2", "Asha Deepa"),
            ("2 * (orders + 1) = 10", "Asha"),
            ("2 * orders + 1 = 9", "Asha"),
            ("10 - orders - 1 = 5", "Asha"),
            ("sum(purchase.amount) / count(purchase) > 10", "Asha"),
            ("sum(purchase.amount) / count(purchase) = 10", "Bilal"),
            ("sum(purchase.amount) / count(purchase) < 10", "Deepa"),
            ("sum(purchase.amount) / count(purchase) = 20 / 3", "Deepa"),
            ("not sum(purchase.amount) / count(purchase) > 10", "Bilal Chitra Deepa"),
            ("sum(purchase.amount) / count(purchase) = average(purchase.amount)", "Asha Bilal"),
            ("count(purchase) / orders >= 1", "Deepa"),
            ("count(purchase) / orders < 1", "Asha"),
            ("not count(purchase) / orders >= 1", "Asha Bilal Chitra"),
            (
                'sum(purchase.amount) where (category = "bags") / sum(purchase.amount) >= 0.5',
                "Asha Bilal",
            ),
            ('sum(purchase.amount) where (category = "bags") / sum(purchase.amount) > 0.5', ""),
        ),
    ),
    Chapter(
        title="Exact money",
        text="A tenth and two tenths are three tenths.",
        people="""
            person | balance
            Asha   | 0.3
            Bilal  | 0.3
            Chitra |
            Deepa  | 0.3001
        """,
        events="""
            person | event    | at         | amount
            Asha   | purchase | 5 days ago | 0.1
            Asha   | purchase | 4 days ago | 0.2
            Bilal  | purchase | 5 days ago | 0.3
            Chitra | purchase | 5 days ago | 0.1
            Deepa  | purchase | 5 days ago | 0.3001
        """,
        cases=(
            ("sum(purchase.amount) = 0.3", "Asha Bilal"),
            ("sum(purchase.amount) > 0.3", "Deepa"),
            ("sum(purchase.amount) = balance", "Asha Bilal Deepa"),
            ("sum(purchase.amount) != balance", ""),
            ("3 * sum(purchase.amount) = 0.9", "Asha Bilal"),
            ("average(purchase.amount) = 0.15", "Asha"),
            ("sum(purchase.amount) + 0.1 = 0.4", "Asha Bilal"),
            ("sum(purchase.amount) / 3 = 0.1", "Asha Bilal"),
        ),
    ),
    Chapter(
        title="The largest numbers",
        text="Fourteen digits before the point and four after it are calculated with as exactly as small ones.",
        people="""
            person | orders             | balance
            Asha   | 99999999999999     | 99999999999999.9999
            Bilal  | 999999999999999999 | 99999999999999.9998
            Chitra | 99999999999999     |
            Deepa  | 1                  | -99999999999999.9999
        """,
        events="""
            person | event    | at         | amount
            Asha   | purchase | 5 days ago | 99999999999999.9999
            Asha   | purchase | 4 days ago | 99999999999999.9999
            Bilal  | purchase | 5 days ago | 99999999999999.9998
            Deepa  | purchase | 5 days ago | -99999999999999.9999
        """,
        cases=(
            ("balance > orders", "Asha"),
            ("orders > balance", "Bilal Deepa"),
            ("largest(purchase.amount) = balance", "Asha Bilal Deepa"),
            ("smallest(purchase.amount) = largest(purchase.amount)", "Asha Bilal Deepa"),
            ("average(purchase.amount) = 99999999999999.9999", "Asha"),
            ("sum(purchase.amount) > balance", "Asha"),
            ("sum(purchase.amount) - balance >= 0.0001", "Asha"),
            ("sum(purchase.amount) / balance = 2", "Asha"),
            ("sum(purchase.amount) / balance < 0", ""),
        ),
    ),
)
