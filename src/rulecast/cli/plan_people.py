"""`rulecast plan --list`: who has one decision in a plan, as contact ids, on the screen or in a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from rulecast.cli.session import Terminal
from rulecast.plan.errors import PlanListError
from rulecast.values.ids import PlanId
from rulecast.wiring.plan_listing import CHOICES, list_people, reason_number, write_people
from rulecast.wiring.workspace import Workspace

SCREEN_PAGE = 1_000
"""More lines than this are for a file."""


def _complete(incomplete: str) -> Iterable[str]:
    return [choice for choice in CHOICES if choice.startswith(incomplete)]


PlanOption = Annotated[
    int | None, typer.Option("--plan", help="A plan made before, instead of files; with --list.")
]
ListOption = Annotated[
    str | None,
    typer.Option(
        "--list",
        metavar="DECISION",
        autocompletion=_complete,
        help=f"Only contact ids of one decision: {', '.join(CHOICES)}.",
    ),
]
AfterOption = Annotated[int, typer.Option("--after", help="With --list: from the id after this one on.")]
ToOption = Annotated[
    Path | None, typer.Option("--to", dir_okay=False, help="With --list: all ids into this file, one a line.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people are asked for, and where their ids go."""

    decision: str
    after: int
    file: Path | None

    @property
    def number(self) -> int:
        """Return the number of the decision.

        Raises:
            PlanListError: it is none.
        """
        return reason_number(self.decision)


def wanted_people(
    decision: str | None, *, plan: int | None, files: int, after: int, file: Path | None
) -> Wanted | None:
    """Return what a command line asks for, or None where it asks for plans alone.

    Raises:
        PlanListError: the options do not fit together, or the decision is none.
    """
    if decision is None:
        if plan is not None or not files or file is not None or after:
            raise PlanListError(
                "A plan needs files of rules; --plan, --after and --to need --list.",
                hint="`rulecast plan FILE`, or `rulecast plan --plan 12 --list excluded:no_consent`.",
            )
        return None
    if (plan is None) == (not files) or files > 1:
        raise PlanListError(
            "One plan can be listed at a time.", hint="Give one file, or a plan made before with --plan."
        )
    wanted = Wanted(decision=decision, after=after, file=file)
    assert wanted.number >= 0, "asked for its error"
    return wanted


async def show_people(
    workspace: Workspace, terminal: Terminal, plan_id: PlanId, wanted: Wanted, *, as_json: bool
) -> None:
    """Print or write the ids; on the screen at most a page, with how to go on."""
    if wanted.file is not None:
        count = await write_people(workspace, plan_id, wanted.number, file=wanted.file)
        if as_json:
            terminal.print_json({"plan_id": plan_id, "decision": wanted.decision, "count": count})
        else:
            terminal.print(f"{count:,} contact ids of plan {plan_id} are in {wanted.file.name}.")
        return
    ids = await list_people(workspace, plan_id, wanted.number, after=wanted.after, page=SCREEN_PAGE + 1)
    shown, has_more = ids[:SCREEN_PAGE], len(ids) > SCREEN_PAGE
    if as_json:
        terminal.print_json(
            {
                "plan_id": plan_id,
                "decision": wanted.decision,
                "contact_ids": shown,
                "after": shown[-1] if has_more else None,
            }
        )
        return
    terminal.out.file.write("".join(f"{contact_id}\n" for contact_id in shown))
    if has_more:
        terminal.note(f"More: --after {shown[-1]}, or --to FILE for all.")
    elif not shown:
        terminal.note("Nobody.")
