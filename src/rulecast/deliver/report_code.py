"""Tell a person what an error code made rest."""

from datetime import datetime

from rulecast.deliver.error_code import describe_error_code
from rulecast.deliver.store import Connection
from rulecast.gate.incidents import IncidentReport, open_incident
from rulecast.gate.incidents.records import IncidentScope


async def report_code(
    connection: Connection,
    code: int,
    scope_id: str,
    *,
    scope: IncidentScope = "number",
    cause: str = "",
    now: datetime,
) -> None:
    """Open an incident for a code that stops a number or everything, or holds a kind, a country, a template.

    While it is open, it is the one. `cause` is the one under which webhooks tell of the same thing.
    """
    described = describe_error_code(code)
    report = IncidentReport(
        cause=cause or f"code:{code}",
        scope=scope,
        scope_id=scope_id,
        at=now,
        steps=(described.remedy,),
        facts={"code": code, "meaning": described.meaning, "action": described.action.value},
    )
    await open_incident(connection, report)
