"""`rulecast media`: the files that messages show, as they were fetched and as each device gets them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.table import Table

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.template.media import Grade
from rulecast.template.media.errors import MediaBrokenError, MediaNotFetchedError
from rulecast.wiring.media_library import LibraryEntry, fetch_media, list_library, open_files
from rulecast.wiring.workspace import Workspace

HASH_SHOWN = 12
KILOBYTE = 1024


def register(app: typer.Typer) -> None:
    """Add the group `media`."""
    media = typer.Typer(no_args_is_help=True, help="The files that messages show.")
    media.command("list")(list_)
    for command in (fetch, save):
        media.command(command.__name__)(command)
    app.add_typer(media, name="media")


def list_(context: typer.Context, json: JsonOption = False) -> None:
    """Show every declared file with its forms, and when it was fetched."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        _show(await list_library(workspace), terminal, json=json)

    run(context, work)


def fetch(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Only these files.", show_default=False)] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Also those fetched before; open plans that signed another one are void."
        ),
    ] = False,
    files: Annotated[
        Path | None,
        typer.Option(
            "--files",
            exists=True,
            file_okay=False,
            help="Directory of sources on this machine; default: here.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Fetch declared files, look into them, make their forms and keep them sealed."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        made = {one.name for one in await fetch_media(workspace, names or (), again=again, directory=files)}
        _show(
            [one for one in await list_library(workspace) if one.declared.name in made], terminal, json=json
        )

    run(context, work, acts=True)


def save(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the file.", show_default=False)],
    to: Annotated[Path, typer.Argument(help="Where to write it.", show_default=False)],
    form: Annotated[Grade, typer.Option("--form", help="Which form.")] = Grade.FULL,
) -> None:
    """Write a form of a file to the disk, to look at it."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        kept = {one.declared.name: one.kept for one in await list_library(workspace)}.get(name)
        if kept is None:
            raise MediaNotFetchedError(f"The file {name} was not fetched, or is not declared.")
        rendition = kept.rendition(form)
        content = await open_files(workspace).load(rendition.content_hash)
        if content is None:
            raise MediaBrokenError(f"The file {name} is not kept on this machine.")
        await asyncio.to_thread(to.write_bytes, content)
        terminal.print(f"{to}: {rendition.mime_type}, {rendition.size_bytes:,} bytes")

    run(context, work)


def _show(entries: list[LibraryEntry], terminal: Terminal, *, json: bool) -> None:
    if json:
        terminal.print_json({"media": [_json(one) for one in entries]})
    else:
        terminal.print(*_tables(entries))


def _tables(entries: list[LibraryEntry]) -> Iterator[RenderableType]:
    table = Table(title="Files of messages", title_justify="left")
    for name in ("name", "kind", "form", "type", "pixels"):
        table.add_column(name, no_wrap=True)
    table.add_column("kB", justify="right", no_wrap=True)
    for name in ("SHA-256", "fetched"):
        table.add_column(name, no_wrap=True)
    for entry in entries:
        declared, kept = entry.declared, entry.kept
        if kept is None:
            table.add_row(declared.name, declared.kind, "", "", "", "", "", "not yet")
            continue
        for number, one in enumerate(kept.renditions.values()):
            table.add_row(
                declared.name if number == 0 else "",
                declared.kind if number == 0 else "",
                one.grade.value,
                one.mime_type,
                f"{one.width} x {one.height}" if one.width else "",
                f"{one.size_bytes / KILOBYTE:,.0f}",
                one.content_hash.hex()[:HASH_SHOWN],
                f"{kept.fetched_at:%Y-%m-%d %H:%M}" if number == 0 else "",
            )
    yield table


def _json(entry: LibraryEntry) -> dict[str, object]:
    declared, kept = entry.declared, entry.kept
    return {
        "name": declared.name,
        "kind": declared.kind,
        "alt": declared.alt,
        "templates": declared.templates,
        "fetched_at": None if kept is None else kept.fetched_at,
        "fetched_by": None if kept is None else kept.fetched_by,
        "source_hash": None if kept is None else kept.source_hash.hex(),
        "forms": []
        if kept is None
        else [
            {
                "form": one.grade.value,
                "type": one.mime_type,
                "bytes": one.size_bytes,
                "width": one.width,
                "height": one.height,
                "hash": one.content_hash.hex(),
            }
            for one in kept.renditions.values()
        ],
    }
