"""Tell a person what an error code made rest."""

from datetime import datetime

from rulecast.deliver.error_code import describe_error_code
from rulecast.deliver.store import Connection
from rulecast.gate.incidents import IncidentReport, open_incident
from rulecast.gate.incidents.incident import IncidentScope

_STEPS = (
    "Open WhatsApp Manager, read what Meta says about the account and the number, and correct it.",
    "Resume: rulecast incident resume NUMBER --because REASON.",
)


async def report_code(
    connection: Connection, code: int, scope_id: str, *, scope: IncidentScope = "number", now: datetime
) -> None:
    """Open an incident for a code that stopped a number or everything, or holds an account's kind or a country.

    While it is open, it is the one.
    """
    described = describe_error_code(code)
    report = IncidentReport(
        cause=f"code:{code}",
        scope=scope,
        scope_id=scope_id,
        at=now,
        steps=(described.remedy, *_STEPS),
        facts={"code": code, "meaning": described.meaning, "action": described.action.value},
    )
    await open_incident(connection, report)
