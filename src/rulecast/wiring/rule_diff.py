"""What changes between two rules: in their text, and in the people they mean today."""

import difflib
from dataclasses import dataclass, replace
from pathlib import Path

from rulecast.plan.errors import RuleRefusedError
from rulecast.rule.book.errors import RuleUnknownError
from rulecast.rule.book.store import find_version_of_number, list_rules
from rulecast.rule.language import RuleProblems, format_rule, parse_rule
from rulecast.values.catalogue import Catalogue
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.plan_terms import check
from rulecast.wiring.workspace import Workspace

# Lines around a change, so that the clause it stands in can be told.
CONTEXT_LINES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDifference:
    """The lines that change, as a unified difference, and the people who come and go; None where nobody was counted."""

    before_name: str
    after_name: str
    lines: tuple[str, ...]
    people_before: int | None = None
    people_after: int | None = None
    added: int | None = None
    removed: int | None = None


def diff_texts(before: tuple[str, str], after: tuple[str, str], catalogue: Catalogue) -> RuleDifference:
    """Compare two rules, each as its name for the reader and its text, without counting people.

    Raises:
        RuleRefusedError: one of them has errors.
    """
    first, second = (format_rule(check(text, catalogue).rule) for _, text in (before, after))
    lines = difflib.unified_diff(
        first.splitlines(), second.splitlines(), before[0], after[0], n=CONTEXT_LINES, lineterm=""
    )
    return RuleDifference(before_name=before[0], after_name=after[0], lines=tuple(lines))


async def diff_rules(workspace: Workspace, before: tuple[str, str], after: tuple[str, str]) -> RuleDifference:
    """Compare two rules, each as its name for the reader and its text, on the current mart.

    Raises:
        RuleRefusedError: one of them has errors.
    """
    async with workspace.database.connection() as connection:
        catalogue = await workspace.catalogue(connection)
    found = diff_texts(before, after, catalogue)
    texts = [text for _, text in (before, after)]
    answer = await ask_engine(workspace, "overlaps", {"texts": texts, "pairs": [[0, 1]]})
    people_before, people_after = answer["people"]
    ((_, _, both),) = answer["overlaps"]
    return replace(
        found,
        people_before=people_before,
        people_after=people_after,
        added=people_after - both,
        removed=people_before - both,
    )


async def text_of_rule(workspace: Workspace, name: str) -> str:
    """Return the text of a rule of the book: `NAME` as it was saved last, or `NAME@VERSION`.

    Raises:
        RuleUnknownError: the book has no such rule or version.
    """
    rule_name, _, number = name.partition("@")
    async with workspace.database.connection() as connection:
        if not number:
            found = [version for version in await list_rules(connection) if version.rule_name == rule_name]
        elif number.isdecimal() and len(number) < len(str(2**31)):
            version = await find_version_of_number(connection, rule_name, int(number))
            found = [version] if version is not None else []
        else:
            found = []
    if not found:
        raise RuleUnknownError(f"There is no rule {name} in the book, and no file of that name.")
    return found[0].text


def text_of_file(file: Path, text: str) -> str:
    """Return the text of a rule file, if it can be read.

    Raises:
        RuleRefusedError: it cannot; the text shows each place.
    """
    parsed = parse_rule(text)
    if isinstance(parsed, RuleProblems):
        shown = "\n".join(problem.render(text) for problem in parsed.problems)
        raise RuleRefusedError(f"{file.name} cannot be read.\n{shown}")
    return text
