"""Random conditions over the catalogue of `rule_world`, with constants that hit the people there."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from tests.generative.rule_world import CATALOGUE, INSTANTS, TAGS, TEXTS

from rulecast.rule.language import condition as c
from rulecast.values.catalogue import AttributeType as T

OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
HALF_DAYS = (1, 2, 4, 6, 8, 14, 28, 60, 120, 700)

hours = st.sampled_from(HALF_DAYS).map(lambda count: c.Duration(amount=12 * count, unit="hours"))
days = st.sampled_from((1, 2, 3, 7, 30, 365)).map(lambda count: c.Duration(amount=count, unit="days"))
weeks = st.sampled_from((1, 2, 4)).map(lambda count: c.Duration(amount=count, unit="weeks"))
durations = st.one_of(hours, days, weeks)
dates = st.sampled_from(INSTANTS).flatmap(
    lambda now: st.sampled_from((0, 1, 7, 30, 366)).map(lambda back: now.date() - timedelta(days=back))
)
instants = st.sampled_from(INSTANTS).flatmap(
    lambda now: st.sampled_from(HALF_DAYS).map(
        lambda back: (now - timedelta(hours=12 * back)).replace(microsecond=0).astimezone(UTC)
    )
)
SCALARS: dict[T, st.SearchStrategy[c.Scalar]] = {
    T.TEXT: st.sampled_from((*TEXTS, "MA", "pt_BR", "STRASSE")),
    T.TEXT_LIST: st.sampled_from(TEXTS),
    T.INTEGER: st.sampled_from((-1, 0, 1, 2, 17, 18, 30, 10**17)),
    T.DECIMAL: st.sampled_from((0, Decimal("0.0001"), Decimal("-3.5"), 500, Decimal("269.99"))),
    T.BOOLEAN: st.booleans(),
    T.DATE: dates,
    T.INSTANT: st.one_of(instants, dates),
}


def pick(*choices: st.SearchStrategy[c.Condition]) -> st.SearchStrategy[c.Condition]:
    """Choose among kinds first: `one_of` would flatten them, and attributes would leave events no chance."""
    return st.integers(0, len(choices) - 1).flatmap(lambda number: choices[number])


def constants(kind: T) -> st.SearchStrategy[c.Constant]:
    return SCALARS[kind].map(lambda value: c.Constant(value=value))


def _field_atoms(name: str, kind: T, *, is_derived: bool) -> st.SearchStrategy[c.Condition]:
    field = c.Field(name=name)
    ages = st.sampled_from((0, 17, 18, 19, 30, 70, 150)).map(lambda value: c.Constant(value=value))
    values = ages if is_derived else constants(kind)
    found: list[st.SearchStrategy[c.Condition]] = [
        st.booleans().map(lambda is_set: c.Presence(field=field, is_set=is_set))
    ]
    lists = st.lists(values, min_size=1, max_size=3).map(tuple)
    if kind is not T.TEXT_LIST:
        operators = st.sampled_from(OPERATORS if kind not in {T.TEXT, T.BOOLEAN} else ("=", "!="))
        found.append(st.builds(c.Comparison, field=st.just(field), operator=operators, value=values))
        found.append(st.builds(c.OneOf, field=st.just(field), values=lists))
    if kind in {T.INTEGER, T.DECIMAL, T.DATE, T.INSTANT}:
        found.append(st.tuples(values, values).map(lambda pair: _between(field, *pair)))
    if kind in {T.DATE, T.INSTANT}:
        lengths = st.one_of(days, weeks) if kind is T.DATE else durations
        directions = st.sampled_from(("before", "after"))
        found.append(st.builds(c.Ago, field=st.just(field), direction=directions, duration=lengths))
    if kind in {T.TEXT, T.TEXT_LIST}:
        found.append(values.map(lambda value: c.Contains(field=field, mode="one", values=(value,))))
        modes = st.sampled_from(("any", "all"))
        found.append(st.builds(c.Contains, field=st.just(field), mode=modes, values=lists))
    if kind is T.TEXT:
        found.append(st.builds(c.StartsWith, field=st.just(field), prefix=values))
    return pick(*found)


def _day_of(constant: c.Constant) -> tuple[date, bool]:
    value = constant.value
    return (value.date(), True) if isinstance(value, datetime) else (value, False)  # type: ignore[return-value]  # dates only


def _between(field: c.Field, one: c.Constant, other: c.Constant) -> c.Condition:
    """Order the ends so that something can lie between them; ends on one day become one comparison."""
    if isinstance(one.value, date):
        (first, _), (last, _) = _day_of(one), _day_of(other)
        if abs((first - last).days) < 2:
            return c.Comparison(field=field, operator=">=", value=one)
        low, high = (one, other) if first < last else (other, one)
        return c.Between(field=field, low=low, high=high)
    low, high = sorted((one, other), key=lambda constant: Decimal(str(constant.value)))
    return c.Between(field=field, low=low, high=high)


ATTRIBUTE_ATOMS = pick(
    *[
        _field_atoms(entry.name, entry.type, is_derived=entry.derived_from is not None)
        for entry in CATALOGUE.attributes.values()
        if not entry.is_sealed and entry.name != "gender"
    ]
)


def joined(atoms: st.SearchStrategy[c.Condition], max_leaves: int) -> st.SearchStrategy[c.Condition]:
    """Return conditions of atoms under and, or, not."""

    def deeper(parts: st.SearchStrategy[c.Condition]) -> st.SearchStrategy[c.Condition]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            several.map(lambda found: c.And(parts=found)),
            several.map(lambda found: c.Or(parts=found)),
            parts.map(lambda part: c.Not(part=part)),
        )

    return st.recursive(atoms, deeper, max_leaves=max_leaves)


def patterns(*names: str) -> st.SearchStrategy[c.EventPattern]:
    return st.one_of([_patterns_of(name) for name in names])


def _patterns_of(name: str) -> st.SearchStrategy[c.EventPattern]:
    event = CATALOGUE.event(name)
    assert event is not None
    atoms = st.one_of(
        [
            _field_atoms(key, kind, is_derived=False)
            for key, kind in event.properties.items()
            if key != "variant"
        ]
    )
    # Two in three events are plain: a `where` leaves few events on the edges of windows.
    conditions_on_event = joined(atoms, 3)
    return st.integers(0, 2).flatmap(
        lambda number: (
            conditions_on_event.map(lambda condition: c.EventPattern(event=name, where=condition))
            if number == 0
            else st.just(c.EventPattern(event=name))
        )
    )


WINDOWS = st.one_of(
    st.none(),
    durations.map(lambda duration: c.LastWindow(duration=duration)),
    st.tuples(instants, st.sampled_from((3, 40, 400))).map(
        lambda pair: c.AbsoluteWindow(
            start=c.Constant(value=pair[0]), end=c.Constant(value=(pair[0] + timedelta(days=pair[1])).date())
        )
    ),
)
ANY_EVENT = patterns("purchase", "visit", "click", "message")
CLOSE = st.sampled_from((12, 24, 48, 168)).map(lambda count: c.Duration(amount=count, unit="hours"))


@st.composite
def sequences(draw: st.DrawFn) -> c.DidThen:
    first, second = draw(patterns("purchase", "visit")), draw(patterns("purchase", "visit"))
    both = "category", "pieces"
    same = draw(st.sampled_from(((), ("category",), both)))
    return c.DidThen(
        first=first,
        second=second,
        then_not=draw(st.booleans()),
        within=draw(CLOSE),
        same=same,
        window=draw(WINDOWS),
    )


@st.composite
def sums(draw: st.DrawFn) -> c.SumOf:
    name, kind = draw(st.sampled_from((("amount", T.DECIMAL), ("pieces", T.INTEGER))))
    return c.SumOf(
        pattern=draw(patterns("purchase")),
        property=c.Field(name=name),
        operator=draw(st.sampled_from(OPERATORS)),
        value=draw(constants(kind)),
        window=draw(WINDOWS),
    )


EVENT_ATOMS = pick(
    st.builds(
        c.Did, pattern=ANY_EVENT, minimum=st.sampled_from((1, 1, 2, 3)), window=WINDOWS, negated=st.booleans()
    ),
    st.builds(
        c.DidInPeriods,
        pattern=patterns("purchase", "visit"),
        minimum=st.sampled_from((1, 2, 3)),
        unit=st.sampled_from(("days", "weeks", "months")),
        window=WINDOWS,
        negated=st.booleans(),
    ),
    sequences(),
    sequences(),
    sums(),
    sums(),
    durations.map(lambda duration: c.SilentFor(duration=duration)),
)
TAG_ATOMS: st.SearchStrategy[c.Condition] = st.sampled_from((*TAGS, "VIP")).map(lambda tag: c.HasTag(tag=tag))
CONSENTS: st.SearchStrategy[c.Condition] = st.one_of(
    st.sampled_from(("marketing", "service")).map(lambda purpose: c.ConsentGranted(purpose=purpose)),
    st.builds(
        c.ConsentGranted,
        purpose=st.just("marketing"),
        direction=st.sampled_from(("before", "after")),
        duration=durations,
    ),
)
FREE = joined(pick(ATTRIBUTE_ATOMS, ATTRIBUTE_ATOMS, EVENT_ATOMS, EVENT_ATOMS, EVENT_ATOMS, TAG_ATOMS), 6)


@st.composite
def conditions(draw: st.DrawFn) -> c.Condition:
    """Return a condition; consent stands where it may, never below a negation."""
    condition = draw(FREE)
    if draw(st.integers(0, 4)) > 0:
        return condition
    consent = draw(CONSENTS)
    if draw(st.booleans()):
        parts = (*condition.parts, consent) if isinstance(condition, c.And) else (condition, consent)
        return c.And(parts=parts)
    parts = (*condition.parts, consent) if isinstance(condition, c.Or) else (condition, consent)
    return c.Or(parts=parts)
