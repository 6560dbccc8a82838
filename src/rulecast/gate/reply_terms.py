"""What a run of replies says: the words of the rule that was approved, or that somebody typed them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rulecast.gate.rows import TermsRow
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import Moment, PersonLimit, ReplyAction, ReplyLink, ReplyWords
from rulecast.rule.language.reply_content import reply_content
from rulecast.rule.language.reply_text import fill_in
from rulecast.template import clean_value
from rulecast.template.choose_language import choose_language
from rulecast.template.messages import Content, MessageInvalidError, text_message
from rulecast.template.messages.interactive import Frame, ReplyButton, buttons_message
from rulecast.values.link_token import link_index_of
from rulecast.values.reason import Reason

OPERATOR_RULE = "operator_reply"
"""The name under which typed replies stand in verdicts, reports and stops; it is no rule that anybody wrote."""
OPT_OUT_RULE = "opt_out_answer"
"""The same for what rulecast itself answers to people who ask for silence, or for offers again."""
OWN_RULES = frozenset({OPERATOR_RULE, OPT_OUT_RULE})
REPLY_STEP = 100
"""The step of runs of replies: as it is for a typed one, else plus the place of the reply among its rule's actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedWords:
    """Words of rulecast itself with buttons, as (payload, title)."""

    body: str
    buttons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTerms:
    """The words of a run of replies; `action` is None where the words were typed for this one person, or are `fixed`.

    `links` are the destinations by name, `link_base` the address under which our own redirects stand.
    """

    action: ReplyAction | None
    links: Mapping[str, str]
    link_base: str
    workspace_limit: PersonLimit | None
    fixed: FixedWords | None = None

    @property
    def is_typed(self) -> bool:
        """Return whether somebody typed the words for one person."""
        return self.action is None and self.fixed is None

    @property
    def answers_words(self) -> bool:
        """Return whether it answers what the person wrote, rather than follows a delivery or a click."""
        return self.action is None or self.action.moment is Moment.REPLIED


def reply_terms(row: TermsRow) -> ReplyTerms:
    """Return the words of a run of replies, as its rule was approved."""
    document = row.document.get("reply", {})
    rule = parse_rule(row.rule_text) if row.step > REPLY_STEP else None
    action = rule.actions[row.step - REPLY_STEP - 1] if isinstance(rule, Rule) else None
    return ReplyTerms(
        action=action if isinstance(action, ReplyAction) else None,
        fixed=_fixed(document),
        links=links_of(action) if isinstance(action, ReplyAction) else {},
        link_base=str(document.get("link_base", "")),
        workspace_limit=rule.workspace_limit if isinstance(rule, Rule) else None,
    )


def _fixed(document: Mapping[str, Any]) -> FixedWords | None:
    said = document.get("fixed")
    if said is None:
        return None
    return FixedWords(
        body=said["body"], buttons=tuple((payload, title) for payload, title in said["buttons"])
    )


def links_of(action: ReplyAction) -> dict[str, str]:
    """Return where the links of a reply lead, in all its languages."""
    tails = (one.tail for one in action.words)
    return {tail.name: tail.url for tail in tails if isinstance(tail, ReplyLink)}


def make_reply(
    reply: ReplyTerms,
    *,
    language: str,
    typed: str | None,
    value_of: Callable[[str], str | None],
    token_of: Callable[[int], str],
) -> Content | Reason:
    """Return the message for one person, or why there is none.

    `value_of` gives a safe text of an attribute, `token_of` the token of a link by its index.
    """
    try:
        if reply.fixed is not None:
            buttons = [ReplyButton(reply_id=payload, title=title) for payload, title in reply.fixed.buttons]
            return buttons_message(Frame(body=reply.fixed.body), buttons)
        if reply.action is None:
            return Reason.FACTS_UNKNOWN if typed is None else text_message(typed)
        words = _words_for(reply.action, language)
        if words is None:
            return Reason.MISSING_TRANSLATION
        text = fill_in(
            words.text,
            lambda one: (
                value_of(one.attribute)
                or (clean_value(one.default, from_contact=False) if one.default else None)
            ),
        )
        if text is None:
            return Reason.MISSING_PARAMETER
        address = ""
        if isinstance(words.tail, ReplyLink):
            address = f"{reply.link_base}/l/{token_of(link_index_of(reply.links, words.tail.name))}"
        return reply_content(text, words.tail, address=address)
    except MessageInvalidError:
        return Reason.MISSING_PARAMETER


def _words_for(action: ReplyAction, language: str) -> ReplyWords | None:
    by_language = {one.language: one for one in action.words}
    if "" in by_language:
        return by_language[""]
    chosen = choose_language(language, by_language, action.fallback_language)
    return None if chosen is None else by_language.get(chosen)
