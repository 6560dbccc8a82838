"""The SQL compiler: a checked condition becomes one SELECT of the contacts for whom it is true."""

from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.sql_dialect import adapted
from rulecast.rule.engine.sql_event import contact_set
from rulecast.rule.engine.sql_field import FIELD_ATOMS, field_predicate, negated_field_predicate
from rulecast.rule.engine.sql_group import measured_on_contact
from rulecast.rule.engine.sql_nodes import CONTACT, Dialect
from rulecast.rule.engine.sql_person import PERSON_ATOMS, negated_person_predicate, person_predicate
from rulecast.rule.language import condition as c
from rulecast.rule.language.check import lowered

DEFAULT_RELATIONS = sql.Relations()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledAudience:
    """A SELECT with the one column `contact_id`, each contact once; constants are literals, so no parameters."""

    sql: str
    dialect: Dialect


def compile_audience(
    condition: c.Condition,
    dialect: Dialect,
    *,
    now: datetime,
    relations: sql.Relations = DEFAULT_RELATIONS,
) -> CompiledAudience:
    """Compile a checked condition at one instant (aware UTC) against relations of the mart's shape.

    Raises:
        UnsupportedInDialectError: the engine cannot evaluate a part of it.
        MeasureTooWideError: an exact calculation can need more digits than the engine has.
    """
    target = sql.Target(relations=relations, now=now, dialect=dialect)
    select = (
        exp.select(sql.column(CONTACT, "contact_id"), copy=False)
        .from_(sql.table(relations.contact, CONTACT), copy=False)
        .where(_predicate(lowered(condition), target), copy=False)
    )
    # The tree is used once: rendering may write into it.
    text = adapted(select, dialect).sql(dialect=dialect, copy=False)
    return CompiledAudience(sql=text, dialect=dialect)


def _predicate(condition: c.Condition, target: sql.Target) -> exp.Expr:  # noqa: PLR0911 - one return per kind of node
    """Return the predicate of a lowered condition on a row of the contacts."""
    match condition:
        case c.And():
            return sql.all_of([_predicate(part, target) for part in condition.parts])
        case c.Or():
            return exp.Paren(this=sql.any_of([_predicate(part, target) for part in condition.parts]))
        case c.Not(part=part):
            return _negated(part, target)
        case c.Measure() if (on_contact := measured_on_contact(condition, target)) is not None:
            return on_contact
        case _ if isinstance(condition, PERSON_ATOMS):
            return person_predicate(condition, target)
        case _ if isinstance(condition, FIELD_ATOMS):
            return field_predicate(condition, target, CONTACT)
        case _:
            return _membership(condition, target, negated=False)


def _negated(atom: c.Condition, target: sql.Target) -> exp.Expr:
    match atom:
        case c.Measure() if (on_contact := measured_on_contact(atom, target)) is not None:
            return sql.negated(sql.or_else(on_contact, exp.false()))
        case _ if isinstance(atom, PERSON_ATOMS):
            return negated_person_predicate(atom, target)
        case _ if isinstance(atom, FIELD_ATOMS):
            return negated_field_predicate(atom, target, CONTACT)
        case _:
            return _membership(atom, target, negated=True)


def _membership(atom: c.Condition, target: sql.Target, *, negated: bool) -> exp.Expr:
    """Return the test whether a contact is in, or outside, the set of an atom.

    Outside is NOT EXISTS: PostgreSQL cannot make an anti-join of NOT IN, and DuckDB is 15 % faster with it
    (10 M contacts, 50 M events).
    """
    found = contact_set(atom, target)
    contact = sql.column(CONTACT, "contact_id")
    if found.is_complement is negated:
        return sql.is_in(contact, found.select)
    same = sql.same(sql.column("s", "contact_id"), contact)
    outside = (
        exp.select(exp.Literal.number(1), copy=False)
        .from_(found.select.subquery("s", copy=False), copy=False)
        .where(same, copy=False)
    )
    return exp.Not(this=exp.Exists(this=outside))
