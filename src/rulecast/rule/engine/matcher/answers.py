"""How one atom is answered for a whole batch: by looking its constants up among the values that occur."""

from collections.abc import Callable, Hashable, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, Literal, TypeAlias

from rulecast.rule.engine.instants import cut_of, today
from rulecast.rule.engine.matcher.batch import Batch, ColumnKey, column_key
from rulecast.rule.engine.matcher.columns import Column
from rulecast.rule.engine.matcher.places import Mask
from rulecast.rule.engine.matcher.records import TriggerEvent
from rulecast.rule.engine.reference import evaluate
from rulecast.rule.engine.reference_fields import event_value, field_holds, person_value
from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType

Scope: TypeAlias = Literal["event", "person"]
Answer: TypeAlias = Callable[[Batch], Mask]


def field_answer(atom: c.FieldAtom, scope: Scope) -> Answer:  # noqa: PLR0911 - one return per kind
    """Return the answer of an atom on an attribute of the person or on a property of the event."""
    key = column_of(atom.field, scope)
    match atom:
        case c.Comparison():
            return _comparison(key, atom.operator, atom.value.value)
        case c.OneOf():
            return _any_of(key, [wanted.value for wanted in atom.values])
        case c.Between():
            return _between(key, atom)
        case c.Contains() if atom.field.type is AttributeType.TEXT_LIST:
            wanted = [one.value for one in atom.values]
            return _all_of(key, wanted) if atom.mode == "all" else _any_of(key, wanted)
        case c.Presence():
            if atom.is_set:
                return lambda batch: batch.column(key).present
            return lambda batch: batch.all ^ batch.column(key).present
        case c.Ago():
            return _ago(key, atom)
        case c.FieldWindow():
            return _field_window(key, atom)
        case _:
            return _each_value(atom, scope)


def column_of(field: c.Field, scope: Scope) -> ColumnKey:
    """Return the column in which the values of a field stand."""
    if field.years_since is not None:
        return column_key("age", field.years_since, field.zone)
    if field.type is AttributeType.TEXT_LIST:
        return column_key("event list" if scope == "event" else "person list", field.name)
    return column_key(scope, field.name)


def _comparison(key: ColumnKey, operator: c.Operator, value: Any) -> Answer:
    match operator:
        case "=":
            return lambda batch: batch.column(key).equal(value)
        case "!=":
            return lambda batch: batch.all ^ batch.column(key).equal(value)
        case "<":
            return lambda batch: batch.column(key).less(value)
        case "<=":
            return lambda batch: batch.column(key).at_most(value)
        case ">":
            return lambda batch: _rest(batch.column(key), batch.column(key).at_most(value))
        case ">=":
            return lambda batch: _rest(batch.column(key), batch.column(key).less(value))


def _rest(column: Column, lower: Mask) -> Mask:
    return column.present ^ lower


def _any_of(key: ColumnKey, wanted: Sequence[Any]) -> Answer:
    def answer(batch: Batch) -> Mask:
        column = batch.column(key)
        return reduce(or_, map(column.equal, wanted), 0)

    return answer


def _all_of(key: ColumnKey, wanted: Sequence[Any]) -> Answer:
    def answer(batch: Batch) -> Mask:
        return reduce(and_, map(batch.column(key).equal, wanted))

    return answer


def _between(key: ColumnKey, atom: c.Between) -> Answer:
    low, high = atom.low.value, atom.high.value
    is_open = atom.field.type is AttributeType.INSTANT

    def answer(batch: Batch) -> Mask:
        column = batch.column(key)
        up_to = column.less(high) if is_open else column.at_most(high)
        return up_to & _rest(column, column.less(low))

    return answer


def _ago(key: ColumnKey, atom: c.Ago) -> Answer:
    def answer(batch: Batch) -> Mask:
        column = batch.column(key)
        before = column.less(cut_of(atom, batch.now))
        return before if atom.direction == "before" else _rest(column, before)

    return answer


def _field_window(key: ColumnKey, atom: c.FieldWindow) -> Answer:
    def answer(batch: Batch) -> Mask:
        middle: Any = today(atom.zone, batch.now) if atom.field.type is AttributeType.DATE else batch.now
        is_next = atom.direction == "next"
        start, end = (
            (middle, middle + atom.duration.length) if is_next else (middle - atom.duration.length, middle)
        )
        column = batch.column(key)
        return column.less(end) & _rest(column, column.less(start))

    return answer


def _each_value(atom: c.FieldAtom, scope: Scope) -> Answer:
    """Ask the reference once for each value that occurs and, where the local day matters, each zone."""
    has_zone = isinstance(atom, c.Anniversary)
    field = atom.field

    def value_of(one: TriggerEvent, batch: Batch) -> Any:
        return (
            event_value(field, one.event) if scope == "event" else person_value(field, one.person, batch.now)
        )

    def answer(batch: Batch) -> Mask:
        def alike(one: TriggerEvent) -> Hashable:
            value = value_of(one, batch)
            return tuple(value) if isinstance(value, list) else value, one.person.zone if has_zone else None

        groups = batch.groups((scope, field.name, field.years_since, field.zone, has_zone), alike)
        return reduce(
            or_,
            (
                mask
                for one, mask in groups
                if field_holds(atom, value_of(one, batch), batch.now, one.person.zone)
            ),
            0,
        )

    return answer


def person_answer(atom: c.Atom) -> Answer:
    """Return the answer of an atom on a person that is no attribute."""
    match atom:
        case c.HasTag():
            return _any_of(column_key("tags"), [atom.tag])
        case c.HasLabel():
            wanted = atom.label if atom.value is None else f"{atom.label}={atom.value}"
            return _any_of(column_key("labels"), [wanted])
        case c.ConsentGranted(purpose=purpose):
            return _each_person(atom, ("consent", purpose), lambda one: one.person.consents.get(purpose))
        case c.LocalTime() | c.LocalWeekday():
            return _each_person(atom, "zone", lambda one: one.person.zone)
        case c.Everybody():
            return lambda batch: batch.all
        case _:
            return _each_person(atom, "person", lambda one: one.person.contact_id)


def _each_person(atom: c.Atom, key: Hashable, alike: Callable[[TriggerEvent], Hashable]) -> Answer:
    """Ask the reference once for each kind of person that occurs."""

    def answer(batch: Batch) -> Mask:
        groups = batch.groups(key, alike)
        return reduce(or_, (mask for one, mask in groups if evaluate(atom, one.person, batch.now)), 0)

    return answer
