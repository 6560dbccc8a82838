"""Give each draft the upload of the file it shows: made before the first message that needs it, once a number."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rulecast.deliver.sender_parts import FindUpload
from rulecast.gate import Draft
from rulecast.gate.terms import RunTerms


async def attach_files(
    drafts: Sequence[Draft],
    terms: Mapping[int, RunTerms],
    find: FindUpload | None,
    *,
    business_number_id: str,
) -> list[Draft]:
    """Return the drafts with their uploads; without one the gate puts the message off.

    No transaction and no lock is held meanwhile: the first upload of a file takes as long as it takes.
    """
    wanted = {one.message_id: file for one in drafts if (file := _file_of(one, terms)) is not None}
    if find is None or not wanted:
        return list(drafts)
    uploads = {file: await find(business_number_id, *file) for file in sorted(set(wanted.values()))}
    return [
        replace(one, upload=uploads[wanted[one.message_id]]) if one.message_id in wanted else one
        for one in drafts
    ]


def _file_of(draft: Draft, terms: Mapping[int, RunTerms]) -> tuple[bytes, str] | None:
    """Return content and name of the file that a message shows, or None where it shows none."""
    run = terms.get(draft.run_id)
    media = None if run is None else run.media.get(draft.variant)
    content = None if media is None else media.content_of(draft.media)
    return None if media is None or content is None else (content, media.filename)
