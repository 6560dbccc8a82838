"""Tiers of the messaging limit as dated tables, and words of webhooks resolved through them."""

from datetime import date

import pytest

from rulecast.account.errors import TierTableInvalidError
from rulecast.account.limit_tiers import (
    new_tiers,
    read_tier_tables,
    resolved,
    shipped_tiers,
)
from rulecast.account.limit_tiers.resolve import limit_word
from rulecast.collect.webhook_facts import AccountFact, Detail

TODAY = date(2026, 11, 22)
HEAD = "tier,people,effective_from,source\n"
WORD = "max_daily_conversations_per_business"


def test_the_shipped_tables_know_the_tiers_meta_names() -> None:
    found = {tier: shipped_tiers().find(tier, on=TODAY) for tier in shipped_tiers().tiers}
    people = {tier: row.people for tier, row in found.items() if row is not None}
    assert people == {
        "TIER_50": 50,
        "TIER_250": 250,
        "TIER_1K": 1_000,
        "TIER_2K": 2_000,
        "TIER_10K": 10_000,
        "TIER_100K": 100_000,
        "TIER_UNLIMITED": None,
        "UNTIERED": None,
    }
    assert shipped_tiers().find("TIER_2K", on=date(2025, 10, 6)) is None


@pytest.mark.parametrize(
    "line",
    [
        "TIER_X,7\n",
        "TIER_X,7,2026-11-01,a\0b\n",
        f"TIER_X,7,2026-11-01,{'x' * 200_000}\n",
        "TIER_X,7,2026-11-01,a,b\n",
    ],
)
def test_a_spoilt_line_is_named_and_nothing_else_happens(line: str) -> None:
    with pytest.raises(TierTableInvalidError, match="x line"):
        read_tier_tables({"x": HEAD + line})


def test_a_number_that_has_no_tier_yet_says_nothing_of_its_portfolio() -> None:
    assert shipped_tiers().find("TIER_NOT_SET", on=TODAY) is None


def test_a_word_is_read_by_the_row_of_its_day_and_a_number_stays_as_told() -> None:
    newer = read_tier_tables({"x": HEAD + "TIER_10K,15000,2026-11-01,news\nTIER_X,7,2026-11-01,news\n"})
    table = shipped_tiers().joined(row for rows in newer.tiers.values() for row in rows)
    cases: list[tuple[dict[str, Detail], date, object]] = [
        ({WORD: "TIER_10K", "messaging_limit": 10_000}, TODAY, 15_000),
        ({WORD: "TIER_10K", "messaging_limit": 10_000}, date(2026, 10, 31), 10_000),
        ({"current_limit": "TIER_X"}, TODAY, 7),
        ({WORD: "TIER_UNLIMITED", "messaging_limit": -1}, TODAY, -1),
        ({WORD: "TIER_7K", "messaging_limit": 7_000}, TODAY, 7_000),
        ({WORD: 2_000, "messaging_limit": 2_000}, TODAY, 2_000),
        ({}, TODAY, None),
    ]
    for details, day, people in cases:
        fact = AccountFact(kind="capability", field="f", event="", occurred_at=None, details=details)
        assert resolved(fact, table, on=day).details.get("messaging_limit") == people, details
    assert limit_word({WORD: 5}) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no tiers"),
        ("tier,people\nTIER_1,1\n", "columns"),
        (HEAD + "tier_1,1,2026-01-01,x\n", "capitals"),
        (HEAD + "TIER_1,-1,2026-01-01,x\n", "between 0"),
        (HEAD + "TIER_1,many,2026-01-01,x\n", "line 2"),
        (HEAD + "TIER_1,1,soon,x\n", "line 2"),
        (HEAD + "TIER_1,1,2026-01-01,\n", "source"),
        (HEAD + "TIER_1,1,2026-01-01\n", "line 2"),
        (HEAD + "TIER_1,1,2026-01-01,x\nTIER_1,2,2026-01-01,x\n", "twice"),
        (HEAD + "TIER_250,300,2023-02-01,x\n", "known as something else"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(TierTableInvalidError, match=problem):
        new_tiers("new.csv", text or HEAD, known=shipped_tiers())


def test_only_new_rows_of_a_table_are_kept() -> None:
    text = HEAD + "TIER_250,250,2023-02-01,x\nTIER_250,300,2027-01-01,x\n"
    assert [one.people for one in new_tiers("new.csv", text, known=shipped_tiers())] == [300]
