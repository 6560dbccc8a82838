"""Incidents.

What went wrong with an account, a number, a template or a rule comes in; one open record a cause goes out, with what
rests because of it, the steps a person takes, and who is told. It is closed by a person who says why or by Meta's own
word. `responses.csv` says which signal makes what rest.
"""

from rulecast.gate.incidents.incident import (
    close_incident,
    find_incident,
    list_incidents,
    open_incident,
    settle_incidents,
)
from rulecast.gate.incidents.records import (
    Incident,
    IncidentReport,
    IncidentUnknownError,
    ReasonMissingError,
)

__all__ = [
    "Incident",
    "IncidentReport",
    "IncidentUnknownError",
    "ReasonMissingError",
    "close_incident",
    "find_incident",
    "list_incidents",
    "open_incident",
    "settle_incidents",
]
