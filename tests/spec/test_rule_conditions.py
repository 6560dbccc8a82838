"""Every row of the specification holds on every evaluator, and the manual is current."""

from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from rulecast.rule.engine import EventFact, Relations, compile_audience, evaluate
from rulecast.rule.engine.matcher import CompiledRules, HistoryInMemory, TriggeredRule, TriggerEvent
from rulecast.rule.engine.sql_errors import UnsupportedInDialectError
from rulecast.rule.language import RuleProblems
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.condition import Condition, EventPattern
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.parse import parse_condition
from rulecast.values.ids import RuleVersionId
from tests.database import empty_database
from tests.engines import DuckEngine, Engine, PostgresEngine
from tests.generative.rule_relations import create_relations
from tests.spec.chapters import CHAPTERS
from tests.spec.forms import CALCULATIONS, FORMS, WINDOWS
from tests.spec.print_manual import MANUAL, manual
from tests.spec.tables import CATALOGUE, IDS, Chapter, people_of

ROWS_MIN = 400

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
    assert [person.contact_id for person in people if evaluate(condition, person, chapter.now)] == wanted


def test_the_specification_has_more_than_four_hundred_rows() -> None:
    rows = [(chapter.title, text) for chapter in CHAPTERS for text, _ in chapter.cases]
    assert len(rows) == len(set(rows)) >= ROWS_MIN


def test_the_batch_matcher_fires_the_rules_of_the_manual_for_the_people_it_names() -> None:
    for chapter in CHAPTERS:
        people = people_of(chapter)
        rules = {
            RuleVersionId(number): TriggeredRule(
                pattern=EventPattern(event="visit"), condition=_checked(text)
            )
            for number, (text, _) in enumerate(chapter.cases)
        }
        visit = EventFact(name="visit", occurred_at=chapter.now)
        batch = [TriggerEvent(event=visit, person=replace(person, events=())) for person in people]
        compiled = CompiledRules.of(rules)
        past = HistoryInMemory(
            events_by_contact={person.contact_id: tuple(person.events) for person in people}, kept={}
        )
        fired = compiled.match(batch, chapter.now, history=past)
        for number, (text, expected) in enumerate(chapter.cases):
            found = {people[place].contact_id for place, rule in fired if rule == number}
            assert found == {IDS[name] for name in expected.split()}, f"{chapter.title}: {text}"


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
                found = _audience(engine, relations, text, chapter.now)
                assert found == wanted, f"{chapter.title}: {text}"
            except UnsupportedInDialectError:
                refused += 1
    return refused


def _audience(engine: Engine, relations: Relations, text: str, now: datetime) -> list[int]:
    compiled = compile_audience(_checked(text), engine.dialect, now=now, relations=relations)
    return sorted(row[0] for row in engine.run(compiled.sql))


def _checked(text: str) -> Condition:
    condition = check_condition(text, CATALOGUE, must_make_sense=False)
    assert not isinstance(condition, RuleProblems), condition.render(text)
    return condition


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
