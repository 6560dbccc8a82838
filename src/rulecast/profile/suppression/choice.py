"""What a tap on the buttons of our own questions about messages means; pure."""

from dataclasses import replace
from enum import StrEnum

from rulecast.profile.suppression.stop import Stop, SuppressionAction, SuppressionCause


class Choice(StrEnum):
    """The answers we offer, by the payload that comes back whatever the language of the button."""

    OFFERS = "optout:offers:v1"
    """No offers, but answers and messages about orders: narrows what the person stopped before."""
    EVERYTHING = "optout:everything:v1"
    """No message at all."""
    AGAIN = "optin:offers:v1"
    """Offers again: lifts what the person stopped in words or by a button, and is no consent."""
    NOT_AGAIN = "optin:none:v1"
    """It stays as it is."""

    @property
    def is_stop(self) -> bool:
        """Return whether the choice asks for silence."""
        return self in {Choice.OFFERS, Choice.EVERYTHING}


def choice_of(payload: str | None) -> Choice | None:
    """Return what a payload means, or None where it is none of ours."""
    return Choice(payload) if payload in frozenset(Choice) else None


def stops_of_choice(choice: Choice, said: Stop, *, is_surely_theirs: bool) -> list[Stop]:
    """Return what a choice says, with time and person of `said`; a doubtful word only stops and lifts nothing."""
    stop = replace(said, cause=SuppressionCause.STOP_BUTTON, level="exact")
    resume = replace(stop, action=SuppressionAction.RESUME)
    words = {
        Choice.OFFERS: [stop, replace(resume, scope="all")],
        Choice.EVERYTHING: [replace(stop, scope="all")],
        Choice.AGAIN: [resume],
        Choice.NOT_AGAIN: [],
    }
    return [one for one in words[choice] if is_surely_theirs or one.action is SuppressionAction.STOP]
