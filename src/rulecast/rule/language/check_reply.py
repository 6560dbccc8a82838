"""Check free-form replies: purpose, moment, WhatsApp's limits, variables, and what the words promise."""

from collections.abc import Iterator

from rulecast.rule.language import document as d
from rulecast.rule.language.check_links import link_fault
from rulecast.rule.language.problem import UNKNOWN_ATTRIBUTE, UNKNOWN_WORD
from rulecast.rule.language.problem_clause import BAD_LINK, MEDIA_UNFIT
from rulecast.rule.language.problem_reply import (
    REPLY_CONTENT,
    REPLY_MAY_DROP,
    REPLY_PURPOSE,
    REPLY_UNFIT,
    REPLY_VARIABLE,
)
from rulecast.rule.language.reply_content import ShownFile, reply_content, shown_file
from rulecast.rule.language.reply_text import rest_of, variables_of
from rulecast.rule.language.scope import Scope, check_purpose, hint_of
from rulecast.template import clean_value
from rulecast.template.messages import MediaHandle, MessageInvalidError
from rulecast.template.screen_text import screen_manner, screen_words
from rulecast.values.catalogue import DataClass
from rulecast.values.purpose import Purpose

PURPOSES = (Purpose.SERVICE.value, Purpose.MARKETING.value)
KINDS = ("image", "video", "audio", "document", "sticker")
TRY_FILE = MediaHandle(media_id="1", filename="1.pdf")
TRY_ADDRESS = "https://link.example/t/" + "x" * 34
"""As long as a tracked address; its host is the workspace's own."""


def check_reply(action: d.ReplyAction, scope: Scope) -> None:
    """Report what does not fit."""
    _check_purpose(action, scope)
    if action.moment is not d.Moment.REPLIED:
        scope.report(
            REPLY_MAY_DROP,
            f"When {action.moment}, the person need not have written: without an open window the reply is dropped.",
            action.span,
            hint="when replied: reply ...",
        )
    _check_languages(action, scope)
    addresses: dict[str, str] = {}
    for words in action.words:
        for fault in _faults(words, _file(words, scope)):
            scope.report(REPLY_UNFIT, f"{fault}.", words.span)
        _check_variables(words, scope)
        _check_link(words, addresses, scope)
        _check_words(words, scope)


def _check_purpose(action: d.ReplyAction, scope: Scope) -> None:
    if action.purpose is None:
        if scope.purpose != Purpose.SERVICE:
            scope.report(
                REPLY_PURPOSE,
                f"The rule's purpose is {scope.purpose}: the reply has to say its own.",
                action.span,
                hint="as service for an answer to what the person asked, as marketing for an offer",
            )
    elif action.purpose not in PURPOSES:
        scope.report_unknown(
            UNKNOWN_WORD,
            f"{action.purpose} is not one of the purposes {', '.join(PURPOSES)} of a reply.",
            action.span,
            name=action.purpose,
            known=PURPOSES,
        )


def _check_languages(action: d.ReplyAction, scope: Scope) -> None:
    languages = [one.language for one in action.words]
    if len(set(languages)) < len(languages):
        scope.report(REPLY_UNFIT, "One language stands twice.", action.span)
    if action.fallback_language and action.fallback_language not in languages:
        scope.report(
            REPLY_UNFIT,
            f"There is no text in {action.fallback_language} for everybody else.",
            action.span,
            hint=f"given: {', '.join(languages)}",
        )


def _file(words: d.ReplyWords, scope: Scope) -> ShownFile | None:
    """Return the file that a reply shows as it will be shown, or report that there is none."""
    if words.medium is None:
        return None
    found = scope.catalogue.media.get(words.medium)
    if found is not None and found.kind in KINDS:
        return shown_file(found.kind, TRY_FILE)
    if found is None:
        scope.report(
            MEDIA_UNFIT,
            f"There is no file {words.medium}.",
            words.span,
            hint=hint_of(words.medium, scope.catalogue.media)
            or "files are declared in the workspace file under [[media]]",
        )
    else:
        shown = ", ".join(KINDS)
        scope.report(
            MEDIA_UNFIT, f"{found.name} is of the kind {found.kind}; a reply shows {shown}.", words.span
        )
    # The text is looked at as if the file were there.
    return shown_file("image", TRY_FILE)


def _faults(words: d.ReplyWords, file: ShownFile | None) -> Iterator[str]:
    """Find what WhatsApp would refuse, by making the message as it will be made."""
    try:
        reply_content(words, words.text, address=TRY_ADDRESS, file=file)
    except MessageInvalidError as error:
        yield error.what.rstrip(".")


def _check_variables(words: d.ReplyWords, scope: Scope) -> None:
    if "{{" in rest_of(words.text) or "}}" in rest_of(words.text):
        scope.report(
            REPLY_VARIABLE, "Double braces hold an attribute.", words.span, hint="{{first_name or friend}}"
        )
    for variable in variables_of(words.text):
        name = variable.attribute
        attribute = scope.catalogue.attribute(name)
        if attribute is None:
            scope.report(
                UNKNOWN_ATTRIBUTE,
                f"There is no attribute {name}.",
                words.span,
                hint=hint_of(name, scope.catalogue.attributes),
            )
            continue
        if attribute.data_class is DataClass.SENSITIVE:
            scope.report(
                REPLY_VARIABLE, f"{name} is sensitive: it is said to nobody in a message.", words.span
            )
        check_purpose(attribute.purpose, f"The attribute {name}", words.span, scope)
        default = variable.default
        if default is not None and clean_value(default, from_contact=False) != default:
            scope.report(
                REPLY_VARIABLE, f"The text for a missing {name} would be refused at sending.", words.span
            )


def _check_link(words: d.ReplyWords, addresses: dict[str, str], scope: Scope) -> None:
    if not isinstance(words.tail, d.ReplyLink):
        return
    link = words.tail
    fault = link_fault(link.url)
    if fault is not None:
        scope.report(BAD_LINK, f"The address of {link.name} {fault}.", words.span)
    if addresses.setdefault(link.name, link.url) != link.url:
        scope.report(
            BAD_LINK,
            f"{link.name} leads to two addresses.",
            words.span,
            hint="give the links of the languages names of their own",
        )


def _check_words(words: d.ReplyWords, scope: Scope) -> None:
    place = () if words.point is None else (words.point.name, words.point.address)
    texts = (words.text, *place, *_titles(words.tail))
    addresses = (words.tail.url,) if isinstance(words.tail, d.ReplyLink) else ()
    for found in (*screen_manner(words.text, addresses=addresses), *screen_words(texts)):
        scope.report(REPLY_CONTENT, found.message, words.span)


def _titles(tail: d.ReplyTail | None) -> tuple[str, ...]:
    match tail:
        case d.ReplyButtons(titles=titles):
            return titles
        case d.ReplyList(button=button, rows=rows):
            return (button, *(text for row in rows for text in (row.title, row.description) if text))
        case d.ReplyLink(title=title):
            return (title,)
        case None:
            return ()
