"""Plays `rulecast demo` as a visitor would, and reads what it left behind."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from rulecast.database.embedded import DISPOSABLE, EmbeddedServer

ROOT = Path(__file__).resolve().parent.parent
# A full machine; a quiet one plays 2,500 people in half a minute.
PATIENCE_SECONDS = 200
MODULE = (sys.executable, "-m", "rulecast")


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A demonstration that has ended: its figures, its folder, and everything it printed."""

    figures: dict[str, Any]
    folder: Path
    said: str = field(repr=False)

    @property
    def ledger(self) -> Path:
        return self.folder / "simulator" / "ledger.jsonl"

    def rows(self) -> list[dict[str, Any]]:
        """Return what the simulator wrote down."""
        return [json.loads(line) for line in self.ledger.read_text("utf-8").splitlines()]


def clean_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without settings of a workspace."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RULECAST_")}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), **changes}


def demo_arguments(folder: Path, *, people: int, seed: int) -> list[str]:
    # Few people leave the machine time enough: the story may run fast.
    return ["demo", "--people", str(people), "--seed", str(seed), "--folder", str(folder), "--speed", "60"]


def play_demo(
    folder: Path,
    *,
    people: int,
    seed: int,
    program: Sequence[str] = MODULE,
    environ: Mapping[str, str] | None = None,
) -> Played:
    """Run a demonstration to its end and return the object of its last line; a failure shows what was said."""
    ended = subprocess.run(
        [*program, *demo_arguments(folder, people=people, seed=seed), "--exit", "--json"],
        cwd=folder.parent,
        env=clean_environment() if environ is None else dict(environ),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    log = folder / "demo.log"
    told = ended.stdout + ended.stderr + (log.read_text("utf-8") if log.exists() else "")
    assert ended.returncode == 0, told
    figures = json.loads(ended.stdout.splitlines()[-1])
    return Played(figures=figures, folder=folder, said=ended.stdout + ended.stderr)


def demo_environment(folder: Path) -> dict[str, str]:
    """Read the settings that a demonstration leaves for the commands a visitor types."""
    lines = (folder / "demo.env").read_text("utf-8")
    return dict(re.findall(r"(?m)^export (\w+)='(.*)'$", lines))


@contextmanager
def demo_database(folder: Path) -> Iterator[str]:
    """Start the database of a demonstration that has ended; yields the address of its main database."""
    server = EmbeddedServer(folder / "workspace", tuning=DISPOSABLE)
    try:
        yield make_conninfo(server.enter(), dbname="rulecast")
    finally:
        server.leave()
