"""Incidents.

What went wrong with an account, a number or a template comes in; one open record a cause goes out, with the steps a
person takes, closed by a person who says why or by Meta's own word.
"""

from rulecast.gate.incidents.incident import (
    Incident,
    IncidentReport,
    IncidentUnknownError,
    ReasonMissingError,
    close_incident,
    find_incident,
    list_incidents,
    open_incident,
    settle_incidents,
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
