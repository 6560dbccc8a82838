"""WhatsApp's own marks in a text: *bold*, _italic_, ~struck~, ```mono```, quotes and lists, as a phone reads them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Style = Literal["bold", "italic", "strike", "mono", "link"]
LineKind = Literal["plain", "quote", "bullet", "number"]

STYLES: dict[str, Style] = {"*": "bold", "_": "italic", "~": "strike"}
# A mark counts where it touches a word inside and no letter or digit outside; it never reaches over a line.
_MARKED = re.compile(
    r"(?P<block>```(?P<mono>.+?)```)"
    r"|(?<![^\W_])`(?P<code>[^`\n]+)`(?![^\W_])"
    r"|(?:(?<=[_*~])|(?<!\w))(?P<mark>[*_~])(?P<text>(?=\S)(?!(?P=mark))[^\n]*?\S|[^\s*_~])(?P=mark)(?:(?=[_*~])|(?!\w))"
    r"|(?P<link>https?://[^\s<>]+)",
    re.DOTALL,
)
_LINE = re.compile(r"(?:(?P<quote>> ?)|(?P<bullet>[*-] )|(?P<number>[0-9]{1,3}\. ))(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A run of characters in one look."""

    text: str
    styles: frozenset[Style] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line as written; `lead` is the number of a numbered line."""

    kind: LineKind
    spans: tuple[Span, ...]
    lead: str = ""

    @property
    def text(self) -> str:
        """Return the characters without marks."""
        return "".join(span.text for span in self.spans)


def read_formatting(text: str) -> tuple[Line, ...]:
    """Return the lines of a text with their looks."""
    return tuple(_line(spans) for spans in _split(tuple(_spans(text, frozenset()))))


def _spans(text: str, styles: frozenset[Style]) -> Iterator[Span]:
    place = 0
    for match in _MARKED.finditer(text):
        if match["mark"] == "*" and _begins_list(text, match.start()):
            continue
        if match.start() > place:
            yield Span(text=text[place : match.start()], styles=styles)
        mono = match["mono"] or match["code"]
        if mono is not None:
            yield Span(text=mono, styles=styles | {"mono"})
        elif match["link"] is not None:
            yield Span(text=match["link"], styles=styles | {"link"})
        else:
            yield from _spans(match["text"], styles | {STYLES[match["mark"]]})
        place = match.end()
    if place < len(text):
        yield Span(text=text[place:], styles=styles)


def _begins_list(text: str, at: int) -> bool:
    return (at == 0 or text[at - 1] == "\n") and text[at + 1 : at + 2] == " "


def _split(spans: tuple[Span, ...]) -> Iterator[list[Span]]:
    """Yield the spans of each line."""
    line: list[Span] = []
    for span in spans:
        first, *others = span.text.split("\n")
        line.append(Span(text=first, styles=span.styles))
        for other in others:
            yield line
            line = [Span(text=other, styles=span.styles)]
    yield line


def _line(spans: list[Span]) -> Line:
    kept = [span for span in spans if span.text]
    lead = _LINE.match(kept[0].text) if kept and not kept[0].styles else None
    if lead is None:
        return Line(kind="plain", spans=tuple(kept))
    rest = kept[0].text[lead.end() :]
    others = (*((Span(text=rest),) if rest else ()), *kept[1:])
    if lead["quote"]:
        return Line(kind="quote", spans=others)
    if lead["bullet"]:
        return Line(kind="bullet", spans=others)
    return Line(kind="number", spans=others, lead=lead["number"].strip())
