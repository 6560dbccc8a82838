"""The root of every error a user can meet, and the registry that the documentation test reads."""

from typing import ClassVar

from typing_extensions import override


class RulecastError(Exception):
    """An error with a stable code, what happened, and what to do about it.

    Subclasses set `code` (`RC-<ROOM>-<number>`), `summary` (one sentence for the manual) and `remedy`
    (one sentence: what the user does next). The instance text says what happened this time and never
    carries personal data.
    """

    code: ClassVar[str] = "RC-GENERAL-000"
    summary: ClassVar[str] = "An error without a more exact name happened."
    remedy: ClassVar[str] = "Run `rulecast doctor` and read the message."

    def __init__(self, what: str | None = None, *, hint: str | None = None) -> None:
        """Keep what happened this time and, where it differs from the standing remedy, what to do."""
        self.what = what or self.summary
        self.hint = hint or self.remedy
        super().__init__(self.what)

    @override
    def __str__(self) -> str:
        return f"{self.code}: {self.what} {self.hint}"


def registered_errors() -> tuple[type[RulecastError], ...]:
    """Return every imported error class, ordered by code, for the manual and its freshness test."""
    found: dict[str, type[RulecastError]] = {}
    waiting: list[type[RulecastError]] = [RulecastError]
    while waiting:
        kind = waiting.pop()
        found.setdefault(kind.code, kind)
        waiting.extend(kind.__subclasses__())
    return tuple(found[code] for code in sorted(found))
