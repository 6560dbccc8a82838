"""Reading a structured file field by field: every refusal names the place, and no field goes unread."""

import re
from collections.abc import Mapping

from rulecast.values.catalogue import closest_name
from rulecast.values.errors import RulecastError

_CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


class FieldInvalidError(RulecastError):
    """A field of a structured file is missing, unknown or has a value that cannot be used."""

    code = "RC-FIELD-001"
    summary = "A field of a file is missing, unknown or has a value that cannot be used."
    remedy = "Correct the named field; nothing was changed."

    def __init__(self, place: str, what: str) -> None:
        """Keep the place as a dotted path, such as `numbers.casablanca_main.throughput_per_second`."""
        self.place = place
        super().__init__(f"{place}: {what}.")


class Fields:
    """One table of a file; ask for each field, then call `finish` so that a misspelt one is refused."""

    def __init__(self, data: object, place: str) -> None:
        """Take what the parser gave; `place` is the dotted path that errors name.

        Raises:
            FieldInvalidError: the data is no table.
        """
        if not isinstance(data, Mapping):
            raise FieldInvalidError(place, "a table of fields is expected")
        self._data = data
        self._asked: set[str] = set()
        self.place = place

    def where(self, name: str) -> str:
        """Return the dotted path of a field."""
        return f"{self.place}.{name}" if self.place else name

    def has(self, name: str) -> bool:
        """Return whether the field is given."""
        return self._take(name) is not None

    def names(self) -> tuple[str, ...]:
        """Return every field name in the order of the file, and count them as asked for."""
        self._asked.update(str(name) for name in self._data)
        return tuple(str(name) for name in self._data)

    def _take(self, name: str) -> object:
        self._asked.add(name)
        return self._data.get(name)

    def _required(self, name: str, default: object) -> object:
        value = self._take(name)
        if value is None:
            if default is None:
                raise FieldInvalidError(self.where(name), "this field is required")
            return default
        return value

    def text(self, name: str, *, default: str | None = None, length_max: int = 1024) -> str:
        """Return a text; an empty one only where the default is empty."""
        value = self._required(name, default)
        if not isinstance(value, str) or len(value) > length_max or (not value and default != ""):
            raise FieldInvalidError(
                self.where(name), f"a text of at most {length_max} characters is expected"
            )
        return value

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        """Return one of the allowed words."""
        value = self._required(name, default)
        if not isinstance(value, str) or value not in allowed:
            raise FieldInvalidError(self.where(name), f"one of {', '.join(allowed)} is expected")
        return value

    def whole(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number in the closed range."""
        value = self._required(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise FieldInvalidError(self.where(name), f"a whole number from {low} to {high} is expected")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._required(name, default)
        if not isinstance(value, bool):
            raise FieldInvalidError(self.where(name), "true or false is expected")
        return value

    def minute_of_day(self, name: str) -> int:
        """Return a clock time `HH:MM`, from 00:00 to 24:00, in minutes of the day."""
        value = self._required(name, None)
        if not isinstance(value, str) or _CLOCK_TIME.fullmatch(value) is None:
            raise FieldInvalidError(
                self.where(name), "a clock time from 00:00 to 24:00 is expected, in quotes"
            )
        hour, minute = value.split(":")
        return int(hour) * 60 + int(minute)

    def table(self, name: str) -> "Fields":
        """Return a table inside this one; an absent one is empty."""
        value = self._take(name)
        return Fields({} if value is None else value, self.where(name))

    def tables(self, name: str) -> "list[Fields]":
        """Return a list of tables; their places count from one."""
        return [
            Fields(entry, f"{self.where(name)}[{count}]") for count, entry in enumerate(self._list(name), 1)
        ]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; an absent one is empty."""
        values = self._list(name)
        if not all(isinstance(value, str) and value for value in values):
            raise FieldInvalidError(self.where(name), "a list of texts is expected")
        return tuple(str(value) for value in values)

    def raw(self, name: str) -> object:
        """Return a field as the parser gave it."""
        return self._take(name)

    def mapping(self) -> Mapping[str, object]:
        """Return the whole table as the parser gave it, and count every field as asked for."""
        self.names()
        return self._data

    def raw_list(self, name: str) -> list[object]:
        """Return a list as the parser gave it; an absent one is empty."""
        return self._list(name)

    def _list(self, name: str) -> list[object]:
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise FieldInvalidError(self.where(name), "a list is expected")
        return list(value)

    def finish(self) -> None:
        """Refuse the first field nobody asked for.

        Raises:
            FieldInvalidError: the file has a field of an unknown name.
        """
        for name in self._data:
            if name not in self._asked:
                near = closest_name(str(name), self._asked)
                raise FieldInvalidError(
                    self.where(str(name)), f"no such field{f'; did you mean {near}' if near else ''}"
                )
