"""Consent columns -> entries of the ledger; nothing is ever granted or dated by guess."""

from collections.abc import Mapping
from datetime import datetime

from rulecast.collect.imports.cells import CellReader, Cells, cell_reader, cell_reader_with, instant_reader
from rulecast.collect.imports.mapping import ConsentRules, ValueRule
from rulecast.collect.imports.person import ImportedConsent
from rulecast.collect.imports.read_value import read_spelled
from rulecast.collect.imports.refusals import (
    ConsentDateError,
    ConsentUnreadableError,
    RowRefusedError,
    ValueTooLongError,
)
from rulecast.values.catalogue import AttributeType
from rulecast.values.purpose import ConsentStatus, Purpose

WORD_CHARACTERS_MAX = 100


class ConsentReader:
    """Reads what rows say about consent, by one entry of a mapping."""

    def __init__(self, rules: ConsentRules, positions: Mapping[str, int], now: datetime) -> None:
        """Compile the rules; nothing may be dated after `now`."""
        self._status_of = rules.status_of()
        self._column = rules.status.column or ""
        self._purpose_column = rules.purpose.column or ""
        self._status = cell_reader(rules.status, AttributeType.TEXT, positions)
        self._purpose = cell_reader(rules.purpose, AttributeType.TEXT, positions)
        self._when = None if rules.when is None else instant_reader(rules.when, positions)
        self._when_column = "" if rules.when is None else rules.when.column or ""
        self._how, self._wording, self._evidence = (
            _spelled(rule, positions) for rule in (rules.how, rules.wording, rules.evidence)
        )
        self._now = now

    def read(self, cells: Cells) -> tuple[list[ImportedConsent], int]:
        """Return the entries, and 1 where a grant names no purpose and can only be counted.

        Raises:
            RowRefusedError: a word is unknown, or the date cannot be right.
        """
        word = self._status(cells)
        if word is None:
            return [], 0
        status = self._status_of.get(str(word))
        if status is None:
            raise ConsentUnreadableError(self._column)
        purposes = self._purposes(cells)
        if not purposes and status is ConsentStatus.GRANTED:
            return [], 1
        occurred_at = self._occurred_at(cells)
        return [
            ImportedConsent(
                purpose=purpose,
                status=status,
                occurred_at=occurred_at,
                method=_word(self._how, cells),
                wording_version=_word(self._wording, cells),
                evidence=None if self._evidence is None else _text(self._evidence(cells)),
            )
            for purpose in purposes or tuple(Purpose)
        ], 0

    def _purposes(self, cells: Cells) -> tuple[Purpose, ...]:
        named = self._purpose(cells)
        if named is None:
            return ()
        try:
            return (Purpose(str(named)),)
        except ValueError:
            raise ConsentUnreadableError(self._purpose_column) from None

    def _occurred_at(self, cells: Cells) -> datetime | None:
        if self._when is None:
            return None
        try:
            occurred_at = self._when(cells)
        except RowRefusedError as refusal:
            raise ConsentDateError(self._when_column, refusal.what) from None
        if occurred_at is not None and occurred_at > self._now:
            raise ConsentDateError(self._when_column, "The consent is dated in the future.")
        return occurred_at


def _spelled(rule: ValueRule | None, positions: Mapping[str, int]) -> CellReader | None:
    return None if rule is None else cell_reader_with(rule, read_spelled, positions)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _word(read: CellReader | None, cells: Cells) -> str:
    value = "" if read is None else str(read(cells) or "")
    if len(value) > WORD_CHARACTERS_MAX:
        raise ValueTooLongError(
            reason=f"Method and wording version have at most {WORD_CHARACTERS_MAX} characters."
        )
    return value
