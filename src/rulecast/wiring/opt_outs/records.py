"""What is passed along between a stop and its answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rulecast.values.ids import ContactId

AnswerKind = Literal["confirmation", "question"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody who asked for silence or for offers again, and in which language, where the words tell it."""

    contact_id: ContactId
    asked_at: datetime
    business_number_id: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAnswer:
    """An answer to write; `language` is that of the words, else the person's own."""

    contact_id: ContactId
    asked_at: datetime
    kind: AnswerKind
    business_number_id: str
    language: str
