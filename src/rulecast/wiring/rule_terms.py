"""What a standing approval is compared with: the templates a rule uses and the sensitive attributes it reads."""

from collections.abc import Iterable
from functools import lru_cache

from rulecast.database import Connection
from rulecast.plan.errors import RuleRefusedError
from rulecast.rule.language import CheckedRule, Rule, RuleProblems, parse_rule
from rulecast.rule.language.document import SendTemplate, reply_media, sends_of
from rulecast.template.media.store import list_media
from rulecast.template.store import list_template_hashes
from rulecast.values.catalogue import Catalogue, DataClass
from rulecast.wiring.catalogue import read_declared

RULES_REMEMBERED = 4_096
"""Texts of kept versions never change, and active rules are read again and again; about 40 MB when full."""


def runs_by_itself(rule: Rule) -> bool:
    """Return whether a rule starts runs without a person: by its schedule, by an event or by entering."""
    if rule.trigger is not None:
        return True
    return rule.schedule is not None and rule.schedule.recurrence == "every"


async def read_template_hashes(connection: Connection, rule: Rule) -> dict[str, str]:
    """Return the hash of everything a rule can send: templates by name and language, files as `file poster`."""
    sends = sends_of(rule)
    wanted = {(name, language) for one in sends for name in _names(one) for language in _languages(one)}
    rows = await list_template_hashes(connection, {name for name, _ in wanted})
    return {
        **{
            f"{name} {language}": digest.hex()
            for name, language, digest in rows
            if (name, language) in wanted
        },
        **await _file_hashes(connection, sends, reply_media(rule)),
    }


async def _file_hashes(
    connection: Connection, sends: Iterable[SendTemplate], answered: Iterable[str]
) -> dict[str, str]:
    """Return what was fetched for the messages of a rule, by `file` and name; empty where nothing ever was."""
    kept = await list_media(connection)
    if not kept:
        return {}
    declared = (await read_declared(connection)).names.media
    used = {one.template for one in sends}
    given = {one.media.medium for one in sends if one.media is not None}.union(answered)
    named = given | {
        one.name
        for one in declared
        if not used.isdisjoint(one.templates)
        or not used.isdisjoint(template for template, _ in one.entry.cards)
    }
    return {f"file {name}": one.source_hash.hex() for name, one in kept.items() if name in named}


def sensitive_fields(rule: Rule, read_by_condition: Iterable[str], catalogue: Catalogue) -> frozenset[str]:
    """Return the sensitive attributes that decide about people or stand in their messages."""
    named = {parameter.attribute for one in sends_of(rule) for parameter in one.parameters}
    if rule.score is not None:
        named.add(rule.score.name)
    return frozenset(read_by_condition) | {
        entry.name
        for name in named
        if name is not None
        and (entry := catalogue.attribute(name)) is not None
        and entry.data_class is DataClass.SENSITIVE
    }


def sensitive_fields_of(checked: CheckedRule, catalogue: Catalogue) -> frozenset[str]:
    """Return the sensitive attributes of a checked rule."""
    return sensitive_fields(checked.rule, checked.sensitive_read, catalogue)


@lru_cache(maxsize=RULES_REMEMBERED)
def read_kept(text: str) -> Rule:
    """Return a rule as kept in the book, where only texts that could be read are.

    Raises:
        RuleRefusedError: this release cannot read the text any more.
    """
    parsed = parse_rule(text)
    if isinstance(parsed, RuleProblems):
        raise RuleRefusedError("This release cannot read the rule as it is kept.")
    return parsed


def _names(send: SendTemplate) -> set[str]:
    """Return the templates of a message: its own, and the one for those who get no file."""
    fallback = None if send.media is None else send.media.fallback
    return {send.template} if fallback is None else {send.template, fallback}


def _languages(send: SendTemplate) -> set[str]:
    fallback = () if send.fallback_language is None else (send.fallback_language,)
    return {*send.languages, *fallback}
