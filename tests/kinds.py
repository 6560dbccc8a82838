"""Runs the kinds of tests, a few together, and prints the seconds of each: `python -m tests.kinds [KIND ...]`."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

# Kinds alike in their needs share a run, since each run of pytest starts its workers anew. Cheapest first, so that a
# broken rule shows early.
ROUNDS = (
    ("architecture", "unit", "spec"),
    ("generative", "simulation", "migration"),
    ("integration", "contract"),
    ("acceptance",),
)
KINDS = tuple(kind for kinds in ROUNDS for kind in kinds)
ROOT = Path(__file__).resolve().parent.parent
# Two workers on two cores, and a third where tests mostly wait for servers, pages and clocks.
WORKERS = "2"
WORKERS_THAT_WAIT = "3"
WAITING_KINDS = frozenset({"integration", "contract", "acceptance"})
# The longest first, so that no worker begins one of them when the others are done.
LONGEST_FILES = ("demo_page", "first_campaign", "real_data_customers", "kills", "real_data", "demo")
DECISION_ROOM = "src/rulecast/policy"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    chosen = parser.parse_args().kinds or list(KINDS)
    if unknown := set(chosen) - set(KINDS):
        parser.error(f"unknown kinds: {', '.join(sorted(unknown))}")
    passed = failed = 0
    started = time.monotonic()
    for kinds in ROUNDS:
        if asked := [kind for kind in kinds if kind in chosen]:
            round_passed, round_failed = run_round(asked)
            passed += round_passed
            failed += round_failed
    failed += 0 if decision_is_covered("unit" in chosen) else 1
    print_what_did_not_run()
    print(f"all kinds: {time.monotonic() - started:.1f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


@dataclass(slots=True)
class Ran:
    """What ran of one kind."""

    work_seconds: float = 0.0
    passed: int = 0
    failed: int = 0


def run_round(kinds: Sequence[str]) -> tuple[int, int]:
    """Run the folders of some kinds together; a folder in which nothing ran is a failure."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not soak"]
    command += ["-n", WORKERS_THAT_WAIT if WAITING_KINDS & set(kinds) else WORKERS]
    if "acceptance" in kinds:
        # What an acceptance file sets up at length (an import of real data) is set up by one worker only.
        command += ["--dist", "loadfile", "--no-loadscope-reorder"]
        command += [f"tests/acceptance/test_{name}.py" for name in LONGEST_FILES]
    else:
        command += ["--dist", "worksteal"]
    command += [f"tests/{kind}" for kind in kinds]
    with tempfile.TemporaryDirectory(prefix="rulecast-kinds-") as folder:
        report = Path(folder) / "report.xml"
        command += [f"--junitxml={report}", "-o", "junit_duration_report=total"]
        run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        sys.stdout.write(run.stdout)
        sys.stderr.write(run.stderr)
        found = read_report(report, kinds)
    ran = sum(one.passed + one.failed for one in found.values())
    if run.returncode != 0 and not any(one.failed for one in found.values()):
        found[kinds[0]].failed += 1
    seconds = time.monotonic() - started
    work_seconds = sum(one.work_seconds for one in found.values()) or 1.0
    for kind, one in found.items():
        one.failed = one.failed if one.passed else max(one.failed, 1)
        # Kinds that ran side by side share the seconds of their run by the work of each.
        share = one.work_seconds / work_seconds if ran else 1 / len(kinds)
        print(f"{kind}: {seconds * share:.1f} s, {one.passed} passed, {one.failed} failed", flush=True)
    return sum(one.passed for one in found.values()), sum(one.failed for one in found.values())


def read_report(report: Path, kinds: Sequence[str]) -> dict[str, Ran]:
    """Count each kind's tests in a report of pytest's; what belongs to no kind counts for the first."""
    found = {kind: Ran() for kind in kinds}
    if not report.exists():
        return found
    for case in ET.parse(report).iter("testcase"):
        named = re.match(r"tests\.(\w+)", case.get("classname") or case.get("name") or "")
        one = found[named[1]] if named and named[1] in found else found[kinds[0]]
        one.work_seconds += float(case.get("time") or 0)
        if case.find("failure") is not None or case.find("error") is not None:
            one.failed += 1
        elif case.find("skipped") is None:
            one.passed += 1
        elif os.environ.get("CI"):
            # What is skipped where everything is at hand proves nothing.
            one.failed += 1
    return found


def decision_is_covered(is_wanted: bool) -> bool:
    """Run the decision's own tests under branch coverage: every branch of the verdict must be taken."""
    if not is_wanted:
        return True
    with_coverage = [sys.executable, "-m", "coverage"]
    data = ROOT / ".coverage.policy"
    values = {**os.environ, "COVERAGE_FILE": str(data)}
    run = subprocess.run(
        [
            *with_coverage,
            "run",
            "--branch",
            f"--source={DECISION_ROOM}",
            "-m",
            "pytest",
            "-q",
            "tests/unit/policy",
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env=values,
    )
    subprocess.run([*with_coverage, "combine", "-q"], cwd=ROOT, check=False, capture_output=True, env=values)
    report = subprocess.run(
        [*with_coverage, "report", "--fail-under=100"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        env=values,
    )
    for leftover in ROOT.glob(".coverage.policy*"):
        leftover.unlink()
    is_covered = run.returncode == 0 and report.returncode == 0
    print(f"branch coverage of the decision: {'100 %' if is_covered else 'NOT 100 %'}")
    if not is_covered:
        print(run.stdout[-2000:], report.stdout)
    return is_covered


def print_what_did_not_run() -> None:
    if not os.environ.get("RULECAST_TEST_DATA"):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "tests",
            "-q",
            "--collect-only",
            "-m",
            "real_data and not soak",
        ]
        listed = subprocess.run(
            command,
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "RULECAST_COUNT_REAL_DATA": "1"},
        )
        number = sum(1 for line in listed.stdout.splitlines() if "::" in line)
        print(f"{number} tests on real data did not run: RULECAST_TEST_DATA is not set")
    if shutil.which("chromium") is None:
        print("Chromium is not installed: the browser tests need it (Debian package `chromium`)")


if __name__ == "__main__":
    raise SystemExit(main())
