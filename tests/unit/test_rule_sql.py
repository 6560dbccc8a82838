"""The SQL that rules become: text of an author is always a literal, shapes are the ones that run fast."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from tests.engines import DuckEngine
from tests.generative.rule_relations import create_relations
from tests.generative.rule_world import CATALOGUE

from rulecast.rule.engine import PersonFacts, Relations, compile_audience
from rulecast.rule.engine.compile_sql import Dialect
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)


def sql_of(text: str, dialect: Dialect = "duckdb") -> str:
    condition = check_condition(text, CATALOGUE)
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
            condition = check_condition(text, CATALOGUE)
            assert not isinstance(condition, RuleProblems)
            compiled = compile_audience(condition, "duckdb", now=NOW, relations=relations)
            assert "DISTINCT FROM" not in compiled.sql
            assert len(engine.run(compiled.sql)) == len(people), text
