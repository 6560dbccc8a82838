"""Atoms over what a person is, apart from attributes and events, as SQL predicates on a row of the contacts."""

from datetime import datetime, time

from sqlglot import exp

from rulecast.rule.engine import sql_nodes as sql
from rulecast.rule.engine.sql_field import list_holds
from rulecast.rule.engine.sql_zone import zone_test
from rulecast.rule.language import condition as c

PERSON_ATOMS = (c.HasTag, c.HasLabel, c.LocalTime, c.LocalWeekday, c.Bucket, c.Everybody)
# Eight hexadecimal digits of the hash decide; a hundredth part of them is one percent.
HASH_DIGITS = 8
PARTS = 100


def person_predicate(atom: c.Condition, target: sql.Target) -> exp.Expr:
    """Return the positive predicate of an atom; unknown only where the list of tags or labels is missing."""
    match atom:
        case c.HasTag():
            return list_holds(sql.column(sql.CONTACT, "tags"), sql.literal(atom.tag))
        case c.HasLabel():
            wanted = atom.label if atom.value is None else f"{atom.label}={atom.value}"
            return list_holds(sql.column(sql.CONTACT, "labels"), sql.literal(wanted))
        case c.LocalTime():
            return zone_test(target, atom.zone, lambda local: _lies_between(atom, local.time()))
        case c.LocalWeekday():
            return zone_test(target, atom.zone, lambda local: _falls_on(atom, local))
        case c.Bucket():
            return _bucket(atom)
        case c.Everybody():
            return exp.true()
        case _:
            raise AssertionError(f"not an atom over a person: {type(atom).__name__}")


def negated_person_predicate(atom: c.Condition, target: sql.Target) -> exp.Expr:
    """Return the negation of an atom, true for those without any tag or label."""
    lacks = sql.negated(person_predicate(atom, target))
    match atom:
        case c.HasTag():
            return exp.Paren(this=sql.any_of([lacks, sql.is_null(sql.column(sql.CONTACT, "tags"))]))
        case c.HasLabel():
            return exp.Paren(this=sql.any_of([lacks, sql.is_null(sql.column(sql.CONTACT, "labels"))]))
        case _:
            return lacks


def _lies_between(atom: c.LocalTime, clock: time) -> bool:
    if atom.start < atom.end:
        return atom.start <= clock < atom.end
    return clock >= atom.start or clock < atom.end


def _falls_on(atom: c.LocalWeekday, local: datetime) -> bool:
    return tuple(c.Weekday)[local.weekday()] in atom.days


def _bucket(atom: c.Bucket) -> exp.Expr:
    """Compare hexadecimal digits as text: of equal length they are ordered like the numbers."""
    whole = 16**HASH_DIGITS
    limit = -(-atom.below * whole // PARTS)
    if limit <= 0 or limit >= whole:
        return exp.true() if limit > 0 else exp.false()
    contact = exp.cast(sql.column(sql.CONTACT, "contact_id"), exp.DataType.Type.TEXT, copy=False)
    salted = exp.Concat(expressions=[exp.Literal.string(f"{atom.salt}:"), contact])
    digits = exp.Left(this=exp.MD5(this=salted), expression=exp.Literal.number(HASH_DIGITS))
    return exp.LT(this=digits, expression=exp.Literal.string(f"{limit:0{HASH_DIGITS}x}"))
