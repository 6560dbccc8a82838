"""A draft: a message a sender has claimed and asks the gate about, and what the gate made ready for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rulecast.gate.coupon_slot import CouponSlot
from rulecast.gate.permit import Edge
from rulecast.template.messages import MediaHandle
from rulecast.values.ids import ContactId, MessageId, OpaqueId, RunId
from rulecast.values.quickly_made import quickly_made
from rulecast.values.reason import Reason

WORST_FIRST = (Reason.FILE_REFUSED, Reason.FILE_TOO_LARGE, Reason.FILE_MISSING, Reason.FILE_NOT_UPLOADED)
"""Of several files of one message: what can never be mended decides."""


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One claimed message; `attempt` is the number the next attempt would have, from 1.

    `variant` names the arm of an experiment whose message this is; it is empty without one. `media` is the form of the
    files it shows, empty for files in full or none, `uploads` those files in Meta's keeping by the parameter each
    fills, and `file_problems` why others of them are not there.
    """

    message_id: MessageId
    contact_id: ContactId
    run_id: RunId
    template_id: int
    variant: str
    attempt: int
    send_until: datetime
    media: str = ""
    uploads: Mapping[str, MediaHandle] = field(default_factory=dict)
    file_problems: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def file_problem(self) -> Reason | None:
        """Return why a message with several files is not complete: what can never be mended decides."""
        found = set(self.file_problems.values())
        return next((one for one in WORST_FIRST if one in found), None)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedDraft:
    """A draft with its request frozen, before anything is locked.

    `problem` is set where no request could be made; then body and sealed request are empty. `lookup` is the keyed
    hash of the address used: the gate checks that it is still the person's. `components_hash` is that of the
    template the request was made from, `edge` the one of the number it is posted to.
    `kept_body` is what the ledger keeps instead of a body that holds a one-time code. `country` is where
    the address leads: by area code or BSUID where that tells more than what is known of the person. `coupon` is the
    place of a code that only the gate can fill.
    """

    draft: Draft
    opaque_id: OpaqueId
    lookup: bytes = field(repr=False)
    body: bytes = field(repr=False)
    sealed_request: bytes = field(repr=False)
    components_hash: bytes
    has_opt_out: bool
    edge: Edge = "messages"
    kept_body: bytes = field(default=b"", repr=False)
    country: str = ""
    coupon: CouponSlot | None = None
    problem: Reason | None = None

    def with_seal(self, sealed_request: bytes) -> "PreparedDraft":
        """Return the same with its sealed request; a tenth of what `replace` costs, and it is done to every draft."""
        return PreparedDraft(
            draft=self.draft,
            opaque_id=self.opaque_id,
            lookup=self.lookup,
            body=self.body,
            sealed_request=sealed_request,
            components_hash=self.components_hash,
            has_opt_out=self.has_opt_out,
            edge=self.edge,
            kept_body=self.kept_body,
            country=self.country,
            coupon=self.coupon,
            problem=self.problem,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A draft that gets no permit now; `until` is None where the refusal is final."""

    draft: Draft
    reason: Reason
    until: datetime | None
