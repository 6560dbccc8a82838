"""What the phones of the page show: the latest messages of the latest phones."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from cloud_api_simulator.payloads import Message

PHONES_MAX = 20_000
"""Phones whose chats are kept for the page; a run of millions must not fill the memory."""
LINES_MAX = 50
"""Lines kept of one chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chat: a message from the business, or what the person typed, tapped or set."""

    at: float
    message: Message | None = None
    text: str = ""
    is_tap: bool = False
    is_notice: bool = False


class Chats:
    """Chats by `wa_id`, the latest last."""

    def __init__(self) -> None:
        """Start with no chat."""
        self._lines: OrderedDict[str, list[Line]] = OrderedDict()

    def add(self, wa_id: str, line: Line) -> None:
        """Append a line; the oldest phone or line makes room."""
        lines = self._lines.get(wa_id)
        if lines is None:
            lines = self._lines[wa_id] = []
            if len(self._lines) > PHONES_MAX:
                self._lines.popitem(last=False)
        else:
            self._lines.move_to_end(wa_id)
        lines.append(line)
        if len(lines) > LINES_MAX:
            del lines[0]

    def of(self, wa_id: str) -> list[Line]:
        """Return the lines of a phone, oldest first."""
        return self._lines.get(wa_id, [])

    def last_message(self, wa_id: str) -> Message | None:
        """Return the latest message a phone got: the one a reply answers."""
        for line in reversed(self.of(wa_id)):
            if line.message is not None:
                return line.message
        return None

    def move(self, old: str, new: str) -> None:
        """Give the lines of one phone to another, as after a change of number."""
        lines = self._lines.pop(old, None)
        if lines is not None:
            self._lines[new] = lines

    def latest(self) -> Iterator[tuple[str, list[Line]]]:
        """Yield phones with their lines, the latest first."""
        return iter(reversed(self._lines.items()))

    def clear(self) -> None:
        """Forget every chat."""
        self._lines.clear()
