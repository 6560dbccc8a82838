"""Give each draft the uploads of the files it shows: made before the first message that needs them, once a number."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rulecast.deliver.sender_parts import FindUpload
from rulecast.gate import Draft
from rulecast.gate.run_media import WantedFile
from rulecast.gate.terms import RunTerms
from rulecast.template.messages import MediaHandle
from rulecast.values.reason import Reason


async def attach_files(
    drafts: Sequence[Draft],
    terms: Mapping[int, RunTerms],
    find: FindUpload | None,
    *,
    business_number_id: str,
) -> list[Draft]:
    """Return the drafts with their uploads; where one is missing, with what is wrong with it.

    No transaction and no lock is held meanwhile; how long a file is waited for is up to `find`.
    """
    wanted = {one.message_id: files for one in drafts if (files := _files_of(one, terms))}
    if find is None or not wanted:
        return list(drafts)
    each = sorted({file for files in wanted.values() for file in files.values()})
    answers = await asyncio.gather(*(find(business_number_id, file) for file in each))
    found = dict(zip(each, answers, strict=True))
    return [
        _attached(one, wanted[one.message_id], found) if one.message_id in wanted else one for one in drafts
    ]


def _files_of(draft: Draft, terms: Mapping[int, RunTerms]) -> dict[str, WantedFile]:
    """Return the files that a message shows, by the parameter each fills."""
    run = terms.get(draft.run_id)
    media = None if run is None else run.media.get(draft.variant)
    return {} if media is None else media.wanted(draft.media)


def _attached(
    draft: Draft, wanted: Mapping[str, WantedFile], found: Mapping[WantedFile, MediaHandle | Reason]
) -> Draft:
    answers = {parameter: found[file] for parameter, file in wanted.items()}
    return replace(
        draft,
        uploads={name: one for name, one in answers.items() if isinstance(one, MediaHandle)},
        file_problems={name: one for name, one in answers.items() if isinstance(one, Reason)},
    )
