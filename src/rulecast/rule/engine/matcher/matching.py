"""One batch on its way: first what the batch itself decides, then what counters do, then what only events can.

Each step says what it must be given for the next one, so that reading stays outside: nobody's past is read unless
everything cheaper about them already holds.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from rulecast.rule.engine.facts import PersonFacts
from rulecast.rule.engine.instants import bounds_of
from rulecast.rule.engine.matcher.batch import Batch
from rulecast.rule.engine.matcher.compile_rules import Group, RuleTable
from rulecast.rule.engine.matcher.counters import NONE, NOTHING, CountedPair, Reading, WindowReader
from rulecast.rule.engine.matcher.normal_form import AllOf, AnyOf, Formula, literals_of
from rulecast.rule.engine.matcher.places import Mask, Span, places, places_of_many
from rulecast.rule.engine.matcher.predicates import INBOUND
from rulecast.rule.engine.matcher.records import (
    Counters,
    CountersAsked,
    EventsAsked,
    EventsByContact,
    Match,
)
from rulecast.rule.engine.reference import evaluate

Open = tuple[int, Mask, Formula]
"""A rule's place, the events for which it may hold, and what must hold besides."""


class Matching:
    """The rules that the events of one batch fire, found in three steps."""

    def __init__(self, table: RuleTable, batch: Batch) -> None:
        self._table = table
        self._batch = batch
        self._vectors: list[Mask | None] = [None] * (2 * len(table.predicates))
        # For predicates that the past decides: the events for which it is true, and for which it is not known.
        self._past: dict[int, tuple[Mask, Mask]] = {}
        self._found: dict[int, Mask] = {}
        self._open: list[Open] = []
        # The counts that are open, each with the events for which it matters; and the predicates that need them.
        self._counts_needed: dict[int, Mask] = {}
        self._counted: dict[int, int] = {}
        self._sift()
        self._note_counts()

    # ---- the steps, seen from outside
    def counters_asked(self) -> CountersAsked:
        """Return the people whose counters decide, by pair; none where the batch alone decided."""
        asked: dict[CountedPair, set[int]] = {}
        contact_ids = self._batch.contact_ids
        for place, events in self._counting.items():
            pair = self._table.counts[place][0]
            asked.setdefault(pair, set()).update([contact_ids[one] for one in events])
        return asked

    def use_counters(self, counters: Counters) -> None:
        """Decide what the counters tell."""
        readings = {
            place: self._read_counts(place, events, counters) for place, events in self._counting.items()
        }
        for number, place in self._counted.items():
            self._past[number] = self._decide(number, readings[place])
        before, self._open = self._open, []
        for rule, mask, formula in before:
            self._weigh(rule, mask, formula)

    def events_asked(self) -> EventsAsked:
        """Return the events that decide what is still open."""
        if not self._open:
            return EventsAsked()
        people = self._batch.people
        numbers = {literal >> 1 for _, _, formula in self._open for literal in literals_of(formula)}
        wanted = [self._table.predicates[number] for number in numbers]
        starts = [
            None if one.count is None else bounds_of(one.count.window, self._batch.now).start
            for one in wanted
            if one.names
        ]
        known = [start for start in starts if start is not None]
        return EventsAsked(
            contact_ids=frozenset(
                people[place].contact_id for _, mask, _ in self._open for place in places(mask)
            ),
            names=frozenset(name for one in wanted for name in one.names),
            since=min(known) if known and len(known) == len(starts) else None,
        )

    def use_events(self, events: EventsByContact) -> None:
        """Decide the rest by the reference evaluator."""
        past = _Past(self._table, self._batch, events)
        for rule, mask, formula in self._open:
            for place in places(mask):
                if past.holds(formula, place):
                    self._found[rule] = self._found.get(rule, 0) | self._batch.bits[place]
        self._open = []

    def matches(self) -> list[Match]:
        """Return the matches in order of the rules as they were given, then of the events."""
        assert not self._open, "what is open must be decided first"
        ids, names, spans = self._table.ids, self._table.names, self._batch.spans()
        rules = sorted(self._found)
        owners, found = places_of_many(
            [self._found[rule] for rule in rules], [spans[names[rule]] for rule in rules]
        )
        events = np.array(self._batch.order, np.int64)[found].tolist()
        return list(zip(events, np.array([ids[rule] for rule in rules])[owners].tolist(), strict=True))

    # ---- what the batch decides
    def _sift(self) -> None:
        batch, table = self._batch, self._table
        for name, mask in batch.names():
            route = table.routes.get(name)
            if route is None:
                continue
            self._run(route.others, mask)
            for key, groups in route.by_property.items():
                for value, having in batch.column(key).items():
                    group = groups.get(value)
                    if group is not None and having & mask:
                        self._run(group, having & mask)

    def _run(self, group: Group, mask: Mask) -> None:
        vectors, found, still_open = self._vectors, self._found, self._open
        for first, conjunctions in group.by_first.items():
            if first is None:
                base = mask
            else:
                vector = vectors[first]
                base = mask & (self._vector(first) if vector is None else vector)
                if not base:
                    continue
            for rule, cheap, dear, waits in conjunctions:
                hits = base
                for literal in cheap:
                    vector = vectors[literal]
                    hits &= self._vector(literal) if vector is None else vector
                    if not hits:
                        break
                else:
                    if dear is None:
                        found[rule] = found.get(rule, 0) | hits
                    elif waits:
                        still_open.append((rule, hits, dear))
                    else:
                        self._weigh(rule, hits, dear)
        for rule, formula in group.formulas:
            self._weigh(rule, mask, formula)

    def _weigh(self, rule: int, mask: Mask, formula: Formula) -> None:
        """Note for which events a formula holds, and for which that is open."""
        sure, possible = self._span(formula, mask)
        if sure:
            self._found[rule] = self._found.get(rule, 0) | sure
        if possible != sure:
            self._open.append((rule, possible ^ sure, formula))

    def _vector(self, literal: int) -> Mask:
        vector = self._vectors[literal]
        if vector is None:
            if literal & 1:
                vector = self._batch.all ^ self._vector(literal ^ 1)
            else:
                answer = self._table.predicates[literal >> 1].answer
                assert answer is not None, "the past decides this one"
                vector = answer(self._batch)
            self._vectors[literal] = vector
        return vector

    def _span(self, formula: Formula, mask: Mask) -> tuple[Mask, Mask]:
        """Return the events for which a formula certainly holds, and for which it may hold."""
        if isinstance(formula, int):
            return self._literal_span(formula, mask)
        if isinstance(formula, AllOf):
            sure = possible = mask
            for part in formula.parts:
                part_sure, possible = self._span(part, possible)
                sure &= part_sure
                if not possible:
                    break
            return sure, possible
        sure = possible = 0
        for part in formula.parts:
            part_sure, part_possible = self._span(part, mask)
            sure |= part_sure
            possible |= part_possible
        return sure, possible

    def _literal_span(self, literal: int, mask: Mask) -> tuple[Mask, Mask]:
        number = literal >> 1
        if self._table.predicates[number].answer is not None:
            holds = mask & self._vector(literal)
            return holds, holds
        true, unknown = self._span_of_past(number)
        if literal & 1:
            true = self._batch.all ^ (true | unknown)
        return mask & true, mask & (true | unknown)

    def _span_of_past(self, number: int) -> tuple[Mask, Mask]:
        """Return the events for which a predicate on the past is true, and for which it is not known yet."""
        span = self._past.get(number)
        if span is None:
            batch, answer = self._batch, self._table.predicates[number].answer_if_brought
            brought = 0 if answer is None else batch.bringing(INBOUND)
            true = 0 if answer is None or not brought else answer(batch) & brought
            span = self._past[number] = true, batch.all ^ brought
        return span

    # ---- what counters decide
    def _note_counts(self) -> None:
        """Note which predicates counters may decide, and for which events each count is needed."""
        count_of, needed = self._table.count_of, self._counts_needed
        for _, mask, formula in self._open:
            for literal in literals_of(formula):
                place = count_of[literal >> 1]
                if place is not None:
                    self._counted[literal >> 1] = place
                    needed[place] = needed.get(place, 0) | mask

    @cached_property
    def _counting(self) -> dict[int, list[int]]:
        """Return for each count that is open the events for which it matters."""
        needed = self._counts_needed
        masks = list(needed.values())
        owners, events = places_of_many(masks, [Span.of(mask) for mask in masks])
        ends = np.cumsum(np.bincount(owners, minlength=len(masks))).tolist()
        everything = events.tolist()
        return {
            place: everything[start:end] for place, start, end in zip(needed, [0, *ends], ends, strict=False)
        }

    def _read_counts(
        self, place: int, events: Sequence[int], counters: Counters
    ) -> dict[Reading | None, Mask]:
        """Return the events by what the counters say of their person; None where the pair is not kept."""
        pair, window = self._table.counts[place]
        by_contact, needed = counters.get(pair.hash), self._counts_needed[place]
        if by_contact is None:
            return {None: needed}
        adds_up = pair.property is not None
        read = WindowReader(bounds_of(window, self._batch.now), adds_up=adds_up).read
        contact_ids, bits = self._batch.contact_ids, self._batch.bits
        found: dict[Reading | None, Mask] = {}
        did_something = 0
        # Most people never did what is counted.
        for one in [one for one in events if contact_ids[one] in by_contact]:
            series = by_contact[contact_ids[one]]
            reading = None if series is None else read(series)
            found[reading] = found.get(reading, 0) | bits[one]
            did_something |= bits[one]
        nothing = NOTHING if adds_up else NONE
        found[nothing] = found.get(nothing, 0) | (needed ^ did_something)
        return found

    def _decide(self, number: int, readings: dict[Reading | None, Mask]) -> tuple[Mask, Mask]:
        count = self._table.predicates[number].count
        assert count is not None, "only counted predicates stand among the counts"
        true, unknown = 0, self._batch.all
        for reading, mask in readings.items():
            truth = None if reading is None else count.test.decide(reading)
            if truth is not None:
                unknown &= ~mask
                true |= mask if truth else 0
        return true, unknown


class _Past:
    """The reference evaluator on the events that were read, each atom asked once for a person."""

    def __init__(self, table: RuleTable, batch: Batch, events: EventsByContact) -> None:
        self._table = table
        self._batch = batch
        self._events = events
        self._people: dict[int, PersonFacts] = {}
        self._truth: dict[tuple[int, int], bool] = {}

    def holds(self, formula: Formula, place: int) -> bool:
        """Return whether a formula holds for one event."""
        match formula:
            case int():
                return self._atom_holds(formula >> 1, place) is not bool(formula & 1)
            case AllOf():
                return all(self.holds(part, place) for part in formula.parts)
            case AnyOf():
                return any(self.holds(part, place) for part in formula.parts)

    def _atom_holds(self, number: int, place: int) -> bool:
        truth = self._truth.get((number, place))
        if truth is None:
            truth = self._truth[number, place] = self._ask(number, place)
        return truth

    def _ask(self, number: int, place: int) -> bool:
        predicate = self._table.predicates[number]
        if predicate.answer is not None:
            return bool(predicate.answer(self._batch) >> place & 1)
        person = self._people.get(place)
        if person is None:
            person = self._batch.people[place]
            events = self._events.get(person.contact_id, ())
            person = self._people[place] = replace(person, events=events)
        return evaluate(predicate.atom, person, self._batch.now)
