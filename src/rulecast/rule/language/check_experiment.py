"""Check variants and follow-ups: who gets which message, and what comes after it."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from rulecast.rule.language import document as d
from rulecast.rule.language import limits
from rulecast.rule.language.format_values import format_amount, format_duration
from rulecast.rule.language.problem_clause import (
    FOLLOW_UP_LIMITS,
    OUTCOMES_CONTRADICT,
    VARIANT_SHARES,
    VARIANT_UNKNOWN,
    VARIANTS_ALIKE,
)
from rulecast.rule.language.scope import Scope, hint_of

WHOLE = 100
# The first later outcome can only be true where the second is: nobody reads what did not arrive.
IMPLIED = {"read": "delivered", "clicked": "delivered", "replied": "delivered"}
# A reply or a success ends the steps of a person, so no step can ask for one.
ENDING = frozenset({"replied", "succeeded"})


def check_variants(rule: d.Rule, scope: Scope) -> None:
    """Report shares that do not add up, and messages for variants that are not there."""
    names = [variant.name for variant in rule.variants]
    if rule.variants:
        _check_shares(rule, names, scope)
    seen: set[str] = set()
    for send in rule.variant_sends:
        if send.variant not in names or send.variant in seen:
            problem = "has two messages" if send.variant in seen else "is not one of the rule's variants"
            scope.report(
                VARIANT_UNKNOWN,
                f"The variant {send.variant} {problem}.",
                send.span,
                hint=None
                if send.variant in seen
                else hint_of(send.variant, names) or "test variants a 50% b 50%",
            )
        seen.add(send.variant)


def _check_shares(rule: d.Rule, names: list[str], scope: Scope) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    total = sum((variant.percent for variant in rule.variants), Decimal(0))
    span = rule.variants[0].span
    if twice or len(names) == 1:
        message = f"The variant {twice[0]} is named twice." if twice else "One variant compares with nothing."
        scope.report(VARIANT_SHARES, message, span, hint="test variants a 50% b 50%")
    elif total != WHOLE:
        held = " of those who are not held out" if rule.holdout_percent is not None else ""
        scope.report(
            VARIANT_SHARES,
            f"The variants share {format_amount(total)}% of the people, not 100%.",
            span,
            hint=f"the shares{held} add up to 100%",
        )
    else:
        own = {send.variant: send.send for send in rule.variant_sends}
        messages = [own.get(name, rule.send) for name in names]
        if len(set(messages)) < len(messages):
            scope.report(
                VARIANTS_ALIKE,
                "Two variants send the same message.",
                span,
                hint=f"for variant {names[-1]} send template ...",
            )


def check_follow_ups(rule: d.Rule, scope: Scope) -> None:
    """Report steps that are too many, too soon, too late, or whose outcomes cannot happen."""
    for number, step in enumerate(rule.follow_ups, 1):
        if number > limits.FOLLOW_UPS_MAX:
            message = f"A rule has {limits.FOLLOW_UPS_MAX} follow-ups at most."
            scope.report(FOLLOW_UP_LIMITS, message, step.span, hint="write another rule for the later steps")
        least = timedelta(minutes=limits.FOLLOW_UP_MINUTES_MIN)
        most = timedelta(days=limits.FOLLOW_UP_DAYS_MAX)
        if not least <= step.after.length <= most:
            scope.report(
                FOLLOW_UP_LIMITS,
                f"{format_duration(step.after)} is too {'soon' if step.after.length < least else 'late'}: a step comes "
                f"{limits.FOLLOW_UP_MINUTES_MIN} minutes to {limits.FOLLOW_UP_DAYS_MAX} days after the one before.",
                step.after.span,
            )
        for outcome, reason in _contradictions(step.outcomes, has_success=rule.success is not None):
            scope.report(OUTCOMES_CONTRADICT, reason, outcome.span)


def _contradictions(outcomes: tuple[d.Outcome, ...], *, has_success: bool) -> Iterator[tuple[d.Outcome, str]]:
    """Yield each outcome that cannot stand where it stands, with the reason."""
    held = {outcome.word for outcome in outcomes if not outcome.negated}
    missed = {outcome.word for outcome in outcomes if outcome.negated}
    seen: set[str] = set()
    for outcome in outcomes:
        word = outcome.word
        if word in seen:
            contradicts = word in held and word in missed
            yield outcome, f"{word} {'and not ' + word if contradicts else 'is asked for twice'}."
        elif word == "succeeded" and not has_success:
            yield (
                outcome,
                "The rule has no success event; add for example: test success purchase within 3 days.",
            )
        elif word in ENDING and not outcome.negated:
            yield outcome, f"Who {word} gets no further step: this step would never be sent."
        elif not outcome.negated and IMPLIED.get(word) in missed:
            yield outcome, f"Who {word} had the message delivered."
        seen.add(word)
