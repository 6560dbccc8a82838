"""What a failed status says beside its message: a person, a template, a number or everything may have to rest."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.collect.webhook_facts import StatusFact
from rulecast.deliver.error_code import SEEN_IN_STATUSES, describe_error_code
from rulecast.deliver.heed_codes import CodeMet, heed_codes
from rulecast.deliver.statuses.store import Connection, MatchedRow

# A failed status without any error: this message failed, and nobody learns why. As an answer 0 means something else.
NO_CODE = 0


async def heed_failures(
    connection: Connection, failures: Sequence[tuple[StatusFact, MatchedRow]], now: datetime
) -> None:
    """Put in force what the error codes of new failures demand; suppression is the door's.

    The message says of which number: a status that waited for its message does not say which it came for.
    """
    met = []
    for status, row in failures:
        if status.status != "failed" or status.error_code == NO_CODE:
            continue
        described = describe_error_code(status.error_code)
        if described.seen in SEEN_IN_STATUSES:
            met.append(
                CodeMet(
                    code=status.error_code,
                    action=described.status_action,
                    contact_id=row.contact_id,
                    template_id=row.template_id,
                    business_number_id=row.business_number_id,
                    message_id=row.message_id,
                    at=status.occurred_at,
                )
            )
    if met:
        await heed_codes(connection, met, now)
