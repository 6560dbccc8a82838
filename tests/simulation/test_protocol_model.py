"""Every interleaving of the sending protocol, counted; and wrong protocols, each of which must be found out."""

import pytest
from tests.simulation.protocol_model import Variant, search

# Another number of states means that the model has changed: look at what, then write the new number down.
STATES = {
    Variant(messages=2, faults=1, refusals=0): 90_992,
    Variant(messages=1, faults=2, refusals=1): 22_352,
}


@pytest.mark.parametrize("variant", STATES, ids=["two_messages", "two_faults"])
def test_no_interleaving_of_the_protocol_breaks_a_promise_f15_f49(variant: Variant) -> None:
    found = search(variant)
    print(f"{found.states} states")
    assert (found.broken, found.way) == (frozenset(), ())
    assert found.states == STATES[variant]


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        (Variant(messages=1, locks_and_reads_at_once=True), "intent after an opt-out"),
        (Variant(messages=1, recovers_to_planned=True), "two acceptances"),
        (Variant(messages=1, resends_unknown=True), "two acceptances"),
        (Variant(messages=1, ignores_fence=True), "stuck"),
        (Variant(messages=1, ignores_stop=True), "intent after a stop"),
        (Variant(messages=1, ignores_stop=True), "request after a stop was heard"),
        (Variant(messages=1, writes_blindly=True), "acceptance forgotten"),
    ],
)
def test_a_wrong_protocol_is_found_out(wrong: Variant, broken: str) -> None:
    found = search(wrong)
    assert broken in found.broken
    assert found.way, "the way there is told"
