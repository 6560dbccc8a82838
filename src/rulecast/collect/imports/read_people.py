"""Rows of a contact list -> people and refusals, by a mapping; pure, so that it runs in worker processes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.collect.imports.cells import (
    CellReader,
    Cells,
    cell_reader,
    cell_reader_with,
    instant_reader,
    position_of,
)
from rulecast.collect.imports.geography import country_code, zone_name, zone_of_country
from rulecast.collect.imports.limits import TAGS_MAX
from rulecast.collect.imports.mapping import IdentityRules, ImportMapping
from rulecast.collect.imports.person import ImportedConsent, ImportedPerson
from rulecast.collect.imports.read_consent import ConsentReader
from rulecast.collect.imports.read_phone import read_personal_phone
from rulecast.collect.imports.read_value import read_folded, read_list, read_spelled
from rulecast.collect.imports.refusals import (
    CellCountError,
    IdentityMissingError,
    Reject,
    RowRefusedError,
    TagUnusableError,
    ValueTooLongError,
    ValueTypeError,
    ValueUnprintableError,
)
from rulecast.collect.imports.source import SourceRow
from rulecast.values.catalogue import Attribute, AttributeType
from rulecast.values.clock_time import read_clock_time

TAG_CHARACTERS_MAX = 64
IDENTIFIER_CHARACTERS_MAX = 200
# A language as templates name it, folded: fr, ar, pt_br, zh_hant_tw.
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[a-z0-9]{2,8}){0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleBatch:
    """What a batch of rows became, in the order of the file."""

    people: tuple[ImportedPerson, ...]
    rejects: tuple[Reject, ...]


class PersonReader:
    """Reads rows by one mapping; made once a file."""

    def __init__(
        self,
        mapping: ImportMapping,
        columns: Sequence[str],
        attributes: Mapping[str, Attribute],
        now: datetime,
    ) -> None:
        """Compile the mapping for these columns; `attributes` are the catalogue's entries by name.

        Raises:
            ColumnMissingError: the mapping names a column that is not there.
        """
        positions = {name: place for place, name in enumerate(columns)}
        self._width = len(columns)
        self._identity = IdentityReader(mapping.identity, positions)
        self._attributes = AttributesReader(mapping, positions, attributes)
        self._tag_columns = [(one, position_of(one, positions)) for one in mapping.tags.columns]
        self._tag_split = mapping.tags.split
        self._tag_constants = tuple(tag for one in mapping.tags.constant if (tag := read_folded(one)))
        self._consents = [ConsentReader(one, positions, now) for one in mapping.consents]
        self._known_since = (
            None if mapping.known_since is None else instant_reader(mapping.known_since, positions)
        )

    def read_batch(self, rows: Sequence[SourceRow]) -> PeopleBatch:
        """Read rows; a row that cannot be imported becomes a refusal."""
        people: list[ImportedPerson] = []
        rejects: list[Reject] = []
        for line, cells in rows:
            try:
                people.append(self.read(line, cells))
            except RowRefusedError as refusal:
                rejects.append(refusal.at(line))
        return PeopleBatch(people=tuple(people), rejects=tuple(rejects))

    def read(self, line: int, cells: Cells) -> ImportedPerson:
        """Read one row.

        Raises:
            RowRefusedError: the class names the reason.
        """
        check_cells(cells, self._width)
        attributes, personal = self._attributes.read(cells)
        country = attributes.get("country")
        who = self._identity.read(cells, country.upper() if isinstance(country, str) else None)
        _derive_place(attributes, who.region)
        consents: list[ImportedConsent] = []
        purposeless = 0
        for reader in self._consents:
            said, without_purpose = reader.read(cells)
            consents.extend(said)
            purposeless += without_purpose
        return ImportedPerson(
            line=line,
            phone=who.phone,
            bsuid=who.bsuid,
            external=who.external,
            bsuid_scope=who.bsuid_scope if who.bsuid else "",
            attributes=attributes,
            personal=personal,
            tags=self._read_tags(cells),
            consents=tuple(consents),
            known_since=None if self._known_since is None else self._known_since(cells),
            purposeless_grants=purposeless,
        )

    def _read_tags(self, cells: Cells) -> tuple[str, ...]:
        tags = list(self._tag_constants)
        for column, position in self._tag_columns:
            found = read_list(cells[position], self._tag_split) or ()
            if any(len(tag) > TAG_CHARACTERS_MAX for tag in found) or len(found) > TAGS_MAX:
                raise TagUnusableError(column)
            tags.extend(found)
        return tuple(dict.fromkeys(tags))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Who:
    """The identities of a row; `region` is the country of the phone number."""

    phone: str | None
    bsuid: str | None
    external: str | None
    bsuid_scope: str
    region: str | None


class IdentityReader:
    """Reads who a row is about."""

    def __init__(self, rules: IdentityRules, positions: Mapping[str, int]) -> None:
        """Compile the rules."""
        self._rules = rules
        self._phone = None if rules.phone is None else position_of(rules.phone, positions)
        self._bsuid = None if rules.bsuid is None else position_of(rules.bsuid, positions)
        self._external = None if rules.external is None else position_of(rules.external, positions)

    def read(self, cells: Cells, country: str | None) -> Who:
        """Read the identities; a phone without country code is read by the row's country, else the default.

        Raises:
            RowRefusedError: there is none, or one cannot be read.
        """
        rules = self._rules
        phone, region = None, None
        if self._phone is not None and cells[self._phone] not in {None, ""}:
            try:
                number = read_personal_phone(cells[self._phone], country or rules.default_region)
            except RowRefusedError as refusal:
                raise refusal.in_column(rules.phone or "") from None
            phone, region = number.e164, number.region
        bsuid = _identifier(cells, self._bsuid, rules.bsuid)
        external = _identifier(cells, self._external, rules.external)
        if phone is None and bsuid is None and external is None:
            raise IdentityMissingError(", ".join(rules.columns()))
        return Who(phone=phone, bsuid=bsuid, external=external, bsuid_scope=rules.bsuid_scope, region=region)


def _identifier(cells: Cells, position: int | None, column: str | None) -> str | None:
    if position is None:
        return None
    try:
        value = read_spelled(cells[position])
        if value is not None and len(value) > IDENTIFIER_CHARACTERS_MAX:
            raise ValueTooLongError
    except RowRefusedError as refusal:
        raise refusal.in_column(column or "") from None
    return value


class AttributesReader:
    """Reads the attributes of a row."""

    def __init__(
        self, mapping: ImportMapping, positions: Mapping[str, int], attributes: Mapping[str, Attribute]
    ) -> None:
        """Compile the rules; sealed attributes keep their spelling, public text is folded."""
        self._public: list[tuple[str, CellReader]] = []
        self._text: list[tuple[str, CellReader]] = []
        self._personal: list[tuple[str, CellReader]] = []
        for name, rule in mapping.attributes.items():
            entry = attributes[name]
            if entry.is_sealed:
                self._personal.append((name, cell_reader_with(rule, read_spelled, positions)))
            elif name in _SPECIAL:
                # A translation gives the text; the special reader then checks it.
                special = _SPECIAL[name]
                text = cell_reader(rule, AttributeType.TEXT, positions)
                self._public.append((name, _checked(text, special, rule.column or name)))
            else:
                self._public.append((name, cell_reader(rule, entry.type, positions)))
                if entry.type is AttributeType.TEXT and rule.column is not None and not rule.map:
                    self._text.append((name, cell_reader_with(rule, read_spelled, positions)))

    def read(self, cells: Cells) -> tuple[dict[str, object], dict[str, str]]:
        """Return public values as stored, and what is sealed."""
        attributes = {name: value for name, read in self._public if (value := read(cells)) is not None}
        personal = {name: str(value) for name, read in self._personal if (value := read(cells)) is not None}
        for name, read in self._text:
            spelled = read(cells)
            if spelled is not None and spelled != attributes.get(name):
                personal[name] = str(spelled)
        return attributes, personal


def _checked(text: CellReader, special: Callable[[str], str], column: str) -> CellReader:
    def read_checked(cells: Cells) -> object:
        value = text(cells)
        if value is None:
            return None
        try:
            return special(str(value))
        except RowRefusedError as refusal:
            raise refusal.in_column(column) from None

    return read_checked


def _clock_time(text: str) -> str:
    found = read_clock_time(text)
    if found is None:
        raise ValueTypeError(reason="The value is not a time of the day such as 21:30.")
    return found


def _language(text: str) -> str:
    code = text.replace("-", "_")
    if _LANGUAGE.fullmatch(code) is None:
        raise ValueTypeError(reason="The value is not a language code such as fr, ar or pt_BR.")
    return code


_SPECIAL: Mapping[str, Callable[[str], str]] = {
    "country": country_code,
    "zone": zone_name,
    "quiet_from": _clock_time,
    "quiet_until": _clock_time,
    "language": _language,
}


def _derive_place(attributes: dict[str, object], region: str | None) -> None:
    """Fill country from the number and zone from a country that has one only."""
    if "country" not in attributes and region is not None and len(region) == 2 and region != "ZZ":  # noqa: PLR2004 - ISO 3166 alpha-2
        attributes["country"] = region.lower()
    country = attributes.get("country")
    if "zone" not in attributes and isinstance(country, str):
        zone = zone_of_country(country)
        if zone is not None:
            attributes["zone"] = zone


def check_cells(cells: Cells, width: int) -> None:
    """Refuse a row of another width than the header, or one that holds a NUL.

    Raises:
        RowRefusedError: it is one of the two.
    """
    if len(cells) != width:
        raise CellCountError(reason=f"The row has {len(cells)} cells, the header {width} columns.")
    for cell in cells:
        if type(cell) is str and "\0" in cell:
            raise ValueUnprintableError
