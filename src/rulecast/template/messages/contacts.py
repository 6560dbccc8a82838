"""A card with the number of somebody, such as an adviser of the company."""

from dataclasses import dataclass, field

from rulecast.template.messages.limits import count_within, text_within, token_within
from rulecast.template.messages.request import Content
from rulecast.values.phone import PhoneNumber

CARDS_MAX = 5
"""Meta's published schema; 257 are said to be accepted, nobody reads as many."""
PHONES_MAX = 5
NAME_LENGTH_MAX = 200
EMAIL_LENGTH_MAX = 254
"""RFC 5321."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """Whose number is passed on; the company answers for being allowed to."""

    name: str = field(repr=False)
    phones: tuple[PhoneNumber, ...]
    email: str = field(default="", repr=False)
    organisation: str = ""


def contacts_message(cards: tuple[ContactCard, ...]) -> Content:
    """Return cards a person can save.

    Raises:
        MessageInvalidError: there are too many, or a name or number is missing.
    """
    count_within("contacts", len(cards), low=1, high=CARDS_MAX)
    return Content(
        kind="contacts", value=[_card(f"contacts[{place}]", card) for place, card in enumerate(cards, 1)]
    )


def _card(place: str, card: ContactCard) -> dict[str, object]:
    count_within(f"{place}.phones", len(card.phones), low=1, high=PHONES_MAX)
    name = token_within(f"{place}.name", card.name, length_max=NAME_LENGTH_MAX)
    value: dict[str, object] = {
        # First name again, because Meta wants one part of the name beside the whole.
        "name": {"formatted_name": name, "first_name": name},
        "phones": [{"phone": one.e164, "type": "WORK"} for one in card.phones],
    }
    if card.email:
        email = token_within(f"{place}.email", card.email, length_max=EMAIL_LENGTH_MAX)
        value["emails"] = [{"email": email, "type": "WORK"}]
    if card.organisation:
        company = text_within(f"{place}.organisation", card.organisation, length_max=NAME_LENGTH_MAX)
        value["org"] = {"company": company}
    return value
