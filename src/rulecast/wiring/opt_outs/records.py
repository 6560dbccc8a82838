"""What is passed along between a stop and its answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rulecast.profile.suppression.stop_language import language_of_answer
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
    """An answer to write, with the language of the words, if they told it, and the person's own."""

    contact_id: ContactId
    asked_at: datetime
    kind: AnswerKind
    business_number_id: str
    words_language: str
    own_language: str

    @property
    def language(self) -> str:
        """Return in which language to answer."""
        return language_of_answer(self.words_language, self.own_language)
