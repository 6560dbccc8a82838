"""Local time comes from one table: engines' zone functions and the machine's zone files are not used."""

import re
from pathlib import Path

import rulecast

SOURCE = Path(rulecast.__file__).parent
THE_TABLE = SOURCE / "values" / "zone_offsets.py"
# UTC is the same in every engine.
ENGINE_ZONES = re.compile(
    r"AT\s+TIME\s+ZONE(?!\s+'UTC')|\btimezone\s*\(\s*'|\bSET\s+TIME\s+ZONE\s+'(?!UTC)", re.IGNORECASE
)
MACHINE_ZONES = re.compile(
    r"\bZoneInfo\s*\(|\bimport zoneinfo\b|from zoneinfo import|\btzset\b|\blocaltime\s*\("
)


def test_no_file_asks_a_database_engine_for_local_time() -> None:
    found = [
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*")
        if file.suffix in {".py", ".sql"} and ENGINE_ZONES.search(file.read_text(encoding="utf-8"))
    ]
    assert found == [], "use the zone_offset table: engines disagree about zones"


def test_only_the_zone_table_reads_zone_files_and_only_those_of_the_wheel() -> None:
    found = [
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        if file != THE_TABLE and MACHINE_ZONES.search(file.read_text(encoding="utf-8"))
    ]
    assert found == [], "use rulecast.values.zone_offsets"
    text = THE_TABLE.read_text(encoding="utf-8")
    assert "ZoneInfo.from_file" in text
    assert not re.search(r"\bZoneInfo\s*\(", text)
