"""The clauses of a rule and the forms of conditions, for the manual; the example is parsed by a test."""

EXAMPLE = """\
rule winback_casablanca
  version 3
  priority promotion/40
  purpose marketing
  about "People of two cities who clicked, did not buy and fell silent."
  when city in ("Casablanca", "Rabat")
      and silent for 7 days
      and did click where (link = "promo") at least 2 times in last 30 days
      and did not purchase in last 30 days
  send template winback in the contact's language (fr, ar, en; else fr)
      (name: first_name or "client")
      from casablanca_main
  when delivered: tag add "winback-sent"; tag remove "winback-due"
  once on weekdays at 20:00..22:00 local time of the contact; carry over until friday
  limit this rule to 1 per person per 14 days
  batch 5000 every 10 minutes
  budget 800 MAD per run
  test holdout 10%
  test success purchase worth amount within 72 hours
"""

CLAUSES: tuple[tuple[str, str], ...] = (
    ("rule NAME", "The name; letters, digits, underscores."),
    ("version 3", "Counts the changes of the rule; 1 where it is left out."),
    (
        "priority promotion/40",
        (
            "Band and number. Bands are strict: transactional before service before lifecycle before promotion; "
            "inside a band the higher number (0 to 100) wins. `promotion/50` where it is left out."
        ),
    ),
    ("purpose marketing", "What the consent must be for: marketing, service or transactional. Required."),
    ('about "text"', "A remark for readers."),
    ("when CONDITION", "Who is meant. Required."),
    (
        'send template NAME in the contact\'s language (fr, ar; else fr) (name: first_name or "client") from NUMBER',
        (
            "The message. `else skip` leaves people of other languages out; `in fr` is one language for all. "
            "A parameter is an attribute, a text, or an attribute with a text for those who lack it; without that "
            "text they are left out. Required."
        ),
    ),
    (
        'when delivered: tag add "x"; tag remove "y"',
        (
            "What happens at a moment of the message: accepted, delivered, clicked, replied. Once each, never for "
            "those held out. An action without a moment happens when the message is accepted."
        ),
    ),
    (
        "once on weekdays at 20:00..22:00 local time of the contact; carry over until friday",
        (
            "The sending window. Days: `weekdays`, or names parted by commas, or none for every day. 22:00 lies "
            "outside. What is left waits: `carry over until friday`, `until 2026-11-20`, `for 3 days`; or `drop "
            "the rest`, which also holds where nothing is said. Without this clause messages go out from the launch on."
        ),
    ),
    (
        "limit this rule to 1 per person per 14 days",
        "How many messages of this rule one person gets in a time.",
    ),
    ("batch 5000 every 10 minutes", "How many messages go out in a time."),
    ("budget 800 MAD per run", "What a run may cost, by the rate card."),
    ("test holdout 10%", "The share of people who get nothing, so that the effect can be measured."),
    (
        "test success purchase where (amount > 5) worth amount within 72 hours",
        "The event that counts as success, the property it is worth, and how long after the message it counts.",
    ),
)

FORMS: tuple[tuple[str, str], ...] = (
    ('city = "Rabat"', "the value is equal; also !=, <, <=, >, >="),
    (
        "orders between 2 and 5",
        "the value lies between, both ends included; for instants the end is left out",
    ),
    ('city in ("Rabat", "Fes")', "the value is one of the list; also `not in`"),
    ('interests contains "shoes"', "a list holds the value, or a text holds it as a part"),
    ('interests contains any of ("a", "b")', "at least one of them; `all of`: each of them"),
    ('city starts with "Ca"', "the text begins so"),
    ("city is set", "there is a value; `is missing`: there is none"),
    ("first_seen_at before 30 days ago", "the date or instant lies earlier; `after`: then or later"),
    ('tag "vip"', "the contact has the tag"),
    ("consent marketing granted", "a proven grant; `before` and `after N days ago` ask for its age"),
    (
        "did purchase where (amount > 5) at least 2 times in last 30 days",
        "so many events; `where`, the count and the window can be left out; `did not` is the negation",
    ),
    (
        "did purchase in at least 3 distinct months in last 365 days",
        "events in so many days, weeks or months",
    ),
    (
        "sum(purchase.amount) in last 90 days >= 500",
        "the sum over the events; `where (...)` can follow the bracket",
    ),
    (
        "did campaign then purchase within 14 days for the same category in last 90 days",
        "one event and then another; `then not`: and then none; `for the same` and the window can be left out",
    ),
    ("silent for 7 days", "known for longer and no message from them in that time"),
    ("in last 30 days", "a window: minutes, hours, days or weeks; a day is 24 hours"),
    ("between 2017-03-01 and 2017-04-01", "a window of fixed dates or instants; the end is left out"),
    ("not A, A and B, A or B, (A)", "`not` binds closest, then `and`, then `or`"),
)
