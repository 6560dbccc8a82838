"""A plan with every exclusion and one decision a person, beside one hand-made statement that decides the same.

Each side is a process of its own over one embedded PostgreSQL with ordinary fsync. The workspace is filled by SQL
and the mart has read it before, as the engine's has. The hand-made side has all it needs in plain DuckDB tables,
decides in one statement and copies the decisions into a table like the real one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.result import Result
from rulecast.values.reason import NUMBERS

PEOPLE_DEFAULT = 200_000
SIDE_SECONDS_MAX = 3_600
NAMES = {0: "planned", **{number: reason.value for reason, number in NUMBERS.items()}}


def measure(arguments: argparse.Namespace) -> Result:
    """Plan one audience twice."""
    people = arguments.size or PEOPLE_DEFAULT
    with tempfile.TemporaryDirectory(prefix="rulecast-bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        prepared = run_side("prepare", home, people, seed=arguments.seed)
        ours = run_side("ours", home, people, seed=arguments.seed)
        by_hand = run_side("by_hand", home, people, seed=arguments.seed)
    reasons = {NAMES[int(number)]: count for number, count in ours["reasons"].items()}
    different = by_hand["people_decided_differently"]
    return Result(
        name="plan",
        params={
            "people": people,
            "seed": arguments.seed,
            "reasons": reasons,
            "set_up_seconds": round(prepared["fill_seconds"], 2),
            "mart_sync_seconds": round(prepared["sync_seconds"], 2),
            "database_cpu_s": round(ours["database_cpu_s"], 2),
            "limit_cpu_s": round(by_hand["cpu_s"] + by_hand["database_cpu_s"], 2),
            "limit_peak_rss_mb": round(by_hand["peak_rss_mb"], 1),
        },
        unit="seconds (lower is better)",
        ours=ours["seconds"],
        limit=by_hand["seconds"],
        peak_rss_mb=ours["peak_rss_mb"],
        cpu_s=ours["cpu_s"] + ours["database_cpu_s"],
        valid=ours["reasons"] == by_hand["reasons"] and different == 0 and sum(reasons.values()) == people,
        notes=(
            "ours includes waiting for the mart, samples, document and the hash over all decisions",
            "limit: one DuckDB statement over facts it holds already, then COPY with the same keys",
            f"people decided differently by the two sides: {different}",
        ),
    )


def run_side(side: str, home: Path, people: int, *, seed: int) -> Any:
    """Run one side and return what it measured."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.plan_sides", side, str(home), str(people), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=SIDE_SECONDS_MAX,
    )
    return json.loads(done.stdout.splitlines()[-1])
