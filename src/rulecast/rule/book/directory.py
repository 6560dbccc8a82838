"""Rules as files of a directory: one file a rule, in canonical text, compared with the book without touching either."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest

from rulecast.rule.book.records import content_hash
from rulecast.rule.language import Rule, RuleProblems, format_rule, parse_rule

SUFFIX = ".rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """What is wrong with a rule file, and in which line."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Files against the book.

    Rules to save by file name; files that say what the book says; files of archived rules; rules without a file.
    """

    to_save: Mapping[str, Rule]
    unchanged: tuple[str, ...]
    archived: tuple[str, ...]
    missing: tuple[str, ...]
    problems: tuple[FileProblem, ...]


def compare(files: Mapping[str, str], book: Mapping[str, bytes], archived: frozenset[str]) -> Comparison:
    """Compare the texts of files (by file name) with the hashes of what the rules of a book say (by rule name).

    A file that is not canonical is a problem, so that an export after the import changes no byte. A file that says what
    an archived rule said does not bring it back.
    """
    to_save: dict[str, Rule] = {}
    unchanged: list[str] = []
    resting: list[str] = []
    problems: list[FileProblem] = []
    for file, text in sorted(files.items()):
        name = file.removesuffix(SUFFIX)
        if book.get(name) == content_hash(text):
            (resting if name in archived else unchanged).append(name)
            continue
        read = _read(file, text)
        if isinstance(read, Rule):
            to_save[file] = read
        else:
            problems.extend(read)
    named = {file.removesuffix(SUFFIX) for file in files}
    return Comparison(
        to_save=to_save,
        unchanged=tuple(unchanged),
        archived=tuple(resting),
        missing=tuple(sorted(book.keys() - archived - named)),
        problems=tuple(problems),
    )


def _read(file: str, text: str) -> Rule | list[FileProblem]:
    parsed = parse_rule(text)
    if isinstance(parsed, RuleProblems):
        return [
            FileProblem(file=file, line=one.span.line, message=f"{one.code} {one.message}")
            for one in parsed.problems
        ]
    if f"{parsed.name}{SUFFIX}" != file:
        message = f"the rule is named {parsed.name}, so the file must be {parsed.name}{SUFFIX}"
        return [FileProblem(file=file, line=1, message=message)]
    canonical = format_rule(parsed)
    if canonical != text:
        line = _first_difference(canonical, text)
        return [FileProblem(file=file, line=line, message="is not in canonical form from here on")]
    return parsed


def _first_difference(left: str, right: str) -> int:
    pairs = zip_longest(left.splitlines(keepends=True), right.splitlines(keepends=True))
    return next((line for line, (one, other) in enumerate(pairs, start=1) if one != other), 1)
