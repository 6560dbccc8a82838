"""Bodies of the corpus changed at random: whatever comes, the parser says what it read and breaks nothing."""

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.webhooks.corpus import cases
from tests.webhooks.invariants import check_body, mutate

# Large bodies of the corpus have their own test; here they would only take the time of many small ones.
BODY_BYTES_MAX = 3_000
BODIES = [case.body for case in cases() if len(case.body) <= BODY_BYTES_MAX]


def test_what_holds_of_every_body_holds_of_the_corpus() -> None:
    for case in cases():
        check_body(case.body)


@settings(max_examples=300)
@given(st.sampled_from(BODIES), st.integers(min_value=0, max_value=2**32))
def test_a_body_changed_at_random_is_read_without_an_error_f40_f41(body: bytes, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        body = mutate(body, chance)
        check_body(body)


@given(st.binary(max_size=200))
@example(
    b'{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{"\\ud800":1}}]}]}'
)
def test_any_bytes_keep_to_what_holds_of_every_body_f40(body: bytes) -> None:
    check_body(body)
