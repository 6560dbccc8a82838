"""When a condition changes its truth for a person if nothing happens: the wake-up of rules on entering."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rulecast.rule.engine.facts import PersonFacts
from rulecast.rule.engine.moments import TIMED_FIELD_ATOMS, is_timeless, moments_of, toggles
from rulecast.rule.engine.reference import evaluate, events_named
from rulecast.rule.engine.reference_fields import where_holds
from rulecast.rule.language import condition as c
from rulecast.rule.language.walk import atoms_of

# What one search may cost, in events looked at: about a tenth of a second. A longer search ends in an early
# wake-up, which costs one more evaluation and changes nobody's truth.
EVENTS_LOOKED_AT_MAX = 100_000
# An evaluation costs about as much as looking at so many events, even when there are none.
EVALUATION_COST = 50
# A year and a month: whoever waits longer for something is better told "not soon".
HORIZON = timedelta(days=400)
# A condition on the hour flips twice a day, 800 times in that horizon; ten such clocks are the most anybody wrote.
FLIPS_MAX = 10_000
# What the answer to "when would they match" may cost, in events looked at: some two seconds.
MATCH_EVENTS_LOOKED_AT_MAX = 2_000_000


@dataclass(slots=True)
class _Purse:
    """What is left to spend on a search."""

    left: int = EVENTS_LOOKED_AT_MAX

    def evaluate(self, condition: c.Condition, person: PersonFacts, at: datetime) -> bool:
        self.left -= len(person.events) + EVALUATION_COST
        return evaluate(condition, person, at)

    @property
    def is_empty(self) -> bool:
        return self.left <= 0


def next_flip(condition: c.Condition, person: PersonFacts, now: datetime) -> datetime | None:
    """Return the next instant after `now` at which a checked condition could change its truth if nothing happens.

    It is never later than the change itself, and the change itself wherever the search stays affordable; None where
    there is no change ever. It is a wake-up: evaluate then.
    """
    return _wake_up(condition, person, now, _Purse())


def next_match(
    condition: c.Condition, person: PersonFacts, now: datetime, *, horizon: timedelta = HORIZON
) -> datetime | None:
    """Return the first instant from `now` on at which a condition is true if nothing happens.

    None where it does not become so within the horizon, the most flips that are followed, or the cost allowed.
    """
    at: datetime | None = now
    left = MATCH_EVENTS_LOOKED_AT_MAX
    for _ in range(FLIPS_MAX):
        if at is None or at > now + horizon or left <= 0:
            return None
        if evaluate(condition, person, at):
            return at
        purse = _Purse()
        at = _wake_up(condition, person, at, purse)
        left -= EVENTS_LOOKED_AT_MAX - purse.left
    return None


def _wake_up(condition: c.Condition, person: PersonFacts, now: datetime, purse: _Purse) -> datetime | None:
    found = _flip(condition, person, now, purse)
    if found is None or found > now:
        return found
    # The purse was empty at once: the first instant at which any atom may change is still safe.
    firsts = (next(moments_of(atom, person, now), None) for atom in _all_atoms(condition))
    return min((moment for moment in firsts if moment is not None), default=None)


def _all_atoms(condition: c.Condition) -> list[c.Atom]:
    found: list[c.Atom] = []
    for atom in atoms_of(condition):
        if isinstance(atom, c.InSegment) and atom.condition is not None:
            found.extend(_all_atoms(atom.condition))
        else:
            found.append(atom)
    return found


def _flip(condition: c.Condition, person: PersonFacts, now: datetime, purse: _Purse) -> datetime | None:
    """Return an instant until which the truth surely stays, None for ever; `now` itself when the purse is empty."""
    match condition:
        case c.Not():
            return _flip(condition.part, person, now, purse)
        case c.InSegment():
            assert condition.condition is not None, "the resolve pass fills in the condition of a segment"
            return _flip(condition.condition, person, now, purse)
        case c.And() | c.Or():
            return _joined_flip(condition, person, now, purse)
        case c.Did() if _is_countable(condition):
            return _count_flip(condition, person, now)
        case _:
            return _atom_flip(condition, person, now, purse)


def _joined_flip(
    condition: c.And | c.Or, person: PersonFacts, now: datetime, purse: _Purse
) -> datetime | None:
    """One true part keeps `or` true and one false part keeps `and` false, as long as the longest-lived of them."""
    decisive = isinstance(condition, c.Or)
    moving = [part for part in condition.parts if not is_timeless(part)]
    still = (part for part in condition.parts if is_timeless(part))
    if not moving or any(purse.evaluate(part, person, now) is decisive for part in still):
        return None
    at = now
    holding = [part for part in moving if purse.evaluate(part, person, at) is decisive]
    while not purse.is_empty:
        flip = _last_flip(holding, person, at, purse) if holding else _first_flip(moving, person, at, purse)
        if flip is None or flip == at:
            return flip
        at, held = flip, bool(holding)
        holding = [part for part in moving if purse.evaluate(part, person, at) is decisive]
        if bool(holding) is not held:
            return at
    return at


def _last_flip(
    parts: list[c.Condition], person: PersonFacts, now: datetime, purse: _Purse
) -> datetime | None:
    latest = now
    for part in parts:
        flip = _flip(part, person, now, purse)
        if flip is None:
            return None
        latest = max(latest, flip)
    return latest


def _first_flip(
    parts: list[c.Condition], person: PersonFacts, now: datetime, purse: _Purse
) -> datetime | None:
    flips = (_flip(part, person, now, purse) for part in parts)
    return min((flip for flip in flips if flip is not None), default=None)


def _atom_flip(atom: c.Atom, person: PersonFacts, now: datetime, purse: _Purse) -> datetime | None:
    """Return the first of the instants in question at which the truth of an atom is another."""
    names = frozenset(events_named(atom))
    if names:
        # What else they did is not looked at again and again.
        person = replace(person, events=[event for event in person.events if event.name in names])
    at = now
    truth: bool | None = None
    for moment in moments_of(atom, person, now):
        if purse.is_empty:
            return at
        if truth is None:
            truth = purse.evaluate(atom, person, now)
        at = moment
        if purse.evaluate(atom, person, at) is not truth:
            return at
    return None


# ---- counts
def _is_countable(atom: c.Did) -> bool:
    """Return whether each event comes and goes by its own time alone, so that a running count is enough."""
    where = () if atom.pattern.where is None else atoms_of(atom.pattern.where)
    return not isinstance(atom.window, c.FirstWindow) and not any(
        isinstance(part, TIMED_FIELD_ATOMS) for part in where
    )


def _count_flip(atom: c.Did, person: PersonFacts, now: datetime) -> datetime | None:
    """Return when the number of matching events passes a bound of `did`, by a running count."""
    count = 0
    changes: Counter[datetime] = Counter()
    for event in person.events:
        if event.name == atom.pattern.event and where_holds(atom.pattern.where, event, now, person.zone):
            step = 1
            for moment in toggles(atom.window, event.occurred_at, person):
                if moment <= now:
                    count += step
                else:
                    changes[moment] += step
                step = -step
    holds = _counts(atom, count)
    for moment in sorted(changes):
        count += changes[moment]
        if _counts(atom, count) is not holds:
            return moment
    return None


def _counts(atom: c.Did, count: int) -> bool:
    return count >= atom.minimum and (atom.maximum is None or count <= atom.maximum)
