"""Rules to a directory and back, as a git repository keeps them: no byte changes that nobody changed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rulecast.database import Connection
from rulecast.gate.reply_terms import OWN_RULES
from rulecast.observe.append_audit import append_audit
from rulecast.rule.book import RuleState
from rulecast.rule.book import store as book
from rulecast.rule.book.directory import SUFFIX, Comparison, FileProblem, compare
from rulecast.rule.book.errors import RuleDirectoryError, RuleLoopError
from rulecast.rule.book.limits import DIRECTORY_FILES_MAX, RULE_FILE_BYTES_MAX
from rulecast.rule.language import CheckedRule, RuleProblems, check_rule
from rulecast.wiring.rule_keeping import keep_checked
from rulecast.wiring.workspace import Workspace

PROBLEMS_SHOWN_MAX = 50
"""A screen or two; correcting these first usually removes the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What an export wrote and left alone, by rule name; `unknown` are rule files whose rule the book does not keep."""

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import saved and left alone, by rule name; nothing is ever deleted or archived by it."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    archived: tuple[str, ...]
    missing: tuple[str, ...]


async def export_rules(workspace: Workspace, directory: Path) -> ExportReport:
    """Write what each rule says now into its file; files that say it already are not touched.

    Raises:
        RuleDirectoryError: the directory or a file cannot be read or written.
    """
    async with workspace.database.connection() as connection:
        kept = [
            one for one in await book.list_kept(connection) if one.is_head and one.rule_name not in OWN_RULES
        ]
    texts = {one.rule_name: one.text for one in kept if one.state is not RuleState.ARCHIVED}
    return await asyncio.to_thread(_write, directory, texts)


async def import_rules(workspace: Workspace, directory: Path) -> ImportReport:
    """Save every rule file of a directory that says something new, all of them or none.

    Raises:
        RuleDirectoryError: a file cannot be read, is not canonical, or its rule does not check; each place is named.
        BookFullError: the book has no room for the rules.
    """
    files = await asyncio.to_thread(_read, directory)
    async with workspace.database.transaction() as connection:
        kept = [
            one for one in await book.list_kept(connection) if one.is_head and one.rule_name not in OWN_RULES
        ]
        found = compare(
            files,
            {one.rule_name: one.content_hash for one in kept},
            frozenset(one.rule_name for one in kept if one.state is RuleState.ARCHIVED),
        )
        await _save(connection, workspace, found)
        report = _report(found, {one.rule_name for one in kept})
        await append_audit(
            connection,
            actor=workspace.actor,
            action="rules imported",
            subject="rule book",
            details={"created": len(report.created), "changed": len(report.changed)},
            now=workspace.clock.now(),
        )
    return report


async def _save(connection: Connection, workspace: Workspace, found: Comparison) -> None:
    catalogue = await workspace.catalogue(connection)
    problems, checked = list(found.problems), dict[str, CheckedRule]()
    for file, rule in found.to_save.items():
        one = check_rule(rule, catalogue)
        if isinstance(one, RuleProblems):
            problems += [
                FileProblem(file=file, line=each.span.line, message=f"{each.code} {each.message}")
                for each in one.problems
            ]
        else:
            checked[file] = one
    _refuse(problems)
    for file, one in checked.items():
        try:
            await keep_checked(connection, workspace, one)
        except RuleLoopError as error:
            problems.append(FileProblem(file=file, line=one.rule.span.line, message=error.what))
    _refuse(problems)


def _refuse(problems: Sequence[FileProblem]) -> None:
    if not problems:
        return
    shown = [f"{one.file}:{one.line}: {one.message}" for one in problems[:PROBLEMS_SHOWN_MAX]]
    more = len(problems) - len(shown)
    raise RuleDirectoryError("\n".join([*shown, *([f"and {more} more."] if more else [])]))


def _report(found: Comparison, known: set[str]) -> ImportReport:
    saved = sorted(rule.name for rule in found.to_save.values())
    return ImportReport(
        created=tuple(name for name in saved if name not in known),
        changed=tuple(name for name in saved if name in known),
        unchanged=found.unchanged,
        archived=found.archived,
        missing=found.missing,
    )


def _read(directory: Path) -> dict[str, str]:
    """Return the texts of the rule files directly inside a directory, by file name; blocking."""
    try:
        names = sorted(
            entry.name for entry in directory.iterdir() if entry.name.endswith(SUFFIX) and entry.is_file()
        )
    except OSError as error:
        raise RuleDirectoryError(f"{directory} cannot be read: {error.strerror}.") from None
    if len(names) > DIRECTORY_FILES_MAX:
        raise RuleDirectoryError(
            f"{directory} has {len(names):,} rule files, {DIRECTORY_FILES_MAX:,} at most."
        )
    return {name: _read_file(directory / name) for name in names}


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as source:
            content = source.read(RULE_FILE_BYTES_MAX + 1)
        if len(content) > RULE_FILE_BYTES_MAX:
            raise RuleDirectoryError(f"{path.name}:1: has more than {RULE_FILE_BYTES_MAX:,} bytes.")
        return content.decode()
    except OSError as error:
        raise RuleDirectoryError(f"{path.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RuleDirectoryError(f"{path.name}:{line}: is not UTF-8.") from None


def _write(directory: Path, texts: Mapping[str, str]) -> ExportReport:
    """Write the texts into files; blocking. A file is replaced as a whole, so nobody reads half a rule."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        here = {entry.name for entry in directory.iterdir() if entry.name.endswith(SUFFIX)}
        written, unchanged = [], []
        for name, text in sorted(texts.items()):
            path, content = directory / f"{name}{SUFFIX}", text.encode()
            if path.is_file() and path.read_bytes() == content:
                unchanged.append(name)
                continue
            beside = directory / f".{name}{SUFFIX}.new"
            beside.write_bytes(content)
            beside.replace(path)
            written.append(name)
    except OSError as error:
        raise RuleDirectoryError(f"{directory} cannot be written: {error.strerror}.") from None
    unknown = sorted(name.removesuffix(SUFFIX) for name in here if name.removesuffix(SUFFIX) not in texts)
    return ExportReport(written=tuple(written), unchanged=tuple(unchanged), unknown=tuple(unknown))
