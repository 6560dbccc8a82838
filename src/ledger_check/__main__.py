"""`python -m ledger_check --ledger FILE --database CONNINFO`: prints one JSON object; exit code 1 if anything is wrong.

The database may also be named by LEDGER_CHECK_DATABASE, which keeps a password out of the process list.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from ledger_check.account import read_account
from ledger_check.compare import compare
from ledger_check.ledger import read_ledger


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(prog="python -m ledger_check", description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--database", default=os.environ.get("LEDGER_CHECK_DATABASE", ""))
    arguments = parser.parse_args()
    findings = compare(read_ledger(arguments.ledger), read_account(arguments.database))
    print(json.dumps(asdict(findings)))
    return 0 if findings.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
