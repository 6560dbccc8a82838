"""The corpus of webhooks: its cases, and the files they are kept in.

    python -m tests.webhooks.corpus

writes `tests/data/webhooks` anew: a raw body in each `.json` file, for `rulecast collect replay` and for eyes.
What is to be read of each stands in the cases.
"""

from pathlib import Path

from tests.webhooks.account_cases import account_cases, number_cases
from tests.webhooks.cases import Case
from tests.webhooks.envelope_cases import envelope_cases
from tests.webhooks.message_cases import message_cases
from tests.webhooks.notice_cases import notice_cases
from tests.webhooks.part_cases import part_cases
from tests.webhooks.status_cases import status_cases
from tests.webhooks.template_cases import template_cases

FOLDER = Path(__file__).resolve().parents[1] / "data" / "webhooks"


def cases() -> list[Case]:
    """Return every case, in the order of the names."""
    found = [
        *message_cases(),
        *part_cases(),
        *status_cases(),
        *template_cases(),
        *account_cases(),
        *number_cases(),
        *notice_cases(),
        *envelope_cases(),
    ]
    return sorted(found, key=lambda one: one.name)


def write() -> None:
    """Write every file and remove those that no case names."""
    FOLDER.mkdir(exist_ok=True)
    wanted = {f"{one.name}.json": one.body for one in cases()}
    for path in FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, raw in wanted.items():
        (FOLDER / name).write_bytes(raw)


if __name__ == "__main__":
    write()
