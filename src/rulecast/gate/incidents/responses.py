"""Which signal makes what rest, who is told, and what a person does: read from `responses.csv`.

The first row whose signal fits counts, `*` and `[0-9]` as in file names. `made_by` says where the rest is put in force:
`code` and `webhook` are the places that hear the signal and have always acted at once, `machine` acts as the incident
opens. `raises_to` are the responses that follow, one a step, when nobody answers or the signal comes again. The column
`source` names the part of whatsapp-platform, or the promise.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from rulecast.values.errors import RulecastError

# Causes carry codes of Meta's, a hundred of which are known.
CAUSES_KEPT_MAX = 1_000

MadeBy = Literal["code", "webhook", "machine"]


class Response(StrEnum):
    """What rests because of an incident."""

    NOTE = "note"
    SLOW = "slow"
    HOLD_MARKETING = "hold_marketing"
    HOLD_UTILITY = "hold_utility"
    HOLD_BUSINESS = "hold_business"
    HOLD_COUNTRY = "hold_country"
    HOLD_TEMPLATE = "hold_template"
    HOLD_RULE = "hold_rule"
    HOLD_NUMBER = "hold_number"
    STOP_ALL = "stop_all"


RESPONSE_SENTENCES: Mapping[Response, str] = {
    Response.NOTE: "nothing rests; a person looks",
    Response.SLOW: "the number sends half of what it may, and rises again within an hour",
    Response.HOLD_MARKETING: "marketing rests; everything else goes on",
    Response.HOLD_UTILITY: "utility messages rest",
    Response.HOLD_BUSINESS: "messages that begin a conversation rest; answers go on",
    Response.HOLD_COUNTRY: "messages to one country rest",
    Response.HOLD_TEMPLATE: "messages with one template rest",
    Response.HOLD_RULE: "one rule rests",
    Response.HOLD_NUMBER: "everything of the number or account rests",
    Response.STOP_ALL: "everything rests",
}


class SignalUnknownError(RulecastError):
    """A drill names a signal that is not in the table."""

    code = "RC-INCIDENT-003"
    summary = "There is no such signal in the table of responses."
    remedy = "`rulecast incident signals` lists every signal and its response."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalResponse:
    """One row of the table; `scope` is what the signal is usually about, `alerts` who is told."""

    signal: str
    scope: str
    response: Response
    made_by: MadeBy
    raises_to: tuple[Response, ...]
    alerts: tuple[str, ...]
    source: str
    meaning: str
    steps: tuple[str, ...]

    def next_after(self, response: Response) -> Response:
        """Return what follows a response that was not enough; the last one stays."""
        ladder = (self.response, *self.raises_to)
        place = ladder.index(response) if response in ladder else 0
        return ladder[min(place + 1, len(ladder) - 1)]


@cache
def signal_responses() -> tuple[SignalResponse, ...]:
    """Return every row, in the order in which they are tried."""
    text = files(__package__).joinpath("responses.csv").read_text(encoding="utf-8")
    return tuple(_read(row) for row in csv.DictReader(text.splitlines()))


@lru_cache(maxsize=CAUSES_KEPT_MAX)
def find_response(cause: str) -> SignalResponse:
    """Return the row of a cause; what nobody has described holds the number until a person has looked."""
    for row in signal_responses():
        if row.signal == cause or fnmatchcase(cause, row.signal):
            return row
    return SignalResponse(
        signal=cause,
        scope="number",
        response=Response.HOLD_NUMBER,
        made_by="machine",
        raises_to=(),
        alerts=("operator",),
        source="",
        meaning="A signal nobody has described.",
        steps=("Look at what the incident says, then resume.",),
    )


def signal_of_drill(signal: str) -> SignalResponse:
    """Return the row a drill names.

    Raises:
        SignalUnknownError: the table has none.
    """
    for row in signal_responses():
        if row.signal == signal or fnmatchcase(signal, row.signal):
            return row
    raise SignalUnknownError(f"There is no signal {signal[:80]!r}.")


def _split(text: str, sign: str) -> tuple[str, ...]:
    return tuple(one for one in text.split(sign) if one)


def _read(row: Mapping[str, str]) -> SignalResponse:
    made_by: MadeBy = row["made_by"]  # type: ignore[assignment] # a test compares the column with the type
    return SignalResponse(
        signal=row["signal"],
        scope=row["scope"],
        response=Response(row["response"]),
        made_by=made_by,
        raises_to=tuple(Response(one) for one in _split(row["raises_to"], ";")),
        alerts=_split(row["alerts"], ";"),
        source=row["source"],
        meaning=row["meaning"],
        steps=_split(row["steps"], "|"),
    )
