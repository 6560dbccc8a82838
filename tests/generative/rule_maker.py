"""Random conditions over any catalogue, from one source of chance, with constants that hit the people of its world.

Whatever the language can say is made here, as an author would write it: the checker fills in types and exact values.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tests.generative.rule_values import (
    ALIASES,
    DECIMALS,
    HALF_DAYS,
    INTEGERS,
    NAMED_ZONES,
    NUMERIC,
    OPERATORS,
    ORDERED,
    PATTERNS,
    SALTS,
    TAGS,
    TEXTS,
    between,
)

from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType as T
from rulecast.values.catalogue import Catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes conditions for a catalogue at an instant, all from one source of chance."""

    chance: random.Random
    catalogue: Catalogue
    events: Sequence[str]
    now: datetime

    def condition(self) -> c.Condition:
        """Return a condition; consent stands where it may, never below a negation."""
        made = self._joined(self.atom, self.chance.choice((0, 0, 0, 1, 1, 2)))
        if self._is(0.8):
            return made
        consent = self._consent()
        if self._is(0.5):
            parts = (*made.parts, consent) if isinstance(made, c.And) else (made, consent)
            return c.And(parts=parts)
        parts = (*made.parts, consent) if isinstance(made, c.Or) else (made, consent)
        return c.Or(parts=parts)

    def atom(self) -> c.Condition:
        """Return one condition of any kind."""
        kinds = (self._attribute, self._attribute, self._person, self._event, self._event, self._event)
        return self.chance.choice(kinds)()

    def _joined(self, atom: Callable[[], c.Condition], depth: int) -> c.Condition:
        shape = self.chance.randrange(6) if depth else 0
        if shape < 3:
            return atom()
        if shape == 3:
            return c.Not(part=self._joined(atom, depth - 1))
        parts = tuple(self._joined(atom, depth - 1) for _ in range(self.chance.choice((2, 2, 3))))
        return c.And(parts=parts) if shape == 4 else c.Or(parts=parts)

    def _is(self, share: float) -> bool:
        return self.chance.random() < share

    # ---- values
    def duration(self) -> c.Duration:
        """Return a length of time whose edge many instants of the people lie on."""
        kind = self.chance.randrange(3)
        if kind == 0:
            return c.Duration(amount=12 * self.chance.choice(HALF_DAYS), unit="hours")
        return self._days() if kind == 1 else c.Duration(amount=self.chance.choice((1, 2, 4)), unit="weeks")

    def _days(self) -> c.Duration:
        return c.Duration(amount=self.chance.choice((1, 2, 3, 7, 30, 365)), unit="days")

    def _instant(self) -> datetime:
        back = timedelta(hours=12) * self.chance.choice(HALF_DAYS)
        return (self.now - back).replace(microsecond=0)

    def _date(self) -> date:
        return self.now.date() - timedelta(days=self.chance.choice((0, 1, 7, 30, 366)))

    def constant(self, kind: T) -> c.Constant:
        """Return a constant of a type, as written."""
        makers: dict[T, Callable[[], c.Scalar]] = {
            T.TEXT: lambda: self.chance.choice((*TEXTS, "MA", "pt_BR", "STRASSE")),
            T.TEXT_LIST: lambda: self.chance.choice(TEXTS),
            T.INTEGER: lambda: self.chance.choice(INTEGERS),
            T.DECIMAL: lambda: self.chance.choice(DECIMALS),
            T.BOOLEAN: lambda: self._is(0.5),
            T.DATE: self._date,
            T.INSTANT: lambda: self._instant() if self._is(0.7) else self._date(),
        }
        return c.Constant(value=makers[kind]())

    # ---- one field
    def _attribute(self) -> c.Condition:
        entries = [entry for entry in self.catalogue.attributes.values() if not entry.is_sealed]
        entry = self.chance.choice(entries)
        return self.field_atom(entry.name, entry.type, is_derived=entry.derived_from is not None)

    def field_atom(self, name: str, kind: T, *, is_derived: bool = False) -> c.Condition:
        """Return a condition on one attribute or property."""
        field = c.Field(name=name)
        if is_derived:
            return self._compared(field, lambda: c.Constant(value=self.chance.choice((0, 17, 18, 30, 150))))
        if kind is T.PLACE:
            return self._near(field) if self._is(0.8) else self._presence(field)
        forms: list[Callable[[], c.Condition]] = [lambda: self._presence(field)]
        if kind is not T.TEXT_LIST:
            forms += [lambda: self._compared(field, lambda: self.constant(kind), kind)] * 3
        if kind in {T.DATE, T.INSTANT}:
            forms += [lambda: self._aged(field, kind), lambda: self._field_window(field, kind)]
        if kind is T.DATE:
            forms.append(lambda: c.Anniversary(field=field, days=self.chance.choice((1, 2, 7, 14, 60, 364))))
        if kind in {T.TEXT, T.TEXT_LIST}:
            forms.append(lambda: self._contains(field, kind))
        if kind is T.TEXT:
            forms.append(lambda: c.StartsWith(field=field, prefix=self.constant(kind)))
            forms.append(
                lambda: c.Matches(field=field, pattern=c.Constant(value=self.chance.choice(PATTERNS)))
            )
        return self.chance.choice(forms)()

    def _presence(self, field: c.Field) -> c.Condition:
        return c.Presence(field=field, is_set=self._is(0.5))

    def _compared(self, field: c.Field, value: Callable[[], c.Constant], kind: T = T.INTEGER) -> c.Condition:
        form = self.chance.randrange(3 if kind in ORDERED else 2)
        if form == 0:
            operator = self.chance.choice(OPERATORS if kind in ORDERED else OPERATORS[:2])
            return c.Comparison(field=field, operator=operator, value=value())
        if form == 1:
            return c.OneOf(field=field, values=tuple(value() for _ in range(self.chance.choice((1, 2, 3)))))
        return between(field, value(), value())

    def _aged(self, field: c.Field, kind: T) -> c.Condition:
        length = self._days() if kind is T.DATE else self.duration()
        direction: c.Direction = "before" if self._is(0.5) else "after"
        return c.Ago(field=field, direction=direction, duration=length)

    def _field_window(self, field: c.Field, kind: T) -> c.Condition:
        length = self._days() if kind is T.DATE else self.duration()
        return c.FieldWindow(field=field, direction="next" if self._is(0.5) else "last", duration=length)

    def _contains(self, field: c.Field, kind: T) -> c.Condition:
        if self._is(0.5):
            return c.Contains(field=field, mode="one", values=(self.constant(kind),))
        values = tuple(self.constant(kind) for _ in range(self.chance.choice((1, 2, 3))))
        return c.Contains(field=field, mode="any" if self._is(0.5) else "all", values=values)

    def _near(self, field: c.Field) -> c.Condition:
        unit = self.chance.choice(("km", "m"))
        amount = self.chance.choice(("0.7", "13.37", "250", "4321.5", "20015.5"))
        if self.catalogue.places and self._is(0.6):
            name = self.chance.choice(sorted(self.catalogue.places))
            return c.Near(field=field, amount=Decimal(amount), unit=unit, place_name=name)
        latitude, longitude = self.chance.choice(
            (("33.58", "-7.63"), ("89.5", "10"), ("-20", "179.9"), ("0", "0"))
        )
        return c.Near(
            field=field,
            amount=Decimal(amount),
            unit=unit,
            latitude=Decimal(latitude),
            longitude=Decimal(longitude),
        )

    # ---- the person
    def _person(self) -> c.Condition:
        forms: tuple[Callable[[], c.Condition], ...] = (
            lambda: c.HasTag(tag=self.chance.choice((*TAGS, "VIP"))),
            self._label,
            self._local_time,
            self._local_weekday,
            lambda: c.Bucket(salt=self.chance.choice(SALTS), below=self.chance.choice((1, 10, 50, 99))),
            lambda: c.SilentFor(duration=self.duration()),
            self._label,
        )
        return self.chance.choice(forms)()

    def _label(self) -> c.Condition:
        name = self.chance.choice(sorted(self.catalogue.labels))
        values = self.catalogue.labels[name]
        return c.HasLabel(label=name, value=self.chance.choice(values) if values and self._is(0.6) else None)

    def _local_time(self) -> c.Condition:
        start = time(self.chance.randrange(24), self.chance.choice((0, 15, 30)))
        end = time(self.chance.randrange(24), self.chance.choice((0, 15, 45)))
        return c.LocalTime(start=start, end=end if end != start else time(start.hour, 59))

    def _local_weekday(self) -> c.Condition:
        days = self.chance.sample(list(c.Weekday), self.chance.choice((1, 2, 5)))
        return c.LocalWeekday(days=tuple(day for day in c.Weekday if day in days))

    def _consent(self) -> c.Condition:
        if self._is(0.5):
            return c.ConsentGranted(purpose=self.chance.choice(("marketing", "service")))
        direction: c.Direction = "before" if self._is(0.5) else "after"
        return c.ConsentGranted(purpose="marketing", direction=direction, duration=self.duration())

    # ---- events
    def _event(self) -> c.Condition:
        forms = (
            self._did,
            self._did,
            self._periods,
            self._sequence,
            self._measure,
            self._measure,
            self._edge,
            self._gap,
            self._per_key,
        )
        return self.chance.choice(forms)()

    def pattern(self, *names: str) -> c.EventPattern:
        """Return an event; two in three are plain: a `where` leaves few events on the edges of windows."""
        name = self.chance.choice(names or self.events)
        written = ALIASES.get(name, name)
        if self._is(0.66):
            return c.EventPattern(event=written)
        return c.EventPattern(event=written, where=self._joined(lambda: self._property_atom(name), 1))

    def _property_atom(self, event: str) -> c.Condition:
        properties = [*self._properties(event), ("occurred_at", T.INSTANT)]
        return self.field_atom(*self.chance.choice(properties))

    def _properties(self, event: str, kinds: Sequence[T] | None = None) -> list[tuple[str, T]]:
        definition = self.catalogue.event(event)
        assert definition is not None
        return [
            (name, kind) for name, kind in definition.properties.items() if kinds is None or kind in kinds
        ]

    def window(self, *, is_shared: bool = False) -> c.Window | None:
        """Return a window or none; with `is_shared` one that is alike for all people."""
        forms: list[Callable[[], c.Window | None]] = [
            lambda: None,
            lambda: c.LastWindow(duration=self.duration()),
            self._absolute,
            lambda: c.DayWindow(day=c.Constant(value=self._date())),
            self._between_ago,
            lambda: c.BeforeWindow(duration=self.duration()),
        ]
        if not is_shared:
            forms += [self._calendar, self._from_first]
        return self.chance.choice(forms)()

    def _absolute(self) -> c.Window:
        start = self._instant()
        end = (start + timedelta(days=self.chance.choice((3, 40, 400)))).date()
        return c.AbsoluteWindow(start=c.Constant(value=start), end=c.Constant(value=end))

    def _between_ago(self) -> c.Window:
        end = self.chance.choice((1, 2, 7, 30))
        start = end + self.chance.choice((1, 5, 60))
        return c.AgoWindow(
            start=c.Duration(amount=start, unit="days"), end=c.Duration(amount=end, unit="days")
        )

    def _calendar(self) -> c.Window:
        unit: c.PeriodUnit = self.chance.choice(("days", "weeks", "months"))
        return c.CalendarWindow(amount=self.chance.choice((1, 2, 3, 7)), unit=unit)

    def _from_first(self) -> c.Window:
        return c.FirstWindow(duration=self.duration(), anchor=self.pattern() if self._is(0.6) else None)

    def _did(self) -> c.Condition:
        return self._counted(self.window())

    def _counted(self, window: c.Window | None) -> c.Condition:
        minimum, maximum = self.chance.choice(
            ((1, None), (1, None), (2, None), (3, None), (0, 1), (0, 2), (1, 1), (2, 2))
        )
        return c.Did(
            pattern=self.pattern(),
            minimum=minimum,
            maximum=maximum,
            window=window,
            negated=maximum is None and self._is(0.4),
        )

    def _periods(self) -> c.Condition:
        unit: c.PeriodUnit = self.chance.choice(("days", "weeks", "months"))
        return c.DidInPeriods(
            pattern=self.pattern(),
            minimum=self.chance.choice((1, 2, 3)),
            unit=unit,
            window=self.window(),
            negated=self._is(0.3),
            named_zone=self.chance.choice(NAMED_ZONES) if self._is(0.3) else None,
        )

    def _sequence(self) -> c.Condition:
        first, second = self.chance.choice(self.events), self.chance.choice(self.events)
        shared = [name for name, kind in self._properties(first) if kind is not T.TEXT_LIST]
        shared = [name for name, _ in self._properties(second) if name in shared]
        same = tuple(self.chance.sample(shared, min(len(shared), self.chance.choice((0, 0, 1, 2)))))
        return c.DidThen(
            first=self.pattern(first),
            second=self.pattern(second),
            then_not=self._is(0.5),
            within=c.Duration(amount=self.chance.choice((12, 24, 48, 168)), unit="hours"),
            same=same,
            window=self.window(),
            first_only=self._is(0.3),
        )

    def _edge(self) -> c.Condition:
        name = self.chance.choice(self.events)
        return c.EdgeEvent(
            which=self.chance.choice(("first", "last")),
            pattern=self.pattern(name),
            has=self._joined(lambda: self._property_atom(name), 1),
            window=self.window(),
        )

    def _gap(self) -> c.Condition:
        return c.Gap(
            which=self.chance.choice(("longest", "shortest", "average", "last")),
            pattern=self.pattern(),
            operator=self.chance.choice(OPERATORS),
            duration=self.duration(),
            window=self.window(),
        )

    # ---- measures
    def _measure(self, *, in_group: bool = False) -> c.Condition:
        left, right = self._side(in_group=in_group), self._side(in_group=in_group)
        if isinstance(left, (c.Constant, c.Field)):
            left = self._aggregate(in_group=in_group, inner=True)
        return c.Measure(
            left=left,
            operator=self.chance.choice(OPERATORS),
            right=c.Constant(value=7) if left == right else right,
        )

    def _side(self, *, in_group: bool) -> c.Expression:
        form = self.chance.randrange(6)
        if form < 2:
            return self._aggregate(in_group=in_group, inner=False)
        if form == 2:
            left, right = self._term(in_group=in_group), self._term(in_group=in_group)
            return c.Arithmetic(operator="/", left=left, right=right)
        return self._calculated(in_group=in_group) if form == 3 else self._term(in_group=in_group)

    def _calculated(self, *, in_group: bool) -> c.Expression:
        operator = self.chance.choice(("+", "-", "*"))
        left = self._term(in_group=in_group)
        right = self._term(in_group=in_group)
        if operator == "*":
            right = c.Constant(value=self.chance.choice((2, Decimal("1.5"), -1)))
        return c.Arithmetic(operator=operator, left=left, right=right)

    def _term(self, *, in_group: bool) -> c.Expression:
        form = self.chance.randrange(4)
        if form == 0:
            return c.Constant(value=self.chance.choice((1, 2, 3, 20, Decimal("0.5"), Decimal("269.99"), -1)))
        if form == 1 and not in_group:
            names = [entry.name for entry in self.catalogue.attributes.values() if entry.type in NUMERIC]
            return c.Field(name=self.chance.choice(names))
        return self._aggregate(in_group=in_group, inner=True)

    def _aggregate(self, *, in_group: bool, inner: bool) -> c.Aggregate:
        """Return an aggregate; an inner one is no average."""
        window = self.window(is_shared=in_group)
        kinds = ["count", "sum", "smallest", "largest", "distinct"] + ([] if inner else ["average"])
        kind = self.chance.choice(kinds)
        name = self.chance.choice(self.events)
        wanted = None if kind == "distinct" else NUMERIC
        found = [pair for pair in self._properties(name, wanted) if pair[1] not in {T.TEXT_LIST, T.PLACE}]
        if kind == "count" or not found:
            return c.Aggregate(kind="count", pattern=self.pattern(name), window=window)
        return c.Aggregate(
            kind=kind,  # type: ignore[arg-type]  # one of the list above
            pattern=self.pattern(name),
            property=c.Field(name=self.chance.choice(found)[0]),
            window=window,
        )

    def _per_key(self) -> c.Condition:
        """Ask for a key that every event has; the events inside are drawn from those that share it."""
        keys = ["day"]
        names = {
            name for event in self.events for name, kind in self._properties(event) if kind is not T.TEXT_LIST
        }
        shared = sorted(names)
        if shared and self._is(0.7):
            keys = [self.chance.choice(shared), *([] if self._is(0.6) else ["day"])]
        having = [
            event
            for event in self.events
            if all(key == "day" or key in dict(self._properties(event)) for key in keys)
        ]
        inside = Maker(chance=self.chance, catalogue=self.catalogue, events=having, now=self.now)
        return c.PerKey(keys=tuple(keys), condition=inside._joined(inside._in_group, 1))

    def _in_group(self) -> c.Condition:
        if self._is(0.5):
            return self._measure(in_group=True)
        return self._counted(self.window(is_shared=True))
