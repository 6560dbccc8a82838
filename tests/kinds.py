"""Runs the kinds of tests one after the other and prints the seconds of each: `python -m tests.kinds [KIND ...]`."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

# Cheapest first, so that a broken rule shows in seconds.
KINDS = (
    "architecture",
    "unit",
    "spec",
    "generative",
    "simulation",
    "migration",
    "integration",
    "contract",
    "acceptance",
)
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
    for kind in chosen:
        kind_passed, kind_failed = run_kind(kind)
        passed += kind_passed
        failed += kind_failed
    failed += 0 if decision_is_covered("unit" in chosen) else 1
    print_what_did_not_run()
    print(f"all kinds: {time.monotonic() - started:.1f} s")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def run_kind(kind: str) -> tuple[int, int]:
    """Run one folder of tests; a folder in which nothing ran is a failure."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not soak"]
    command += ["-n", WORKERS_THAT_WAIT if kind in WAITING_KINDS else WORKERS]
    if kind == "acceptance":
        # What an acceptance file sets up at length (an import of real data) is set up by one worker only.
        command += ["--dist", "loadfile", "--no-loadscope-reorder"]
        command += [f"tests/acceptance/test_{name}.py" for name in LONGEST_FILES]
    command.append(f"tests/{kind}")
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    sys.stdout.write(run.stdout)
    sys.stderr.write(run.stderr)
    passed, failed = (count(run.stdout, word) for word in ("passed", "failed"))
    failed += count(run.stdout, "error")
    skipped = count(run.stdout, "skipped")
    if os.environ.get("CI"):
        # What is skipped where everything is at hand proves nothing.
        failed += skipped
    if (run.returncode != 0 and failed == 0) or passed == 0:
        failed = max(failed, 1)
    print(f"{kind}: {time.monotonic() - started:.1f} s, {passed} passed, {failed} failed", flush=True)
    return passed, failed


def count(output: str, word: str) -> int:
    found = re.findall(rf"(\d+) {word}s?\b", output.splitlines()[-1] if output.strip() else "")
    return int(found[0]) if found else 0


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
