"""The analysis of the whole book, with the people that overlapping rules really share today."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rulecast.plan.draw import strength
from rulecast.rule.analyse import BookRule, Finding, analyse_rules
from rulecast.rule.analyse.describe import describe_person
from rulecast.rule.book.errors import RuleUnknownError
from rulecast.rule.book.states import RuleState
from rulecast.rule.book.store import list_kept
from rulecast.rule.language import CheckedRule, RuleProblems, check_rule
from rulecast.rule.language.format_rule import format_rule
from rulecast.values.catalogue import Catalogue, closest_name
from rulecast.wiring.engine import ask_engine
from rulecast.wiring.workspace import Workspace

# A question about more pairs takes minutes on a large mart; the strongest rules come first.
PAIRS_COUNTED_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedFinding:
    """A finding, its witness in words, and how many people the two rules share on the current mart."""

    finding: Finding
    witness: tuple[str, ...] = ()
    people: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAnalysis:
    """What was found among so many rules; rules with errors were left out."""

    rules: int
    left_out: tuple[str, ...]
    findings: tuple[CountedFinding, ...]


def analyse_texts(texts: Sequence[str], catalogue: Catalogue, *, now: datetime) -> BookAnalysis:
    """Analyse rule texts among themselves against a catalogue, where no workspace is; people are not counted."""
    found = [check_rule(text, catalogue) for text in texts]
    checked = {one.rule.name: one for one in found if isinstance(one, CheckedRule)}
    findings = analyse_rules(_by_strength(checked.values()), now=now)
    return BookAnalysis(
        rules=len(checked),
        left_out=tuple(sorted(_names_with_errors(found, texts))),
        findings=tuple(_counted(one, None, now=now) for one in findings),
    )


async def analyse_book(
    workspace: Workspace, texts: Sequence[str], *, only: frozenset[str] = frozenset()
) -> BookAnalysis:
    """Analyse the rules of the book that are not archived together with rule texts, which stand for their names.

    Raises:
        RuleUnknownError: a name of `only` is none of the book.
    """
    async with workspace.database.connection() as connection:
        catalogue = await workspace.catalogue(connection)
        kept_texts = [
            kept.text
            for kept in await list_kept(connection)
            if kept.is_head and kept.state is not RuleState.ARCHIVED
        ]
    found = [check_rule(text, catalogue) for text in (*kept_texts, *texts)]
    checked = {one.rule.name: one for one in found if isinstance(one, CheckedRule)}
    left_out = tuple(sorted(_names_with_errors(found, (*kept_texts, *texts))))
    for name in sorted(only - checked.keys() - frozenset(left_out)):
        near = closest_name(name, checked)
        raise RuleUnknownError(f"There is no rule '{name}'.{f' Did you mean {near}?' if near else ''}")
    given = {one.rule.name for one in found[len(kept_texts) :] if isinstance(one, CheckedRule)}
    wanted = frozenset(given | only) or None
    rules = _by_strength(checked.values())
    now = workspace.clock.now()
    findings = await asyncio.to_thread(lambda: list(analyse_rules(rules, now=now, only=wanted)))
    return BookAnalysis(
        rules=len(rules),
        left_out=left_out,
        findings=await _count(workspace, findings, checked),
    )


def _by_strength(checked: Iterable[CheckedRule]) -> list[BookRule]:
    return sorted(map(_book_rule, checked), key=lambda rule: (-rule.strength, rule.name))


def _counted(finding: Finding, people: int | None, *, now: datetime) -> CountedFinding:
    witness = describe_person(finding.witness, now=now) if finding.witness is not None else ()
    return CountedFinding(finding=finding, witness=witness, people=people)


def _book_rule(checked: CheckedRule) -> BookRule:
    rule = checked.rule
    send = replace(rule.send, number="any")
    return BookRule(
        name=rule.name,
        condition=checked.condition,
        strength=strength(rule.priority),
        message=repr((send, rule.variant_sends)),
    )


def _names_with_errors(found: Sequence[CheckedRule | RuleProblems], texts: Sequence[str]) -> Iterable[str]:
    for one, text in zip(found, texts, strict=True):
        if isinstance(one, RuleProblems):
            yield text.split(maxsplit=2)[1] if len(text.split(maxsplit=2)) > 1 else "?"


async def _count(
    workspace: Workspace, findings: Sequence[Finding], checked: dict[str, CheckedRule]
) -> tuple[CountedFinding, ...]:
    """Ask the engine, once, for the people that pairs of rules share."""
    shared = [one for one in findings if one.kind in {"overlapping", "redundant"}][:PAIRS_COUNTED_MAX]
    names = sorted({name for one in shared for name in (one.rule, *one.others)})
    places = {name: place for place, name in enumerate(names)}
    people: dict[int, int] = {}
    if shared:
        answer = await ask_engine(
            workspace,
            "overlaps",
            {
                "texts": [format_rule(checked[name].rule) for name in names],
                "pairs": [[places[one.rule], places[one.others[0]]] for one in shared],
            },
        )
        people = {id(one): count for one, (_, _, count) in zip(shared, answer["overlaps"], strict=True)}
    now = workspace.clock.now()
    return tuple(_counted(one, people.get(id(one)), now=now) for one in findings)
