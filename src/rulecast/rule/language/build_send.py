"""Turn the parser's tree of messages, follow-ups, actions and examples into records."""

# ruff: noqa: D102, ARG002 - the methods are the grammar's productions, which rule.lark describes.
from dataclasses import replace
from typing import Any, cast, get_args

from lark import Token, v_args
from lark.tree import Meta

from rulecast.rule.language import condition as c
from rulecast.rule.language import document as d
from rulecast.rule.language.build import span_of, span_of_token
from rulecast.rule.language.build_clause import Clause
from rulecast.rule.language.build_reply import ReplyBuilder

CAUSES = {
    "ON_SLOW_NETWORK": "slow network",
    "ON_VERY_SLOW_NETWORK": "very slow network",
    "ON_OLD_SYSTEM": "old system",
}
OUTCOMES = get_args(d.Outcome.__annotations__["word"])


@v_args(meta=True)
class SendBuilder(ReplyBuilder):
    """Builds what is sent, to whom later, and what happens at the moments of a message."""

    # ---- send
    def language_of_contact(self, meta: Meta, children: list[Token]) -> dict[str, Any]:
        *names, _, fallback = children
        written = names if fallback.type == "SKIP" else [*names, fallback]
        return {
            "languages": tuple(str(name) for name in names),
            "fallback_language": None if fallback.type == "SKIP" else str(fallback),
            "language_spans": tuple(map(span_of_token, written)),
        }

    def language_fixed(self, meta: Meta, children: list[Token]) -> dict[str, Any]:
        name = str(children[0])
        return {
            "languages": (name,),
            "fallback_language": name,
            "language_spans": (span_of_token(children[0]),),
        }

    def parameters(self, meta: Meta, children: list[d.Parameter]) -> dict[str, Any]:
        return {"parameters": tuple(children), "parameters_span": span_of(meta)}

    def parameter_attribute(self, meta: Meta, children: list[Token]) -> d.Parameter:
        name, attribute, *default = children
        text = self._text(default[0]) if default else None
        return d.Parameter(name=str(name), attribute=str(attribute), default=text, span=span_of(meta))

    def parameter_text(self, meta: Meta, children: list[Token]) -> d.Parameter:
        return d.Parameter(name=str(children[0]), default=self._text(children[1]), span=span_of(meta))

    def parameter_coupon(self, meta: Meta, children: list[Token]) -> d.Parameter:
        return d.Parameter(name=str(children[0]), coupon_pool=str(children[1]), span=span_of(meta))

    def links(self, meta: Meta, children: list[d.LinkTarget]) -> tuple[d.LinkTarget, ...]:
        return tuple(children)

    def link(self, meta: Meta, children: list[Token]) -> d.LinkTarget:
        name, url = children
        return d.LinkTarget(name=str(name), url=self._text(url), span=span_of(meta))

    def media_in_full(self, meta: Meta, children: list[Token]) -> d.MediaClause:
        return d.MediaClause(medium=str(children[0]), span=span_of(meta))

    def media_by_device(self, meta: Meta, children: list[Any]) -> d.MediaClause:
        medium, *choices, fallback = children
        return d.MediaClause(
            medium=None if medium is None else str(medium),
            choices=tuple(choices),
            fallback=None if fallback is None else str(fallback),
            fallback_span=c.NOWHERE if fallback is None else span_of_token(fallback),
            span=span_of(meta),
        )

    def media_choice(self, meta: Meta, children: list[Token]) -> d.MediaChoice:
        grade, cause = children
        return d.MediaChoice(
            grade=cast("Any", grade.lower()), cause=cast("Any", CAUSES[cause.type]), span=span_of(meta)
        )

    def send_template(self, meta: Meta, children: list[Any]) -> d.SendTemplate:
        _, template, languages, parameters, number, media, links = children
        template_span = span_of_token(template)
        return d.SendTemplate(
            template=str(template),
            **languages,
            # Parameters that are forgotten altogether are missed at the template.
            **(parameters or {"parameters_span": template_span}),
            number=str(number),
            links=links or (),
            media=media,
            template_span=template_span,
            number_span=span_of_token(number),
            span=span_of(meta),
        )

    def send(self, meta: Meta, children: list[d.SendTemplate]) -> Clause:
        return Clause(name="send", value=children[0], span=children[0].span)

    def variant_send(self, meta: Meta, children: list[Any]) -> Clause:
        name, send = children
        value = d.VariantSend(variant=str(name), send=send, span=span_of(meta))
        return Clause(name="for variant", value=value, span=value.span)

    # ---- follow-ups
    def outcome(self, meta: Meta, children: list[Any]) -> d.Outcome:
        negated, word = children
        if word.lower() not in OUTCOMES:
            self._unknown(word, list(OUTCOMES))
        found = cast("Any", word.lower() if word.lower() in OUTCOMES else OUTCOMES[0])
        return d.Outcome(word=found, negated=negated is not None, span=span_of(meta))

    def follow_up(self, meta: Meta, children: list[Any]) -> Clause:
        after, *outcomes, send = children
        value = d.FollowUp(after=after, outcomes=tuple(outcomes), send=send, span=span_of(meta))
        return Clause(name="after", value=value, span=value.span)

    # ---- moments
    def moment(self, meta: Meta, children: list[Any]) -> Clause:
        moment, action = children
        value = replace(action.value, moment=self._word(moment, d.Moment))
        return Clause(name="moment", value=value, span=action.span)

    def tag_action(self, meta: Meta, children: list[Token]) -> Clause:
        _, operation, text = children
        value = d.TagAction(
            moment=d.Moment.ACCEPTED,
            operation="add" if operation.lower() == "add" else "remove",
            tag=self._text(text),
            span=span_of(meta),
        )
        return Clause(name="action", value=value, span=value.span)

    def set_action(self, meta: Meta, children: list[Any]) -> Clause:
        name, value = children
        action = d.SetAction(
            moment=d.Moment.ACCEPTED,
            attribute=c.Field(name=str(name), span=span_of_token(name)),
            value=value if isinstance(value, c.Constant) else None,
            span=span_of(meta),
        )
        return Clause(name="action", value=action, span=action.span)

    def assign_action(self, meta: Meta, children: list[Token]) -> Clause:
        team = self._text(children[0])
        value = d.AssignAction(moment=d.Moment.ACCEPTED, team=team, span=span_of(meta))
        return Clause(name="action", value=value, span=value.span)

    def notify_action(self, meta: Meta, children: list[Token]) -> Clause:
        recipient = self._text(children[0])
        value = d.NotifyAction(moment=d.Moment.ACCEPTED, recipient=recipient, span=span_of(meta))
        return Clause(name="action", value=value, span=value.span)

    # ---- examples
    def example_attribute(self, meta: Meta, children: list[Any]) -> tuple[str, Any]:
        return "attributes", (str(children[0]), children[1])

    def example_tag(self, meta: Meta, children: list[Token]) -> tuple[str, Any]:
        return "tags", self._text(children[1])

    def example_label(self, meta: Meta, children: list[Any]) -> tuple[str, Any]:
        label, value = children
        return "labels", (self._text(label), self._text(value) if value is not None else "")

    def example_consent(self, meta: Meta, children: list[Token]) -> tuple[str, Any]:
        return "consents", str(children[1])

    def example_known(self, meta: Meta, children: list[c.Duration]) -> tuple[str, Any]:
        return "known_for", children[0]

    def example_event(self, meta: Meta, children: list[Any]) -> tuple[str, Any]:
        name, ago, properties = children
        value = d.ExampleEvent(event=str(name), ago=ago, properties=properties or (), span=span_of(meta))
        return "events", value

    def properties(self, meta: Meta, children: list[Any]) -> tuple[tuple[str, c.Constant], ...]:
        return tuple(children)

    def property(self, meta: Meta, children: list[Any]) -> tuple[str, c.Constant]:
        return str(children[0]), children[1]

    def facts(self, meta: Meta, children: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        return children

    def example(self, meta: Meta, children: list[Any]) -> Clause:
        about, at, facts, verdict = children
        known = [value for name, value in facts or () if name == "known_for"]
        lists = {
            kind: tuple(value for name, value in facts or () if name == kind)
            for kind in ("attributes", "tags", "labels", "consents", "events")
        }
        value = d.Example(
            about=self._text(about),
            at=self._moment(at) if at is not None else None,
            known_for=known[-1] if known else None,
            matches=verdict.type == "MATCHES",
            span=span_of(meta),
            **lists,
        )
        return Clause(name="example", value=value, span=value.span)
