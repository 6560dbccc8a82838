"""From text to the records of a rule or a condition; names and types are not looked at here."""

import re
from typing import Any

from lark import Tree, UnexpectedInput

from rulecast.rule.language.assemble import assemble
from rulecast.rule.language.build_rule import Draft, RuleBuilder
from rulecast.rule.language.condition import Condition, Span
from rulecast.rule.language.document import Rule
from rulecast.rule.language.grammar import grammar
from rulecast.rule.language.keywords import plain_signs, words_of
from rulecast.rule.language.limits import DEPTH_MAX, TEXT_CHARACTERS_MAX
from rulecast.rule.language.problem import TOO_DEEP, TOO_LARGE, RuleProblem, RuleProblems, in_order
from rulecast.rule.language.recover import problems_of_clauses
from rulecast.rule.language.unparsed import problem_of_unexpected, span_at

WORDS_AND_BRACKETS = re.compile(r'"(?:\\.|[^"\\\n])*"|\w+|\S')


def parse_rule(text: str) -> Rule | RuleProblems:
    """Return the rule that the text describes, or every problem found in reading it."""
    rule, problems = read_rule(text)
    return RuleProblems(problems=problems) if rule is None or problems else rule


def read_rule(text: str) -> tuple[Rule | None, tuple[RuleProblem, ...]]:
    """Return the rule as far as it can be read, and every problem found in reading it.

    With problems, the rule only serves to find more of them: parts that stand in for others are nowhere in the text.
    """
    text = _plain(text)
    tree = _tree(text, "rule")
    builder = RuleBuilder()
    if not isinstance(tree, RuleProblem):
        draft: Draft = builder.transform(tree)
        rule = assemble(draft, builder.problems)
        return rule, in_order(builder.problems)
    if tree.kind in {TOO_LARGE, TOO_DEEP}:
        return None, (tree,)
    problems, sound = problems_of_clauses(text, _problems)
    found = in_order(problems or [tree])
    rest = _tree(sound, "rule")
    return (None if isinstance(rest, RuleProblem) else assemble(builder.transform(rest), [])), found


def parse_condition(text: str) -> Condition | RuleProblems:
    """Return the condition that the text describes, or every problem found in reading it."""
    text = _plain(text)
    builder = RuleBuilder()
    tree = _tree(text, "condition")
    if isinstance(tree, RuleProblem):
        return RuleProblems(problems=(tree,))
    condition: Condition = builder.transform(tree)
    return RuleProblems(problems=in_order(builder.problems)) if builder.problems else condition


def _problems(text: str) -> list[RuleProblem]:
    """Return what is wrong with reading a text, clauses that are missing left aside."""
    tree = _tree(text, "rule")
    if isinstance(tree, RuleProblem):
        return [tree]
    builder = RuleBuilder()
    builder.transform(tree)
    return builder.problems


def _plain(text: str) -> str:
    """Return the text with the grammar's signs; a text that is too long to be read is left alone."""
    return plain_signs(text) if len(text) <= TEXT_CHARACTERS_MAX else text


def _tree(text: str, start: str) -> Tree[Any] | RuleProblem:
    refused = _beyond_limits(text)
    if refused is not None:
        return refused
    try:
        return grammar().parse(text, start=start)
    except UnexpectedInput as unexpected:
        return problem_of_unexpected(unexpected, text)


def _beyond_limits(text: str) -> RuleProblem | None:
    """Refuse what the passes could not recurse through, before the parser sees it."""
    if len(text) > TEXT_CHARACTERS_MAX:
        return RuleProblem(
            kind=TOO_LARGE,
            message=f"The rule has {len(text)} characters; at most {TEXT_CHARACTERS_MAX} are read.",
            span=Span(line=1, column=1, length=1),
        )
    levels: list[int] = []
    run = 0
    negations = words_of("NOT")
    for match in WORDS_AND_BRACKETS.finditer(text):
        word = match[0].lower()
        if word == "(":
            levels.append(run + 1)
        elif word == ")" and levels:
            levels.pop()
        run = run + 1 if word in negations else 0
        if sum(levels) + run > DEPTH_MAX:
            return RuleProblem(
                kind=TOO_DEEP,
                message=f"Brackets and `not` are nested more than {DEPTH_MAX} deep.",
                span=span_at(text, match.start(), len(word)),
            )
    return None
