"""Rules as kept: checked rules come in, versions that are only ever appended go out.

A version is known by the hash of its canonical text, so that saving the same rule twice keeps one version.
"""

from rulecast.rule.book.records import RuleVersion, content_hash

__all__ = ["RuleVersion", "content_hash"]
