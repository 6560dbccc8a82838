"""Check everything of a rule that is not its condition: the send action, success, actions, limits."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.check_coupons import check_coupons
from rulecast.rule.language.check_fields import NUMERIC
from rulecast.rule.language.check_links import check_links, check_texts
from rulecast.rule.language.check_media import check_media
from rulecast.rule.language.check_types import check_pattern
from rulecast.rule.language.problem import (
    NO_TRANSLATION,
    NOT_NUMERIC,
    OUT_OF_LIMITS,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_NUMBER,
    UNKNOWN_PROPERTY,
    UNKNOWN_TEMPLATE,
    WRONG_CATEGORY,
    WRONG_PARAMETERS,
)
from rulecast.rule.language.problem_clause import TRANSLATIONS_DIFFER
from rulecast.rule.language.resolve import Scope, pattern_of
from rulecast.values.catalogue import EventDefinition, Template, closest_name
from rulecast.values.money import money_of
from rulecast.values.purpose import Purpose

NOT_APPROVED_HINT = (
    "a rule can name a template once it is approved: `rulecast template push` registers those of the workspace "
    "file and `rulecast workspace show` lists them"
)
# A purpose that is no word of the list has its own problem.
OTHER_PURPOSES = frozenset(Purpose) - {Purpose.MARKETING}


def check_send(rule: d.Rule, scope: Scope) -> Template | None:
    """Report what does not fit in any message of the rule; return the template of its own, None where unknown."""
    if rule.budget is not None:
        _check_budget(rule.budget, scope)
    check_coupons(rule, scope)
    found = [_check_message(send, rule, scope) for send in d.sends_of(rule)]
    return found[0]


def _check_message(send: d.SendTemplate, rule: d.Rule, scope: Scope) -> Template | None:
    if scope.catalogue.numbers and send.number not in scope.catalogue.numbers:
        near = closest_name(send.number, scope.catalogue.numbers)
        scope.report(
            UNKNOWN_NUMBER,
            f"There is no business number {send.number}.",
            send.number_span,
            hint=f"did you mean {near}?" if near else None,
        )
    check_texts(send, scope)
    template = scope.catalogue.template(send.template)
    if template is None:
        near = closest_name(send.template, scope.catalogue.templates)
        scope.report(
            UNKNOWN_TEMPLATE,
            f"There is no template {send.template}.",
            send.template_span,
            hint=f"did you mean {near}?" if near else NOT_APPROVED_HINT,
        )
        return None
    _check_template(send, rule.purpose, template, scope)
    return template


def _check_template(send: d.SendTemplate, purpose: str, template: Template, scope: Scope) -> None:
    if template.category.lower() == Purpose.MARKETING and purpose in OTHER_PURPOSES:
        scope.report(
            WRONG_CATEGORY,
            f"{template.name} is a marketing template; the rule's purpose is {purpose}.",
            send.template_span,
            hint="purpose marketing",
        )
    languages = _languages(send)
    for language, span in languages.items():
        if language not in template.languages:
            scope.report(
                NO_TRANSLATION,
                f"{template.name} is not approved in {language}.",
                span,
                hint=f"approved: {', '.join(template.languages)}",
            )
    _check_translations(send, template, [one for one in languages if one in template.languages], scope)
    _check_parameters(send, template, scope)
    check_links(send, template, scope)
    check_media(send, template, languages, scope)


def _languages(send: d.SendTemplate) -> dict[str, c.Span]:
    """Return the languages that the rule sends, each once, and where each stands."""
    fallback = () if send.fallback_language is None else (send.fallback_language,)
    found: dict[str, c.Span] = {}
    # Records that no text describes have no places; a fixed language is its own fallback.
    for language, span in zip_longest((*send.languages, *fallback), send.language_spans):
        if language is not None:
            found.setdefault(language, span or send.span)
    return found


def _check_translations(
    send: d.SendTemplate, template: Template, languages: Sequence[str], scope: Scope
) -> None:
    """Report variables that one translation has and another lacks, among those that the rule sends."""
    for language in languages:
        others = {name for one in languages for name in template.parameters_of(one)}
        lacking = sorted(others - set(template.parameters_of(language)))
        if lacking:
            scope.report(
                TRANSLATIONS_DIFFER,
                f"{template.name} in {language} lacks {', '.join(lacking)}, which another translation takes.",
                _languages(send)[language],
                hint="compare the translations in the workspace file",
            )


def _check_parameters(send: d.SendTemplate, template: Template, scope: Scope) -> None:
    given = [parameter.name for parameter in send.parameters]
    first = {parameter.name: parameter.span for parameter in reversed(send.parameters)}
    last = {parameter.name: parameter.span for parameter in send.parameters}
    missing = [name for name in template.parameters if name not in given]
    unknown = [name for name in dict.fromkeys(given) if name not in template.parameters]
    twice = sorted({name for name in given if given.count(name) > 1})
    for names, what, span in (
        (missing, "are missing", send.parameters_span),
        (unknown, "are not in the template", first.get(next(iter(unknown), ""))),
        (twice, "are given twice", last.get(next(iter(twice), ""))),
    ):
        if names:
            scope.report(
                WRONG_PARAMETERS,
                f"Parameters of {template.name} that {what}: {', '.join(names)}.",
                span or send.span,
                hint=f"the template has: {', '.join(template.parameters) or 'none'}",
            )
    for parameter in send.parameters:
        name = parameter.attribute
        if name is not None and scope.catalogue.attribute(name) is None:
            near = closest_name(name, scope.catalogue.attributes)
            scope.report(
                UNKNOWN_ATTRIBUTE,
                f"There is no attribute {name}.",
                parameter.span,
                hint=f"did you mean {near}?" if near else None,
            )


def check_success(success: d.Success | None, scope: Scope) -> d.Success | None:
    """Report what does not fit and return the success event with its own name and exact constants."""
    if success is None:
        return None
    pattern = check_pattern(pattern_of(success.event, scope), scope)
    event = scope.catalogue.event(pattern.event)
    if event is not None and success.worth is not None:
        _check_worth(success, success.worth, event, scope)
    return replace(success, event=pattern)


def _check_worth(success: d.Success, worth: str, event: EventDefinition, scope: Scope) -> None:
    kind = event.properties.get(worth)
    if kind is None:
        scope.report(UNKNOWN_PROPERTY, f"The event {event.name} has no property {worth}.", success.span)
    elif kind not in NUMERIC:
        scope.report(NOT_NUMERIC, f"{worth} is of type {kind} and is worth nothing.", success.span)


def _check_budget(budget: d.Budget, scope: Scope) -> None:
    known = len(budget.currency) == 3 and budget.currency.isascii() and budget.currency.isupper()  # noqa: PLR2004 - ISO 4217
    if not known:
        scope.report(
            OUT_OF_LIMITS,
            f"{budget.currency} is no currency.",
            budget.span,
            hint="three letters, such as MAD",
        )
        return
    currencies = scope.catalogue.currencies
    if currencies and budget.currency not in currencies:
        scope.report(
            OUT_OF_LIMITS,
            f"The workspace does not say what {budget.currency} counts as in a budget, only {', '.join(currencies)}.",
            budget.span,
            hint=f'under [sending_policy.budget_rates] of the workspace file: {budget.currency} = "0.10"',
        )
        return
    try:
        money_of(budget.amount, budget.currency)
    except ValueError as refused:
        scope.report(OUT_OF_LIMITS, f"{refused}.", budget.span)
