"""What a failed status says beside its message: a template, a number or everything may have to rest."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.collect.webhook_facts import StatusFact
from rulecast.deliver import store
from rulecast.deliver.error_code import SEEN_IN_STATUSES, CodeAction, describe_error_code
from rulecast.deliver.report_code import report_code
from rulecast.deliver.statuses.store import Connection, MatchedRow
from rulecast.gate import stop_sending

STOPPED_BY = "rulecast"
# A failed status without any error: this message failed, and nobody learns why. As an answer 0 means something else.
NO_CODE = 0


async def heed_failures(
    connection: Connection, failures: Sequence[tuple[StatusFact, MatchedRow]], now: datetime
) -> None:
    """Put in force what the error codes of new failures demand; suppression is the door's."""
    templates: set[int] = set()
    for status, row in failures:
        if status.status != "failed" or status.error_code == NO_CODE:
            continue
        described = describe_error_code(status.error_code)
        if described.seen not in SEEN_IN_STATUSES:
            continue
        match described.action:
            case CodeAction.PAUSE_TEMPLATE:
                templates.add(row.template_id)
            case CodeAction.PAUSE_NUMBER | CodeAction.HOLD:
                # The message's own number: a status that waited for its message does not say which it came for.
                await store.hold_number(
                    connection, row.business_number_id, reason=f"code_{status.error_code}"
                )
                await report_code(connection, status.error_code, row.business_number_id, now=now)
            case CodeAction.STOP_ALL:
                await stop_sending(
                    connection,
                    scope="all",
                    target="",
                    reason=f"code_{status.error_code}",
                    by=STOPPED_BY,
                    now=now,
                )
                await report_code(connection, status.error_code, row.business_number_id, now=now)
            case _:
                pass
    if templates:
        await store.pause_templates(connection, sorted(templates), now=now)
