"""What has been read of one webhook body so far, and where in the body the reading is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn

from rulecast.collect.webhook_facts import (
    AccountFact,
    ClickFact,
    EchoFact,
    IdentityChange,
    InboundMessage,
    IncompleteFact,
    ParsedWebhook,
    PreferenceFact,
    ProblemFact,
    StatusFact,
    TemplateFact,
    UnreadFact,
)
from rulecast.collect.webhook_fields import Json, UnreadableError, phone_digits_or_empty

# Names of fields in what is told of a body: Meta's own are shorter.
PLACE_LENGTH_MAX = 64


@dataclass(slots=True)
class Change:
    """One change of one entry: its value, and what envelope and metadata say for all its updates."""

    field: str
    value: Json
    waba_id: str
    metadata: Json
    business_number_id: str
    told_at: datetime | None

    @property
    def display_phone_number(self) -> str:
        """Return the digits of the business number; management fields have it beside the rest of the value."""
        found = self.metadata.get("display_phone_number") or self.value.get("display_phone_number")
        return phone_digits_or_empty(found)


# What a body tells beside statuses, messages and preferences, by the names of `ParsedWebhook`.
OtherFact = IdentityChange | AccountFact | TemplateFact | ProblemFact | EchoFact | ClickFact
_OTHERS: Final = {
    IdentityChange: "identity_changes",
    AccountFact: "account_facts",
    TemplateFact: "template_facts",
    ProblemFact: "problems",
    EchoFact: "echoes",
    ClickFact: "clicks",
}


class Reading:
    """The facts found so far."""

    __slots__ = ("incomplete", "messages", "others", "preferences", "statuses", "unread")

    def __init__(self) -> None:
        """Start with nothing."""
        self.statuses: list[StatusFact] = []
        self.messages: list[InboundMessage] = []
        self.preferences: list[PreferenceFact] = []
        self.others: list[OtherFact] = []
        self.unread: list[UnreadFact] = []
        self.incomplete: list[IncompleteFact] = []

    def note(self, place: str, reason: str, *, is_broken: bool = False) -> None:
        """Keep what was not read."""
        self.unread.append(UnreadFact(field=place[:PLACE_LENGTH_MAX], reason=reason, is_broken=is_broken))

    def set_aside(self, fact: IncompleteFact, *, has_id: bool) -> NoReturn:
        """Keep a fact whose id or time is missing: it counts where it asks for silence, and nowhere else.

        Raises:
            UnreadableError: always, so that the part is noted as broken.
        """
        self.incomplete.append(fact)
        raise UnreadableError("without a time in seconds" if has_id else "without a message id")

    def read_each(self, change: Change, place: str, read: "Reader") -> None:
        """Read every item of a list; one that cannot be read is noted and disturbs no other."""
        for item in self.each(change.value, place):
            try:
                read(item, change, self)
            except UnreadableError as error:
                self.note(place, str(error), is_broken=True)

    def each(self, parent: Json, name: str) -> Iterator[Json]:
        """Yield the objects of a list; anything else in its place is noted as broken."""
        found = parent.get(name)
        if found is None:
            return
        if not isinstance(found, list):
            self.note(name, "not a list", is_broken=True)
            return
        for item in found:
            if isinstance(item, dict):
                yield item
            else:
                self.note(name, "not an object", is_broken=True)

    def finish(self) -> ParsedWebhook:
        """Return what was found."""
        if not (self.others or self.incomplete):
            return ParsedWebhook(
                statuses=tuple(self.statuses),
                messages=tuple(self.messages),
                preferences=tuple(self.preferences),
                unread=tuple(self.unread),
            )
        others: dict[str, list[OtherFact]] = {}
        for fact in self.others:
            others.setdefault(_OTHERS[type(fact)], []).append(fact)
        return ParsedWebhook(
            statuses=tuple(self.statuses),
            messages=tuple(self.messages),
            preferences=tuple(self.preferences),
            unread=tuple(self.unread),
            incomplete=tuple(self.incomplete),
            **{name: tuple(facts) for name, facts in others.items()},  # type: ignore[arg-type]  # _OTHERS pairs them
        )


Reader = Callable[[Json, Change, Reading], None]
