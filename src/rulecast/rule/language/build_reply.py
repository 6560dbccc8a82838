"""Turn the parser's tree of a free-form reply into records."""

# ruff: noqa: D102, ARG002 - the methods are the grammar's productions, which rule.lark describes.
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lark import Token, v_args
from lark.tree import Meta

from rulecast.rule.language import document as d
from rulecast.rule.language.build import span_of
from rulecast.rule.language.build_clause import Clause, ClauseBuilder


@v_args(meta=True)
class ReplyBuilder(ClauseBuilder):
    """Builds what a rule answers outside a template."""

    def reply_buttons(self, meta: Meta, children: list[Token]) -> d.ReplyButtons:
        return d.ReplyButtons(titles=tuple(map(self._text, children)))

    def reply_row(self, meta: Meta, children: list[Token | None]) -> d.ReplyRow:
        title, description = children
        assert title is not None, "the grammar has it so"
        return d.ReplyRow(
            title=self._text(title), description="" if description is None else self._text(description)
        )

    def reply_list(self, meta: Meta, children: list[Any]) -> d.ReplyList:
        button, *rows = children
        return d.ReplyList(button=self._text(button), rows=tuple(rows))

    def reply_link(self, meta: Meta, children: list[Token]) -> d.ReplyLink:
        name, title, url = children
        return d.ReplyLink(name=str(name), title=self._text(title), url=self._text(url))

    def reply_words(self, meta: Meta, children: list[Any]) -> d.ReplyWords:
        text, medium, tail = children
        return d.ReplyWords(text=self._text(text), medium=medium, tail=tail, span=span_of(meta))

    def reply_file(self, meta: Meta, children: list[Token]) -> str:
        return str(children[0])

    def reply_shown(self, meta: Meta, children: list[Token]) -> d.ReplyWords:
        return d.ReplyWords(text="", medium=str(children[0]), span=span_of(meta))

    def reply_place(self, meta: Meta, children: list[Any]) -> d.ReplyWords:
        latitude, longitude, *names = children
        name, address = ("" if one is None else self._text(one) for one in names)
        place = d.ReplyPlace(
            latitude=Decimal(str(latitude.value)),
            longitude=Decimal(str(longitude.value)),
            name=name,
            address=address,
        )
        return d.ReplyWords(text="", point=place, span=span_of(meta))

    def reply_translation(self, meta: Meta, children: list[Any]) -> d.ReplyWords:
        language, words = children
        assert isinstance(words, d.ReplyWords), "the grammar has it so"
        return replace(words, language=str(language), span=span_of(meta))

    def reply_translations(
        self, meta: Meta, children: list[Any]
    ) -> tuple[tuple[d.ReplyWords, ...], str | None]:
        *parts, fallback = children
        words = tuple(one for one in parts if isinstance(one, d.ReplyWords))
        return words, None if fallback.type == "SKIP" else str(fallback)

    def reply_action(self, meta: Meta, children: list[Any]) -> Clause:
        _, said, purpose = children
        words, fallback = said if isinstance(said, tuple) else ((said,), "")
        value = d.ReplyAction(
            moment=d.Moment.ACCEPTED,
            words=words,
            fallback_language=fallback,
            purpose=str(purpose).lower() if purpose is not None else None,
            span=span_of(meta),
        )
        return Clause(name="action", value=value, span=value.span)
