"""What a person reads of an import."""

import pytest
from rich.table import Table

from rulecast.cli.import_tables import outcome_lines
from rulecast.collect.import_batch import ImportCounts
from rulecast.wiring.import_run import ImportReport


@pytest.mark.parametrize(
    ("was_finished", "title"), [(False, "Import 7"), (True, "Import 7, what it did then")]
)
def test_the_figures_of_a_file_imported_before_are_not_passed_off_as_new(
    was_finished: bool, title: str
) -> None:
    report = ImportReport(
        import_id=7,
        kind="contacts",
        counts=ImportCounts(rows_done=4, rows_stored=4),
        was_finished=was_finished,
        resumed_after=0,
        rejects_path=None,
        reject_codes={},
        purposeless_grants=0,
        speaks_of_consent=True,
    )

    assert [line.title for line in outcome_lines(report) if isinstance(line, Table)] == [title]
