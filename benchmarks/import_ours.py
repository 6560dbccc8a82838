"""Our side of the import benchmark: the verbs a person's `rulecast import contacts` calls, survey included."""

import sys
from pathlib import Path

from benchmarks.import_side import run_side
from rulecast.wiring.import_run import ImportOrder
from rulecast.wiring.imports import import_contacts
from rulecast.wiring.prepare_import import ImportRequest, prepare_import
from rulecast.wiring.workspace import Workspace


async def import_ours(workspace: Workspace, file: Path) -> int:
    """Import the list and return how many rows were refused."""
    proposal = await prepare_import(
        workspace, ImportRequest(kind="contacts", file=file, mapping_file=file.with_suffix(".toml"))
    )
    report = await import_contacts(
        workspace,
        ImportOrder(proposal=proposal, rejects_path=workspace.settings.home / "people.rejects.csv"),
    )
    return report.counts.rows_rejected


if __name__ == "__main__":
    sys.exit(run_side(import_ours))
