"""Put clauses together into a rule: each once, none missing, actions at their moments."""

from dataclasses import replace
from typing import Any

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.build_clause import Clause
from rulecast.rule.language.build_rule import Draft
from rulecast.rule.language.problem import CLAUSE_MISSING, CLAUSE_TWICE, RuleProblem

REQUIRED = {
    "purpose": "purpose marketing",
    "when": 'when city = "Rabat"',
    "send": "send template NAME in fr from NUMBER",
}
STAND_INS: dict[str, Any] = {
    "when": c.Everybody(),
    "send": d.SendTemplate(template="", languages=(), fallback_language=None, number=""),
}
# How a clause begins, where that is not the name it has here.
WORDS = {
    "ignore events": "ignore events older than",
    "decide": "decide within",
    "holidays": "not on public holidays",
    "limit": "limit this rule to",
    "limit all": "limit all rules to",
    "stop": "stop if",
}
ACTIONS = {"moment", "action"}
REPEATED = {"for variant", "after", "example"}
# Clauses that say more about another one, and what that other one looks like.
BELONGS_TO = {
    "leftover": ("schedule", "once at 20:00..22:00 local time of the contact; drop the rest"),
    "holidays": ("schedule", "once at 20:00..22:00 local time of the contact; not on public holidays"),
    "ignore events": ("on", "on purchase; ignore events older than 6 hours"),
}


def assemble(draft: Draft, problems: list[RuleProblem]) -> d.Rule | None:
    """Return the rule, or None where it has no purpose; problems are appended.

    For a condition or a message that is missing, which is a problem, another that is nowhere in the text stands in.
    """
    found: dict[str, Any] = {}
    spans: dict[str, Clause] = {}
    actions: list[d.Action] = []
    repeated: dict[str, list[Any]] = {name: [] for name in REPEATED}
    previous: list[Clause | None] = [None, None]
    for clause in draft.clauses:
        if clause is not None:
            if clause.name in ACTIONS:
                actions.append(_action(clause, previous, actions))
            elif clause.name in REPEATED:
                repeated[clause.name].append(clause.value)
            else:
                _keep(clause, found, problems)
                spans.setdefault(clause.name, clause)
        previous = [previous[1], clause]
    _check_belonging(spans, problems)
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
    if "purpose" in missing:
        return None
    found = {**STAND_INS, **found}
    return replace(_rule(draft, found, tuple(actions), repeated), purpose_span=spans["purpose"].span)


def _rule(
    draft: Draft, found: dict[str, Any], actions: tuple[d.Action, ...], repeated: dict[str, list[Any]]
) -> d.Rule:
    return d.Rule(
        name=draft.name,
        version=found.get("version", 1),
        priority=found.get("priority", d.DEFAULT_PRIORITY),
        purpose=found["purpose"],
        condition=found["when"],
        send=found["send"],
        about=found.get("about"),
        trigger=_trigger(found),
        decision_seconds=found.get("decide"),
        validity=found.get("valid"),
        score=found.get("score"),
        actions=actions,
        follow_ups=tuple(repeated["after"]),
        schedule=_schedule(found),
        person_limit=found.get("limit"),
        workspace_limit=found.get("limit all"),
        batch=found.get("batch"),
        budget=found.get("budget"),
        holdout_percent=found.get("holdout"),
        variants=found.get("variants", ()),
        variant_sends=tuple(repeated["for variant"]),
        success=found.get("success"),
        stop_tests=found.get("stop", ()),
        examples=tuple(repeated["example"]),
        span=draft.span,
    )


def _action(clause: Clause, previous: list[Clause | None], actions: list[d.Action]) -> d.Action:
    """Bind an action to its moment: its own, that of the action before its semicolon, or accepted."""
    action: d.Action = clause.value
    before, separator = previous
    follows = separator is None and before is not None and before.name in ACTIONS
    if clause.name == "moment":
        return action
    return replace(action, moment=actions[-1].moment if follows else d.Moment.ACCEPTED)


def _keep(clause: Clause, found: dict[str, Any], problems: list[RuleProblem]) -> None:
    if clause.name in found:
        problems.append(
            RuleProblem(
                kind=CLAUSE_TWICE,
                message=f"The clause `{words_of_clause(clause)}` is given a second time.",
                span=clause.span,
            )
        )
        return
    found[clause.name] = clause.value


def _check_belonging(clauses: dict[str, Clause], problems: list[RuleProblem]) -> None:
    """Report clauses that say more about one that is missing."""
    for name, (owner, example) in BELONGS_TO.items():
        if name not in clauses:
            continue
        trigger = clauses[owner].value if owner in clauses else None
        words = words_of_clause(clauses[name])
        if trigger is None or isinstance(trigger, d.EnteringTrigger):
            needed = "a sending window" if owner == "schedule" else "a trigger by an event"
            problems.append(
                RuleProblem(
                    kind=CLAUSE_MISSING,
                    message=f"`{words}` says more about {needed}, which the rule does not have.",
                    span=clauses[name].span,
                    hint=f"for example: {example}",
                )
            )


def words_of_clause(clause: Clause) -> str:
    """Return the words with which a clause begins in the text."""
    match clause.value:
        case d.Schedule(recurrence=word):
            return word
        case d.DropRest():
            return "drop the rest"
        case d.CarryOver(until=c.Duration()):
            return "carry over for"
        case d.CarryOver():
            return "carry over until"
        case _:
            return WORDS.get(clause.name, clause.name)


def _schedule(found: dict[str, Any]) -> d.Schedule | None:
    schedule: d.Schedule | None = found.get("schedule")
    if schedule is None:
        return None
    leftover = found.get("leftover", schedule.leftover)
    return replace(schedule, leftover=leftover, skips_holidays="holidays" in found)


def _trigger(found: dict[str, Any]) -> d.Trigger | None:
    trigger: d.Trigger | None = found.get("on")
    if not isinstance(trigger, d.EventTrigger):
        return trigger
    return replace(trigger, older_than=found.get("ignore events"))
