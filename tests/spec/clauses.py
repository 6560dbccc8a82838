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

BY_ITSELF = """\
rule thanks_for_a_large_purchase
  version 1
  priority lifecycle/70
  score orders
  purpose marketing
  about "Thanks two hours after a large purchase, and asks once more."
  valid from 2026-11-01 until 2026-12-31
  on purchase where (amount >= 500) after 2 hours; ignore events older than 6 hours
  decide within 0 seconds
  when not label "churn_risk" is "high"
      and orders is set
      and not in segment "regulars"
  send template winback in the contact's language (fr, ar, en; else skip)
      (name: first_name or "client")
      from casablanca_main
      link promo to "https://shop.example/thanks"
  for variant b send template farewell in fr
      (name: "client")
      from casablanca_main
  after 2 days if delivered and not clicked send template winback in fr
      (name: "client")
      from casablanca_main
  when delivered: tag add "thanked"
  when clicked: set paid_at = now
  when replied: assign to "support"; notify "ops"
  always on weekdays at 09:00..20:00 local time of the contact; not on public holidays; carry over for 1 day
  limit this rule to 1 per person per 14 days
  limit all rules to 2 per person per 7 days
  budget 800 MAD per month
  test holdout 10%
  test variants a 50% b 50%
  test success purchase worth amount within 72 hours
  stop if opt-outs above 1% of delivered after 300 delivered
  example "buys often" (orders: 9) does not match
  example "new" (orders: 1) matches
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
    (
        "score lifetime_value",
        "A numeric attribute: among rules of equal priority the one with the higher value for the person wins.",
    ),
    ("purpose marketing", "What the consent must be for: marketing, service or transactional. Required."),
    ('about "text"', "A remark for readers."),
    (
        "valid from 2026-11-01 until 2026-12-31",
        "The days on which the rule holds, in the workspace's zone, both included; either end can be left out.",
    ),
    (
        "on purchase where (amount >= 100) after 2 hours; ignore events older than 6 hours",
        (
            "The rule begins for a person when such an event is stored, or a time after it happened. Events that "
            "arrive more than 1 hour late begin nothing, unless another time is given; imported ones begin nothing, "
            "unless the import says `--fires-triggers`."
        ),
    ),
    (
        "on entering the audience",
        (
            "The rule begins when a person comes to belong to its audience, also by the passing of time. Who belongs "
            "to it when the rule is activated or changed does not enter."
        ),
    ),
    (
        "decide within 0 seconds",
        (
            "How long the rule waits for others that want the same person: 60 seconds for triggers and the local day "
            "for schedules where it is left out."
        ),
    ),
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
        'send template NAME in fr from NUMBER link promo to "https://shop.example/sale", link other to "https://..."',
        "Where tracked buttons of the template lead for this rule, instead of where the template says.",
    ),
    (
        "send template NAME in fr from NUMBER media sale, none on old system else template TEXT",
        (
            "Which file a template with an image, a video or a document shows, and what becomes of it by what is on "
            "record of the device: `lighter`, `lightest` or `none`, on a `slow network` (3G and slower), a `very slow "
            "network` (2G) or an `old system`. Of several that fit the lightest counts; who fits none, or of whom "
            "nothing is known, gets the file in full. `none` needs a template of the same languages without a file. "
            "Without a name it is the file that the workspace file declares for the template."
        ),
    ),
    (
        "for variant b send template NAME in fr from NUMBER",
        "What the people of a variant get instead of the rule's own message.",
    ),
    (
        "after 2 days if not clicked and not replied send template NAME in fr from NUMBER",
        (
            "A later message, counted from the acceptance of the one before, for those of whom the outcomes are true: "
            "delivered, read, clicked, replied, succeeded, each with or without `not`. Up to five; a reply, the "
            "success event or an opt-out ends them. Each is planned and held to the limits like a first message."
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
        "when clicked: set last_click_at = now; set segment_code = 3",
        "An attribute gets the instant of the moment, or a value.",
    ),
    (
        'when replied: assign to "support"; notify "shop_manager"',
        (
            "The conversation gets an owner; somebody is told. Teams and recipients are declared in the workspace "
            "file."
        ),
    ),
    (
        'when replied: reply "Thank you, {{first_name or friend}}." as service',
        (
            "A message without template, sent only while the person's service window is open: for 24 hours after they "
            "wrote to the number, less five minutes. Outside it is dropped, and never becomes a template. `{{ }}` "
            "holds an attribute and, after `or`, what stands where it is missing. `as service` is an answer to what "
            "the person asked and needs no consent of theirs; `as marketing` is an offer, with all that an offer "
            "needs; a rule for service need not say it. A reply is answered to once for each message, and nothing "
            "follows from what is said to it."
        ),
    ),
    (
        'when replied: reply (en: "Thanks"; fr: "Merci"; else en) as service',
        "The same in the contact's language; `else skip` answers nobody of other languages.",
    ),
    (
        'when replied: reply "Shall we call you?" buttons "Yes", "No" as service',
        "With one to three buttons of 20 characters; a tap comes back as its words.",
    ),
    (
        'when replied: reply "When?" list "Choose" ("Morning" about "Before noon", "Evening") as service',
        "With a button that opens a list of up to ten rows of 24 characters, each with up to 72 about it.",
    ),
    (
        'when replied: reply "Our menu" media menu as service',
        (
            "With an image, a video or a document that the workspace file declares; the text stands below it and has "
            "up to 1,024 characters. Buttons or a link may follow: the file then heads the message."
        ),
    ),
    (
        "when replied: reply media jingle as service",
        "A file alone; sounds and stickers have no text. The plan fetches and signs every file of its answers.",
    ),
    (
        'when replied: reply location 33.5731, -7.5898 "Our shop", "12, rue de Fes" as service',
        "A place on the map: latitude and longitude in degrees, its name and its address; both may be left out.",
    ),
    (
        'when replied: reply "Here it is" link shop "Open" to "https://shop.example/sale" as marketing',
        "With a button that opens a tracked address; whoever opens it has clicked.",
    ),
    (
        "once on weekdays at 20:00..22:00 local time of the contact; carry over until friday",
        (
            "The sending window of a rule that a person launches; until 00:00 is until the day ends. Days: `weekdays`, "
            "or names parted by commas, or "
            "none for every day. 22:00 lies outside. What is left waits: `carry over until friday`, `until "
            "2026-11-20`, `for 3 days`; or `drop the rest`, which also holds where nothing is said. Without this "
            "clause messages go out from the launch on."
        ),
    ),
    (
        "every weekday at 20:00..22:00 local time of the contact",
        (
            "The same for a rule that runs by itself under its standing approval: `every day`, `every monday, "
            "friday`, or `every month on 1, 15`, where 31 is the last day of shorter months."
        ),
    ),
    (
        "always on weekdays at 09:00..21:00 local time of the contact",
        "The sending window of a rule that a trigger begins.",
    ),
    (
        "not on public holidays",
        "Beside a sending window: it stays closed on public holidays of the contact's country.",
    ),
    (
        "limit this rule to 1 per person per 14 days",
        "How many messages of this rule one person gets in a time.",
    ),
    (
        "limit all rules to 2 per person per 7 days",
        "Who has got so many messages, of whatever rule, gets none of this one.",
    ),
    ("batch 5000 every 10 minutes", "How many messages go out in a time."),
    (
        "budget 800 MAD per run",
        "What a run may cost, by the rate card; `per month`: all runs of the rule in a month of the workspace.",
    ),
    ("test holdout 10%", "The share of people who get nothing, so that the effect can be measured."),
    (
        "test variants a 50% b 50%",
        (
            "Shares of the people who are not held out, 100% together; who belongs to which is written down before "
            "anything is sent."
        ),
    ),
    (
        "test success purchase where (amount > 5) worth amount within 72 hours",
        "The event that counts as success, the property it is worth, and how long after the message it counts.",
    ),
    (
        "stop if opt-outs above 1% of delivered after 300 delivered, or failures above 5%",
        (
            "The rule is held for a person once a share of the delivered messages is passed, and so many are "
            "delivered. Where no number is given: as many that the share is three people, at least 50."
        ),
    ),
    (
        'example "silent customer" at 2026-11-17T19:00Z (city: "Rabat", tag "vip", known for 30 days) matches',
        (
            "A person for `rulecast rule test`, and whether the condition is true for them; also `does not match`. "
            'Facts: attributes, `tag`, `label "x" is "y"`, `consent marketing`, `known for 30 days`, and events '
            'such as `click 3 days ago (link: "promo")`. Without `at`, now is when the test runs.'
        ),
    ),
)
