"""From text to the records of a rule or a condition; names and types are not looked at here."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Tree, UnexpectedInput

from rulecast.rule.language.assemble import assemble
from rulecast.rule.language.build_rule import Draft, RuleBuilder
from rulecast.rule.language.condition import Condition, Span
from rulecast.rule.language.document import Rule
from rulecast.rule.language.keywords import lexer_callbacks, plain_signs, with_chinese
from rulecast.rule.language.limits import DEPTH_MAX, TEXT_CHARACTERS_MAX
from rulecast.rule.language.problem import TOO_DEEP, TOO_LARGE, RuleProblem, RuleProblems, in_order
from rulecast.rule.language.unparsed import problem_of_unexpected, span_at

WORDS_AND_BRACKETS = re.compile(r'"(?:\\.|[^"\\\n])*"|\w+|\S')

# What can begin a clause; reading goes on at the next of them after a clause that cannot be read.
CLAUSE_TERMINALS = (
    *("_VERSION", "_PRIORITY", "_SCORE", "_PURPOSE", "_ABOUT", "_VALID", "_TRIGGER", "_ON_ENTERING"),
    *("_IGNORE_OLDER", "_WITH_IMPORTS", "_DECIDE_WITHIN", "_WHEN", "SEND", "_FOR_VARIANT", "_FOLLOW_UP"),
    *("ONCE", "EVERY", "_EVERY_MONTH_ON", "ALWAYS", "_NOT_ON_HOLIDAYS", "_CARRY_OVER_UNTIL"),
    *("_CARRY_OVER_FOR", "_DROP_THE_REST", "_LIMIT_THIS_RULE", "_LIMIT_ALL_RULES", "BATCH", "BUDGET"),
    *("_TEST", "HOLDOUT", "SUCCESS", "VARIANTS", "_STOP_IF", "TAG", "_SET_ATTRIBUTE", "_ASSIGN_TO"),
    *("_NOTIFY", "_EXAMPLE"),
)
# First words of clauses whose next words may be wrong; none of them goes on with a condition.
FIRST_WORDS = r"(?:carry|limit|drop|decide|ignore|stop|assign|after(?=\s+\d+\s+\w+\s+(?!ago\b)))\b"
SEND_WORD = re.compile(r"send|发送", re.IGNORECASE)
SENDING = re.compile(r"after|for|再过|对变体", re.IGNORECASE)
NOT_LINE_END = re.compile(r"[^\n]")


@cache
def grammar() -> Lark:
    """Return the compiled grammar; building it takes about half a second, once per process."""
    text = files(__package__).joinpath("rule.lark").read_text(encoding="utf-8")
    return Lark(
        with_chinese(text),
        parser="lalr",
        start=["rule", "condition"],
        propagate_positions=True,
        maybe_placeholders=True,
        lexer_callbacks=lexer_callbacks(),
    )


@cache
def _clause_start() -> re.Pattern[str]:
    """Return the pattern of the beginning of a clause: at a line's beginning or after a semicolon."""
    words = "|".join(grammar().get_terminal(name).pattern.to_regexp() for name in CLAUSE_TERMINALS)
    return re.compile(rf"(?:^|;)[ \t]*(?P<word>{words}|{FIRST_WORDS})", re.IGNORECASE | re.MULTILINE)


@cache
def _header() -> re.Pattern[str]:
    """Return the pattern of the rule's name at the beginning."""
    word = grammar().get_terminal("_RULE").pattern.to_regexp()
    return re.compile(rf"\s*{word}\s*[A-Za-z_][A-Za-z0-9_]*")


def parse_rule(text: str) -> Rule | RuleProblems:
    """Return the rule that the text describes, or every problem found in reading it."""
    text = _plain(text)
    builder = RuleBuilder()
    tree = _tree(text, "rule")
    if isinstance(tree, RuleProblem):
        return RuleProblems(problems=in_order(_problems_of_clauses(text, tree) or [tree]))
    draft: Draft = builder.transform(tree)
    rule = assemble(draft, builder.problems)
    if rule is None or builder.problems:
        return RuleProblems(problems=in_order(builder.problems))
    return rule


def parse_condition(text: str) -> Condition | RuleProblems:
    """Return the condition that the text describes, or every problem found in reading it."""
    text = _plain(text)
    builder = RuleBuilder()
    tree = _tree(text, "condition")
    if isinstance(tree, RuleProblem):
        return RuleProblems(problems=(tree,))
    condition: Condition = builder.transform(tree)
    return RuleProblems(problems=in_order(builder.problems)) if builder.problems else condition


def _problems_of_clauses(text: str, first: RuleProblem) -> list[RuleProblem]:
    """Read each clause alone, so that one that cannot be read does not hide the problems of the others.

    Everything but the clause and the rule's name is blanked out, which keeps every place in the text.
    """
    header = _header().match(text)
    if first.kind in {TOO_LARGE, TOO_DEEP} or header is None:
        return []
    starts = _clause_starts(text, header.end())
    found: list[RuleProblem] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        builder = RuleBuilder()
        clause = text[: header.end()] + _blank(text[header.end() : start]) + text[start:end]
        tree = _tree(clause, "rule")
        if isinstance(tree, RuleProblem):
            found.append(tree)
        else:
            builder.transform(tree)
            found.extend(builder.problems)
    return found


def _clause_starts(text: str, begin: int) -> list[int]:
    """Return where the clauses begin; the `send` that belongs to a variant or a follow-up begins none."""
    starts: list[int] = []
    owner = ""
    for match in _clause_start().finditer(text, begin):
        word = match["word"]
        is_send = SEND_WORD.fullmatch(word) is not None
        if not (is_send and SENDING.match(owner)):
            starts.append(match.start("word"))
        owner = "" if is_send else word
    return starts


def _plain(text: str) -> str:
    """Return the text with the grammar's signs; a text that is too long to be read is left alone."""
    return plain_signs(text) if len(text) <= TEXT_CHARACTERS_MAX else text


def _blank(text: str) -> str:
    return NOT_LINE_END.sub(" ", text)


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
    for match in WORDS_AND_BRACKETS.finditer(text):
        word = match[0].lower()
        if word == "(":
            levels.append(run + 1)
        elif word == ")" and levels:
            levels.pop()
        run = run + 1 if word == "not" else 0
        if sum(levels) + run > DEPTH_MAX:
            return RuleProblem(
                kind=TOO_DEEP,
                message=f"Brackets and `not` are nested more than {DEPTH_MAX} deep.",
                span=span_at(text, match.start(), len(word)),
            )
    return None
