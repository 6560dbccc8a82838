"""Every row of the specification holds on the reference, on DuckDB and on PostgreSQL, and the manual is current."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from rulecast.rule.engine import Relations, compile_audience, evaluate
from rulecast.rule.engine.sql_errors import UnsupportedInDialectError
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.parse import parse_condition
from tests.database import empty_database
from tests.engines import DuckEngine, Engine, PostgresEngine
from tests.generative.rule_relations import create_relations
from tests.spec.chapters import CHAPTERS
from tests.spec.forms import CALCULATIONS, FORMS, WINDOWS
from tests.spec.print_manual import MANUAL, manual
from tests.spec.tables import CATALOGUE, IDS, NOW, Chapter, people_of

CASES = [
    pytest.param(chapter, text, expected, id=f"{chapter.title}: {text}")
    for chapter in CHAPTERS
    for text, expected in chapter.cases
]


@pytest.mark.parametrize(("chapter", "text", "expected"), CASES)
def test_a_condition_is_true_for_the_people_the_manual_names(
    chapter: Chapter, text: str, expected: str
) -> None:
    condition = check_condition(text, CATALOGUE, must_make_sense=False)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    wanted = sorted(IDS[name] for name in expected.split())
    people = people_of(chapter)
    assert [person.contact_id for person in people if evaluate(condition, person, NOW)] == wanted


def test_duckdb_gives_the_answers_of_the_manual() -> None:
    engine = DuckEngine()
    with closing(engine.connection):
        assert _compare(engine) == 0


def test_postgresql_gives_the_answers_of_the_manual_but_for_regular_expressions() -> None:
    with empty_database() as conninfo, psycopg.connect(conninfo, autocommit=True) as connection:
        refused = _compare(PostgresEngine(connection))
    assert refused == sum(" matches " in text for chapter in CHAPTERS for text, _ in chapter.cases)


def _compare(engine: Engine) -> int:
    """Compare every row of the manual on an engine and return how many its dialect refuses."""
    refused = 0
    for number, chapter in enumerate(CHAPTERS):
        relations = create_relations(engine, f"chapter_{number}", people_of(chapter), CATALOGUE)
        for text, expected in chapter.cases:
            wanted = sorted(IDS[name] for name in expected.split())
            try:
                assert _audience(engine, relations, text) == wanted, text
            except UnsupportedInDialectError:
                refused += 1
    return refused


def _audience(engine: Engine, relations: Relations, text: str) -> list[int]:
    condition = check_condition(text, CATALOGUE, must_make_sense=False)
    assert not isinstance(condition, RuleProblems)
    compiled = compile_audience(condition, engine.dialect, now=NOW, relations=relations)
    return sorted(row[0] for row in engine.run(compiled.sql))


def test_the_manual_is_current() -> None:
    assert Path(MANUAL).read_text(encoding="utf-8") == manual(), "run: python -m tests.spec.print_manual"


@pytest.mark.parametrize(
    "text",
    [
        *(form for form, _ in FORMS),
        *(f"did purchase {window}" for window, _ in WINDOWS),
        *(f"{calculation} > balance" for calculation, _ in CALCULATIONS),
    ],
)
def test_the_forms_of_the_manual_are_conditions_in_their_canonical_form(text: str) -> None:
    condition = check_condition(text, CATALOGUE)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    parsed = parse_condition(text)
    assert not isinstance(parsed, RuleProblems)
    assert format_condition(parsed) == text
