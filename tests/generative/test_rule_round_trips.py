"""Text and JSON keep every rule: formatting is canonical, reading gives back the same records."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.generative.rule_strategies import ANY_EVENT, conditions, constants, durations
from tests.generative.rule_world import T

from rulecast.rule.language import (
    RuleProblems,
    format_rule,
    parse_rule,
    rule_from_json,
    rule_to_json,
)
from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.explain_rule import explain_rule
from rulecast.rule.language.format_condition import format_condition
from rulecast.rule.language.parse import parse_condition
from rulecast.rule.language.simplify import simplify
from rulecast.values.catalogue import fold_text

UNHURRIED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
names = st.from_regex(r"[a-z_][a-z0-9_]{0,20}", fullmatch=True)
free_names = names.map(lambda name: f"x_{name}")
texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
percents = st.decimals(min_value=Decimal("0.1"), max_value=Decimal(99), places=1)
clocks = st.builds(time, hour=st.integers(0, 22), minute=st.integers(0, 59))


@st.composite
def parameters(draw: st.DrawFn) -> d.Parameter:
    kind = draw(st.integers(0, 3))
    name = draw(free_names)
    if kind == 0:
        return d.Parameter(name=name, coupon_pool=draw(free_names))
    attribute = draw(free_names) if kind != 1 else None
    return d.Parameter(name=name, attribute=attribute, default=draw(texts) if kind != 2 else None)


@st.composite
def sends(draw: st.DrawFn) -> d.SendTemplate:
    languages = tuple(
        draw(st.lists(st.sampled_from(("fr", "ar", "en", "pt_BR")), min_size=1, max_size=3, unique=True))
    )
    links = st.lists(st.builds(d.LinkTarget, name=free_names, url=texts), max_size=2)
    return d.SendTemplate(
        template=draw(free_names),
        languages=languages,
        fallback_language=draw(st.one_of(st.none(), st.sampled_from(("fr", "en")))),
        number=draw(free_names),
        parameters=tuple(draw(st.lists(parameters(), max_size=3))),
        links=tuple(draw(links)),
    )


def actions() -> st.SearchStrategy[tuple[d.Action, ...]]:
    moments = st.sampled_from(tuple(d.Moment))
    tag: st.SearchStrategy[d.Action] = st.builds(
        d.TagAction, moment=moments, operation=st.sampled_from(("add", "remove")), tag=texts
    )
    values = st.one_of(st.none(), *(constants(kind) for kind in (T.TEXT, T.INTEGER, T.BOOLEAN, T.DATE)))
    put: st.SearchStrategy[d.Action] = st.builds(
        d.SetAction, moment=moments, attribute=free_names.map(lambda name: c.Field(name=name)), value=values
    )
    assign: st.SearchStrategy[d.Action] = st.builds(d.AssignAction, moment=moments, team=texts)
    notify: st.SearchStrategy[d.Action] = st.builds(d.NotifyAction, moment=moments, recipient=texts)
    return st.lists(st.one_of(tag, put, assign, notify, replies()), max_size=4).map(tuple)


@st.composite
def replies(draw: st.DrawFn) -> d.ReplyAction:
    rows = st.builds(d.ReplyRow, title=texts, description=st.one_of(st.just(""), texts))
    tails = st.one_of(
        st.none(),
        st.builds(d.ReplyButtons, titles=st.lists(texts, min_size=1, max_size=3).map(tuple)),
        st.builds(d.ReplyList, button=texts, rows=st.lists(rows, min_size=1, max_size=3).map(tuple)),
        st.builds(d.ReplyLink, name=free_names, title=texts, url=texts),
    )
    media = st.one_of(st.none(), free_names)
    said = st.builds(d.ReplyWords, text=texts, medium=media, tail=tails)
    shown = st.builds(d.ReplyWords, text=st.just(""), medium=free_names)
    degrees = st.decimals(-90, 90, places=4)
    points = st.builds(d.ReplyPlace, latitude=degrees, longitude=degrees, name=texts, address=texts)
    places = st.builds(d.ReplyWords, text=st.just(""), point=points)
    languages = draw(
        st.lists(st.sampled_from(("", "fr", "ar", "pt_BR")), min_size=1, max_size=3, unique=True)
    )
    if "" in languages:
        languages = [""]
    fallback = "" if languages == [""] else draw(st.one_of(st.none(), st.sampled_from(languages)))
    return d.ReplyAction(
        moment=draw(st.sampled_from(tuple(d.Moment))),
        words=tuple(replace(draw(st.one_of(said, shown, places)), language=one) for one in languages),
        fallback_language=fallback,
        purpose=draw(st.sampled_from((None, "service", "marketing"))),
    )


@st.composite
def schedules(draw: st.DrawFn) -> d.Schedule:
    start = draw(clocks)
    recurrence: Literal["once", "every", "always"] = draw(st.sampled_from(("once", "every", "always")))
    chosen = draw(st.sets(st.sampled_from(tuple(c.Weekday)), min_size=1))
    until = st.one_of(
        st.sampled_from(tuple(c.Weekday)), st.dates(date(2020, 1, 1), date(2030, 1, 1)), durations
    )
    month_days = draw(st.sets(st.integers(1, 31), max_size=3)) if recurrence == "every" else set()
    days = tuple(day for day in c.Weekday if month_days or day in chosen)
    return d.Schedule(
        recurrence=recurrence,
        days=tuple(c.Weekday) if month_days else days,
        start=start,
        end=start.replace(hour=start.hour + 1),
        leftover=draw(st.one_of(st.just(d.DropRest()), st.builds(d.CarryOver, until=until))),
        month_days=tuple(sorted(month_days)),
        skips_holidays=draw(st.booleans()),
    )


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(st.none(), strategy)


triggers = st.one_of(
    st.just(d.EnteringTrigger()),
    st.builds(
        d.EventTrigger,
        pattern=ANY_EVENT,
        delay=maybe(durations),
        older_than=maybe(durations),
    ),
)
days_of_year = st.dates(date(2020, 1, 1), date(2030, 1, 1))
validities = st.one_of(
    st.builds(d.Validity, start=days_of_year, end=maybe(days_of_year)),
    st.builds(d.Validity, end=days_of_year),
)
outcomes = st.builds(
    d.Outcome,
    word=st.sampled_from(("delivered", "read", "clicked", "replied", "succeeded")),
    negated=st.booleans(),
)
follow_ups = st.builds(
    d.FollowUp, after=durations, outcomes=st.lists(outcomes, min_size=1, max_size=3).map(tuple), send=sends()
)
person_limits = st.builds(d.PersonLimit, count=st.integers(1, 100), per=durations)
facts = st.lists(st.tuples(free_names, constants(T.INTEGER)), max_size=2).map(tuple)
examples = st.builds(
    d.Example,
    about=texts,
    attributes=facts,
    tags=st.lists(texts, max_size=2).map(tuple),
    labels=st.lists(st.tuples(texts, texts), max_size=2).map(tuple),
    consents=st.lists(st.sampled_from(("marketing", "service")), max_size=2).map(tuple),
    events=st.lists(
        st.builds(d.ExampleEvent, event=free_names, ago=durations, properties=facts), max_size=2
    ).map(tuple),
    known_for=maybe(durations),
    at=maybe(st.just(c.Constant(value=datetime(2026, 11, 17, 19, tzinfo=UTC)))),
    matches=st.booleans(),
)
successes = st.builds(d.Success, event=ANY_EVENT, within=durations, worth=maybe(free_names))
RULES: st.SearchStrategy[d.Rule] = st.builds(
    d.Rule,
    name=names,
    version=st.integers(1, 1000),
    priority=st.builds(d.Priority, band=st.sampled_from(tuple(d.Band)), number=st.integers(0, 100)),
    purpose=st.sampled_from(("marketing", "service")),
    condition=conditions(),
    send=sends(),
    about=maybe(texts),
    trigger=maybe(triggers),
    decision_seconds=maybe(st.integers(0, 86_400)),
    validity=maybe(validities),
    score=maybe(free_names.map(lambda name: c.Field(name=name))),
    actions=actions(),
    follow_ups=st.lists(follow_ups, max_size=2).map(tuple),
    schedule=maybe(schedules()),
    person_limit=maybe(person_limits),
    workspace_limit=maybe(person_limits),
    batch=maybe(st.builds(d.Batch, size=st.integers(1, 10**6), every=durations)),
    budget=maybe(
        st.builds(
            d.Budget,
            amount=st.decimals(min_value=1, max_value=10**6, places=2),
            currency=st.sampled_from(("MAD", "TND", "EUR")),
            per=st.sampled_from(("run", "month")),
        )
    ),
    holdout_percent=maybe(percents),
    variants=st.lists(st.builds(d.Variant, name=free_names, percent=percents), max_size=2).map(tuple),
    variant_sends=st.lists(st.builds(d.VariantSend, variant=free_names, send=sends()), max_size=1).map(tuple),
    success=maybe(successes),
    stop_tests=st.lists(
        st.builds(
            d.StopTest,
            measure=st.sampled_from(("opt-outs", "failures")),
            above_percent=percents,
            after_delivered=st.integers(0, 1000),
        ),
        max_size=2,
    ).map(tuple),
    examples=st.lists(examples, max_size=2).map(tuple),
)


@UNHURRIED
@given(rule=RULES)
def test_a_formatted_rule_reads_back_as_the_same_rule(rule: d.Rule) -> None:
    text = format_rule(rule)
    again = parse_rule(text)
    assert not isinstance(again, RuleProblems), again.render(text)
    assert again == rule
    assert format_rule(again) == text


@UNHURRIED
@given(rule=RULES)
def test_a_rule_in_chinese_reads_back_as_the_same_rule(rule: d.Rule) -> None:
    text = format_rule(rule, language="zh")
    again = parse_rule(text)
    assert not isinstance(again, RuleProblems), again.render(text)
    assert again == rule
    assert format_rule(again, language="zh") == text


@UNHURRIED
@given(rule=RULES)
def test_a_rule_survives_json(rule: d.Rule) -> None:
    assert rule_from_json(json.loads(json.dumps(rule_to_json(rule)))) == rule


@UNHURRIED
@given(rule=RULES)
def test_every_rule_can_be_put_into_sentences(rule: d.Rule) -> None:
    for language in ("en", "zh"):
        sentences = explain_rule(rule, language=language)
        assert all(sentence.strip() for sentence in sentences)


@UNHURRIED
@given(condition=conditions())
def test_simplifying_twice_changes_nothing_more(condition: c.Condition) -> None:
    parsed = parse_condition(format_condition(condition))
    assert parsed == condition
    once = simplify(condition)
    assert simplify(once) == once


@settings(max_examples=120, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_at_all_gives_a_rule_or_problems_with_places(text: str) -> None:
    found = parse_rule(text)
    if isinstance(found, RuleProblems):
        assert found.problems
        assert found.render(text)


WORDS = (
    *[
        "rule",
        "when",
        "did",
        "not",
        "sum",
        "(",
        ")",
        ",",
        ";",
        ":",
        "=",
        ">=",
        '"x"',
        "3",
        "1.5",
        "2026-01-01",
        "days",
        "in",
        "last",
        "and",
        "or",
        "where",
        "silent",
        "for",
        "tag",
    ],
    *[
        "city",
        "purchase",
        "then",
        "within",
        "at",
        "least",
        "times",
        "distinct",
        "months",
        "is",
        "set",
        "missing",
        "between",
        "send",
        "template",
        "from",
    ],
)


@settings(max_examples=120, deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_jumble_of_words_gives_a_condition_or_problems_with_places(words: list[str]) -> None:
    text = " ".join(words)
    found = parse_condition(text)
    if isinstance(found, RuleProblems):
        assert all(problem.span.line >= 1 and problem.span.column >= 1 for problem in found.problems)
        assert found.render(text)


JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.dictionaries(
            st.sampled_from(("kind", "rule", "name", "parts", "decimal", "date", "band")), parts, max_size=4
        ),
    ),
    max_leaves=10,
)


@settings(max_examples=120, deadline=None)
@given(body=JSON_VALUES, rule=RULES, data=st.data())
def test_json_of_another_shape_is_refused_not_raised(body: object, rule: d.Rule, data: st.DataObject) -> None:
    assert isinstance(rule_from_json({"format": 1, "rule": body}), RuleProblems)
    document = rule_to_json(rule)
    name = data.draw(st.sampled_from(sorted(document["rule"])))
    document["rule"][name] = body
    rule_from_json(document)


@settings(max_examples=120, deadline=None)
@given(text=st.text(max_size=20))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold_text(fold_text(text)) == fold_text(text)
