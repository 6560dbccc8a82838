"""`python -m tests.simulation --seeds 20000 --seed 7`: simulated campaigns of an hour; prints one JSON object.

Seeds run from the first one on, over all cores. A seed that breaks a promise prints the command that replays it.
"""

import argparse
import json
import logging
import multiprocessing
import os
import sys
import time
import warnings
from collections import Counter

import structlog
from tests.simulation.campaign import Outcome, simulate

CHUNK = 25


def main() -> int:
    """Run from the command line; the exit code tells whether the promises held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    started = time.monotonic()
    seeds = range(chosen.seed, chosen.seed + chosen.seeds)
    states: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    requests = decisions = violations = 0
    with multiprocessing.Pool(min(chosen.workers, chosen.seeds), _quieten) as pool:
        for outcome in pool.imap_unordered(simulate, seeds, chunksize=CHUNK):
            requests += outcome.requests
            decisions += outcome.decisions
            states.update(outcome.states)
            faults.update(one.partition(" ")[0] for one in outcome.faults)
            violations += bool(outcome.broken)
            if outcome.broken or chosen.seeds == 1:
                _tell(outcome)
    figures = {
        "seeds": chosen.seeds,
        "first_seed": chosen.seed,
        "violations": violations,
        "messages": sum(states.values()),
        "requests": requests,
        "decisions_replayed": decisions,
        "states": dict(sorted(states.items())),
        "worlds_with": dict(sorted(faults.items())),
        "bound_95_percent": round(3 / chosen.seeds, 6) if not violations else None,
        "seconds": round(time.monotonic() - started, 1),
    }
    print(json.dumps(figures))
    return 1 if violations else 0


def _tell(outcome: Outcome) -> None:
    print(f"python -m tests.simulation --seed {outcome.seed} --seeds 1", file=sys.stderr)
    print(f"  faults: {', '.join(outcome.faults)}", file=sys.stderr)
    print(f"  {outcome.states} after {outcome.loop_seconds:.1f} s, {outcome.fingerprint}", file=sys.stderr)
    for one in outcome.broken:
        print(f"  {one}", file=sys.stderr)


def _quieten() -> None:
    """Keep what the product logs of so many faults out of the way."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    warnings.simplefilter("ignore", RuntimeWarning)


if __name__ == "__main__":
    sys.exit(main())
