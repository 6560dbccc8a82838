"""The forms of conditions, of windows and of calculations that the manual lists; a test reads every one of them."""

FORMS: tuple[tuple[str, str], ...] = (
    ("everybody", "always; a rule that means everybody has to say so"),
    ('city = "Rabat"', "the value is equal; also !=, <, <=, >, >="),
    (
        "orders between 2 and 5",
        "the value lies between, both ends included; for instants the end is left out",
    ),
    ('city in ("Rabat", "Fes")', "the value is one of the list; also `not in`"),
    ('interests contains "shoes"', "a list holds the value, or a text holds it as a part"),
    ('interests contains any of ("a", "b")', "at least one of them; `all of`: each of them"),
    ('city starts with "Ca"', "the text begins so"),
    (
        'city matches "^casa"',
        "a regular expression of RE2 is found in the text, whatever the case of its letters",
    ),
    ("city is set", "there is a value; `is missing`: there is none"),
    ("joined_on before 30 days ago", "the date or instant lies earlier; `after`: then or later"),
    (
        "joined_on in next 7 days",
        "the date is today or one of the six after; an instant lies less than 168 hours ahead; `in last`: back",
    ),
    (
        "birthday in next 7 days",
        "it falls on the contact's today or the six days after; `anniversary of joined_on in next 7 days`: of a date",
    ),
    (
        'location within 10 km of place "maarif"',
        "at most so far from a place of the workspace, as the crow flies; also `of 33.58, -7.63`; `km` or `m`",
    ),
    ('tag "vip"', "the contact has the tag"),
    ('label "churn_risk" is "high"', 'the mined label has this value; `label "churn_risk"`: it has any'),
    (
        'in segment "regulars"',
        "the condition of that name in the workspace file is true; segments name segments, but never themselves",
    ),
    ("consent marketing granted", "a proven grant; `before` and `after N days ago` ask for its age"),
    ("local_time between 20:00 and 22:00", "the contact's clock shows that now; it may span midnight"),
    ("local_weekday in weekdays", "where the contact is it is such a day; also `in (saturday, sunday)`"),
    (
        'bucket("autumn") < 10',
        "the contact falls in the first 10 of 100 even parts; another word cuts people into other parts",
    ),
    (
        "did purchase where (amount > 5) at least 2 times in last 30 days",
        "so many events; also `at most`, `exactly`; `where`, count and window can be left out; `did not` negates",
    ),
    (
        "did purchase in at least 3 distinct months in last 365 days",
        'events in so many days, weeks or months; `of zone "Africa/Casablanca"` counts them by that clock',
    ),
    (
        "did campaign then purchase within 14 days for the same category in last 90 days",
        (
            "one event and then another; `then not`: and then none; `did first`: only the first one counts; "
            "`for the same` and the window can be left out"
        ),
    ),
    (
        "last purchase in last 90 days has (amount >= 100)",
        "the latest such event fulfils the condition; `first`: the earliest; every event has `occurred_at`",
    ),
    (
        "longest gap between purchase in last 365 days > 60 days",
        "the time between one and the next; also `shortest`, `average`, `last`; without two events never",
    ),
    (
        "for some number (did campaign in last 30 days and not did redemption in last 30 days)",
        "it holds for the events of one and the same value; several keys are parted by commas, `day` is the local day",
    ),
    (
        "sum(purchase.amount) in last 90 days >= 500",
        "a calculation is compared with another; see below",
    ),
    ("silent for 7 days", "known for longer and no message from them in that time"),
    ('not tag "a"', "it is not so; `not` binds closest, then `and`, then `or`; brackets as always"),
)

WINDOWS: tuple[tuple[str, str], ...] = (
    ("in last 30 days", "minutes, hours, days or weeks back from now; a day is 24 hours"),
    (
        "in last 7 calendar days",
        "the contact's today and the six days before; also weeks, from Monday, and months",
    ),
    ("on 2026-11-16", "that day of the workspace's zone"),
    ("between 2026-03-01 and 2026-04-01", "fixed dates or instants; the end is left out"),
    ("between 180 and 90 days ago", "a window that ends before now"),
    ("before 30 days ago", "everything earlier"),
    (
        "within 14 days of the first campaign",
        "from the person's first such event on; `of the first` alone: of the event itself",
    ),
)

CALCULATIONS: tuple[tuple[str, str], ...] = (
    (
        "count(purchase) in last 30 days",
        "how many events; of nothing 0; `where (...)` can follow the bracket",
    ),
    ("sum(purchase.amount)", "the sum, of nothing 0"),
    ("average(purchase.amount)", "the average, of nothing missing; also `smallest`, `largest`"),
    ("distinct(purchase.category)", "how many different values"),
    ("orders", "a number that the contact has as an attribute"),
    (
        "2 * (orders + 1) - 3",
        "exact arithmetic; `/` stands at the top of a side, by zero it is missing, and a missing side is never true",
    ),
)
