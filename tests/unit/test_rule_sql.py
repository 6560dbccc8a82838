"""The SQL that rules become: text of an author is always a literal, shapes are the ones that run fast."""

from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from tests.engines import DuckEngine
from tests.generative.rule_relations import create_relations
from tests.generative.rule_world import CATALOGUE
from tests.unit.golden.rule_sql import DIALECTS, golden_file, golden_text

from rulecast.rule.engine import EventFact, PersonFacts, Relations, compile_audience, evaluate
from rulecast.rule.engine.sql_errors import MeasureTooWideError, UnsupportedInDialectError
from rulecast.rule.engine.sql_field import anniversaries
from rulecast.rule.engine.sql_nodes import Dialect
from rulecast.rule.engine.sql_zone import OFFSET_STEP_MINUTES
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition
from rulecast.values.zone_offsets import zone_offsets

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)


def sql_of(text: str, dialect: Dialect = "duckdb") -> str:
    condition = check_condition(text, CATALOGUE, must_make_sense=False)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    return compile_audience(condition, dialect, now=NOW).sql


@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_text_of_an_author_cannot_leave_its_literal(dialect: Dialect) -> None:
    statement = sql_of(r"""city = "x' OR 1=1 -- \\" and tag "'; drop table contact" """, dialect)
    assert "'x'' or 1=1 -- \\'" in statement
    assert "'''; drop table contact'" in statement


def test_a_positive_condition_is_bare_and_a_negated_one_is_safe_for_missing_values() -> None:
    assert sql_of('city = "fes" and orders >= 3') == (
        'SELECT contact."contact_id" FROM "contact" AS contact '
        """WHERE contact."city" = 'fes' AND contact."orders" >= 3"""
    )
    assert sql_of('not city = "fes" and not orders >= 3') == (
        'SELECT contact."contact_id" FROM "contact" AS contact '
        """WHERE (contact."city" <> 'fes' OR contact."city" IS NULL) """
        'AND (NOT (contact."orders" >= 3) OR contact."orders" IS NULL)'
    )


def test_an_event_condition_is_a_semi_join_and_its_negation_an_anti_join() -> None:
    assert sql_of("did visit in last 1 day") == (
        'SELECT contact."contact_id" FROM "contact" AS contact WHERE contact."contact_id" IN '
        '(SELECT e."contact_id" FROM "event" AS e WHERE e."name" = \'visit\' '
        "AND e.\"occurred_at\" >= CAST('2026-11-16 18:55:00' AS TIMESTAMP) "
        "AND e.\"occurred_at\" < CAST('2026-11-17 18:55:00' AS TIMESTAMP))"
    )
    assert "NOT EXISTS" in sql_of("did not visit in last 1 day")


def test_an_age_becomes_a_range_of_birth_dates() -> None:
    assert sql_of("age between 18 and 30").endswith(
        "contact.\"birth_date\" <= CAST('2008-11-17' AS DATE) "
        "AND contact.\"birth_date\" > CAST('1995-11-17' AS DATE)"
    )


def test_relations_can_have_other_names_and_schemas() -> None:
    condition = check_condition("did visit and consent marketing granted", CATALOGUE)
    assert not isinstance(condition, RuleProblems)
    relations = Relations(contact="mart.people", consent="mart.consents", event="mart.events")
    statement = compile_audience(condition, "duckdb", now=NOW, relations=relations).sql
    assert '"mart"."people"' in statement
    assert '"mart"."consents"' in statement
    assert '"mart"."events"' in statement


def test_consent_is_read_as_granted_and_proven() -> None:
    statement = sql_of("consent marketing granted")
    assert 'g."purpose" = \'marketing\' AND g."granted" AND g."proven"' in statement


def test_a_column_without_any_value_loses_nobody_to_the_engines_row_group_pruning() -> None:
    people = tuple(PersonFacts(contact_id=number, attributes={"orders": number}) for number in range(5))
    engine = DuckEngine()
    with closing(engine.connection):
        relations = create_relations(engine, "empty", people, CATALOGUE)
        for text in (
            'city = "a" or city != "b"',
            "balance = 1 or not balance = 2",
            "is_vip = true or is_vip != true",
        ):
            condition = check_condition(text, CATALOGUE, must_make_sense=False)
            assert not isinstance(condition, RuleProblems)
            compiled = compile_audience(condition, "duckdb", now=NOW, relations=relations)
            assert "DISTINCT FROM" not in compiled.sql
            assert len(engine.run(compiled.sql)) == len(people), text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_kind_of_condition_becomes_the_sql_of_the_golden_file(dialect: Dialect) -> None:
    kept = golden_file(dialect).read_text(encoding="utf-8")
    assert kept == golden_text(dialect), "run: python -m tests.unit.golden.rule_sql"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_engine_is_asked_for_local_time(dialect: Dialect) -> None:
    statement = golden_text(dialect).lower()
    for banned in ("time zone", "timezone", "utc_timestamp", "current_", "now()", "tolocal", "strftime"):
        assert banned not in statement


def test_a_regular_expression_is_refused_where_it_would_not_be_linear() -> None:
    with pytest.raises(UnsupportedInDialectError) as refused:
        sql_of('not city matches "^casa"', "postgres")
    assert refused.value.code == "RC-SQL-001"


def test_a_calculation_too_wide_for_the_engine_is_refused_before_it_runs() -> None:
    text = "sum(purchase.amount) / sum(purchase.pieces) > sum(purchase.amount) in last 30 days / count(visit)"
    with pytest.raises(MeasureTooWideError, match="duckdb holds 38"):
        sql_of(text)
    assert sql_of(text, "postgres")
    assert sql_of("sum(purchase.amount) / count(purchase) > average(purchase.amount) in last 30 days")


def test_a_bucket_compares_hexadecimal_digits() -> None:
    assert sql_of('bucket("autumn") < 50').endswith(
        "LEFT(MD5('autumn:' || CAST(contact.\"contact_id\" AS TEXT)), 8) < '80000000'"
    )


def test_local_time_is_kept_to_quarters_of_an_hour_by_every_zone() -> None:
    assert all(row.minutes % OFFSET_STEP_MINUTES == 0 for row in zone_offsets())


def test_an_anniversary_of_a_leap_day_falls_on_the_first_of_march() -> None:
    assert anniversaries(date(2026, 2, 27), 3) == [(2026, 227, 301)]
    assert anniversaries(date(2026, 3, 1), 1) == [(2026, 229, 301)]
    assert anniversaries(date(2028, 2, 29), 1) == [(2028, 229, 229)]
    assert anniversaries(date(2026, 12, 31), 2) == [(2027, 101, 101), (2026, 1231, 1231)]


@pytest.mark.parametrize("text", ["2 * 3 > 5", "for some category (1.0 * 1.5 > 1)"])
def test_a_calculation_of_fixed_numbers_alone_is_refused(text: str) -> None:
    problems = check_condition(text, CATALOGUE)
    assert isinstance(problems, RuleProblems)
    assert "RL-074" in [problem.code for problem in problems.problems]


def test_equal_instants_are_told_apart_by_the_order_of_recording() -> None:
    noon = datetime(2026, 11, 17, 12, tzinfo=UTC)
    events = tuple(
        EventFact(name="visit", occurred_at=noon, properties={"category": category}) for category in "ab"
    )
    person = PersonFacts(contact_id=1, events=events)
    engine = DuckEngine()
    with closing(engine.connection):
        relations = create_relations(engine, "ties", (person,), CATALOGUE)
        for text, holds in (
            ('last visit has (category = "b")', True),
            ('first visit has (category = "a")', True),
            ('first visit has (category = "b")', False),
            ("last gap between visit < 1 minute", True),
        ):
            condition = check_condition(text, CATALOGUE)
            assert not isinstance(condition, RuleProblems), condition.render(text)
            assert evaluate(condition, person, NOW) is holds
            compiled = compile_audience(condition, "duckdb", now=NOW, relations=relations)
            assert bool(engine.run(compiled.sql)) is holds, text
