"""The budgets a group of drafts is charged to: of its runs, and of its rules in the running month."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from rulecast.gate import store
from rulecast.gate.store import Connection
from rulecast.gate.terms import RunTerms


async def lock_budgets(connection: Connection, terms: Iterable[RunTerms], *, month: date) -> dict[str, int]:
    """Return what is left of each budget, by its key, locked until the permits that spend it are written.

    Two versions of one rule in a month share what was spent; the smaller budget binds both.
    """
    runs: dict[int, int] = {}
    rules: dict[str, int] = {}
    for one in terms:
        if one.budget_e4 is None:
            continue
        if one.budget_per == "run":
            runs[int(one.first_run_id)] = one.budget_e4
        else:
            rules[one.rule_name] = min(one.budget_e4, rules.get(one.rule_name, one.budget_e4))
    left: dict[str, int] = {}
    if runs:
        found = await store.lock_budgets(connection, runs)
        left |= {f"run {run_id}": rest for run_id, rest in found.items()}
    if rules:
        spent = await store.lock_month_budgets(connection, rules, month=month)
        left |= {f"rule {name}": rules[name] - spent[name] for name in rules}
    return left


async def spend_budgets(
    connection: Connection, spent: Sequence[tuple[RunTerms, int]], *, month: date
) -> None:
    """Charge what each message costs to the budget of its run, or of its rule in the month."""
    runs: Counter[int] = Counter()
    rules: Counter[str] = Counter()
    for terms, price_e4 in spent:
        if terms.budget_e4 is None:
            continue
        if terms.budget_per == "run":
            runs[int(terms.first_run_id)] += price_e4
        else:
            rules[terms.rule_name] += price_e4
    if runs:
        await store.spend_budgets(connection, runs)
    if rules:
        await store.spend_month_budgets(connection, rules, month=month)
