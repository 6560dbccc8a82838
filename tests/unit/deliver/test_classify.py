"""What an answer means, code by code; whatever is not surely one thing is a doubt."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulecast.deliver.classify import Accepted, Rejected, classify
from rulecast.deliver.error_code import OF_SENDING, CodeAction, CodeOutcome, describe_error_code, error_codes
from rulecast.deliver.transport import Answered, Lost, NotSent

# The closed list of codes that Meta answers before it looks at the message (design: surely not sent).
PREPROCESSING = {4, 17, 613, 80007, 80008, 130429, 131056, 132069, 134101}
DOUBTFUL = {1, 2, 131000, 131016, 131057, 133004}
# Codes a permit stays spent for.
SPENT = {131049, 131026, 130472, 135000}


def graph_error(code: int, status: int = 400) -> Answered:
    return Answered(status, json.dumps({"error": {"code": code, "message": "x"}}).encode())


def outcome_of(result: Answered | Lost | NotSent) -> CodeOutcome | None:
    found = classify(result)
    return found.outcome if isinstance(found, Rejected) else None


@pytest.mark.parametrize("code", sorted(PREPROCESSING))
def test_a_preprocessing_code_is_surely_not_sent(code: int) -> None:
    assert outcome_of(graph_error(code)) is CodeOutcome.AGAIN
    assert describe_error_code(code).wait_seconds > 0


def test_no_other_code_is_ever_sent_again_by_itself() -> None:
    again = {row.first_code for row in error_codes() if row.outcome is CodeOutcome.AGAIN}
    assert again == PREPROCESSING


@pytest.mark.parametrize("code", sorted(DOUBTFUL))
def test_a_doubtful_code_is_unknown(code: int) -> None:
    assert outcome_of(graph_error(code)) is CodeOutcome.UNKNOWN


@pytest.mark.parametrize("code", sorted(SPENT))
def test_a_code_about_the_person_keeps_the_permit_spent(code: int) -> None:
    assert outcome_of(graph_error(code)) is CodeOutcome.SPENT


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (130429, CodeAction.SLOW_NUMBER),
        (131056, CodeAction.PAUSE_PAIR),
        (132015, CodeAction.PAUSE_TEMPLATE),
        (132001, CodeAction.PAUSE_TEMPLATE),
        (131048, CodeAction.PAUSE_NUMBER),
        (131050, CodeAction.SUPPRESS_CONTACT),
        (190, CodeAction.STOP_ALL),
        (250, CodeAction.STOP_ALL),
        (368, CodeAction.STOP_ALL),
        (131042, CodeAction.STOP_ALL),
    ],
)
def test_a_code_asks_for_its_action(code: int, action: CodeAction) -> None:
    found = classify(graph_error(code))
    assert isinstance(found, Rejected)
    assert found.action is action


def test_a_number_that_is_gone_or_forbidden_holds_and_costs_no_message() -> None:
    gone = {"error": {"code": 100, "error_subcode": 33, "message": "Unsupported post request."}}
    found = classify(Answered(status=400, body=json.dumps(gone).encode(), usage=""))
    assert isinstance(found, Rejected)
    assert (found.code, found.outcome, found.action) == (33, CodeOutcome.KEPT, CodeAction.PAUSE_NUMBER)
    # Any other subcode says what is wrong with the request.
    gone["error"]["error_subcode"] = 2494010
    assert outcome_of(Answered(status=400, body=json.dumps(gone).encode(), usage="")) is CodeOutcome.REFUSED
    assert outcome_of(graph_error(2494010)) is CodeOutcome.REFUSED


@given(st.integers(-(10**9), 10**9).filter(lambda code: describe_error_code(code).first_code == -1))
def test_an_unlisted_code_holds_f27(code: int) -> None:
    found = classify(graph_error(code))
    assert isinstance(found, Rejected)
    assert (found.outcome, found.action) == (CodeOutcome.HELD, CodeAction.HOLD)


@given(
    st.sampled_from([row.first_code for row in error_codes() if row.seen in OF_SENDING]),
    st.integers(500, 599),
)
def test_any_5xx_is_unknown_whatever_its_body_says(code: int, status: int) -> None:
    assert outcome_of(graph_error(code, status)) is CodeOutcome.UNKNOWN


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_answer_of_any_shape_raises_or_counts_as_surely_not_sent(status: int, body: bytes) -> None:
    found = classify(Answered(status, body))
    if isinstance(found, Rejected):
        assert found.outcome is CodeOutcome.UNKNOWN


def test_what_was_lost_is_unknown_and_what_never_left_is_sent_again() -> None:
    assert outcome_of(Lost("time_out")) is CodeOutcome.UNKNOWN
    assert outcome_of(Answered(200, None)) is CodeOutcome.UNKNOWN
    assert outcome_of(NotSent("not_connected")) is CodeOutcome.AGAIN


@pytest.mark.parametrize(
    ("word", "is_held"), [("accepted", False), ("held_for_quality_assessment", True), ("paused", True)]
)
def test_the_word_of_a_success_is_heard_f11(word: str, is_held: bool) -> None:
    body = json.dumps({"messages": [{"id": "wamid.1", "message_status": word}]}).encode()
    assert classify(Answered(200, body)) == Accepted(wamid="wamid.1", is_held=is_held)


def test_an_accepted_message_never_shows_its_wamid() -> None:
    assert "wamid" not in repr(Accepted(wamid="wamid.HBgL"))


# Every code of the reference's catalogue that an answer to a send, or a failed status, can carry.
CATALOGUE = [
    *(0, 3, 10, 190, 200, 299, 131005, 368, 130497, 131031, 131037, 131042, 131044, 131045, 131057),
    *(4, 17, 32, 613, 80007, 80008, 130429, 131048, 131056, 131064),
    *(1, 2, 33, 100, 131000, 131008, 131009, 131016, 131021, 131026, 131030, 131047, 131049, 131050, 131051),
    *(131053, 131055, 131062, 131063, 130403, 130472, 132000, 132001, 132005, 132007, 132008, 132012, 132015),
    *(132016, 132018, 132068, 132069, 134011, 134100, 134101, 134102, 135000, 137000),
    *(133000, 133004, 133006, 133010, 133015),
]


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_code_that_sending_can_meet_is_listed(code: int) -> None:
    assert describe_error_code(code).first_code != -1


@pytest.mark.parametrize(
    ("usage", "wait_seconds"),
    [
        ('{"102290129340398": [{"call_count": 100, "estimated_time_to_regain_access": 12}]}', 720),
        (
            '{"1": [{"estimated_time_to_regain_access": 1}], "2": [{"estimated_time_to_regain_access": 30}]}',
            1800,
        ),
        ('{"1": [{"estimated_time_to_regain_access": 1}]}', 300),
        ('{"1": [{"estimated_time_to_regain_access": 999999}]}', 86_400),
        ('{"1": [{"estimated_time_to_regain_access": -5}]}', 300),
        ("not json", 300),
        ("[]", 300),
        ("{}", 300),
        ("", 300),
    ],
)
def test_meta_says_when_it_takes_calls_again(usage: str, wait_seconds: int) -> None:
    answer = graph_error(80007)
    found = classify(Answered(answer.status, answer.body, usage))
    assert isinstance(found, Rejected)
    assert found.wait_seconds == wait_seconds
