"""Rule versions in the database."""

from datetime import datetime

from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.rule.book.records import RuleVersion, content_hash
from rulecast.rule.language import Rule, format_rule
from rulecast.values.ids import RuleVersionId

QUERIES = load_queries(__package__)


async def save_rule(connection: Connection, rule: Rule, *, author: str, now: datetime) -> RuleVersion:
    """Keep a rule in its canonical form and return its version; the same content keeps its first author."""
    text = format_rule(rule)
    key = {"rule_name": rule.name, "content_hash": content_hash(text)}
    await execute(
        connection,
        QUERIES["save_rule_version"],
        {**key, "version": rule.version, "text": text, "author": author, "created_at": now},
    )
    version = await fetch_one(connection, QUERIES["find_rule_version_by_hash"], key, record=RuleVersion)
    assert version is not None, "the version was just kept"
    return version


async def find_rule_version(connection: Connection, rule_version_id: RuleVersionId) -> RuleVersion | None:
    """Return the version a plan or a run refers to."""
    parameters = {"rule_version_id": rule_version_id}
    return await fetch_one(connection, QUERIES["find_rule_version"], parameters, record=RuleVersion)


async def list_rules(connection: Connection) -> list[RuleVersion]:
    """Return the newest version of each rule, by name."""
    return await fetch_all(connection, QUERIES["list_rule_versions"], record=RuleVersion)
