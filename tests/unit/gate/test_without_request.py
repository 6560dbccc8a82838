"""Messages for which no request could be made: what can pass is asked again, what cannot ends."""

from datetime import UTC, datetime, timedelta

import pytest

from rulecast.gate.draft import Draft, PreparedDraft
from rulecast.gate.rows import TemplateRow
from rulecast.gate.without_request import refuse_without_request, without_stale_files
from rulecast.template.messages import MediaHandle
from rulecast.values.ids import ContactId, MessageId, OpaqueId, RunId
from rulecast.values.reason import Reason

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
SOON = NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("problem", "reason", "until"),
    [
        (Reason.MISSING_TRANSLATION, Reason.MISSING_TRANSLATION, None),
        (Reason.FILE_REFUSED, Reason.FILE_REFUSED, None),
        (Reason.FILE_TOO_LARGE, Reason.FILE_TOO_LARGE, None),
        (Reason.FILE_MISSING, Reason.FILE_MISSING, SOON),
        (Reason.FILE_NOT_UPLOADED, Reason.FILE_NOT_UPLOADED, SOON),
        (Reason.FACTS_UNKNOWN, Reason.FACTS_UNKNOWN, SOON),
        (Reason.UNREACHABLE, Reason.FACTS_UNKNOWN, SOON),
    ],
)
def test_a_file_that_is_refused_ends_the_message_and_one_on_its_way_puts_it_off(
    problem: Reason, reason: Reason, until: datetime | None
) -> None:
    draft = Draft(
        message_id=MessageId(1),
        contact_id=ContactId(1),
        run_id=RunId(1),
        template_id=1,
        variant="",
        attempt=1,
        send_until=NOW + timedelta(days=1),
    )
    refusal = refuse_without_request(draft, problem, NOW)
    assert (refusal.reason, refusal.until) == (reason, until)


@pytest.mark.parametrize(
    ("uploaded", "since", "is_stale"),
    [
        ((NOW,), None, False),
        ((NOW,), NOW, True),
        ((NOW,), NOW - timedelta(microseconds=1), False),
        ((NOW, NOW - timedelta(days=2)), NOW - timedelta(days=1), True),
        ((None,), NOW, True),
        ((), NOW, False),
    ],
)
def test_a_file_of_before_meta_could_not_take_one_along_puts_its_message_off(
    uploaded: tuple[datetime | None, ...], since: datetime | None, *, is_stale: bool
) -> None:
    template = TemplateRow(
        template_id=1,
        status="approved",
        category="marketing",
        correct_category="",
        paused_until=None,
        components_hash=b"",
        quality="",
        files_since=since,
    )
    draft = Draft(
        message_id=MessageId(1),
        contact_id=ContactId(1),
        run_id=RunId(1),
        template_id=1,
        variant="",
        attempt=1,
        send_until=NOW,
        uploads={str(place): MediaHandle(media_id="1", uploaded_at=at) for place, at in enumerate(uploaded)},
    )
    prepared = PreparedDraft(
        draft=draft,
        opaque_id=OpaqueId(bytes(16)),
        lookup=b"",
        body=b"{}",
        sealed_request=b"",
        components_hash=b"",
        has_opt_out=True,
    )
    (found,) = without_stale_files([prepared], {1: template})
    assert found.problem is (Reason.FILE_NOT_UPLOADED if is_stale else None)
