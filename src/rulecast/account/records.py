"""Business numbers and the portfolios whose limits they share."""

from dataclasses import dataclass, field
from typing import Literal

from rulecast.values.fields import Fields
from rulecast.values.ids import BusinessNumberId, PortfolioId
from rulecast.values.purpose import Purpose

PEOPLE_PER_DAY_MAX = 2_000_000_000
"""Above every tier; `unlimited` is said by leaving the field out."""
THROUGHPUT_MAX = 1000
"""Meta's highest throughput of one number, messages a second (Cloud API: throughput, level HIGH)."""
COEXISTENCE_THROUGHPUT = 20
"""Messages a second of a number that the WhatsApp Business app uses too, whatever else is said (Cloud API)."""
ID_LENGTH_MAX = 40
SIGNUP_ID_LENGTH_MAX = 100
WORDING_VERSION_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """A business portfolio: at most so many distinct people in any rolling 24 hours; None is unlimited."""

    portfolio_id: PortfolioId
    people_per_day_max: int | None
    # What Meta told last; nothing a declaration says or changes.
    told_people_per_day_max: int | None = field(default=None, compare=False)

    @property
    def limit(self) -> int | None:
        """Return the smaller of what is declared and what Meta told; None is unlimited."""
        known = [one for one in (self.people_per_day_max, self.told_people_per_day_max) if one is not None]
        return min(known, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessNumber:
    """A number that sends, by the name rules use for it.

    With `marketing_messages` its marketing templates go through the Marketing Messages API.
    """

    business_number_id: BusinessNumberId
    portfolio_id: PortfolioId
    name: str
    waba_id: str
    throughput_per_second: int
    marketing_messages: bool = False
    state: Literal["active", "held"] = "active"
    hold_reason: str = ""
    told_throughput_per_second: int | None = field(default=None, compare=False)

    @property
    def pace_per_second(self) -> int:
        """Return the smaller of what is declared and what Meta told."""
        return min(self.throughput_per_second, self.told_throughput_per_second or self.throughput_per_second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signup:
    """A sign-up the workspace vouches for: what people agree to, under which wording (Cloud API, "Signups")."""

    signup_id: str
    purpose: str
    wording_version: str


def read_portfolio(fields: Fields) -> Portfolio:
    """Return the portfolio a table describes.

    Raises:
        FieldInvalidError: a field is unknown or its value cannot be used.
    """
    portfolio = Portfolio(
        portfolio_id=PortfolioId(fields.text("id", length_max=ID_LENGTH_MAX)),
        people_per_day_max=fields.whole("people_per_day_max", low=1, high=PEOPLE_PER_DAY_MAX)
        if fields.has("people_per_day_max")
        else None,
    )
    fields.finish()
    return portfolio


def read_number(fields: Fields) -> BusinessNumber:
    """Return the business number a table describes; its state is kept elsewhere.

    Raises:
        FieldInvalidError: a field is unknown or its value cannot be used.
    """
    number = BusinessNumber(
        name=fields.text("name", length_max=63),
        business_number_id=BusinessNumberId(fields.text("id", length_max=ID_LENGTH_MAX)),
        waba_id=fields.text("waba_id", length_max=ID_LENGTH_MAX),
        portfolio_id=PortfolioId(fields.text("portfolio", length_max=ID_LENGTH_MAX)),
        throughput_per_second=min(
            fields.whole("throughput_per_second", low=1, high=THROUGHPUT_MAX, default=80),
            COEXISTENCE_THROUGHPUT if fields.flag("coexistence", default=False) else THROUGHPUT_MAX,
        ),
        marketing_messages=fields.flag("marketing_messages", default=False),
    )
    fields.finish()
    return number


def read_signup(fields: Fields) -> Signup:
    """Return the sign-up a table describes: what people agree to who sign up inside WhatsApp.

    Raises:
        FieldInvalidError: a field is unknown or its value cannot be used.
    """
    signup = Signup(
        signup_id=fields.text("id", length_max=SIGNUP_ID_LENGTH_MAX),
        purpose=fields.choice("purpose", tuple(purpose.value for purpose in Purpose), default="marketing"),
        wording_version=fields.text("wording_version", length_max=WORDING_VERSION_LENGTH_MAX),
    )
    fields.finish()
    return signup
