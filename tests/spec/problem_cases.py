"""One case for each problem code: a text, and where the problem is found."""

from tests.spec.clause_cases import CLAUSE_CASES
from tests.spec.condition_cases import CONDITION_CASES
from tests.spec.problem_case import RULE, ProblemCase

__all__ = ["CASES", "RULE", "ProblemCase"]


def _rule(code: str, line: int, column: int, replaced: str, by: str) -> ProblemCase:
    assert replaced in RULE
    return ProblemCase(code=code, kind="rule", text=RULE.replace(replaced, by), line=line, column=column)


CASES: tuple[ProblemCase, ...] = (
    ProblemCase(code="RL-001", text='city == "Rabat"', column=7),
    ProblemCase(code="RL-002", text="orders = 1 or " * 5000 + "orders = 1", shown=False),
    ProblemCase(code="RL-003", text="(" * 40 + "orders = 1" + ")" * 40, column=33, shown=False),
    _rule("RL-004", 3, 11, "  when", "  purpose service\n  when"),
    _rule("RL-005", 1, 6, "  purpose marketing\n", ""),
    ProblemCase(code="RL-006", text="joined_on = 2026-02-30", column=13),
    ProblemCase(code="RL-007", text="# people from Rabat", column=1),
    ProblemCase(code="RL-008", kind="json", text='{"format": 1, "rule": {"kind": "Rule", "name": "hello"}}'),
    ProblemCase(code="RL-010", text='cty = "Rabat"'),
    ProblemCase(code="RL-011", text="did purchse in last 7 days", column=5),
    ProblemCase(code="RL-012", text="did purchase where (amont > 5)", column=21),
    _rule("RL-013", 4, 17, "winback", "winbck"),
    _rule("RL-014", 4, 67, "casablanca_main", "casablanca_mian"),
    _rule("RL-015", 3, 12, "  when", "  priority promotions/40\n  when"),
    ProblemCase(code="RL-016", text='first_name = "Asha"'),
    ProblemCase(code="RL-017", text='support_level = "gold"'),
    ProblemCase(code="RL-020", text='orders >= "3"', column=11),
    ProblemCase(code="RL-021", text='city > "Rabat"'),
    ProblemCase(code="RL-022", text="did purchase where (did message)", column=21),
    ProblemCase(code="RL-023", text="not consent marketing granted", column=5),
    ProblemCase(code="RL-024", text="sum(purchase.category) > 5", column=14),
    ProblemCase(code="RL-025", text="did visit in last 91 days", column=19),
    ProblemCase(code="RL-026", text="did visit"),
    ProblemCase(code="RL-027", text="orders between 5 and 3", column=16),
    ProblemCase(code="RL-028", text="silent for 0 days", column=12),
    _rule("RL-029", 4, 17, ' (name: first_name or "client")', ""),
    _rule("RL-030", 4, 28, "in fr", "in de"),
    _rule("RL-031", 4, 17, "purpose marketing", "purpose service"),
    ProblemCase(code="RL-050", text='tag "vip" or not tag "vip"'),
    ProblemCase(code="RL-051", text="not everybody"),
    ProblemCase(code="RL-052", text="joined_on before 30 days ago"),
    ProblemCase(code="RL-053", text='city != "Rabat"'),
    ProblemCase(code="RL-054", text='illness = "asthma"'),
    *CONDITION_CASES,
    *CLAUSE_CASES,
)
"""Warnings are looked for in a rule around the condition."""
