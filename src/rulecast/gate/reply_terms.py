"""What a run of replies says: the words of the rule that was approved, or that somebody typed them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rulecast.gate.rows import TermsRow
from rulecast.gate.run_media import RunMedia
from rulecast.gate.typed_content import TYPED_FILE, TypedContent, typed_message
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import Moment, PersonLimit, ReplyAction, ReplyLink, ReplyWords
from rulecast.rule.language.reply_content import ShownFile, reply_content, shown_file
from rulecast.rule.language.reply_text import fill_in
from rulecast.template import clean_value
from rulecast.template.choose_language import choose_language
from rulecast.template.messages import Content, MediaHandle, MessageInvalidError
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

FileOf = Callable[[str], MediaHandle | Reason]
"""Returns the upload of a file by its name, or why it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedWords:
    """Words of rulecast itself with buttons, as (payload, title)."""

    body: str
    buttons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTerms:
    """The words of a run of replies; `action` is None where the words were typed for this one person, or are `fixed`.

    `links` are the destinations by name, `link_base` the address under which our own redirects stand, `typed_form` what
    was typed: a text, a file, a place. `file_kinds` are the kinds of the files that the words show, by name.
    """

    action: ReplyAction | None
    links: Mapping[str, str]
    link_base: str
    workspace_limit: PersonLimit | None
    fixed: FixedWords | None = None
    typed_form: str = "text"
    file_kinds: Mapping[str, str] = field(default_factory=dict)

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
        typed_form=str(document.get("typed", "text")),
        file_kinds={name: str(one["kind"]) for name, one in row.document.get("reply_files", {}).items()},
    )


def reply_files(row: TermsRow) -> dict[str, RunMedia]:
    """Return the files of a run of replies, by the names under which its words ask for them, as they were approved."""
    files = row.document.get("reply_files", {})
    return {"": RunMedia.of({"files": files})} if files else {}


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
    typed: TypedContent | None,
    value_of: Callable[[str], str | None],
    token_of: Callable[[int], str],
    file_of: FileOf,
) -> Content | Reason:
    """Return the message for one person, or why there is none.

    `value_of` gives a safe text of an attribute, `token_of` the token of a link by its index, `file_of` the upload of a
    file by its name, or why it is not there.
    """
    try:
        if reply.fixed is not None:
            buttons = [ReplyButton(reply_id=payload, title=title) for payload, title in reply.fixed.buttons]
            return buttons_message(Frame(body=reply.fixed.body), buttons)
        if reply.action is None:
            return _typed(typed, file_of)
        words = _words_for(reply.action, language)
        if words is None:
            return Reason.MISSING_TRANSLATION
        return _said(reply, words, value_of=value_of, token_of=token_of, file_of=file_of)
    except MessageInvalidError:
        return Reason.MISSING_PARAMETER


def _typed(typed: TypedContent | None, file_of: FileOf) -> Content | Reason:
    if typed is None:
        return Reason.FACTS_UNKNOWN
    file = file_of(TYPED_FILE) if typed.has_file else None
    return file if isinstance(file, Reason) else typed_message(typed, file)


def _said(
    reply: ReplyTerms,
    words: ReplyWords,
    *,
    value_of: Callable[[str], str | None],
    token_of: Callable[[int], str],
    file_of: FileOf,
) -> Content | Reason:
    text = fill_in(
        words.text,
        lambda one: (
            value_of(one.attribute) or (clean_value(one.default, from_contact=False) if one.default else None)
        ),
    )
    if text is None:
        return Reason.MISSING_PARAMETER
    file: ShownFile | None = None
    if words.medium is not None:
        handle = file_of(words.medium)
        if isinstance(handle, Reason):
            return handle
        file = shown_file(reply.file_kinds[words.medium], handle)
    address = ""
    if isinstance(words.tail, ReplyLink):
        address = f"{reply.link_base}/l/{token_of(link_index_of(reply.links, words.tail.name))}"
    return reply_content(words, text, address=address, file=file)


def _words_for(action: ReplyAction, language: str) -> ReplyWords | None:
    by_language = {one.language: one for one in action.words}
    if "" in by_language:
        return by_language[""]
    chosen = choose_language(language, by_language, action.fallback_language)
    return None if chosen is None else by_language.get(chosen)
