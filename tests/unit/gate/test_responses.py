"""The table of responses says of every signal what rests, and agrees with the tables that act upon signals."""

import re
from datetime import UTC, datetime
from typing import get_args

import pytest

from rulecast.account.reactions import reaction_of
from rulecast.collect.webhook_facts import AccountFact
from rulecast.deliver.error_code import UNLISTED, CodeAction, error_codes
from rulecast.gate.incidents.records import IncidentScope
from rulecast.gate.incidents.responses import (
    RESPONSE_SENTENCES,
    MadeBy,
    Response,
    SignalUnknownError,
    find_response,
    signal_of_drill,
    signal_responses,
)

OF_CODES = {
    CodeAction.PAUSE_NUMBER: Response.HOLD_NUMBER,
    CodeAction.HOLD: Response.HOLD_NUMBER,
    CodeAction.STOP_ALL: Response.STOP_ALL,
    CodeAction.HOLD_MARKETING: Response.HOLD_MARKETING,
    CodeAction.HOLD_UTILITY: Response.HOLD_UTILITY,
    CodeAction.HOLD_COUNTRY: Response.HOLD_COUNTRY,
}
OF_KINDS = {
    "all": Response.HOLD_NUMBER,
    "marketing": Response.HOLD_MARKETING,
    "utility": Response.HOLD_UTILITY,
    "business_initiated": Response.HOLD_BUSINESS,
    "customer_initiated": Response.HOLD_BUSINESS,
}


def test_every_row_is_whole() -> None:
    signals = [one.signal for one in signal_responses()]
    assert len(set(signals)) == len(signals)
    for one in signal_responses():
        assert one.made_by in get_args(MadeBy)
        assert one.scope in get_args(IncidentScope)
        assert one.alerts
        assert set(one.alerts) <= {"operator", "compliance", "admin"}
        assert one.steps
        assert one.meaning.endswith(".")
        assert one.source
        assert one.response not in one.raises_to
        assert find_response(one.signal.replace("[0-9]", "1").replace("*", "x")) is one
    assert set(RESPONSE_SENTENCES) == set(Response)


@pytest.mark.parametrize("row", [*error_codes(), UNLISTED], ids=lambda row: str(row.first_code))
def test_a_code_that_rests_more_than_its_message_stands_in_the_table_as_it_acts(row) -> None:
    expected = OF_CODES.get(row.action)
    if expected is not None and row.seen != "management":
        for code in {row.first_code, row.last_code}:
            assert find_response(f"code:{code}").response is expected


@pytest.mark.parametrize(
    "fact",
    [
        ("restriction", "ACCOUNT_RESTRICTION", {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING"}),
        (
            "restriction",
            "ACCOUNT_RESTRICTION",
            {"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"},
        ),
        ("restriction", "ACCOUNT_RESTRICTION", {"restriction_type": "RESTRICTED_UTILITY_TEMPLATES"}),
        ("restriction", "ACCOUNT_RESTRICTION", {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"}),
        ("restriction", "ACCOUNT_RESTRICTION", {"restriction_type": "RESTRICTED_USER_CALLS"}),
        ("restriction", "ACCOUNT_RESTRICTION", {"restriction_type": "SOMETHING_NEW"}),
        ("violation", "ACCOUNT_VIOLATION", {"violation_info.violation_type": "SCAM"}),
        ("violation", "ACCOUNT_VIOLATION", {"violation_info.violation_type": "UTILITY_TEMPLATE_MISUSE"}),
        ("ban", "DISABLED_UPDATE", {"ban_info.waba_ban_state": "DISABLE"}),
        ("ban", "DISABLED_UPDATE", {"ban_info.waba_ban_state": "SCHEDULE_FOR_DISABLE"}),
        ("disconnected", "ACCOUNT_DELETED", {}),
        ("review", "REJECTED", {}),
        ("alert", "OBA_REJECTED", {"alert_info.alert_severity": "CRITICAL"}),
        ("security", "PIN_CHANGED", {}),
        ("number_quality", "FLAGGED", {}),
        ("number_quality", "DOWNGRADE", {}),
    ],
    ids=lambda fact: "-".join((fact[0], *map(str, fact[2].values()))),
)
def test_a_webhook_holds_what_the_table_says(fact: tuple[str, str, dict[str, str]]) -> None:
    kind, event, details = fact
    reaction = reaction_of(
        AccountFact(
            kind=kind,  # type: ignore[arg-type] # the kinds of the table
            field="account_update",
            event=event,
            occurred_at=datetime(2026, 11, 17, tzinfo=UTC),
            details=details,
        )
    )
    row = find_response(reaction.incident)
    held = {OF_KINDS[one.kind] for one in reaction.holds if one.is_in_force}
    if row.made_by == "webhook":
        assert held == ({row.response} if row.response is not Response.NOTE else set())
    else:
        assert row.made_by == "machine"
        assert not held


def test_what_the_issue_names_is_answered() -> None:
    asked = {
        "code:131048": Response.HOLD_NUMBER,
        "code:131031": Response.STOP_ALL,
        "code:368": Response.STOP_ALL,
        "code:190": Response.STOP_ALL,
        "code:131042": Response.STOP_ALL,
        "template:status": Response.HOLD_TEMPLATE,
        "quality": Response.SLOW,
        "usual:opt_outs": Response.HOLD_RULE,
        "usual_of_number:blocks": Response.HOLD_MARKETING,
        "limit:failures": Response.HOLD_RULE,
        "broken:permit_without_consent": Response.STOP_ALL,
        "never_heard_of": Response.HOLD_NUMBER,
    }
    assert {cause: find_response(cause).response for cause in asked} == asked


def test_a_response_rises_one_step_at_a_time_and_stays_at_the_last() -> None:
    quality = find_response("quality")
    walked = [quality.response]
    for _ in range(4):
        walked.append(quality.next_after(walked[-1]))
    assert walked == ["slow", "hold_marketing", "hold_number", "hold_number", "hold_number"]
    assert find_response("code:190").next_after(Response.STOP_ALL) is Response.STOP_ALL


def test_only_signals_of_the_table_are_drilled() -> None:
    assert signal_of_drill("code:*").signal == "code:*"
    assert signal_of_drill("code:190").signal == "code:190"
    with pytest.raises(SignalUnknownError, match=re.escape("'fire'")):
        signal_of_drill("fire")
