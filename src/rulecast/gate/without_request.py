"""What becomes of a message with which the policy finds no fault, but for which no request could be made."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rulecast.gate.draft import Draft, PreparedDraft, Refusal
from rulecast.gate.rows import TemplateRow
from rulecast.values.reason import Reason

NEVER = frozenset({Reason.MISSING_TRANSLATION, Reason.FILE_TOO_LARGE, Reason.FILE_REFUSED})
"""What the approval signed cannot become another: a file that WhatsApp does not take it never takes."""
LATER = frozenset({Reason.FILE_NOT_UPLOADED, Reason.FILE_MISSING})
ASKED_AGAIN_AFTER = timedelta(seconds=60)


def refuse_without_request(draft: Draft, problem: Reason, now: datetime) -> Refusal:
    """Return the refusal: final, or put off by a minute where the reason can pass."""
    reason, until = when_without_request(problem, now)
    return Refusal(draft=draft, reason=reason, until=until)


def without_stale_files(
    drafts: Sequence[PreparedDraft], templates: Mapping[int, TemplateRow]
) -> list[PreparedDraft]:
    """Return the drafts, those with a problem that show a file of before Meta could not take one along."""
    return [
        replace(one, problem=Reason.FILE_NOT_UPLOADED)
        if one.problem is None and _is_stale(one, templates.get(one.draft.template_id))
        else one
        for one in drafts
    ]


def _is_stale(prepared: PreparedDraft, template: TemplateRow | None) -> bool:
    if template is None or template.files_since is None:
        return False
    known = [one.uploaded_at for one in prepared.draft.uploads.values()]
    return any(at is None or at <= template.files_since for at in known)


def when_without_request(problem: Reason, now: datetime) -> tuple[Reason, datetime | None]:
    """Return the reason that is told, and when the message is asked for again; None where never."""
    if problem in NEVER:
        return problem, None
    return problem if problem in LATER else Reason.FACTS_UNKNOWN, now + ASKED_AGAIN_AFTER
