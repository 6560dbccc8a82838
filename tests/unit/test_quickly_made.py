"""Quickly made records behave as the dataclasses they are."""

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from rulecast.values.quickly_made import maker_from_row, quickly_made


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """A record with every kind of default."""

    number: int
    secret: bytes = field(default=b"", repr=False)
    words: list[str] = field(default_factory=list)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A record that checks itself."""

    number: int

    def __post_init__(self) -> None:
        """Refuse what is negative."""
        if self.number < 0:
            raise ValueError("negative")


def test_a_quick_record_is_frozen() -> None:
    record = Quick(number=1)
    with pytest.raises(FrozenInstanceError):
        record.number = 2  # type: ignore[misc]  # that is what must not work
    with pytest.raises(FrozenInstanceError):
        del record.number
    assert type(record) is Quick


def test_defaults_are_made_anew() -> None:
    first, second = Quick(number=1), Quick(number=1)
    assert (first.secret, first.words) == (b"", [])
    assert first.words is not second.words
    assert Quick(number=1, words=["a"], secret=b"x").words == ["a"]


def test_it_copies_compares_and_shows_itself_like_a_dataclass() -> None:
    record = Quick(number=1, secret=b"x")
    assert replace(record, number=2) == Quick(number=2, secret=b"x")
    assert copy.deepcopy(record) == record == pickle.loads(pickle.dumps(record))
    assert "secret" not in repr(record)
    assert [one.name for one in fields(Quick)] == ["number", "secret", "words"]
    assert hash(Checked(number=3)) == hash(Checked(number=3))


@pytest.mark.parametrize("given", [{}, {"number": 1, "other": 2}])
def test_what_is_missing_or_unknown_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        Quick(**given)  # type: ignore[arg-type]  # wrong on purpose


def test_nothing_is_taken_by_position() -> None:
    with pytest.raises(TypeError):
        Quick(1)  # type: ignore[call-arg]  # wrong on purpose


def test_a_record_that_checks_itself_still_does() -> None:
    with pytest.raises(ValueError, match="negative"):
        Checked(number=-1)


def test_a_row_becomes_a_record_in_any_order_of_its_columns() -> None:
    make = maker_from_row(Quick, ("words", "number", "secret"))
    assert make is not None
    assert make((["a"], 5, b"s")) == Quick(number=5, secret=b"s", words=["a"])
    with pytest.raises(ValueError, match="unpack"):
        make((["a"], 5))


def test_no_shortcut_for_rows_with_other_columns_or_records_that_check_themselves() -> None:
    assert maker_from_row(Quick, ("number", "secret")) is None
    assert maker_from_row(Checked, ("number",)) is None
    assert maker_from_row(int, ("number",)) is None


def test_only_frozen_records_by_keyword_are_made_quickly() -> None:
    @dataclass(frozen=True, slots=True)
    class ByPosition:
        number: int

    with pytest.raises(TypeError):
        quickly_made(ByPosition)
