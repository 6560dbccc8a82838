"""Kill PostgreSQL in the middle of a campaign, bring it back, and see what was lost (F43 F66 F76 P10 P13 P14).

A backend is killed, the postmaster is killed, the server is stopped at once or in a hurry, or everything dies together,
while two senders send and webhooks come in. `python -m tests.soak.postgres_kills --crashes 100 --seed 7` prints one
JSON object.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ledger_check.account import read_account
from ledger_check.compare import Findings, compare
from ledger_check.ledger import read_ledger
from tests.soak.kill_child import Board, fork_sender
from tests.soak.kill_codes import codes_astray
from tests.soak.kill_lane import debug
from tests.soak.kill_world import BEHAVIOUR, NUMBERS, World, open_world
from tests.soak.own_postgres import KINDS, OwnPostgres

# Requests between two crashes: enough that webhooks are on their way, and a random place in the middle.
REQUESTS_MIN, REQUESTS_MAX = 20, 60
# What a crash may cost beside: requests that were out and stay in doubt, and what went out while nobody looked.
PEOPLE_PER_CRASH = 100
PEOPLE_SPARE = 60
PER_SECOND = 150
# A bound of failure, not a measurement.
NEWS_SECONDS_MAX = 90.0
POLL_SECONDS = 0.01
SETTLE_SECONDS_MAX = 60.0
# People answer, but nobody asks for silence: enough of that would hold the rule, and rightly so.
WORLD = {**BEHAVIOUR, "reply_rate": 0.1}


@dataclass(slots=True, kw_only=True)
class Report:
    """What the crashes came to."""

    crashes: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    findings: Findings | None = None
    lost: int = 0
    webhooks_lost: int = 0
    acknowledged: int = 0
    refused_webhooks: int = 0
    unfinished: int = 0
    unknown_left: int = 0
    codes_astray: int = 0
    # From the crash to the first request after it, in seconds.
    recovery_seconds: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Watched:
    """The simulator's ledger as it grows."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._rest = b""
        self.requests = 0

    def count(self) -> int:
        """Return how many messages were asked for so far."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        self.requests += sum(b'"kind":"request"' in line for line in lines)
        return self.requests

    def until(self, count: int, *, seconds_max: float) -> bool:
        """Wait until so many messages were asked for; False where nothing came for too long."""
        deadline, known = time.monotonic() + seconds_max, self.count()
        while known < count:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
            before, known = known, self.count()
            if known > before:
                deadline = time.monotonic() + seconds_max
        return True

    def close(self) -> None:
        self._file.close()


def run_crashes(crashes: int, seed: int, directory: Path) -> Report:
    """Make the world, crash, bring back, finish, and compare both ledgers."""
    chance, report, started = random.Random(seed), Report(), time.monotonic()
    postgres = OwnPostgres(directory / "server")
    kinds = [KINDS[place % len(KINDS)] for place in range(crashes)]
    chance.shuffle(kinds)
    people = (crashes * PEOPLE_PER_CRASH) // len(NUMBERS) + PEOPLE_SPARE
    world_at = open_world(
        directory,
        people_per_number=people,
        databases=postgres.databases,
        behaviour=WORLD,
        per_second=PER_SECOND,
    )
    with world_at as world:
        senders = [fork_sender(world, number, Board(), None) for number in NUMBERS]
        watched = Watched(world.ledger)
        try:
            for kind in kinds:
                crash = _Crash(kind=kind, postgres=postgres, world=world, senders=senders, chance=chance)
                _crash_once(crash, watched, report)
            report.unfinished += wait_for(senders)
        finally:
            watched.close()
            end(senders)
        settle(world)
        _compare(world, report)
    report.seconds = round(time.monotonic() - started, 1)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crash:
    """One crash: what dies, and who is to be started again."""

    kind: str
    postgres: OwnPostgres
    world: World
    senders: list[int]
    chance: random.Random

    def strike(self) -> None:
        """Let it die, everything else with it where the power goes (F76)."""
        self.postgres.crash(self.kind, self.chance)
        if self.kind == "power":
            end(self.senders)
            self.world.receiver.end()

    def mend(self) -> None:
        """Start again what died, the server first, the others in any order."""
        starting = [self.postgres.bring_up]
        if self.kind == "power":
            self.senders.clear()
            others = [self.world.receiver.start, self._send]
            self.chance.shuffle(others)
            # A process that finds no database ends, and whoever keeps it starts it again: here the server is first.
            starting += others
        for start in starting:
            start()

    def keep(self) -> None:
        """Start again senders that ended while there was no database, as a supervisor does."""
        for place, pid in enumerate(self.senders):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                number = NUMBERS[place]
                self.senders[place] = fork_sender(self.world, number, Board(), None)
                debug(f"sender of {number[-1]} ended with {status}")

    def _send(self) -> None:
        self.senders.extend(fork_sender(self.world, number, Board(), None) for number in NUMBERS)


def _crash_once(crash: _Crash, watched: Watched, report: Report) -> None:
    wanted = watched.count() + crash.chance.randint(REQUESTS_MIN, REQUESTS_MAX)
    if not watched.until(wanted, seconds_max=NEWS_SECONDS_MAX):
        raise RuntimeError("sending stood still before a crash")
    time.sleep(crash.chance.uniform(0.0, 0.05))
    crashed_at, kind = time.monotonic(), crash.kind
    crash.strike()
    report.crashes += 1
    report.by_kind[kind] += 1
    # Requests that were out may still be answered: sending goes on where more are asked for than could be out.
    crash.mend()
    crash.keep()
    wanted, deadline = watched.count() + 1, time.monotonic() + NEWS_SECONDS_MAX
    while not watched.until(wanted, seconds_max=1.0):
        crash.keep()
        if time.monotonic() > deadline:
            raise RuntimeError(f"sending did not go on after {kind}")
    report.recovery_seconds.append(round(time.monotonic() - crashed_at, 2))


def wait_for(senders: list[int]) -> int:
    """Wait until the senders have nothing left to do, and return how many never came to that."""
    deadline = time.monotonic() + NEWS_SECONDS_MAX
    while senders and time.monotonic() < deadline:
        senders[:] = [pid for pid in senders if not os.waitpid(pid, os.WNOHANG)[0]]
        time.sleep(POLL_SECONDS)
    return len(senders)


def end(senders: list[int]) -> None:
    """Leave no sender behind."""
    for pid in senders:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def settle(world: World) -> None:
    """Wait until every webhook the simulator has is taken."""
    deadline = time.monotonic() + SETTLE_SECONDS_MAX
    while world.look("state")["undelivered"] and time.monotonic() < deadline:
        time.sleep(0.1)


def _compare(world: World, report: Report) -> None:
    assert world.settings.database_url is not None
    ledger = read_ledger(world.ledger)
    report.findings = compare(ledger, read_account(world.settings.database_url))
    rows = world.rows()
    taken = {number for row in rows if row["kind"] == "acknowledged" for number in row["updates"]}
    report.acknowledged = len(taken)
    report.refused_webhooks = sum(row["kind"] == "webhook_refused" for row in rows)
    told = Counter(row["update"] for row in rows if row["kind"] == "update" and row["id"] in taken)
    kept = dict(world.query("SELECT status, count(*) FROM deliver.status GROUP BY status"))
    report.webhooks_lost = sum(
        max(0, told[word] - kept.get(word, 0)) for word in ("sent", "delivered", "read")
    )
    (open_left,) = world.query(
        "SELECT count(*) FILTER (WHERE state IN ('planned', 'claimed', 'intent', 'deferred')),"
        " count(*) FILTER (WHERE state IN ('unknown', 'unresolved')) FROM deliver.message"
    )
    report.unfinished += open_left[0]
    report.unknown_left = open_left[1]
    report.codes_astray = codes_astray(world)


def as_json(report: Report) -> dict[str, object]:
    """Return the report as plain data."""
    assert report.findings is not None
    return {
        "crashes": report.crashes,
        "by_kind": dict(sorted(report.by_kind.items())),
        "accepted": report.findings.accepted,
        "duplicates": report.findings.duplicates,
        "without_consent": report.findings.without_consent,
        "after_opt_out": report.findings.after_opt_out,
        "unbalanced": report.findings.unbalanced,
        "limits_exceeded": report.findings.limits_exceeded,
        "webhooks_acknowledged": report.acknowledged,
        "webhooks_lost": report.webhooks_lost,
        "webhooks_refused": report.refused_webhooks,
        "unfinished": report.unfinished,
        "unknown_left": report.unknown_left,
        "codes_astray": report.codes_astray,
        "recovery_seconds_max": max(report.recovery_seconds, default=0.0),
        "seconds": report.seconds,
    }


RECOVERY_SECONDS_MAX = 60.0


def holds(report: Report) -> bool:
    """Return whether nothing was sent twice or lost, no code went astray, and sending went on within a minute."""
    assert report.findings is not None
    return (
        report.findings.is_clean
        and not report.webhooks_lost
        and not report.unfinished
        and not report.codes_astray
        and max(report.recovery_seconds, default=0.0) < RECOVERY_SECONDS_MAX
    )


def main() -> int:
    """Run from the command line; the exit code tells whether the promises held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crashes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rulecast-crashes-") as directory:
        report = run_crashes(chosen.crashes, chosen.seed, Path(directory))
    print(json.dumps(as_json(report)))
    return 0 if holds(report) else 1


if __name__ == "__main__":
    sys.exit(main())
