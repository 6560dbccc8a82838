"""A permit: the only thing with which a message may leave, and only this room can make one."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from rulecast.values.ids import ContactId, MessageId, OpaqueId, PermitId, RunId
from rulecast.values.quickly_made import quickly_made

Edge: TypeAlias = Literal["messages", "marketing_messages"]
"""Where under the number a message is posted (Cloud API, Marketing Messages API)."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """One message allowed once: the frozen request, sealed for the ledger and plain for the wire.

    `body` holds an address and parameters; it never shows itself and lives in memory for seconds only. `attempt`
    counts the attempts of the message from 1.
    """

    permit_id: PermitId
    message_id: MessageId
    contact_id: ContactId
    run_id: RunId
    rule_name: str
    template_id: int
    business_number_id: str
    is_test: bool
    attempt: int
    opaque_id: OpaqueId
    body: bytes = field(repr=False)
    sealed_request: bytes = field(repr=False)
    granted_at: datetime
    edge: Edge = "messages"
