"""Importing a dirty contact list with the real verbs, beside the best hand-made version of the same work.

Each side is a process of its own with an embedded PostgreSQL of its own, ordinary fsync; both read the same file with
two worker processes. Ours also surveys the file first, checkpoints every 5,000 rows and can be killed anywhere.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.import_file import KINDS, write_files
from benchmarks.result import Result

ROWS_DEFAULT = 100_000
SIDE_SECONDS_MAX = 3_600


def measure(arguments: argparse.Namespace) -> Result:
    """Import one list twice."""
    rows = arguments.size or ROWS_DEFAULT
    with tempfile.TemporaryDirectory(prefix="rulecast-bench-") as folder:
        file, _mapping = write_files(Path(folder), rows, arguments.seed)
        ours = run_side("import_ours", Path(folder) / "ours", file)
        by_hand = run_side("import_by_hand", Path(folder) / "by-hand", file)
    found = ours["found"]
    return Result(
        name="import",
        params={
            "rows": rows,
            "dirty_percent": 100 - KINDS["clean"],
            "seed": arguments.seed,
            "seconds": round(ours["seconds"], 2),
            "contacts": found["contacts"],
            "consents": found["consents"],
            "rejects": found["rejects"],
            "database_cpu_s": round(ours["database_cpu_s"], 2),
            "limit_cpu_s": round(by_hand["cpu_s"] + by_hand["database_cpu_s"], 2),
            "limit_peak_rss_mb": round(by_hand["peak_rss_mb"], 1),
        },
        unit="rows/s: normalised, de-duplicated, sealed, durable",
        ours=rows / ours["seconds"],
        limit=rows / by_hand["seconds"],
        peak_rss_mb=ours["peak_rss_mb"],
        cpu_s=ours["cpu_s"] + ours["database_cpu_s"],
        valid=found == by_hand["found"] and found["contacts"] > 0,
        notes=(
            "limit: two forked workers, a dictionary of everybody, one COPY a table in one commit; no checkpoints",
            "peak memory: the importing process and both workers at their peaks, PostgreSQL apart",
            *differences(found, by_hand["found"]),
        ),
    )


def differences(ours: dict[str, Any], by_hand: dict[str, Any]) -> tuple[str, ...]:
    """Name what the sides do not agree on."""
    return tuple(
        f"{name}: ours {ours[name]}, by hand {by_hand[name]}" for name in ours if ours[name] != by_hand[name]
    )


def run_side(module: str, home: Path, file: Path) -> Any:
    """Run one side and return what it measured."""
    home.mkdir(mode=0o700)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", str(home), str(file)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=SIDE_SECONDS_MAX,
    )
    return json.loads(done.stdout.splitlines()[-1])
