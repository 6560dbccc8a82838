"""Rules as JSON: the canonical form for editors and APIs, both ways without loss."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.format_rule import format_rule
from rulecast.rule.language.parse import parse_rule
from rulecast.rule.language.problem import BAD_JSON, RuleProblem, RuleProblems

FORMAT_VERSION = 1
# A rule nests conditions at most 32 deep, each two levels of JSON; deeper documents are no rules.
JSON_DEPTH_MAX = 200
# `kind` says which record it is; the kind of an aggregate has a name of its own.
AGGREGATE_KIND = "measures"
PLACES = {
    "span",
    "purpose_span",
    "template_span",
    "language_spans",
    "parameters_span",
    "number_span",
    "fallback_span",
}
LEFT_OUT = {*PLACES, "zone", "type", "years_since"}
SCALARS: dict[str, Any] = {
    "decimal": Decimal,
    "date": date.fromisoformat,
    "instant": datetime.fromisoformat,
    "time": time.fromisoformat,
}
WORDS: dict[str, type[StrEnum]] = {"band": d.Band, "moment": d.Moment, "weekday": c.Weekday}
RECORDS: dict[str, type] = {
    kind.__name__: kind
    for module in (c, d)
    for kind in vars(module).values()
    if isinstance(kind, type) and is_dataclass(kind) and kind is not c.Span
}


def rule_to_json(rule: d.Rule) -> dict[str, Any]:
    """Return the rule as JSON values; places in the text are left out."""
    return {"format": FORMAT_VERSION, "rule": _to_json(rule)}


def rule_from_json(document: Any) -> d.Rule | RuleProblems:
    """Return the rule a JSON document describes, or the reason why it describes none.

    Whatever the document claims, the result is a rule that can be written: it must survive formatting and reading.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT_VERSION:
        return _refused(f"The document has no format {FORMAT_VERSION}.")
    try:
        rule = _from_json(document.get("rule"), 0)
        text = format_rule(rule)
        again = parse_rule(text)
    except (AttributeError, ArithmeticError, KeyError, TypeError, ValueError) as error:
        return _refused(f"A part is missing or has the wrong shape ({type(error).__name__}).")
    if isinstance(again, RuleProblems):
        return again
    return again if again == rule else _refused("A value of the document cannot be written in a rule.")


def _refused(message: str) -> RuleProblems:
    problem = RuleProblem(kind=BAD_JSON, message=message, span=c.NOWHERE)
    return RuleProblems(problems=(problem,))


def _to_json(value: Any) -> Any:  # noqa: PLR0911 - one return per kind of node
    match value:
        case None | bool():
            return value
        case StrEnum():
            return {type(value).__name__.lower(): str(value)}
        case str() | int():
            return value
        case Decimal():
            return {"decimal": format(value, "f")}
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case tuple():
            return [_to_json(part) for part in value]
        case _:
            body = {
                (AGGREGATE_KIND if entry.name == "kind" else entry.name): _to_json(getattr(value, entry.name))
                for entry in fields(value)
                if entry.name not in LEFT_OUT
            }
            return {"kind": type(value).__name__, **body}


def _from_json(value: Any, depth: int) -> Any:
    if depth > JSON_DEPTH_MAX:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return tuple(_from_json(part, depth + 1) for part in value)
    if not isinstance(value, dict):
        return value
    if "kind" in value:
        body = {
            "kind" if name == AGGREGATE_KIND else name: _from_json(part, depth + 1)
            for name, part in value.items()
            if name != "kind"
        }
        return RECORDS[value["kind"]](**body)
    ((name, text),) = value.items()
    return WORDS[name](text) if name in WORDS else SCALARS[name](text)
