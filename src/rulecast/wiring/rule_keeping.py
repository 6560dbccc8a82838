"""Keeping a rule as a person brings it: checked, saved, and a draft again where its text was archived."""

from rulecast.database import Connection
from rulecast.rule.book import Act, RuleState, RuleVersion
from rulecast.rule.book import store as book
from rulecast.rule.language import CheckedRule
from rulecast.wiring.plan_terms import check
from rulecast.wiring.workspace import Workspace


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
    await book.lock_rule(connection, checked.rule.name)
    version = await book.save_rule(connection, checked.rule, author=author, now=now, is_edit=True)
    kept = await book.find_kept(connection, version.rule_version_id)
    if kept.state is RuleState.ARCHIVED:
        await book.take_step(connection, kept, Act.SAVE, actor=author, now=now)
    return version
