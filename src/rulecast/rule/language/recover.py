"""Going on after what cannot be read: at the next clause and, inside a condition, at the next line that joins.

Whatever stands before the place where reading goes on is blanked out, which keeps every place in the text.
"""

import re
from collections.abc import Callable
from functools import cache

from rulecast.rule.language.grammar import grammar
from rulecast.rule.language.problem import RuleProblem

# What can begin a clause; reading goes on at the next of them after a clause that cannot be read.
CLAUSE_TERMINALS = (
    *("_VERSION", "_PRIORITY", "_SCORE", "_PURPOSE", "_ABOUT", "_VALID", "_TRIGGER", "_ON_ENTERING"),
    *("_IGNORE_OLDER", "_DECIDE_WITHIN", "_WHEN", "SEND", "_FOR_VARIANT", "_FOLLOW_UP"),
    *("ONCE", "EVERY", "_EVERY_MONTH_ON", "ALWAYS", "_NOT_ON_HOLIDAYS", "_CARRY_OVER_UNTIL"),
    *("_CARRY_OVER_FOR", "_DROP_THE_REST", "_LIMIT_THIS_RULE", "_LIMIT_ALL_RULES", "BATCH", "BUDGET"),
    *("_TEST", "HOLDOUT", "SUCCESS", "VARIANTS", "_STOP_IF", "_SET_ATTRIBUTE", "_ASSIGN_TO"),
    *("_NOTIFY", "REPLY", "_EXAMPLE"),
)
# First words of clauses whose next words may be wrong; none of them goes on with a condition.
FIRST_WORDS = r"(?:carry|limit|drop|decide|ignore|stop|assign|after(?=\s+\d+\s+\w+\s+(?!ago\b)))\b"
# Reading again costs the length of the text each time; nobody corrects more places than these in one go.
PLACES_MAX = 100
NOT_LINE_END = re.compile(r"[^\n]")
TEXT_OR_BRACKET = re.compile(r'"(?:\\.|[^"\\\n])*"|[()]')

ProblemsOf = Callable[[str], list[RuleProblem]]


@cache
def _pattern(*terminals: str) -> str:
    return "|".join(grammar().get_terminal(name).pattern.to_regexp() for name in terminals)


@cache
def _clause_start() -> re.Pattern[str]:
    """Return the pattern of the beginning of a clause: at a line's beginning or after a semicolon."""
    # A condition can begin by `tag` as well.
    tag = rf"(?:{_pattern('TAG')})\s*(?:{_pattern('ADD', 'REMOVE')})"
    words = f"{_pattern(*CLAUSE_TERMINALS)}|{tag}|{FIRST_WORDS}"
    return re.compile(rf"(?:^|;)[ \t]*(?P<word>{words})", re.IGNORECASE | re.MULTILINE)


@cache
def _line_that_joins() -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*(?:{_pattern('_AND', '_OR')})", re.IGNORECASE | re.MULTILINE)


@cache
def _word(*terminals: str) -> re.Pattern[str]:
    return re.compile(_pattern(*terminals), re.IGNORECASE)


def problems_of_clauses(text: str, problems_of: ProblemsOf) -> tuple[list[RuleProblem], str]:
    """Return the problems of each clause read alone, and the text without the clauses that have any.

    One clause does not hide the problems of the others. `problems_of` reads a whole text; only clauses that go wrong
    are looked into further.
    """
    header = re.match(rf"\s*(?:{_pattern('_RULE')})\s*[A-Za-z_][A-Za-z0-9_]*", text)
    if header is None:
        return [], text
    starts = _clause_starts(text, header.end())[:PLACES_MAX]
    ends = [*starts[1:], len(text)] if starts else []
    found: list[RuleProblem] = []
    sound = text
    for start, end in zip(starts, ends, strict=True):
        clause = text[: header.end()] + _blank(text[header.end() : start]) + text[start:end]
        for _ in range(PLACES_MAX - len(found)):
            problems = problems_of(clause)
            found.extend(problems)
            if problems:
                sound = sound[:start] + _blank(sound[start:end]) + sound[end:]
            rest = _rest(clause, start, problems) if problems else None
            if rest is None:
                break
            clause = rest
    return found, sound


def _clause_starts(text: str, begin: int) -> list[int]:
    """Return where the clauses begin; the `send` that belongs to a variant or a follow-up begins none."""
    starts: list[int] = []
    owner = ""
    for match in _clause_start().finditer(text, begin):
        word = match["word"]
        is_send = _word("SEND").fullmatch(word) is not None
        if not (is_send and owner):
            starts.append(match.start("word"))
        owner = word if _word("_FOR_VARIANT", "_FOLLOW_UP").match(text, match.start("word")) else ""
    return starts


def _rest(clause: str, start: int, problems: list[RuleProblem]) -> str | None:
    """Return a condition without the lines up to its first problem, or None where no line joins on after it."""
    when = _word("_WHEN").match(clause, start)
    if when is None:
        return None
    place = _position(clause, problems[0])
    joined = _line_that_joins().search(clause, place)
    if joined is None or _depth(clause[when.end() : joined.start()]) != 0:
        return None
    return clause[: when.end()] + _blank(clause[when.end() : joined.end()]) + clause[joined.end() :]


def _position(text: str, problem: RuleProblem) -> int:
    lines = text.split("\n")
    before = sum(len(line) + 1 for line in lines[: problem.span.line - 1])
    return before + problem.span.column - 1


def _depth(text: str) -> int:
    """Return how many brackets are open at the end of a text."""
    return sum(_step(match[0]) for match in TEXT_OR_BRACKET.finditer(text))


def _step(found: str) -> int:
    return {"(": 1, ")": -1}.get(found, 0)


def _blank(text: str) -> str:
    return NOT_LINE_END.sub(" ", text)
