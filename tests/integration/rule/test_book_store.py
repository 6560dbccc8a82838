"""Rule versions, their states and their standing approvals in a real database."""

from datetime import timedelta

import pytest
from tests.planning import rule_text

from rulecast.database import Connection, Database, execute
from rulecast.database.errors import DatabaseError, UniqueViolation
from rulecast.rule.book import Act, Envelope, HoldReason, KeptRule, RuleState, StandingApproval
from rulecast.rule.book.errors import BookFullError, StepNotAllowedError
from rulecast.rule.book.store import (
    find_kept,
    find_standing_approval,
    insert_standing_approval,
    list_active_rules,
    list_kept,
    list_rules,
    list_steps,
    save_rule,
    take_step,
)
from rulecast.rule.language import Rule, parse_rule
from rulecast.values.clock import ManualClock
from rulecast.values.ids import StandingApprovalId


def rule(priority: int = 40) -> Rule:
    parsed = parse_rule(rule_text(priority=priority))
    assert isinstance(parsed, Rule)
    return parsed


async def kept_rule(connection: Connection, clock: ManualClock, priority: int = 40) -> KeptRule:
    version = await save_rule(connection, rule(priority), author="amal", now=clock.now())
    return await find_kept(connection, version.rule_version_id)


async def walk(connection: Connection, kept: KeptRule, clock: ManualClock, *acts: Act) -> KeptRule:
    for act in acts:
        reason = HoldReason.MASS_ENTRY if act is Act.HOLD else None
        await take_step(connection, kept, act, actor="badr", now=clock.now(), reason=reason)
        kept = await find_kept(connection, kept.rule_version_id)
    return kept


def approval_of(kept: KeptRule, clock: ManualClock, people: int) -> StandingApproval:
    return StandingApproval(
        standing_approval_id=StandingApprovalId(0),
        rule_version_id=kept.rule_version_id,
        rule_hash=kept.content_hash,
        template_hashes={"winback fr": "ab"},
        purpose="marketing",
        envelope=Envelope(
            people_per_run=people,
            people_per_day=people,
            cost_per_run=1000,
            currency="USD",
            sensitive_fields=(),
            valid_until=clock.now() + timedelta(days=90),
        ),
        approved_by="badr",
        approved_at=clock.now(),
        signature=b"",
    )


async def test_a_version_walks_from_draft_to_archive_and_every_step_is_kept(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        kept = await kept_rule(connection, clock)
        assert kept.state is RuleState.DRAFT
        assert kept.is_head
        kept = await walk(connection, kept, clock, Act.APPROVE, Act.ACTIVATE)
        assert [one.rule_name for one in await list_active_rules(connection, clock.now())] == ["winback"]
        assert await list_active_rules(connection, clock.now() - timedelta(seconds=1)) == []
        activated_at = kept.activated_at
        kept = await walk(connection, kept, clock, Act.HOLD)
        assert (kept.state, kept.held_from, kept.reason) == (
            RuleState.HELD,
            RuleState.ACTIVE,
            "mass_entry",
        )
        assert await list_active_rules(connection, clock.now()) == []
        kept = await walk(connection, kept, clock, Act.APPROVE)
        assert (kept.state, kept.reason) == (RuleState.HELD, "mass_entry")
        kept = await walk(connection, kept, clock, Act.RESUME, Act.PAUSE, Act.RESUME, Act.ARCHIVE)
        assert kept.state is RuleState.ARCHIVED
        assert kept.activated_at == activated_at
        with pytest.raises(StepNotAllowedError):
            await walk(connection, kept, clock, Act.ACTIVATE)
        steps = await list_steps(connection, "winback")
    assert [one.act for one in steps] == [
        "approve", "activate", "hold", "approve", "resume", "pause", "resume", "archive",
    ]  # fmt: skip
    with pytest.raises(DatabaseError):
        async with database.transaction() as connection:
            await execute(connection, "DELETE FROM rule.rule_state")


async def test_an_older_text_saved_again_is_what_the_rule_says(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        first = await kept_rule(connection, clock)
        second = await kept_rule(connection, clock, 41)
        assert [one.rule_version_id for one in await list_rules(connection)] == [second.rule_version_id]
        await save_rule(connection, rule(), author="amal", now=clock.now())
        assert [one.rule_version_id for one in await list_rules(connection)] == [second.rule_version_id]
        first = await walk(connection, first, clock, Act.ARCHIVE)
        await save_rule(connection, rule(), author="amal", now=clock.now(), is_edit=True)
        assert [one.rule_version_id for one in await list_rules(connection)] == [first.rule_version_id]
        kept = await list_kept(connection, "winback")
    assert [(one.state, one.is_head) for one in kept] == [
        (RuleState.ARCHIVED, True),
        (RuleState.DRAFT, False),
    ]


async def test_the_database_lets_one_version_of_a_rule_be_in_force(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        first = await kept_rule(connection, clock)
        second = await kept_rule(connection, clock, 41)
        await walk(connection, first, clock, Act.APPROVE, Act.ACTIVATE, Act.HOLD)
    with pytest.raises(UniqueViolation):
        async with database.transaction() as connection:
            await walk(connection, second, clock, Act.APPROVE, Act.ACTIVATE)


async def test_the_newest_standing_approval_counts(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as connection:
        kept = await kept_rule(connection, clock)
        for people in (10, 20):
            await insert_standing_approval(connection, approval_of(kept, clock, people), signature=b"signed")
        found = await find_standing_approval(connection, kept.rule_version_id)
        await walk(connection, kept, clock, Act.APPROVE, Act.ACTIVATE)
        (active,) = await list_active_rules(connection, clock.now())
    assert found is not None
    assert found.envelope.people_per_run == 20
    assert found.signed_text == approval_of(kept, clock, 20).signed_text
    assert active.approval == found


async def test_a_full_book_takes_no_more(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rulecast.rule.book.store.RULE_VERSIONS_MAX", 1)
    async with database.transaction() as connection:
        await kept_rule(connection, clock)
        await kept_rule(connection, clock)
        with pytest.raises(BookFullError):
            await kept_rule(connection, clock, 41)
