"""The records of what a rule does at the moments of a message: tags, attributes, teams, recipients, replies."""

# ruff: noqa: RUF009 - `place` only builds the same field description anew for each record.
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeAlias

from rulecast.rule.language.condition import Constant, Field, Span, place


class Moment(StrEnum):
    """The moments of a message to which an action is bound."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    CLICKED = "clicked"
    REPLIED = "replied"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAction:
    """`when delivered: tag add "winback-sent"`."""

    moment: Moment
    operation: Literal["add", "remove"]
    tag: str
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAction:
    """`when delivered: set last_winback_at = now`; a value of None stands for `now`."""

    moment: Moment
    attribute: Field
    value: Constant | None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignAction:
    """`when replied: assign to "support"`: the conversation gets an owner, a team declared in the workspace file."""

    moment: Moment
    team: str
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyAction:
    """`when replied: notify "shop_manager"`: a recipient declared in the workspace file is told."""

    moment: Moment
    recipient: str
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyButtons:
    """`buttons "Yes", "No"`: one to three answers to tap."""

    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """`"Morning" about "Before noon"`: an answer of a list, and what stands in small letters under it."""

    title: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyList:
    """`list "Choose" ("Morning" about "Before noon", "Evening")`: a button that opens up to ten answers to tap."""

    button: str
    rows: tuple[ReplyRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyLink:
    """`link promo "To the shop" to "https://shop.example/sale"`: a button that opens a tracked address."""

    name: str
    title: str
    url: str


ReplyTail: TypeAlias = ReplyButtons | ReplyList | ReplyLink


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPlace:
    """`location 33.5731, -7.5898 "Our shop", "12, rue de Fes"`: a point in degrees (WGS 84), its name and address."""

    latitude: Decimal
    longitude: Decimal
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWords:
    """`"Thank you {{first_name or friend}}"` and what can be tapped; `language` is empty where one text serves all.

    `medium` is the file that is shown with the text, or alone where that is empty. A `point` stands alone.
    """

    text: str
    language: str = ""
    medium: str | None = None
    point: ReplyPlace | None = None
    tail: ReplyTail | None = None
    span: Span = place()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAction:
    """`when replied: reply "Thank you" as service`: a message without template, while the person's window is open.

    Several `words` are chosen by the contact's language; `fallback_language` serves all others, or None
    (`else skip`) leaves them out. Without a `purpose` it is the rule's.
    """

    moment: Moment
    words: tuple[ReplyWords, ...]
    fallback_language: str | None = ""
    purpose: str | None = None
    span: Span = place()


Action: TypeAlias = TagAction | SetAction | AssignAction | NotifyAction | ReplyAction
