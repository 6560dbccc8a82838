"""The program: joins the doors (web, receiver) to the command line and runs one command."""

import os
import sys

from rulecast.cli.app import run_command


def main() -> None:
    """Run the command line of this process and leave with its exit code."""
    sys.exit(run_command(sys.argv[1:], os.environ))


if __name__ == "__main__":
    main()
