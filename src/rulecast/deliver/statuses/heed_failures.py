"""What a failed status says beside its message: a template, a number or everything may have to rest."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.collect.webhook_facts import StatusFact
from rulecast.deliver import store
from rulecast.deliver.error_code import CodeAction, describe_error_code
from rulecast.deliver.statuses.store import Connection, MatchedRow
from rulecast.gate import stop_sending

STOPPED_BY = "rulecast"


async def heed_failures(
    connection: Connection, failures: Sequence[tuple[StatusFact, MatchedRow]], now: datetime
) -> None:
    """Put in force what the error codes of new failures demand; suppression is the door's."""
    templates: set[int] = set()
    for status, row in failures:
        if status.status != "failed":
            continue
        match describe_error_code(status.error_code).action:
            case CodeAction.PAUSE_TEMPLATE:
                templates.add(row.template_id)
            case CodeAction.PAUSE_NUMBER | CodeAction.HOLD:
                await store.hold_number(
                    connection, status.business_number_id, reason=f"code_{status.error_code}"
                )
            case CodeAction.STOP_ALL:
                await stop_sending(
                    connection,
                    scope="all",
                    target="",
                    reason=f"code_{status.error_code}",
                    by=STOPPED_BY,
                    now=now,
                )
            case _:
                pass
    if templates:
        await store.pause_templates(connection, sorted(templates), now=now)
