"""Tell a person what an error code made rest."""

from datetime import datetime

from rulecast.deliver.error_code import describe_error_code
from rulecast.deliver.store import Connection
from rulecast.gate.incidents import IncidentReport, open_incident

_STEPS = (
    "Open WhatsApp Manager, read what Meta says about the account and the number, and correct it.",
    "Resume: rulecast incident resume NUMBER --because REASON.",
)


async def report_code(connection: Connection, code: int, business_number_id: str, *, now: datetime) -> None:
    """Open an incident of the number for a code that stopped it or everything; while it is open, it is the one."""
    described = describe_error_code(code)
    report = IncidentReport(
        cause=f"code:{code}",
        scope="number",
        scope_id=business_number_id,
        at=now,
        steps=_STEPS,
        facts={"code": code, "meaning": described.meaning, "action": described.action.value},
    )
    await open_incident(connection, report)
