"""Refusing rules that start themselves through rules that are active (F94); one that does so alone does not check."""

import re
from datetime import datetime

from rulecast.database import Connection
from rulecast.rule.book.errors import RuleLoopError
from rulecast.rule.book.store import list_active_rules
from rulecast.rule.language import Rule
from rulecast.rule.language.find_loops import find_book_loops
from rulecast.wiring.rule_terms import read_kept

# Every rule of a circle has a trigger; a kept text in its canonical form says so at the beginning of a line.
_TRIGGER = re.compile(r"(?m)^ +on ")


async def refuse_loops(connection: Connection, rule: Rule, *, now: datetime) -> None:
    """Refuse a rule that closes a circle with active rules.

    Raises:
        RuleLoopError: it would; the text names the steps of the circle.
    """
    if rule.trigger is None:
        return
    active = await list_active_rules(connection, now)
    others = [
        read_kept(one.text)
        for one in active
        if one.rule_name != rule.name and _TRIGGER.search(one.text) is not None
    ]
    for loop in find_book_loops([rule, *others], through=rule.name):
        raise RuleLoopError(loop.problem.message, hint=loop.problem.hint)
