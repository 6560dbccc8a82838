"""Random conditions for property tests, made by `rule_maker` from the choices of hypothesis, so that they shrink."""

import random
from datetime import UTC, timedelta

from hypothesis import strategies as st
from tests.generative.rule_maker import Maker
from tests.generative.rule_values import HALF_DAYS
from tests.generative.rule_world import CATALOGUE, EVENTS, INSTANTS, T

from rulecast.rule.language import condition as c

durations = st.one_of(
    st.sampled_from(HALF_DAYS).map(lambda count: c.Duration(amount=12 * count, unit="hours")),
    st.sampled_from((1, 2, 3, 7, 30, 365)).map(lambda count: c.Duration(amount=count, unit="days")),
    st.sampled_from((1, 2, 4)).map(lambda count: c.Duration(amount=count, unit="weeks")),
)
instants = st.sampled_from(INSTANTS).flatmap(
    lambda now: st.sampled_from(HALF_DAYS).map(
        lambda back: (now - timedelta(hours=12 * back)).replace(microsecond=0).astimezone(UTC)
    )
)
_choices = st.randoms(use_true_random=False)


def _maker(chance: random.Random) -> Maker:
    return Maker(chance=chance, catalogue=CATALOGUE, events=EVENTS, now=INSTANTS[0])


def constants(kind: T) -> st.SearchStrategy[c.Constant]:
    """Return constants of a type, as written."""
    return _choices.map(lambda chance: _maker(chance).constant(kind))


def conditions() -> st.SearchStrategy[c.Condition]:
    """Return conditions of every kind over the catalogue of `rule_world`."""
    return _choices.map(lambda chance: _maker(chance).condition())


ANY_EVENT: st.SearchStrategy[c.EventPattern] = _choices.map(lambda chance: _maker(chance).pattern())
