"""The files of messages: fetched once and made into renditions, kept sealed, found again by name or content."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rulecast.database import Connection
from rulecast.deliver.media_uploads import MediaFile
from rulecast.observe.append_audit import append_audit
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import SendTemplate, send_for, sends_of
from rulecast.template.media import (
    DeclaredMedium,
    KeptMedium,
    MediaFetcher,
    MediaFiles,
    Rendition,
    make_renditions,
    store,
)
from rulecast.template.media.errors import MediaBrokenError, MediaNotFetchedError, MediaUnknownError
from rulecast.template.media.fetch import Fetched, read_from_disk
from rulecast.values.catalogue import Catalogue
from rulecast.wiring.catalogue import read_declared
from rulecast.wiring.workspace import Workspace

DIRECTORY = "media"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryEntry:
    """A file as it is declared, and as it was fetched; `kept` is None before that."""

    declared: DeclaredMedium
    kept: KeptMedium | None


def open_files(workspace: Workspace) -> MediaFiles:
    """Return the directory of the workspace's files."""
    return MediaFiles(workspace.settings.home / DIRECTORY, workspace.vault)


async def list_library(workspace: Workspace) -> list[LibraryEntry]:
    """Return every declared file with what is kept of it."""
    async with workspace.database.connection() as connection:
        declared = (await read_declared(connection)).names.media
        kept = await store.list_media(connection)
    return [LibraryEntry(declared=one, kept=kept.get(one.name)) for one in declared]


async def find_missing(workspace: Workspace, library: Iterable[LibraryEntry]) -> list[str]:
    """Return the names of the files of which a form is not on this machine, or was changed on its disk."""
    files = open_files(workspace)
    missing = []
    for one in library:
        forms = () if one.kept is None else one.kept.renditions.values()
        for form in forms:
            try:
                content = await files.load(form.content_hash)
            except MediaBrokenError:
                content = None
            if content is None:
                missing.append(one.declared.name)
                break
    return missing


async def fetch_media(
    workspace: Workspace,
    names: Sequence[str] = (),
    *,
    again: bool = False,
    directory: Path | None = None,
    fetcher: MediaFetcher | None = None,
) -> list[KeptMedium]:
    """Fetch declared files, make their renditions and keep them; return those that are new.

    What was fetched before is fetched only with `again`. Names of files count from `directory`, or from here.

    Raises:
        MediaUnknownError: a name is not declared; nothing was fetched.
        MediaAddressError, MediaFetchError, MediaRefusedError: a file cannot be had; those before it are kept.
    """
    library = {one.declared.name: one for one in await list_library(workspace)}
    unknown = sorted(set(names) - library.keys())
    if unknown:
        raise MediaUnknownError(f"There is no file {unknown[0]}.")
    wanted = [one for name, one in library.items() if (not names or name in names)]
    made = []
    async with fetcher or MediaFetcher(may_be_local=workspace.is_simulated) as opened:
        for one in wanted:
            if again or one.kept is None or one.kept.kind != one.declared.kind:
                fetched = await _fetch(one.declared, opened, directory)
                made.append(await _keep(workspace, one.declared, fetched))
    return made


async def fetch_for_rules(workspace: Workspace, texts: Iterable[str]) -> None:
    """Fetch what these rules show and nobody fetched yet, before they are planned: the plan signs what was fetched.

    A text that is no rule names no files; the plan refuses it.

    Raises:
        RulecastError: a file cannot be had; see `fetch_media`.
    """
    async with workspace.database.connection() as connection:
        catalogue = await workspace.catalogue(connection)
        if not catalogue.media:
            return
        rules = [
            rule for text in texts if isinstance(rule := await asyncio.to_thread(parse_rule, text), Rule)
        ]
        shown = {name for rule in rules for send in sends_of(rule) if (name := medium_of(send, catalogue))}
        missing = sorted(shown - (await store.list_media(connection, shown)).keys())
    if missing:
        await fetch_media(workspace, missing)


def medium_of(send: SendTemplate, catalogue: Catalogue) -> str | None:
    """Return the name of the file that a message shows; None where its template shows none, or none is declared."""
    template = catalogue.template(send.template)
    if template is None or not template.media_headers:
        return None
    if send.media is not None and send.media.medium is not None:
        return send.media.medium if send.media.medium in catalogue.media else None
    own = catalogue.medium_for(template.name)
    return None if own is None else own.name


async def media_of_rule(
    connection: Connection, rule: Rule, catalogue: Catalogue
) -> Mapping[str, dict[str, object]]:
    """Return by arm what a plan says and signs of the files of its messages; arms without a file are absent.

    Raises:
        MediaNotFetchedError: a file was not fetched yet.
    """
    shown = {
        arm: name
        for arm in ("", *(one.name for one in rule.variants))
        if (name := medium_of(send_for(rule, arm), catalogue))
    }
    kept = await store.list_media(connection, shown.values()) if shown else {}
    for name in shown.values():
        if name not in kept:
            raise MediaNotFetchedError(f"The file {name} was not fetched yet.")
    return {arm: _document(kept[name], send_for(rule, arm)) for arm, name in shown.items()}


async def find_changed_medium(
    connection: Connection, planned: Mapping[str, Mapping[str, object]]
) -> str | None:
    """Return the name of a file that means something else by now than what a plan signed, or None."""
    kept = (
        await store.list_media(connection, {str(one["name"]) for one in planned.values()}) if planned else {}
    )
    for one in planned.values():
        name = str(one["name"])
        if name not in kept or kept[name].source_hash.hex() != one["source"]:
            return name
    return None


async def load_file(workspace: Workspace, content_hash: bytes) -> MediaFile | None:
    """Return a kept file for its upload, or None where it is not kept here.

    Raises:
        MediaBrokenError: it was changed on the disk.
    """
    async with workspace.database.connection() as connection:
        mime_type = await store.find_type(connection, content_hash)
    content = await open_files(workspace).load(content_hash)
    return None if content is None or mime_type is None else MediaFile(content=content, mime_type=mime_type)


def _document(kept: KeptMedium, send: SendTemplate) -> dict[str, object]:
    clause = send.media
    return {
        "name": kept.name,
        "kind": kept.kind,
        "source": kept.source_hash.hex(),
        "filename": f"{kept.name}.pdf" if kept.kind == "document" else "",
        "choices": [] if clause is None else [[one.grade, one.cause] for one in clause.choices],
        "fallback": None if clause is None else clause.fallback,
        "renditions": {
            grade.value: {
                "hash": one.content_hash.hex(),
                "type": one.mime_type,
                "bytes": one.size_bytes,
                "width": one.width,
                "height": one.height,
            }
            for grade, one in kept.renditions.items()
        },
    }


async def _fetch(declared: DeclaredMedium, fetcher: MediaFetcher, directory: Path | None) -> Fetched:
    if declared.is_remote:
        return await fetcher.fetch(declared.source)
    return await read_from_disk((directory or Path.cwd()) / declared.source)


async def _keep(workspace: Workspace, declared: DeclaredMedium, fetched: Fetched) -> KeptMedium:
    made = await asyncio.to_thread(
        make_renditions, fetched.content, declared.kind, told_type=fetched.told_type
    )
    files, now = open_files(workspace), workspace.clock.now()
    source_hash = await files.keep(fetched.content)
    renditions = [
        Rendition(
            grade=one.grade,
            content_hash=await files.keep(one.content),
            mime_type=one.mime_type,
            size_bytes=len(one.content),
            width=one.width,
            height=one.height,
        )
        for one in made
    ]
    async with workspace.database.transaction() as connection:
        await store.keep_medium(
            connection,
            name=declared.name,
            kind=declared.kind,
            source_hash=source_hash,
            fetched=(now, workspace.actor),
            renditions=renditions,
        )
        await append_audit(
            connection,
            actor=workspace.actor,
            action="media fetched",
            subject=f"media {declared.name}",
            details={"source_hash": source_hash.hex(), "kind": declared.kind},
            now=now,
        )
        return (await store.list_media(connection, [declared.name]))[declared.name]
