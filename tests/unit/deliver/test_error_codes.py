"""The catalogue of error codes: complete, worded for people, and decided code by code."""

import typing
from itertools import pairwise

import pytest

from rulecast.deliver.error_code import (
    LANGUAGES,
    OF_SENDING,
    UNLISTED,
    CodeAction,
    CodeOutcome,
    CodeScope,
    describe_error_code,
    error_codes,
    find_error_code,
)

NONE, HOLD, STOP = CodeAction.NONE, CodeAction.HOLD, CodeAction.STOP_ALL
TEMPLATE, NUMBER = CodeAction.PAUSE_TEMPLATE, CodeAction.PAUSE_NUMBER
AGAIN, KEPT, REFUSED = CodeOutcome.AGAIN, CodeOutcome.KEPT, CodeOutcome.REFUSED
SPENT, UNKNOWN = CodeOutcome.SPENT, CodeOutcome.UNKNOWN

# Every code of 6.1 to 6.4 that a message can meet: as an answer, and as a failed status.
DECISIONS = [
    *((code, KEPT, STOP, NONE) for code in (0, 3, 10, 190, 200, 250, 299, 131005)),
    *((code, KEPT, STOP, STOP) for code in (368, 131031, 131042)),
    *((code, KEPT, NUMBER, NONE) for code in (33, 131037, 131045, 133000, 133006, 133010, 133015)),
    *((code, KEPT, HOLD, NONE) for code in (32, 131044, 134011)),
    *((code, AGAIN, CodeAction.RETRY_AFTER, NONE) for code in (4, 17, 613, 80007, 80008, 132069, 134101)),
    *((code, UNKNOWN, NONE, NONE) for code in (1, 2, 131000, 131016, 133004)),
    *(
        (code, REFUSED, NONE, NONE)
        for code in (100, 2494010, 131008, 131009, 131030, 131047, 131051, 131052, 131055)
    ),
    *((code, REFUSED, NONE, NONE) for code in (131062, 132005, 132008, 132018, 134100, 137000)),
    *((code, KEPT, TEMPLATE, NONE) for code in (132000, 132001, 132007, 132012, 132068, 134102)),
    *((code, KEPT, TEMPLATE, TEMPLATE) for code in (132015, 132016)),
    (131053, REFUSED, CodeAction.RENEW_FILES, CodeAction.RENEW_FILES),
    (131057, UNKNOWN, CodeAction.RETRY_AFTER, NONE),
    (130429, AGAIN, CodeAction.SLOW_NUMBER, NONE),
    (131056, AGAIN, CodeAction.PAUSE_PAIR, NONE),
    (131048, KEPT, NUMBER, NUMBER),
    (130497, REFUSED, CodeAction.HOLD_COUNTRY, CodeAction.HOLD_COUNTRY),
    (131063, KEPT, CodeAction.HOLD_MARKETING, NONE),
    (131064, KEPT, CodeAction.HOLD_UTILITY, CodeAction.HOLD_UTILITY),
    (131049, SPENT, CodeAction.REST_MARKETING, CodeAction.REST_MARKETING),
    (130472, SPENT, CodeAction.REST_MARKETING, CodeAction.REST_MARKETING),
    (131026, SPENT, CodeAction.COUNT_UNDELIVERED, CodeAction.COUNT_UNDELIVERED),
    (131050, REFUSED, CodeAction.SUPPRESS_CONTACT, CodeAction.SUPPRESS_CONTACT),
    *((code, REFUSED, CodeAction.SUPPRESS_CONTACT, NONE) for code in (131021, 130403)),
    (135000, SPENT, NONE, NONE),
]
# 6.4 to 6.6: management, groups, calls, flows, usernames.
OF_NO_MESSAGE = [
    *(133005, 133008, 133009, 133016, 2388012, 2388091, 2388093, 2388103, 141002, 1752041),
    *(2388019, 2388023, 2388024, 2388039, 2388040, 2388047, 2388072, 2388073, 2388109, 2388293, 2388299),
    *(2494164, 2494168, 2494176, 2494177, 2494179, 2494100, 200005, 200007, 200002),
    *(139000, 139004, 139100, 139101, 139102, 139103, 131020, 131041, 131059, 131060, 131201, 131215),
    *(138000, 138018, 147001, 147005, 2593107, 2593109),
]


def test_no_code_is_listed_twice_and_the_table_is_in_order() -> None:
    ranges = [(row.first_code, row.last_code) for row in error_codes()]
    assert ranges == sorted(ranges)
    assert all(one[1] < two[0] for one, two in pairwise(ranges))
    assert all(first <= last for first, last in ranges)


@pytest.mark.parametrize(("code", "outcome", "action", "status_action"), DECISIONS)
def test_a_code_decides_as_an_answer_and_as_a_failed_status(
    code: int, outcome: CodeOutcome, action: CodeAction, status_action: CodeAction
) -> None:
    found = describe_error_code(code)
    assert (found.outcome, found.action, found.status_action) == (outcome, action, status_action)


def test_every_code_a_message_can_meet_has_its_decision_here() -> None:
    decided = {describe_error_code(code).first_code for code, *_ in DECISIONS}
    assert decided == {row.first_code for row in error_codes() if row.seen in OF_SENDING}


@pytest.mark.parametrize("code", OF_NO_MESSAGE)
def test_a_code_no_message_should_meet_is_told_and_holds(code: int) -> None:
    found = find_error_code(code)
    assert found is not None
    assert found.status_action is NONE
    assert describe_error_code(code) is UNLISTED


def test_the_design_lists_exactly_what_is_surely_not_sent() -> None:
    surely = {row.first_code for row in error_codes() if row.is_surely_not_sent}
    assert surely == {4, 17, 613, 80007, 80008, 130429, 131056, 132069, 134101}
    assert all(describe_error_code(code).wait_seconds > 0 for code in surely)


def test_every_row_is_worded_in_every_language() -> None:
    for row in error_codes():
        assert set(row.wordings) == set(LANGUAGES)
        for wording in row.wordings.values():
            assert wording.what.endswith(".")
            assert len(wording.what) > 15
            assert wording.what_to_do.endswith(".")
            assert len(wording.what_to_do) > 15
        assert row.wordings["en"] != row.wordings["fr"]


def test_every_row_uses_known_words() -> None:
    scopes = set(typing.get_args(CodeScope))
    for row in error_codes():
        assert row.scope in scopes
        assert row.seen in OF_SENDING | {"inbound", "management"}
        assert row.kind in {"code", "subcode"}
        assert row.section in {"6.1", "6.2", "6.3", "6.4", "6.5", "6.6"}
        if row.seen not in {"both", "status"}:
            assert row.status_action is NONE


def test_waits_grow_as_the_reference_says() -> None:
    pair, marketing = describe_error_code(131056), describe_error_code(131049)
    assert [pair.wait_after(times) for times in (1, 2, 3, 4)] == [1, 4, 16, 64]
    assert [marketing.wait_after(times) // 3600 for times in (1, 2, 3, 4)] == [24, 72, 168, 168]
    assert describe_error_code(131057).wait_seconds == 60
    assert describe_error_code(130472).wait_seconds == 30 * 86_400
    assert describe_error_code(100).wait_after(3) == 0
