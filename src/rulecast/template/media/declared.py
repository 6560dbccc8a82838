"""A file as the workspace file declares it."""

import re
from dataclasses import dataclass

from rulecast.values.catalogue import Medium
from rulecast.values.fields import FieldInvalidError, Fields

KINDS = ("image", "video", "gif", "document")
"""Kinds of headers that need a file; a `gif` is a short MP4 that plays by itself."""
NAME = re.compile(r"[a-z_][a-z0-9_]{0,59}")
SOURCE_LENGTH_MAX = 2_000
"""What every HTTP server takes as an address."""
ALT_LENGTH_MAX = 1_000
"""What the app reads aloud or shows in the place of a picture; longer ones are texts of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredMedium:
    """A file by its name: where it comes from, what it is and shows, and of which templates it is the usual one."""

    name: str
    source: str
    kind: str
    alt: str = ""
    templates: tuple[str, ...] = ()

    @property
    def is_remote(self) -> bool:
        """Return whether the source is an address rather than a file on this machine."""
        return "://" in self.source

    @property
    def entry(self) -> Medium:
        """Return what rules know of it."""
        return Medium(name=self.name, kind=self.kind, templates=self.templates)


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
    source = fields.text("source", length_max=SOURCE_LENGTH_MAX).strip()
    if not source or (("://" in source) and not source.startswith(("https://", "http://"))):
        raise FieldInvalidError(fields.where("source"), "an https address or the name of a file is expected")
    medium = DeclaredMedium(
        name=name,
        source=source,
        kind=fields.choice("kind", KINDS),
        alt=fields.text("alt", default="", length_max=ALT_LENGTH_MAX),
        templates=fields.texts("templates") if fields.has("templates") else (),
    )
    fields.finish()
    return medium
