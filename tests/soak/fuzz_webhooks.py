"""Fuzz the webhook parser under coverage guidance, for minutes, and print one JSON object.

    python -m tests.soak.fuzz_webhooks --minutes 30

atheris is installed beside the project's own packages only for this (`make soak` makes `.venv-soak`). The corpus of
webhooks is the seed; half of the inputs are changed as JSON, half as bytes. What is held against each body stands in
`tests.webhooks.invariants`.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.webhooks.corpus import FOLDER

ROOT = Path(__file__).resolve().parents[2]
# Meta sends up to 3 MB; what breaks a parser is found in small bodies, and many more of them fit into a minute.
BODY_BYTES_MAX = 16_384
# One body may take so long before it counts as a hang.
BODY_SECONDS_MAX = 10
MEMORY_MB_MAX = 2_048
_EXECUTIONS = re.compile(r"^#(\d+)\s", re.MULTILINE)
_COVERAGE = re.compile(r"\bcov: (\d+)")


def fuzz(arguments: list[str], packages: Path) -> None:
    """Run the fuzzer in this process until its time is over; it ends the process."""
    sys.path.append(str(packages))
    import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415 - only where it is installed

    with atheris.instrument_imports(include=["rulecast.collect", "json"]):
        from tests.webhooks.invariants import check_body, mutate  # noqa: PLC0415 - instrumented while imported

    def change(body: bytes, size_max: int, seed: int) -> bytes:
        chance = random.Random(seed)
        changed = mutate(body, chance) if chance.random() < 0.5 else atheris.Mutate(body, size_max)
        return bytes(changed[:size_max])

    atheris.Setup([sys.argv[0], *arguments], lambda body: check_body(bytes(body)), custom_mutator=change)
    atheris.Fuzz()


def run(minutes: float, packages: Path, keep: Path) -> dict[str, Any]:
    """Fuzz in a process of its own and return its figures; a body that breaks something is left in `keep`."""
    keep.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as found:
        command = [
            sys.executable,
            "-m",
            "tests.soak.fuzz_webhooks",
            "--packages",
            str(packages),
            "--fuzz",
            found,
            str(FOLDER),
        ]
        command += [
            f"-max_total_time={int(minutes * 60)}",
            f"-max_len={BODY_BYTES_MAX}",
            f"-timeout={BODY_SECONDS_MAX}",
        ]
        command += [f"-rss_limit_mb={MEMORY_MB_MAX}", f"-artifact_prefix={keep}/", "-print_final_stats=1"]
        outcome = subprocess.run(
            command, cwd=ROOT, stderr=subprocess.PIPE, text=True, errors="replace", check=False
        )
        grown = len(list(Path(found).iterdir()))
    crashes = sorted(path.name for path in keep.iterdir())
    return {
        "minutes": round((time.monotonic() - started) / 60, 1),
        "executions": max(map(int, _EXECUTIONS.findall(outcome.stderr)), default=0),
        "coverage": max(map(int, _COVERAGE.findall(outcome.stderr)), default=0),
        "seeds": len(list(FOLDER.glob("*.json"))),
        "found": grown,
        "crashes": len(crashes),
        "kept": crashes,
        "ended_well": outcome.returncode == 0,
        "last_words": "" if outcome.returncode == 0 else outcome.stderr[-2_000:],
    }


def main() -> int:
    """Read the command line and fuzz."""
    if "--fuzz" in sys.argv:
        place = sys.argv.index("--fuzz")
        fuzz(sys.argv[place + 1 :], Path(sys.argv[place - 1]))
    parser = argparse.ArgumentParser(description="Fuzz the webhook parser.")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument(
        "--environment", type=Path, default=ROOT / ".venv-soak", help="where atheris is installed"
    )
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path(tempfile.gettempdir()) / "rulecast-fuzz",
        help="for bodies that break something",
    )
    options = parser.parse_args()
    packages = options.environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    figures = run(options.minutes, packages, options.keep)
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["ended_well"] and not figures["crashes"] else 1


if __name__ == "__main__":
    sys.exit(main())
