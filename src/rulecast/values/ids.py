"""Identifiers that cross room borders; distinct types so that a swap is a type error."""

from typing import NewType

ContactId = NewType("ContactId", int)
ImportId = NewType("ImportId", int)
InboxId = NewType("InboxId", int)
EventId = NewType("EventId", int)
ConsentId = NewType("ConsentId", int)
RuleVersionId = NewType("RuleVersionId", int)
StandingApprovalId = NewType("StandingApprovalId", int)
TemplateId = NewType("TemplateId", int)
PlanId = NewType("PlanId", int)
RunId = NewType("RunId", int)
PermitId = NewType("PermitId", int)
MessageId = NewType("MessageId", int)
AttemptId = NewType("AttemptId", int)
LinkId = NewType("LinkId", int)

BusinessNumberId = NewType("BusinessNumberId", str)
"""Meta's phone number id: digits, opaque."""

PortfolioId = NewType("PortfolioId", str)
"""Meta's business portfolio id: digits, opaque."""

OpaqueId = NewType("OpaqueId", bytes)
"""Sixteen random bytes of one send attempt; travels as `biz_opaque_callback_data`, never personal."""
