"""The cases of the problems in clauses: RL-080 to RL-108."""

from tests.spec.problem_case import RULE, ProblemCase

SEND = 'send template winback in fr (name: "client") from casablanca_main'
SENT = 'winback in fr (name: first_name or "client") from casablanca_main'
CLIENT = '"client"'
THANKS = """rule thanks
  purpose marketing
  on clicked where (rule = "hello")
  when city = "Rabat"
  send template winback in fr (name: "client") from casablanca_main
  limit this rule to 1 per person per 7 days
"""


def _added(code: str, clauses: str, *, line: int = 5, column: int = 3) -> ProblemCase:
    """Return the case of a rule with clauses added below its own four lines."""
    return ProblemCase(code=code, kind="rule", text=f"{RULE}  {clauses}\n", line=line, column=column)


def _sent(code: str, replaced: str, by: str, *, column: int = 3) -> ProblemCase:
    """Return the case of a rule with another send clause."""
    assert replaced in RULE
    return ProblemCase(code=code, kind="rule", text=RULE.replace(replaced, by), line=4, column=column)


CLAUSE_CASES: tuple[ProblemCase, ...] = (
    _added(
        "RL-080",
        "on entering the audience\n  once at 20:00..22:00 local time of the contact",
        line=6,
    ),
    _added("RL-081", "valid from 2026-12-01 until 2026-11-01"),
    _added("RL-082", "test variants a 50% b 40%", column=17),
    _added("RL-083", f"test variants a 50% b 50%\n  for variant c {SEND}", line=6),
    _added("RL-084", "test variants a 50% b 50%"),
    _added("RL-085", f"after 1 minute if not clicked {SEND}", column=9),
    _added("RL-086", f"after 2 days if clicked and not clicked {SEND}", column=31),
    _added("RL-087", 'when replied: assign to "suport"', column=17),
    _added("RL-088", 'when replied: set first_name = "Asha"', column=21),
    _added("RL-089", 'when delivered: tag add "x"; tag remove "X"', column=32),
    _sent("RL-090", "main", 'main link promo to "http://shop.example"', column=83),
    _sent("RL-091", '"client"', '"{{1}}"', column=32),
    _added("RL-092", "score interests", column=9),
    _added("RL-093", "on delivered\n  limit this rule to 1 per person per 7 days"),
    ProblemCase(
        code="RL-094",
        kind="book",
        text=f'{RULE}  on clicked where (rule = "thanks")\n  limit this rule to 1 per person per 7 days\n\n{THANKS}',
        line=4,
        column=3,
    ),
    _sent("RL-095", "winback in fr", "farewell in the contact's language (fr, ar; else fr)"),
    _added("RL-096", "stop if failures above 5%"),
    _added(
        "RL-097",
        "limit this rule to 3 per person per 7 days\n  limit all rules to 2 per person per 14 days",
    ),
    _added("RL-098", 'example "somebody" (first_name: "Asha") matches'),
    _added("RL-099", "on purchase"),
    _added("RL-100", 'when replied: reply "Thank you"', column=17),
    _added("RL-101", 'when replied: reply "Thank you" buttons "Yes", "Yes" as service', column=23),
    _added("RL-102", 'when delivered: reply "Any questions?" as service', column=19),
    _added("RL-103", 'when replied: reply "Thank you {{}}" as service', column=23),
    _added("RL-104", 'when replied: reply "See bit.ly, or https://bit.ly/x" as marketing', column=23),
    _sent("RL-105", "main", "main media sale", column=83),
    _sent("RL-106", SENT, f"{SENT.replace('winback', 'poster')} media none on old system", column=88),
    _sent("RL-107", 'first_name or "client"', "coupon from sping", column=32),
    ProblemCase(
        code="RL-108",
        kind="rule",
        text=RULE.replace('first_name or "client"', "coupon from winback_codes")
        + f"  after 2 days if not clicked {SEND.replace(CLIENT, 'coupon from spring')}\n",
        line=5,
        column=60,
    ),
)
