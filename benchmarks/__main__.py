"""`python -m benchmarks NAME [--json] [--size N] [--seconds N] [--seed N]`; the last line is one JSON object."""

import argparse
import json
import resource
import sys

from benchmarks.registry import BENCHMARKS
from benchmarks.result import Result


def main() -> int:
    """Run one benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print only the JSON object")
    parser.add_argument(
        "--size", "--contacts", type=int, default=0, help="how much: people, messages, rows (0: the default)"
    )
    parser.add_argument("--rules", type=int, default=0, help="how many rules, where that is asked")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long, where the measure is a rate")
    parser.add_argument(
        "--rate",
        type=int,
        default=1000,
        help="send: also at a pace of so many a second (0: only at full speed)",
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long that pace is kept")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    result = BENCHMARKS[arguments.name](arguments)
    if not arguments.json:
        print_table(result)
    print(json.dumps(result.as_json()))
    return 0 if result.valid and all(other.valid for other in result.beside) else 1


def print_table(result: Result) -> None:
    """Print the figures for a person."""
    print(f"{result.name} ({result.params})")
    print(f"  ours   {result.ours:>14,.3f} {result.unit}")
    print(f"  limit  {result.limit:>14,.3f} {result.unit}   ratio {result.ours / result.limit:.3f}")
    for name, value in result.peers.items():
        print(f"  {name}  {value:,.3f} {result.unit}   ratio {result.ours / value:.3f}")
    for other in result.beside:
        print_table(other)
    print(f"  peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
