"""Refusing rules that start themselves through rules that are active (F94); one that does so alone does not check."""

import re
from dataclasses import replace

from rulecast.database import Connection
from rulecast.rule.book.errors import RuleLoopError
from rulecast.rule.book.store import list_active_rules
from rulecast.rule.language import CheckedRule, Rule
from rulecast.rule.language.condition import InSegment
from rulecast.rule.language.find_loops import find_book_loops
from rulecast.rule.language.resolve import Scope, resolve
from rulecast.rule.language.walk import atoms_of
from rulecast.values.catalogue import Catalogue
from rulecast.wiring.rule_terms import read_kept
from rulecast.wiring.workspace import Workspace

# Every rule of a circle has a trigger; a kept text in its canonical form says so at the beginning of a line.
_TRIGGER = re.compile(r"(?m)^ +on ")


async def refuse_loops(connection: Connection, workspace: Workspace, checked: CheckedRule) -> None:
    """Refuse a rule that closes a circle with active rules, through what their segments ask for too.

    Raises:
        RuleLoopError: it would; the text names the steps of the circle.
    """
    rule = replace(checked.rule, condition=checked.condition, actions=checked.actions)
    if rule.trigger is None:
        return
    catalogue = await workspace.catalogue(connection)
    active = await list_active_rules(connection, workspace.clock.now())
    others = [
        _with_segments(read_kept(one.text), catalogue)
        for one in active
        if one.rule_name != rule.name and _TRIGGER.search(one.text) is not None
    ]
    for loop in find_book_loops([rule, *others], through=rule.name):
        raise RuleLoopError(loop.problem.message, hint=loop.problem.hint)


def _with_segments(rule: Rule, catalogue: Catalogue) -> Rule:
    """Return a rule whose condition says what its segments mean today; one that names none stays as it is."""
    if not any(isinstance(atom, InSegment) for atom in atoms_of(rule.condition)):
        return rule
    scope = Scope(catalogue=catalogue, purpose=rule.purpose, problems=[])
    return replace(rule, condition=resolve(rule.condition, scope))
