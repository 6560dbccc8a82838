"""Against what the commands about rule files check: a workspace file, or the workspace."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from rulecast.cli.session import Terminal, run, session_of
from rulecast.cli.text_file import read_text_now
from rulecast.values.catalogue import Catalogue
from rulecast.wiring.file_catalogue import read_file_catalogue
from rulecast.wiring.workspace import Workspace

# The workspace file that is read without being named, where it lies beside the rules.
FILE_BESIDE = "workspace.toml"
WorkspaceFileOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace-file",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Check against what this workspace file declares; no workspace is needed. Left out: against the "
        f"{FILE_BESIDE} beside the rules or, where none is, against the workspace.",
    ),
]
WorkspaceOption = Annotated[
    bool,
    typer.Option("--workspace", help=f"Check against the workspace, even where a {FILE_BESIDE} lies beside."),
]
WithoutWorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace-file",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Only the given rule files, against what this workspace file declares; people are not counted. Left "
        "out: against the workspace.",
    ),
]
InWorkspaceOption = Annotated[
    bool, typer.Option("--workspace", help="Against the workspace, as without any option.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What the options say: a file, the workspace, or neither."""

    file: Path | None
    workspace: bool

    def __post_init__(self) -> None:
        """Refuse both.

        Raises:
            BadParameter: both options are given.
        """
        if self.file is not None and self.workspace:
            raise typer.BadParameter("--workspace and --workspace-file exclude each other.")


def rule_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files, and for each directory the rule files in it, ordered by name."""
    return [file for path in paths for file in (sorted(path.glob("*.rule")) if path.is_dir() else [path])]


def with_catalogue(
    context: typer.Context,
    files: Sequence[Path],
    against: Against,
    answer: Callable[[Catalogue, Terminal], int],
) -> None:
    """Give the catalogue of a workspace file or, without one, of the workspace, and leave with the answer's code."""
    workspace_file = None if against.workspace else against.file or _file_beside(files)
    if workspace_file is None:

        async def work(workspace: Workspace, terminal: Terminal) -> int:
            async with workspace.database.connection() as connection:
                catalogue = await workspace.catalogue(connection)
            return await asyncio.to_thread(answer, catalogue, terminal)

        run(context, work)
        return
    session = session_of(context)
    session.terminal.note(f"Against {workspace_file}:")
    code = answer(catalogue_of_file(context, workspace_file), session.terminal)
    if code:
        raise typer.Exit(code)


def catalogue_of_file(context: typer.Context, workspace_file: Path) -> Catalogue:
    """Return everything that a rule could name once the workspace file is applied."""
    text = read_text_now(workspace_file)
    return read_file_catalogue(text, source=workspace_file.name, settings=session_of(context).settings)


def _file_beside(files: Sequence[Path]) -> Path | None:
    """Return the workspace file that lies beside the rules, where all of them lie in its directory."""
    folders = {file.parent for file in files}
    if len(folders) != 1:
        return None
    beside = folders.pop() / FILE_BESIDE
    return beside if beside.is_file() else None
