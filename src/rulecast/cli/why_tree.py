"""Why a person is in or out, as a tree of conditions and a list of checks."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from math import isfinite

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rulecast.cli.plan_tables import margin_sentence
from rulecast.policy import Check, Deferred
from rulecast.policy.facts import LostTo
from rulecast.policy.local_time import LocalClock, QuietHours
from rulecast.rule.engine import ExplanationNode
from rulecast.rule.engine.instants import TICK
from rulecast.rule.engine.next_flip import HORIZON
from rulecast.template.media import Grade
from rulecast.values.reason import DESCRIPTIONS, Reason
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.why import Why
from rulecast.wiring.why_message import WhyMessage

MARKS = {"passed": ("✔", "green"), "failed": ("✘", "bold red"), "not reached": ("·", "dim")}


def render_why(why: Why) -> Iterator[RenderableType]:
    """Yield the conditions, the checks and the answer."""
    step = f", step {why.step}" if why.step > 1 else ""
    yield Text.assemble(
        "\nContact ",
        (str(why.contact_id), "bold"),
        f" and plan {why.plan_id} (rule {why.rule_name}{step})\n",
    )
    yield condition_tree(why.conditions)
    if why.variant:
        yield Text.assemble("\nVariant ", (why.variant, "bold"), ", drawn for this rule and person alone")
    yield Text(f"\nMessage {_message(why.message)}")
    if not why.in_audience:
        yield Text(
            "\nNot in the audience: the conditions were not fulfilled when the plan was made.", style="bold"
        )
        if not why.conditions.truth:
            yield Text(_when(why))
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), title="\nChecks, in order", title_justify="left"
    )
    for name in ("", "check", "found"):
        table.add_column(name)
    for check in why.checks:
        mark, style = MARKS[check.outcome]
        table.add_row(Text(mark, style=style), check.name, Text(_found(check), style=style))
    yield table
    yield Text.assemble("\n", (_answer(why), "bold"))


def why_json(why: Why) -> dict[str, object]:
    """Return the answer as plain data."""
    return {
        "contact_id": why.contact_id,
        "plan_id": why.plan_id,
        "rule": why.rule_name,
        "step": why.step,
        "evaluated_at": why.evaluated_at,
        "in_audience": why.in_audience,
        "reason": None if why.reason is None else why.reason.value,
        "variant": why.variant or None,
        "lost_to": None
        if why.lost_to is None
        else {
            "rule": why.lost_to.rule_name,
            "margin": why.lost_to.margin,
            "score_margin": why.lost_to.score_margin if isfinite(why.lost_to.score_margin) else None,
            "by_score": why.lost_to.score_margin > 0,
        },
        "message": message_json(why.message),
        "conditions": _node_json(why.conditions),
        "would_match_from": why.matches_from,
        "zone": why.zone,
        "checks": [
            {
                "check": check.name,
                "outcome": check.outcome,
                "reason": None if check.verdict is None else check.verdict.reason.value,
                "until": check.verdict.until if isinstance(check.verdict, Deferred) else None,
                "facts": {name: _fact(value) for name, value in check.facts.items()},
            }
            for check in why.checks
        ],
    }


def _grow(tree: Tree, node: ExplanationNode) -> None:
    for child in node.children:
        _grow(tree.add(_node_label(child)), child)


def condition_tree(node: ExplanationNode) -> Tree:
    """Return a condition with the values that decided, to print."""
    root = Tree(_node_label(node))
    _grow(root, node)
    return root


def _node_label(node: ExplanationNode) -> Text:
    mark, style = MARKS["passed" if node.truth else "failed"]
    values = ", ".join(f"{name} = {_shown(value)}" for name, value in node.values.items())
    return Text.assemble((f"{mark} ", style), node.text, (f"   {values}" if values else "", "dim"))


def _node_json(node: ExplanationNode) -> dict[str, object]:
    return {
        "text": node.text,
        "truth": node.truth,
        "values": {name: _fact(value) for name, value in node.values.items()},
        "children": [_node_json(child) for child in node.children],
    }


def _shown(value: object) -> str:
    return "missing" if value is None else str(_fact(value))


def _found(check: Check) -> str:
    if check.verdict is None:
        own_hours = _own_hours(check)
        return f"{check.outcome}.{own_hours}" if own_hours else check.outcome
    sentence = DESCRIPTIONS[check.verdict.reason]
    if isinstance(check.verdict, Deferred):
        until = check.verdict.until.isoformat(timespec="minutes")
        return f"{check.verdict.reason.value}: {sentence} Again at {until}.{_own_hours(check)}"
    return f"{check.verdict.reason.value}: {sentence}{_own_hours(check)}"


def _own_hours(check: Check) -> str:
    """Return the quiet hours that the person named, where a check looked at them."""
    hours = check.facts.get("quiet_hours")
    if not isinstance(hours, QuietHours) or hours.own is None:
        return ""
    times = [f"{at // 60:02}:{at % 60:02}" for at in (hours.own.start_minute, hours.own.end_minute)]
    return f" They asked for quiet from {times[0]} to {times[1]}."


LANGUAGE_SENTENCES = {
    "own": "their language is {wanted}",
    "language": "their language is {wanted}, of which the rule has the language without a region",
    "region": "their language is {wanted}, and the rule has it of another region",
    "fallback": "their language {wanted} is none of the rule's, so its language for all others",
    "none": "their language {wanted} is none of the rule's, and it leaves out all others",
}


def _message(message: WhyMessage) -> str:
    """Return translation and file in words."""
    wanted = message.wanted or "(not known)"
    because = LANGUAGE_SENTENCES[message.language_because].format(wanted=wanted)
    text = f"{message.template} in {message.language or 'no language'}: {because}."
    if message.medium is None:
        return text
    device = message.device
    known = ", ".join(
        f"{name} {value}"
        for name, value in (
            ("network", device.network_type),
            ("system", f"{device.os_name} {device.os_version}".strip()),
        )
        if value
    )
    if not message.cause:
        return f"{text} File {message.medium} in full: nothing speaks against it ({known or 'no device on record'})."
    what = "goes out without it" if message.form is Grade.NONE else f"is the {message.form.value} form"
    return f"{text} File {message.medium}: the message {what}, for {message.cause} ({known})."


def message_json(message: WhyMessage) -> dict[str, object]:
    """Return translation and file as plain data."""
    return {
        "template": message.template,
        "language": message.language,
        "wanted_language": message.wanted,
        "language_because": message.language_because,
        "medium": message.medium,
        "form": None if message.medium is None else message.form.value,
        "form_because": message.cause or None,
    }


def _answer(why: Why) -> str:
    if not why.in_audience:
        return "Out: the conditions of the rule do not hold."
    if why.reason is None:
        return "In: a message is planned; the gate checks again at the moment of sending."
    if why.lost_to is not None and why.reason is not Reason.ALREADY_IN_RUN:
        return (
            f"Out: lost to the rule {why.lost_to.rule_name}, because "
            f"{margin_sentence(why.lost_to.margin, is_by_score=why.lost_to.score_margin > 0)}{_by(why.lost_to)}."
        )
    return f"Out: {why.reason.value}. {DESCRIPTIONS[why.reason]}"


def _by(lost_to: LostTo) -> str:
    """Return by how much a score won, where that can be said."""
    if lost_to.score_margin <= 0:
        return ""
    return f" by {lost_to.score_margin:g}" if isfinite(lost_to.score_margin) else ", and there is none here"


def _when(why: Why) -> str:
    """Return from when on the person would match if nothing happened, on their own clock, up to the minute."""
    if why.matches_from is None:
        return f"Time alone does not make them match within {HORIZON.days} days."
    # A window that has just closed did so a microsecond ago; nobody means that by a minute.
    minute = (why.matches_from - TICK).replace(second=0, microsecond=0)
    if minute < why.matches_from - TICK:
        minute += timedelta(minutes=1)
    local = local_time(why.zone, minute)
    return f"Would match from {local.day} {local:%B %Y %H:%M} ({why.zone}) if nothing happens."


def _fact(value: object) -> object:
    """Return a fact as plain data; a clock by the names of its zones."""
    if isinstance(value, LocalClock):
        return [zone.zone for zone in value.zones]
    if isinstance(value, float) and not isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _fact(part) for name, part in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [_fact(part) for part in value]
    names = getattr(value, "__dataclass_fields__", None)
    return {name: _fact(getattr(value, name)) for name in names} if names else str(value)
