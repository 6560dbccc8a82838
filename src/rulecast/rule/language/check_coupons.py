"""Check where the codes of messages come from."""

from rulecast.rule.language import document as d
from rulecast.rule.language.problem_clause import COUPON_POOL_UNKNOWN, COUPON_POOLS_MIXED
from rulecast.rule.language.scope import Scope
from rulecast.values.catalogue import closest_name

IMPORT_HINT = "`rulecast coupon import POOL FILE` makes a pool of the codes of a file"


def check_coupons(rule: d.Rule, scope: Scope) -> None:
    """Report pools that nobody has filled or declared, and people whose messages would draw from two of them."""
    for send in d.sends_of(rule):
        for parameter in coupons_of(send):
            _check_pool(parameter, scope)
    later = [one for step in rule.follow_ups for one in coupons_of(step.send)]
    for send in (rule.send, *(one.send for one in rule.variant_sends)):
        drawn = [*coupons_of(send), *later]
        others = [one for one in drawn if one.coupon_pool != drawn[0].coupon_pool]
        if others:
            scope.report(
                COUPON_POOLS_MIXED,
                f"One person would get codes from {drawn[0].coupon_pool} and from {others[0].coupon_pool}.",
                others[0].span,
                hint=f"draw both from {drawn[0].coupon_pool}",
            )
            return


def coupons_of(send: d.SendTemplate) -> tuple[d.Parameter, ...]:
    """Return the parameters of a message that hold its code."""
    return tuple(one for one in send.parameters if one.coupon_pool is not None)


def _check_pool(parameter: d.Parameter, scope: Scope) -> None:
    pool, known = parameter.coupon_pool or "", scope.catalogue.coupon_pools
    if pool in known:
        return
    near = closest_name(pool, known)
    scope.report(
        COUPON_POOL_UNKNOWN,
        f"There is no pool of coupons {pool}.",
        parameter.span,
        hint=f"did you mean {near}?" if near else IMPORT_HINT,
    )
