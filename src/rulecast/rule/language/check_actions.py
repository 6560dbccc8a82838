"""Check what happens at the moments of a message: tags, attributes, teams, recipients."""

from collections.abc import Iterable
from dataclasses import replace

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.check_reply import check_reply
from rulecast.rule.language.constants import typed
from rulecast.rule.language.limits import TAG_LENGTH_MAX
from rulecast.rule.language.problem import UNKNOWN_ATTRIBUTE, UNKNOWN_ZONE, WRONG_TYPE
from rulecast.rule.language.problem_clause import CANNOT_BE_SET, TAG_UNUSABLE, UNKNOWN_RECEIVER
from rulecast.rule.language.scope import Scope, check_purpose, hint_of
from rulecast.values.catalogue import Attribute, AttributeType, DataClass, fold_text
from rulecast.values.zone_offsets import zone_names

ZONE = "zone"
# What the system itself measures; a rule that set them would change what it was told.
MEASURED = frozenset({"first_seen_at", "last_inbound_at"})


def check_actions(rule: d.Rule, scope: Scope) -> tuple[d.Action, ...]:
    """Report what does not fit and return the actions with exact values."""
    _check_opposites(rule.actions, scope)
    return tuple(_checked(action, scope) for action in rule.actions)


def _checked(action: d.Action, scope: Scope) -> d.Action:
    match action:
        case d.TagAction():
            length = len(fold_text(action.tag.strip()))
            if not 1 <= length <= TAG_LENGTH_MAX:
                scope.report(
                    TAG_UNUSABLE,
                    f"A tag has 1 to {TAG_LENGTH_MAX} characters, this one {length}.",
                    action.span,
                )
            return action
        case d.SetAction():
            return _set(action, scope)
        case d.AssignAction():
            _check_receiver("team", action.team, action.span, scope.catalogue.teams, scope)
            return action
        case d.NotifyAction():
            _check_receiver("recipient", action.recipient, action.span, scope.catalogue.recipients, scope)
            return action
        case d.ReplyAction():
            check_reply(action, scope)
            return action


def _check_receiver(what: str, name: str, span: c.Span, known: Iterable[str], scope: Scope) -> None:  # noqa: PLR0917 - what is looked up where
    if name not in known:
        scope.report(
            UNKNOWN_RECEIVER,
            f'There is no {what} "{name}".',
            span,
            hint=hint_of(name, known) or f"declare the {what} in the workspace file",
        )


def _set(action: d.SetAction, scope: Scope) -> d.SetAction:
    name = action.attribute
    attribute = scope.catalogue.attribute(name.name)
    if attribute is None:
        scope.report(
            UNKNOWN_ATTRIBUTE,
            f"There is no attribute {name.name}.",
            name.span,
            hint=hint_of(name.name, scope.catalogue.attributes),
        )
        return action
    reason = _why_not(attribute)
    if reason is not None:
        scope.report(CANNOT_BE_SET, f"{name.name} cannot be set: {reason}.", name.span)
        return action
    check_purpose(attribute.purpose, f"The attribute {name.name}", name.span, scope)
    field = replace(name, type=attribute.type)
    if action.value is not None:
        value = typed(action.value, field, scope)
        return replace(action, attribute=field, value=_zone(value, scope) if name.name == ZONE else value)
    if attribute.type not in {AttributeType.INSTANT, AttributeType.DATE}:
        scope.report(
            WRONG_TYPE, f"{name.name} is of type {attribute.type}; `now` is an instant.", action.span
        )
    return replace(action, attribute=field)


def _zone(value: c.Constant, scope: Scope) -> c.Constant:
    """Return a time zone in the spelling of the zone database: by any other the engines would take it for UTC."""
    zones = {one.casefold(): one for one in zone_names()}
    found = zones.get(str(value.value).strip().casefold())
    if found is None:
        scope.report_unknown(
            UNKNOWN_ZONE,
            f"There is no time zone {value.value}.",
            value.span,
            name=str(value.value),
            known=zones.values(),
        )
        return value
    return replace(value, value=found)


def _why_not(attribute: Attribute) -> str | None:
    if attribute.is_sealed:
        return "it is stored sealed"
    if attribute.data_class is DataClass.SENSITIVE:
        return "it is sensitive and needs a consent of its own"
    if attribute.derived_from is not None:
        return f"it is computed from {attribute.derived_from}"
    if attribute.name in MEASURED:
        return "it is measured"
    if attribute.type is AttributeType.PLACE:
        return "a place has two coordinates and comes from an import"
    return None


def _check_opposites(actions: tuple[d.Action, ...], scope: Scope) -> None:
    """Report a tag that one moment both gives and takes, and an attribute that it sets twice."""
    seen: dict[tuple[str, str, str], d.Action] = {}
    for action in actions:
        if isinstance(action, d.TagAction):
            key = ("tag", action.moment.value, fold_text(action.tag.strip()))
            before = seen.setdefault(key, action)
            if isinstance(before, d.TagAction) and before.operation != action.operation:
                scope.report(
                    TAG_UNUSABLE, f'The tag "{action.tag}" is added and removed at one moment.', action.span
                )
        elif isinstance(action, d.SetAction):
            key = ("set", action.moment.value, action.attribute.name)
            if seen.setdefault(key, action) is not action:
                scope.report(
                    CANNOT_BE_SET, f"{action.attribute.name} is set twice at one moment.", action.span
                )
