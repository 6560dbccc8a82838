"""Fill the disk under PostgreSQL, then the one under the journal, in the middle of a campaign (F68).

Two small file systems in memory, mounted where only this process and its children see them (`unshare --mount`; root, or
a user who may make namespaces). While there is no room nothing is sent and no webhook is answered 200; with room again
all goes on. `python -m tests.soak.full_disk --seed 7` prints one JSON object.
"""

import argparse
import errno
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ledger_check.account import read_account
from ledger_check.compare import compare
from ledger_check.ledger import read_ledger
from tests.soak.kill_child import Board, fork_sender
from tests.soak.kill_world import NUMBERS, World, open_world
from tests.soak.own_postgres import OwnPostgres
from tests.soak.postgres_kills import Watched, end, settle, wait_for

INSIDE = "RULECAST_TEST_OWN_MOUNTS"
# A new cluster with both schemas takes about 130 MB, its log up to as much again.
DATABASE_MB, HOME_MB = 480, 1
PEOPLE, PER_SECOND = 500, 100
WAIT_SECONDS_MAX = 120.0
# So long nothing may be asked for while nothing can be written.
STILL_SECONDS = 3.0


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of it."""

    sent_while_full: int = 0
    webhooks_refused_while_full: int = 0
    stops_refused_while_journal_full: int = 0
    duplicates: int = 0
    without_consent: int = 0
    after_opt_out: int = 0
    unbalanced: int = 0
    limits_exceeded: int = 0
    accepted: int = 0
    unfinished: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Return whether nothing went wrong, and whether there was something to go wrong."""
        wrong = self.duplicates + self.without_consent + self.after_opt_out + self.unbalanced
        wrong += self.unfinished + self.sent_while_full + self.limits_exceeded
        return (
            not wrong and self.webhooks_refused_while_full > 0 and self.stops_refused_while_journal_full > 0
        )


def fill(directory: Path) -> Path:
    """Take all the room there is, and return what takes it."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(64 * 1024))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return ballast


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(f"it never came to this: {what}")
        time.sleep(0.05)


def refused(world: World) -> int:
    return sum(row["kind"] == "webhook_refused" for row in world.rows())


def run(directory: Path, seed: int) -> Report:
    report, started, chance = Report(), time.monotonic(), random.Random(seed)
    server, home = directory / "server", directory / "home"
    for place, size in ((server, DATABASE_MB), (home, HOME_MB)):
        place.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0700", "none", place], check=True)
    postgres = OwnPostgres(server)
    with open_world(
        directory,
        people_per_number=PEOPLE,
        databases=postgres.databases,
        per_second=PER_SECOND,
    ) as world:
        senders = [fork_sender(world, number, Board(), None) for number in NUMBERS]
        watched = Watched(world.ledger)
        try:
            watched.until(chance.randint(50, 150), seconds_max=WAIT_SECONDS_MAX)
            _fill_database(postgres, world, watched, server, report)
            watched.until(watched.count() + chance.randint(50, 150), seconds_max=WAIT_SECONDS_MAX)
            _fill_journal(world, home, report)
            report.unfinished += wait_for(senders)
        finally:
            watched.close()
            end(senders)
        settle(world)
        _compare(world, report)
    report.seconds = round(time.monotonic() - started, 1)
    return report


def _fill_database(
    postgres: OwnPostgres, world: World, watched: Watched, server: Path, report: Report
) -> None:
    before = refused(world)
    ballast = fill(server)
    # The log has room kept for it: it is full a little after the disk.
    until(lambda: refused(world) > before, "a webhook is refused while the database has no room")
    asked, since = watched.count(), time.monotonic()
    while time.monotonic() - since < STILL_SECONDS:
        now_asked = watched.count()
        if now_asked > asked:
            # What was committed while there was room may still be on its way.
            asked, since = now_asked, time.monotonic()
        time.sleep(0.05)
    time.sleep(STILL_SECONDS)
    report.sent_while_full = watched.count() - asked
    report.webhooks_refused_while_full = refused(world) - before
    ballast.unlink()
    postgres.bring_up()


def _fill_journal(world: World, home: Path, report: Report) -> None:
    """Without room in the journal a stop is not answered, because it would not outlive a restore."""
    before, ballast = refused(world), fill(home)
    asked = next(row["to"] for row in world.requests() if row["outcome"] == "accepted")
    world.control(f"phones/{asked}/say", {"text": "STOP"})
    until(lambda: refused(world) > before, "a stop is refused while the journal has no room")
    report.stops_refused_while_journal_full = refused(world) - before
    ballast.unlink()


def _compare(world: World, report: Report) -> None:
    assert world.settings.database_url is not None
    findings = compare(read_ledger(world.ledger), read_account(world.settings.database_url))
    report.accepted, report.duplicates = findings.accepted, findings.duplicates
    report.without_consent, report.after_opt_out = findings.without_consent, findings.after_opt_out
    report.unbalanced = findings.unbalanced
    report.limits_exceeded = findings.limits_exceeded
    ((open_left,),) = world.query(
        "SELECT count(*) FROM deliver.message WHERE state IN ('planned', 'claimed', 'intent', 'deferred')"
    )
    report.unfinished += open_left


def main() -> int:
    """Run from the command line; the exit code tells whether the promises held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if not os.environ.get(INSIDE):
        command = ["unshare", "--mount", "--", sys.executable, "-m", "tests.soak.full_disk"]
        os.environ[INSIDE] = "yes"
        os.execvp(command[0], [*command, "--seed", str(chosen.seed)])
    with tempfile.TemporaryDirectory(prefix="rulecast-disk-") as directory:
        try:
            report = run(Path(directory), chosen.seed)
        finally:
            for name in ("server", "home"):
                subprocess.run(["umount", "-l", Path(directory) / name], check=False)
    print(json.dumps(asdict(report)))
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
