"""The files of messages: fetched once and made into renditions, kept sealed, found again by name or content."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rulecast.database import Connection
from rulecast.deliver.media_uploads import MediaFile, check_file
from rulecast.observe.append_audit import append_audit
from rulecast.rule.language import Rule, parse_rule
from rulecast.rule.language.document import SendTemplate, reply_media, send_for, sends_of
from rulecast.template.media import (
    DeclaredMedium,
    Grade,
    KeptMedium,
    MediaFetcher,
    MediaFiles,
    Rendition,
    make_renditions,
    store,
)
from rulecast.template.media.declared import is_remote
from rulecast.template.media.errors import (
    MediaBrokenError,
    MediaNotFetchedError,
    MediaRefusedError,
    MediaUnknownError,
)
from rulecast.template.media.fetch import Fetched, read_from_disk
from rulecast.template.media.planned import signed_files
from rulecast.template.media.render import MadeRendition
from rulecast.template.parts import HEADER_PARAMETER, card_number, card_parameter
from rulecast.values.catalogue import Catalogue, Medium
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
        MediaAddressError, MediaFetchError, MediaRefusedError, FileRefusedError: a file cannot be had, or WhatsApp does
            not take it; those before it are kept.
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
                fetched, forms = await _make(one.declared, opened, directory)
                made.append(await _keep(workspace, one.declared, fetched, forms))
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
        shown = {
            name for rule in rules for send in sends_of(rule) for name in media_of(send, catalogue).values()
        } | {name for rule in rules for name in reply_media(rule) if name in catalogue.media}
        missing = sorted(shown - (await store.list_media(connection, shown)).keys())
    if missing:
        await fetch_media(workspace, missing)


def media_of(send: SendTemplate, catalogue: Catalogue) -> dict[str, str]:
    """Return the names of the files that a message shows, by the parameter each fills; none that are not declared."""
    template = catalogue.template(send.template)
    if template is None:
        return {}
    found: dict[str, Medium | None] = {}
    if template.media_headers:
        named = None if send.media is None else send.media.medium
        found[HEADER_PARAMETER] = (
            catalogue.medium_for(template.name) if named is None else catalogue.media.get(named)
        )
    for number in template.media_cards:
        found[card_parameter(number, HEADER_PARAMETER)] = catalogue.medium_for_card(template.name, number)
    return {parameter: one.name for parameter, one in found.items() if one is not None}


async def media_of_rule(
    connection: Connection, rule: Rule, catalogue: Catalogue
) -> Mapping[str, dict[str, object]]:
    """Return by arm what a plan says and signs of the files of its messages; arms without a file are absent.

    Raises:
        MediaNotFetchedError: a file was not fetched yet.
    """
    sends = {arm: send_for(rule, arm) for arm in ("", *(one.name for one in rule.variants))}
    shown = {arm: names for arm, send in sends.items() if (names := media_of(send, catalogue))}
    wanted = sorted({name for names in shown.values() for name in names.values()})
    kept = await _kept(connection, wanted)
    return {
        arm: _document({parameter: kept[name] for parameter, name in names.items()}, sends[arm])
        for arm, names in shown.items()
    }


async def media_of_replies(connection: Connection, rule: Rule) -> dict[str, dict[str, object]]:
    """Return by name what a plan says and signs of the files that the replies of a rule show.

    Raises:
        MediaNotFetchedError: a file was not fetched yet.
    """
    kept = await _kept(connection, sorted(reply_media(rule)))
    return {name: _file_document(one) for name, one in kept.items()}


async def _kept(connection: Connection, wanted: Sequence[str]) -> dict[str, KeptMedium]:
    kept = await store.list_media(connection, wanted) if wanted else {}
    for name in wanted:
        if name not in kept:
            raise MediaNotFetchedError(f"The file {name} was not fetched yet.")
    return kept


async def find_changed_medium(connection: Connection, document: Mapping[str, Any]) -> str | None:
    """Return the name of a file that means something else by now than what a plan signed, or None."""
    files = signed_files(document)
    kept = await store.list_media(connection, {str(one["name"]) for one in files}) if files else {}
    for one in files:
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


def _document(kept: Mapping[str, KeptMedium], send: SendTemplate) -> dict[str, object]:
    """Return what `planned_files` reads: the file of a header as it is, those of cards by their number."""
    clause = send.media
    said: dict[str, object] = {
        "choices": [] if clause is None else [[one.grade, one.cause] for one in clause.choices],
        "fallback": None if clause is None else clause.fallback,
    }
    if HEADER_PARAMETER in kept:
        said |= _file_document(kept[HEADER_PARAMETER])
    numbers = {card_number(parameter): parameter for parameter in kept if parameter != HEADER_PARAMETER}
    if numbers:
        said["cards"] = {
            str(number): _file_document(kept[parameter]) for number, parameter in numbers.items()
        }
    return said


def _file_document(kept: KeptMedium) -> dict[str, object]:
    return {
        "name": kept.name,
        "kind": kept.kind,
        "source": kept.source_hash.hex(),
        "filename": f"{kept.name}.pdf" if kept.kind == "document" else "",
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


async def _fetch(source: str, fetcher: MediaFetcher, directory: Path | None) -> Fetched:
    if is_remote(source):
        return await fetcher.fetch(source)
    return await read_from_disk((directory or Path.cwd()) / source)


async def _make(
    declared: DeclaredMedium, fetcher: MediaFetcher, directory: Path | None
) -> tuple[list[Fetched], list[MadeRendition]]:
    """Fetch the sources of a file and return them with its forms: drawn of an image, fetched of other files."""
    fetched: list[Fetched] = []
    made: list[MadeRendition] = []
    for form, source in declared.sources:
        one = await _fetch(source, fetcher, directory)
        forms = await asyncio.to_thread(
            make_renditions, one.content, declared.kind, told_type=one.told_type, grade=Grade(form)
        )
        for part in forms:
            check_file(MediaFile(content=part.content, mime_type=part.mime_type))
        if made and len(forms[0].content) >= len(made[-1].content):
            raise MediaRefusedError(
                f"The {form} form of {declared.name} is not lighter than the one before it."
            )
        fetched.append(one)
        made += forms
    return fetched, made


async def _keep(
    workspace: Workspace, declared: DeclaredMedium, fetched: Sequence[Fetched], made: Sequence[MadeRendition]
) -> KeptMedium:
    files, now = open_files(workspace), workspace.clock.now()
    hashes = [await files.keep(one.content) for one in fetched]
    # Several sources stand for one file: another lighter form is another file as well.
    source_hash = hashes[0] if len(hashes) == 1 else hashlib.sha256(b"".join(hashes)).digest()
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
