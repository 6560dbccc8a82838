"""A file as the workspace file declares it."""

import re
from dataclasses import dataclass

from rulecast.values.catalogue import Medium
from rulecast.values.fields import FieldInvalidError, Fields

KINDS = ("image", "video", "gif", "document", "audio", "sticker")
"""Kinds of files: a `gif` is a short MP4 that plays by itself and heads templates only; sounds and stickers are
messages of their own, so only replies show them."""
NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}")
SOURCE_LENGTH_MAX = 2_000
"""What every HTTP server takes as an address."""
ALT_LENGTH_MAX = 1_000
"""What the app reads aloud or shows in the place of a picture; longer ones are texts of their own."""
CARD = re.compile(r"(?P<template>[a-z0-9_]{1,512})/(?P<number>[1-9]|10)")
"""`spring_cards/2`, the second card of that carousel; a carousel has at most ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredMedium:
    """A file by its name: where it comes from, what it is and shows, and of which templates it is the usual one.

    `cards` are the cards of carousels that show it, `template/number` each. `light` and `tiny` are the sources of the
    lighter forms of what rulecast cannot make lighter itself: videos and documents.
    """

    name: str
    source: str
    kind: str
    alt: str = ""
    templates: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    light: str = ""
    tiny: str = ""

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """Return form and source of each file that is fetched, the fullest first."""
        given = (("full", self.source), ("light", self.light), ("tiny", self.tiny))
        return tuple((form, source) for form, source in given if source)

    @property
    def entry(self) -> Medium:
        """Return what rules know of it."""
        return Medium(
            name=self.name,
            kind=self.kind,
            templates=self.templates,
            cards=tuple(_card(one) for one in self.cards),
            can_be_lighter=self.kind == "image" or bool(self.light or self.tiny),
        )


def is_remote(source: str) -> bool:
    """Return whether a source is an address rather than a file on this machine."""
    return "://" in source


def read_medium(fields: Fields) -> DeclaredMedium:
    """Return what a table `[[media]]` of the workspace file declares.

    Raises:
        FieldInvalidError: a field cannot be used.
    """
    name = fields.text("name", length_max=60)
    if NAME.fullmatch(name) is None or name == "none":
        raise FieldInvalidError(
            fields.where("name"), "small letters, digits and underscores are expected, and not `none`"
        )
    kind = fields.choice("kind", KINDS)
    medium = DeclaredMedium(
        name=name,
        source=_source(fields, "source"),
        kind=kind,
        alt=fields.text("alt", default="", length_max=ALT_LENGTH_MAX),
        templates=fields.texts("templates") if fields.has("templates") else (),
        cards=_cards(fields),
        light=_lighter(fields, "light", kind),
        tiny=_lighter(fields, "tiny", kind),
    )
    fields.finish()
    return medium


def _source(fields: Fields, key: str) -> str:
    source = fields.text(key, length_max=SOURCE_LENGTH_MAX).strip()
    if not source or (is_remote(source) and not source.startswith(("https://", "http://"))):
        raise FieldInvalidError(fields.where(key), "an https address or the name of a file is expected")
    return source


def _lighter(fields: Fields, form: str, kind: str) -> str:
    if not fields.has(form):
        return ""
    if kind == "image":
        raise FieldInvalidError(fields.where(form), "rulecast makes the lighter forms of images itself")
    return _source(fields, form)


def _cards(fields: Fields) -> tuple[str, ...]:
    cards = fields.texts("cards") if fields.has("cards") else ()
    if any(CARD.fullmatch(one) is None for one in cards):
        raise FieldInvalidError(
            fields.where("cards"), "the template and the number of the card are expected: `spring_cards/2`"
        )
    return cards


def _card(written: str) -> tuple[str, int]:
    template, _, number = written.rpartition("/")
    return template, int(number)
