"""Frozen records that are made as quickly as plain ones.

A frozen dataclass sets each field through `object.__setattr__`, at three times the cost of an assignment; a message on
its way out passes through some twenty records, and that was a sixth of a sender's CPU time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, fields
from functools import lru_cache
from typing import Any, TypeVar

Record = TypeVar("Record")
# More than there are records that are read from rows, each in one order of its columns.
MAKERS_KEPT = 200

_PLAIN: dict[type[Any], type[Any]] = {}
"""Of each record the class it is while it is made."""


def quickly_made(record: type[Record]) -> type[Record]:
    """Return the frozen dataclass (with slots, by keyword only) with an `__init__` that assigns its fields.

    While it is made, a record is of a plain class with the same slots; it is frozen before anybody sees it. All else
    (equality, hash, `replace`, `__post_init__`) is as it was.

    Raises:
        TypeError: the class is not such a dataclass.
    """
    known: tuple[Field[Any], ...] = fields(record)  # type: ignore[arg-type]  # it raises where it is none
    if record.__dict__.get("__slots__") != tuple(one.name for one in known) or not all(
        one.init and one.kw_only for one in known
    ):
        raise TypeError(f"{record.__name__} has no slots of its own or takes fields by position")
    _PLAIN[record] = type(record.__name__, (), {"__slots__": record.__dict__["__slots__"]})
    names: dict[str, Any] = {
        "_become": object.__dict__["__class__"].__set__,
        "_Plain": _PLAIN[record],
        "_Frozen": record,
        "_missing": MISSING,
    }
    exec("\n".join(_source(known, names, has_more=hasattr(record, "__post_init__"))), names)  # noqa: S102 - of names of fields alone, as `dataclasses` does it
    made = names["__init__"]
    made.__qualname__ = f"{record.__qualname__}.__init__"
    record.__init__ = made  # type: ignore[method-assign]  # that is what this is for
    return record


def maker_from_row(record: type[Record], names: tuple[str, ...]) -> Callable[[Sequence[Any]], Record] | None:
    """Return what makes such a record of a row with these columns.

    None where it is not made quickly, checks itself, or has other fields than these.
    """
    if record not in _PLAIN:
        return None
    return _maker(record, names)  # type: ignore[arg-type]  # a class can be hashed


@lru_cache(maxsize=MAKERS_KEPT)
def _maker(record: type[Any], names: tuple[str, ...]) -> Callable[[Sequence[Any]], Any] | None:
    if sorted(names) != sorted(record.__dict__["__slots__"]) or hasattr(record, "__post_init__"):
        return None
    targets = ", ".join(f"self.{name}" for name in names)
    lines = ("self = _new(_Plain)", f"{targets}, = row", "self.__class__ = _Frozen", "return self")
    known: dict[str, Any] = {"_new": object.__new__, "_Plain": _PLAIN[record], "_Frozen": record}
    exec("def make(row):\n    " + "\n    ".join(lines), known)  # noqa: S102 - of names of fields alone
    made: Callable[[Sequence[Any]], Any] = known["make"]
    return made


def _source(known: tuple[Field[Any], ...], names: dict[str, Any], *, has_more: bool) -> Iterator[str]:
    """Yield the lines of the function, and put the defaults it names among the names."""
    parameters = []
    for one in known:
        default = f"_default_{one.name}"
        if one.default_factory is not MISSING:
            names[default] = one.default_factory
            parameters.append(f"{one.name}=_missing")
        elif one.default is not MISSING:
            names[default] = one.default
            parameters.append(f"{one.name}={default}")
        else:
            parameters.append(one.name)
    yield f"def __init__(self, *, {', '.join(parameters)}):"
    yield "    _become(self, _Plain)"
    for one in known:
        if one.default_factory is not MISSING:
            yield f"    self.{one.name} = _default_{one.name}() if {one.name} is _missing else {one.name}"
        else:
            yield f"    self.{one.name} = {one.name}"
    yield "    self.__class__ = _Frozen"
    if has_more:
        yield "    self.__post_init__()"
