"""Keeping a rule as a person brings it: checked, saved, and a draft again where its text was archived."""

import re
from dataclasses import replace

from rulecast.database import Connection
from rulecast.rule.book import Act, RuleState, RuleVersion
from rulecast.rule.book import store as book
from rulecast.rule.book.errors import RuleNameTakenError
from rulecast.rule.language import CheckedRule, format_rule
from rulecast.wiring.plan_terms import check
from rulecast.wiring.rule_loops import refuse_loops
from rulecast.wiring.rule_steps import read_rule
from rulecast.wiring.rule_terms import read_kept
from rulecast.wiring.workspace import Workspace

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""Also the check of the column."""


async def keep_rule(workspace: Workspace, text: str) -> RuleVersion:
    """Check a rule and keep it in the book; the same content is kept once, under its first author.

    Raises:
        RuleRefusedError: the rule does not check.
        RuleLoopError: it would trigger itself.
        BookFullError: the book has no room for another rule or version.
    """
    async with workspace.database.transaction() as connection:
        checked = check(text, await workspace.catalogue(connection))
        return await keep_checked(connection, workspace, checked)


async def keep_checked(connection: Connection, workspace: Workspace, checked: CheckedRule) -> RuleVersion:
    """Keep a checked rule inside the caller's transaction.

    Raises:
        RuleLoopError: it would trigger itself.
        BookFullError: the book has no room for another rule or version.
    """
    now, author = workspace.clock.now(), workspace.actor
    await refuse_loops(connection, workspace, checked)
    await book.lock_rule(connection, checked.rule.name)
    version = await book.save_rule(connection, checked.rule, author=author, now=now, is_edit=True)
    kept = await book.find_kept(connection, version.rule_version_id)
    if kept.state is RuleState.ARCHIVED:
        await book.take_step(connection, kept, Act.SAVE, actor=author, now=now)
    return version


async def copy_rule(workspace: Workspace, rule_name: str, new_name: str) -> RuleVersion:
    """Keep what a rule says now under another name, as the first version of a draft of its own.

    Raises:
        RuleUnknownError: there is no such rule.
        RuleNameTakenError: the new name is taken or is no name.
        RuleRefusedError, RuleLoopError, BookFullError: the copy cannot be kept.
    """
    if NAME.fullmatch(new_name) is None:
        raise RuleNameTakenError(f"{new_name!r} is no name of a rule.")
    versions = await read_rule(workspace, rule_name)
    original = read_kept(next((one for one in versions if one.is_head), versions[-1]).text)
    async with workspace.database.transaction() as connection:
        await book.lock_rule(connection, new_name)
        if await book.list_kept(connection, new_name):
            raise RuleNameTakenError(f"There is a rule {new_name} already.")
        text = format_rule(replace(original, name=new_name, version=1))
        return await keep_checked(connection, workspace, check(text, await workspace.catalogue(connection)))
