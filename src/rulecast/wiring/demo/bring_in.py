"""Imports one of the story's files as a visitor would: with a mapping file, refusals beside it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from rulecast.wiring.import_events import import_events
from rulecast.wiring.import_run import ImportOrder, ImportReport
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.prepare_import import REJECTS_ENDING, ImportRequest, place_beside, prepare_import
from rulecast.wiring.workspace import Workspace


async def bring_in(
    workspace: Workspace, path: Path, mapping: str, *, say: Callable[[str], None]
) -> ImportReport:
    """Import a file with the text of a mapping and say what came of it."""
    mapping_path = path.with_suffix(".toml")
    await asyncio.to_thread(mapping_path.write_text, mapping, "utf-8")
    kind = "contacts" if 'kind = "contacts"' in mapping else "events"
    request = ImportRequest(
        kind="contacts" if kind == "contacts" else "events", file=path, mapping_file=mapping_path
    )
    proposal = await prepare_import(workspace, request)
    order = ImportOrder(proposal=proposal, rejects_path=place_beside(workspace, path, REJECTS_ENDING))
    report = await (import_contacts if kind == "contacts" else import_events)(workspace, order)
    say(_sentence(path, report))
    return report


def _sentence(path: Path, report: ImportReport) -> str:
    counts = report.counts
    told = [f"{counts.rows_done:,} lines", f"{counts.rows_stored:,} stored"]
    if counts.people_created:
        told.append(f"{counts.people_created:,} people")
    if counts.consents_proven:
        told.append(f"{counts.consents_proven:,} proven and {counts.consents_unproven:,} unproven consents")
    if counts.rows_rejected:
        reasons = ", ".join(f"{count:,} {code}" for code, count in sorted(report.reject_codes.items()))
        told.append(f"{counts.rows_rejected:,} refused ({reasons})")
    return f"Imported {path.name}: {'; '.join(told)}."
