"""Mapping files: TOML in, checked records out; docs/reference/import-mapping.md describes them."""

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from rulecast.collect.imports.errors import FileUnreadableError, MappingInvalidError
from rulecast.collect.imports.geography import country_code, zone_name
from rulecast.collect.imports.limits import MAPPING_BYTES_MAX
from rulecast.collect.imports.mapping import (
    DENIED_WORDS,
    GRANTED_WORDS,
    WITHDRAWN_WORDS,
    ConsentRules,
    EventRules,
    FileRules,
    IdentityRules,
    ImportMapping,
    JoinRules,
    Repeats,
    TagRules,
    ValueRule,
)
from rulecast.collect.imports.refusals import RowRefusedError
from rulecast.values.catalogue import AttributeType, DataClass
from rulecast.values.fields import FieldInvalidError, Fields

FORMAT = 1
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def read_mapping_file(path: Path) -> ImportMapping:
    """Read a mapping file.

    Raises:
        FileUnreadableError: there is no such file.
        MappingInvalidError: it is no TOML, or an entry cannot be used; the entry is named.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileUnreadableError(f"The mapping file cannot be read ({type(error).__name__}).") from None
    if len(data) > MAPPING_BYTES_MAX:
        raise MappingInvalidError(f"The mapping file has more than {MAPPING_BYTES_MAX // 1024} KiB.")
    return read_mapping(data.decode("utf-8", errors="replace"))


def read_mapping(text: str) -> ImportMapping:
    """Read the text of a mapping file.

    Raises:
        MappingInvalidError: it is no TOML, or an entry cannot be used; the entry is named.
    """
    try:
        return _mapping(Fields(tomllib.loads(text), ""))
    except tomllib.TOMLDecodeError as error:
        raise MappingInvalidError(f"The mapping is not TOML: {error}.") from None
    except FieldInvalidError as error:
        raise MappingInvalidError(error.what) from None


def _mapping(fields: Fields) -> ImportMapping:
    fields.whole("format", low=FORMAT, high=FORMAT)
    kind = fields.choice("kind", ("contacts", "events"))
    file, join, identity, tags = (fields.table(name) for name in ("file", "join", "identity", "tags"))
    mapping = ImportMapping(
        kind="events" if kind == "events" else "contacts",
        file=FileRules(
            encoding=_maybe(file, "encoding"), delimiter=_delimiter(file), sheet=_maybe(file, "sheet")
        ),
        identity=IdentityRules(
            phone=_maybe(identity, "phone"),
            bsuid=_maybe(identity, "bsuid"),
            external=_maybe(identity, "external"),
            bsuid_scope=_maybe(identity, "bsuid_scope") or "",
            default_region=_region(identity),
        ),
        attributes=_named_rules(fields.table("attributes")),
        known_since=_rule_at(fields, "known_since"),
        valid_from=_instant_at(fields, "valid_from"),
        tags=TagRules(
            columns=_text_or_texts(tags, "columns"),
            split=tags.text("split", default=",", length_max=5),
            constant=_text_or_texts(tags, "constant"),
        ),
        consents=tuple(_consent(one) for one in fields.tables("consent")),
        event=_event(fields.table("event")) if kind == "events" else None,
        join=_join(join) if fields.has("join") else None,
    )
    for table in (file, identity, tags, fields):
        table.finish()
    return mapping


def _maybe(fields: Fields, name: str) -> str | None:
    return fields.text(name) if fields.has(name) else None


def _delimiter(fields: Fields) -> str | None:
    named = _maybe(fields, "delimiter")
    return delimiter_of(named) if named is not None else None


def delimiter_of(name: str) -> str:
    """Return the delimiter meant by a character or by the word `tab`.

    Raises:
        MappingInvalidError: it is no single character.
    """
    character = "\t" if name in {"tab", r"\t"} else name
    if len(character) != 1 or character in '"\r\n':
        raise MappingInvalidError("The delimiter must be one character, or the word tab.")
    return character


def region_of(name: str) -> str:
    """Return a default country as its two letters.

    Raises:
        MappingInvalidError: there is no such country.
    """
    try:
        return country_code(name).upper()
    except RowRefusedError:
        raise MappingInvalidError(f"{name!r} is not an ISO 3166 country code of two letters.") from None


def _region(fields: Fields) -> str | None:
    named = _maybe(fields, "default_region")
    return None if named is None else region_of(named)


def _text_or_texts(fields: Fields, name: str) -> tuple[str, ...]:
    given = fields.raw(name)
    return (given,) if isinstance(given, str) and given else fields.texts(name)


def _named_rules(fields: Fields) -> dict[str, ValueRule]:
    rules: dict[str, ValueRule] = {}
    for name in fields.names():
        if _NAME.fullmatch(name) is None:
            raise FieldInvalidError(
                fields.where(name), "a name of small letters, digits and underscores is expected"
            )
        rule = _rule_at(fields, name)
        assert rule is not None
        rules[name] = rule
    return rules


def _rule_at(fields: Fields, name: str) -> ValueRule | None:
    """Read a value rule; a bare text names a column, a date or instant is a constant."""
    if not fields.has(name):
        return None
    given = fields.raw(name)
    if isinstance(given, str):
        return ValueRule(column=given)
    if isinstance(given, datetime | date):
        return ValueRule(constant=given.isoformat(), zone="UTC")
    return _rule(fields.table(name))


def _rule(fields: Fields) -> ValueRule:
    column, multiply, constant = _maybe(fields, "column"), fields.texts("multiply"), fields.raw("constant")
    if isinstance(constant, datetime | date):
        constant = constant.isoformat()
    if (column is not None) + bool(multiply) + (constant is not None) != 1:
        raise FieldInvalidError(fields.place, "exactly one of column, constant and multiply is expected")
    if constant is not None and not isinstance(constant, str | int | float | bool):
        raise FieldInvalidError(fields.where("constant"), "a text, number or truth is expected")
    kind = fields.choice("type", tuple(AttributeType), default="") if fields.has("type") else None
    data_class = fields.choice("class", tuple(DataClass)) if fields.has("class") else None
    rule = ValueRule(
        column=column,
        multiply=multiply,
        constant=constant,
        type=AttributeType(kind) if kind else (AttributeType.DECIMAL if multiply else None),
        data_class=DataClass(data_class) if data_class else None,
        format=_maybe(fields, "format"),
        decimal="," if fields.choice("decimal", (".", ","), default=".") == "," else ".",
        zone=_zone(fields),
        split=fields.text("split", default=",", length_max=5),
        map=_translations(fields.table("map")),
        otherwise=fields.text("otherwise", default="") if fields.has("otherwise") else None,
    )
    fields.finish()
    return rule


def _zone(fields: Fields) -> str | None:
    named = _maybe(fields, "zone")
    if named is None:
        return None
    try:
        return zone_name(named)
    except RowRefusedError:
        raise FieldInvalidError(fields.where("zone"), "the IANA name of a zone is expected") from None


def _translations(fields: Fields) -> dict[str, str]:
    return {name: fields.text(name, default="") for name in fields.names()}


def _instant_at(fields: Fields, name: str) -> datetime | None:
    given = fields.raw(name)
    if given is None:
        return None
    if isinstance(given, str):
        try:
            given = datetime.fromisoformat(given)
        except ValueError:
            given = None
    if isinstance(given, date) and not isinstance(given, datetime):
        given = datetime(given.year, given.month, given.day, tzinfo=UTC)
    if not isinstance(given, datetime):
        raise FieldInvalidError(fields.where(name), "a date or an instant is expected")
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)


def _consent(fields: Fields) -> ConsentRules:
    status, purpose = _rule_at(fields, "status"), _rule_at(fields, "purpose")
    if status is None or purpose is None:
        raise FieldInvalidError(fields.place, "status and purpose are required")
    # A bare text is the purpose itself: a closed list of words, never a column's name by chance.
    if isinstance(fields.raw("purpose"), str):
        purpose = ValueRule(constant=purpose.column)
    rules = ConsentRules(
        purpose=purpose,
        status=status,
        granted=fields.texts("granted") or GRANTED_WORDS,
        denied=fields.texts("denied") or DENIED_WORDS,
        withdrawn=fields.texts("withdrawn") or WITHDRAWN_WORDS,
        when=_rule_at(fields, "when"),
        how=_rule_at(fields, "how"),
        wording=_rule_at(fields, "wording"),
        evidence=_rule_at(fields, "evidence"),
    )
    fields.finish()
    return rules


def _event(fields: Fields) -> EventRules:
    name, occurred_at = _rule_at(fields, "name"), _rule_at(fields, "occurred_at")
    if name is None or occurred_at is None:
        raise FieldInvalidError(fields.place, "name and occurred_at are required")
    if isinstance(fields.raw("name"), str):
        name = ValueRule(constant=name.column)
    prefixes = fields.table("prefixes")
    rules = EventRules(
        name=name,
        occurred_at=occurred_at,
        properties=_named_rules(fields.table("properties")),
        prefix_column=_maybe(fields, "prefix_column"),
        prefixes=_translations(prefixes),
        source_id=_text_or_texts(fields, "source_id"),
        repeats=cast("Repeats", fields.choice("repeats", ("same", "count"), default="same")),
        create_contacts=fields.flag("create_contacts", default=False),
    )
    fields.finish()
    return rules


def _join(fields: Fields) -> JoinRules:
    rules = JoinRules(
        file=fields.text("file"),
        column=fields.text("column"),
        key=fields.text("key"),
        columns=fields.texts("columns"),
    )
    fields.finish()
    return rules
