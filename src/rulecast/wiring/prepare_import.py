"""Survey a file and settle its mapping, before anything is stored."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from rulecast.collect.imports.errors import MappingInvalidError
from rulecast.collect.imports.guess_mapping import guess_contact_mapping
from rulecast.collect.imports.join import load_join
from rulecast.collect.imports.mapping import FileRules, ImportKind, ImportMapping
from rulecast.collect.imports.mapping_file import delimiter_of, read_mapping_file, region_of
from rulecast.collect.imports.open_source import open_source
from rulecast.collect.imports.proposal import Proposal, propose
from rulecast.collect.imports.write_mapping import write_mapping
from rulecast.wiring.workspace import Workspace

MAPPING_ENDING = ".mapping.toml"
REJECTS_ENDING = ".rejects.csv"
OWNER_ONLY = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What a person asks for; options go before the mapping file, which goes before guessing."""

    kind: ImportKind
    file: Path
    mapping_file: Path | None = None
    default_region: str | None = None
    encoding: str | None = None
    delimiter: str | None = None


async def prepare_import(workspace: Workspace, request: ImportRequest) -> Proposal:
    """Return the surveyed file with its mapping, to be shown and confirmed.

    Raises:
        ImportRefusedError: the class names what is wrong with file or mapping.
    """
    given = (
        None
        if request.mapping_file is None
        else await asyncio.to_thread(read_mapping_file, request.mapping_file)
    )
    if given is None and request.kind == "events":
        raise MappingInvalidError(
            "What a row means as an event is never guessed.", hint="Give a --mapping file."
        )
    if given is not None and given.kind != request.kind:
        raise MappingInvalidError(
            f"The mapping file is for {given.kind}, the command imports {request.kind}."
        )
    file_rules = _file_rules(request, given)
    source = await asyncio.to_thread(open_source, request.file, file_rules)
    async with workspace.database.connection() as connection:
        catalogue = await workspace.catalogue(connection)
    region = None if request.default_region is None else region_of(request.default_region)
    if given is not None:
        identity = replace(given.identity, default_region=region or given.identity.default_region)
        join = None if given.join is None else await asyncio.to_thread(load_join, given.join, request.file)
        return propose(source, replace(given, identity=identity, file=file_rules), catalogue, join=join)
    guess = await asyncio.to_thread(guess_contact_mapping, source, catalogue, default_region=region)
    mapping = replace(guess.mapping, file=file_rules)
    return propose(source, mapping, catalogue, notes=guess.notes, is_guessed=True)


def _file_rules(request: ImportRequest, given: ImportMapping | None) -> FileRules:
    rules = FileRules() if given is None else given.file
    if request.encoding is not None:
        rules = replace(rules, encoding=request.encoding)
    if request.delimiter is not None:
        rules = replace(rules, delimiter=delimiter_of(request.delimiter))
    return rules


def save_mapping(workspace: Workspace, file: Path, mapping: ImportMapping) -> Path:
    """Write a guessed mapping beside the file, or in the workspace's directory where that is not allowed."""
    path = place_beside(workspace, file, MAPPING_ENDING)
    path.write_text(write_mapping(mapping), encoding="utf-8")
    return path


def place_beside(workspace: Workspace, file: Path, ending: str) -> Path:
    """Return where a file that belongs to an imported one is written."""
    beside = file.with_name(file.name + ending)
    try:
        writable = beside.parent.is_dir() and _can_write(beside)
    except OSError:
        writable = False
    if writable:
        return beside
    directory = workspace.settings.home / "imports"
    directory.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    return directory / (file.name + ending)


def _can_write(path: Path) -> bool:
    """Return whether the file can be written, by making it where it is missing."""
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
    except OSError:
        return False
    if not existed:
        path.unlink()
    return True
