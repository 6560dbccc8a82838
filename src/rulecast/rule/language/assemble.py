"""Put clauses together into a rule: each once, none missing, actions at their moments."""

from dataclasses import replace
from typing import Any

from rulecast.rule.language.build_rule import Clause, Draft
from rulecast.rule.language.document import (
    DEFAULT_PRIORITY,
    Moment,
    Rule,
    Schedule,
    SetAction,
    TagAction,
)
from rulecast.rule.language.problem import CLAUSE_MISSING, CLAUSE_TWICE, RuleProblem

REQUIRED = {
    "purpose": "purpose marketing",
    "when": 'when city = "Rabat"',
    "send": "send template NAME in fr from NUMBER",
}


def assemble(draft: Draft, problems: list[RuleProblem]) -> Rule | None:
    """Return the rule, or None where a clause it cannot do without is missing; problems are appended."""
    found: dict[str, Any] = {}
    actions: list[TagAction | SetAction] = []
    previous: list[Clause | None] = [None, None]
    for clause in draft.clauses:
        if clause is not None:
            if clause.name in {"moment", "action"}:
                actions.append(_action(clause, previous, actions))
            else:
                _keep(clause, found, problems)
        previous = [previous[1], clause]
    schedule = _schedule(found, draft, problems)
    missing = [name for name in REQUIRED if name not in found]
    problems.extend(
        RuleProblem(
            kind=CLAUSE_MISSING,
            message=f"The rule {draft.name} has no clause `{name}`.",
            span=draft.span,
            hint=f"for example: {REQUIRED[name]}",
        )
        for name in missing
    )
    return None if missing else _rule(draft, found, tuple(actions), schedule)


def _rule(
    draft: Draft, found: dict[str, Any], actions: tuple[TagAction | SetAction, ...], schedule: Schedule | None
) -> Rule:
    return Rule(
        name=draft.name,
        version=found.get("version", 1),
        priority=found.get("priority", DEFAULT_PRIORITY),
        purpose=found["purpose"],
        condition=found["when"],
        send=found["send"],
        about=found.get("about"),
        actions=actions,
        schedule=schedule,
        person_limit=found.get("limit"),
        batch=found.get("batch"),
        budget=found.get("budget"),
        holdout_percent=found.get("holdout"),
        variants=found.get("variants", ()),
        success=found.get("success"),
        stop_tests=found.get("stop", ()),
        span=draft.span,
    )


def _action(
    clause: Clause, previous: list[Clause | None], actions: list[TagAction | SetAction]
) -> TagAction | SetAction:
    """Bind an action to its moment: its own, that of the action before its semicolon, or accepted."""
    action: TagAction | SetAction = clause.value
    before, separator = previous
    follows = separator is None and before is not None and before.name in {"moment", "action"}
    if clause.name == "moment":
        return action
    return replace(action, moment=actions[-1].moment if follows else Moment.ACCEPTED)


def _keep(clause: Clause, found: dict[str, Any], problems: list[RuleProblem]) -> None:
    if clause.name in found:
        problems.append(
            RuleProblem(
                kind=CLAUSE_TWICE,
                message=f"The clause `{clause.name}` is given a second time.",
                span=clause.span,
            )
        )
        return
    found[clause.name] = clause.value


def _schedule(found: dict[str, Any], draft: Draft, problems: list[RuleProblem]) -> Schedule | None:
    schedule: Schedule | None = found.get("schedule")
    if "leftover" not in found:
        return schedule
    if schedule is None:
        problems.append(
            RuleProblem(
                kind=CLAUSE_MISSING,
                message="What to do with the rest needs a sending window.",
                span=draft.span,
                hint="for example: once at 20:00..22:00 local time of the contact; drop the rest",
            )
        )
        return None
    return replace(schedule, leftover=found["leftover"])
