"""Rules made ready for matching: routed by event, their atoms interned, their conditions as literals."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from rulecast.rule.engine.matcher.answers import Scope, column_of
from rulecast.rule.engine.matcher.batch import ColumnKey
from rulecast.rule.engine.matcher.counters import CountedPair
from rulecast.rule.engine.matcher.normal_form import AllOf, Alternative, AnyOf, Formula, alternatives
from rulecast.rule.engine.matcher.predicates import RANK_OF_NEGATIONS, Predicate, identity, predicate_of
from rulecast.rule.engine.matcher.records import TriggeredRule
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import lowered
from rulecast.values.catalogue import AttributeType
from rulecast.values.ids import RuleVersionId

Conjunction: TypeAlias = tuple[int, tuple[int, ...], AllOf | None, bool]
"""A rule's place, and what must hold: further literals that a batch decides, and those that the past decides.

At last, whether every one of those waits for the past: no event decides it by what its person brings along.
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Conjunctions by their first literal (None: they have none that the batch decides) and rules kept as formulas."""

    by_first: Mapping[int | None, Sequence[Conjunction]]
    formulas: Sequence[tuple[int, Formula]]


@dataclass(frozen=True, slots=True)
class Route:
    """The rules that wait for one event: by the value of one of its properties, and the others."""

    by_property: Mapping[ColumnKey, Mapping[Any, Group]]
    others: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTable:
    """Everything that is worked out once about a set of rules."""

    ids: Sequence[RuleVersionId]
    # The event that each rule waits for.
    names: Sequence[str]
    predicates: Sequence[Predicate]
    routes: Mapping[str, Route]
    # Names of events, those with the most rules first.
    ranks: Mapping[str, int]
    # The attributes of people that some rule asks for.
    attributes: Sequence[str]
    # What counters are asked for, each pair and window once, and for each predicate its place among them or None.
    counts: Sequence[tuple[CountedPair, c.Window | None]]
    count_of: Sequence[int | None]


def compile_rules(rules: Mapping[RuleVersionId, TriggeredRule]) -> RuleTable:
    """Return the rules made ready for matching."""
    return _Compiler().run(rules)


@dataclass(slots=True)
class _Draft:
    """A rule while its literals are known but their popularity is not."""

    rule: int
    key: tuple[ColumnKey, Hashable] | None
    formula: Formula
    alternatives: list[Alternative] | None


@dataclass(slots=True)
class _Compiler:
    predicates: list[Predicate] = field(default_factory=list)
    numbers: dict[Hashable, int] = field(default_factory=dict)
    uses: Counter[int] = field(default_factory=Counter)

    def run(self, rules: Mapping[RuleVersionId, TriggeredRule]) -> RuleTable:
        drafts: dict[str, list[_Draft]] = {}
        for number, rule in enumerate(rules.values()):
            draft = self._draft(number, rule)
            drafts.setdefault(rule.pattern.event, []).append(draft)
            for literals in draft.alternatives or ():
                self.uses.update(literals)
        routes = {name: self._route(found) for name, found in drafts.items()}
        by_rules = sorted(drafts, key=lambda name: (-len(drafts[name]), name))
        ranks = {name: place for place, name in enumerate(by_rules)}
        counts, count_of = _counts(self.predicates)
        return RuleTable(
            ids=tuple(rules),
            names=[rule.pattern.event for rule in rules.values()],
            predicates=self.predicates,
            routes=routes,
            ranks=ranks,
            attributes=_attributes(self.predicates),
            counts=counts,
            count_of=count_of,
        )

    def _draft(self, number: int, rule: TriggeredRule) -> _Draft:
        where = [] if rule.pattern.where is None else _parts(lowered(rule.pattern.where))
        key = next((found for part in where if (found := _route_key(part)) is not None), None)
        rest = [part for part in where if key is None or _route_key(part) != key]
        formula = AllOf(
            (
                *(self._formula(part, "event") for part in rest),
                *(self._formula(part, "person") for part in _parts(lowered(rule.condition))),
            )
        )
        return _Draft(number, key, formula, alternatives(formula))

    def _formula(self, condition: c.Condition, scope: Scope) -> Formula:
        match condition:
            case c.And():
                return AllOf(tuple(self._formula(part, scope) for part in condition.parts))
            case c.Or():
                return AnyOf(tuple(self._formula(part, scope) for part in condition.parts))
            case c.Not(part=c.And() | c.Or() | c.Not()):
                raise AssertionError("lowering leaves negation only on atoms")
            case c.Not():
                return self._literal(condition.part, scope) + 1
            case _:
                return self._literal(condition, scope)

    def _literal(self, atom: c.Condition, scope: Scope) -> int:
        assert not isinstance(atom, c.And | c.Or | c.Not)
        key = scope, identity(atom)
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.predicates)
            self.predicates.append(predicate_of(atom, scope))
        return 2 * number

    def _route(self, drafts: Iterable[_Draft]) -> Route:
        by_property: dict[ColumnKey, dict[Hashable, list[_Draft]]] = {}
        others: list[_Draft] = []
        for draft in drafts:
            if draft.key is None:
                others.append(draft)
            else:
                column, value = draft.key
                by_property.setdefault(column, {}).setdefault(value, []).append(draft)
        return Route(
            {
                column: {value: self._group(found) for value, found in values.items()}
                for column, values in by_property.items()
            },
            self._group(others),
        )

    def _group(self, drafts: Iterable[_Draft]) -> Group:
        by_first: dict[int | None, list[Conjunction]] = {}
        formulas: list[tuple[int, Formula]] = []
        for draft in drafts:
            if draft.alternatives is None:
                formulas.append((draft.rule, draft.formula))
            for literals in draft.alternatives or ():
                first, conjunction = self._conjunction(draft.rule, literals)
                by_first.setdefault(first, []).append(conjunction)
        return Group(by_first, formulas)

    def _conjunction(self, rule: int, literals: Alternative) -> tuple[int | None, Conjunction]:
        cheap = sorted(self._of(literals, is_dear=False), key=self._order)
        dear = sorted(self._of(literals, is_dear=True), key=self._order_of_past)
        first = cheap.pop(0) if cheap else None
        waits = all(self.predicates[one >> 1].answer_if_brought is None for one in dear)
        return first, (rule, tuple(cheap), AllOf(tuple(dear)) if dear else None, waits)

    def _of(self, literals: Alternative, *, is_dear: bool) -> Iterator[int]:
        return (one for one in literals if (self.predicates[one >> 1].answer is None) is is_dear)

    def _order(self, literal: int) -> tuple[int, int, int]:
        """Rare literals first, since most conjunctions end there; among those the one that most rules share."""
        rank = RANK_OF_NEGATIONS if literal & 1 else self.predicates[literal >> 1].rank
        return rank, -self.uses[literal], literal

    def _order_of_past(self, literal: int) -> tuple[bool, int]:
        """Counters before events."""
        return self.predicates[literal >> 1].count is None, literal


def _attributes(predicates: Iterable[Predicate]) -> list[str]:
    names = {
        name
        for one in predicates
        if one.scope == "person" and isinstance(one.atom, c.FieldAtom)
        for name in (one.atom.field.name, one.atom.field.years_since)
        if name is not None
    }
    return sorted(names)


def _counts(
    predicates: Iterable[Predicate],
) -> tuple[list[tuple[CountedPair, c.Window | None]], list[int | None]]:
    places: dict[Hashable, int] = {}
    counts: list[tuple[CountedPair, c.Window | None]] = []
    count_of: list[int | None] = []
    for predicate in predicates:
        if predicate.count is None:
            count_of.append(None)
            continue
        pair, window = predicate.count.pair, predicate.count.window
        place = places.setdefault((pair.hash, identity(window)), len(counts))
        if place == len(counts):
            counts.append((pair, window))
        count_of.append(place)
    return counts, count_of


def _parts(condition: c.Condition) -> tuple[c.Condition, ...]:
    return condition.parts if isinstance(condition, c.And) else (condition,)


def _route_key(part: c.Condition) -> tuple[ColumnKey, Hashable] | None:
    """Return the property and the value by which events can be routed, for an equality of one."""
    if not isinstance(part, c.Comparison) or part.operator != "=":
        return None
    if part.field.type is AttributeType.TEXT_LIST or part.field.years_since is not None:
        return None
    return column_of(part.field, "event"), part.value.value
