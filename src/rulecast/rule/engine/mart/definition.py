"""The tables of the mart and the statements that derive people from the change log.

Only names of the catalogue, which the catalogue has checked, and literals of this file enter the statements.
"""

import hashlib
from collections.abc import Iterable

from rulecast.values.catalogue import Attribute, AttributeType, Catalogue

COLUMN_TYPES = {
    AttributeType.TEXT: "VARCHAR",
    AttributeType.INTEGER: "BIGINT",
    AttributeType.DECIMAL: "DECIMAL(18,4)",
    AttributeType.BOOLEAN: "BOOLEAN",
    AttributeType.DATE: "DATE",
    AttributeType.INSTANT: "TIMESTAMP",
    AttributeType.TEXT_LIST: "VARCHAR[]",
    AttributeType.PLACE: "STRUCT(latitude DOUBLE, longitude DOUBLE)",
}
# A place stands in two columns, so that engines can skip rows by each.
PLACE_PARTS = ("latitude", "longitude")
# More changes than a workspace ever has: valid time and change id together fit a 128-bit order.
CHANGE_IDS_MAX = 1 << 44
# Columns that have a source of their own and are not read from attribute changes.
_OWN_SOURCE = ("first_seen_at", "last_inbound_at")


def signature(catalogue: Catalogue) -> str:
    """Return a hash of every column the catalogue asks for; another one means that the mart is rebuilt."""
    text = ";".join(
        [
            f"a:{entry.name}:{entry.type}"
            for entry in sorted(_attributes(catalogue), key=lambda entry: entry.name)
        ]
        + [f"p:{name}:{kind}" for name, kind in catalogue.event_properties().items()]
        + ["layout:2"]
    )
    return hashlib.sha256(text.encode()).hexdigest()


def create_statements(catalogue: Catalogue) -> list[str]:
    """Return the statements that make empty tables for a catalogue, in order."""
    attributes = ", ".join(
        f'"{column}" {kind}'
        for entry in _attributes(catalogue)
        for column, kind in _columns(entry.name, entry.type)
    )
    properties = ", ".join(
        f"{column} {typed}"
        for name, kind in catalogue.event_properties().items()
        for column, typed in _columns(f"p_{name}", kind)
    )
    own = "first_seen_at TIMESTAMP, last_inbound_at TIMESTAMP"
    return [
        "CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR)",
        (
            "CREATE TABLE change (change_id BIGINT, contact_id BIGINT, kind VARCHAR, payload JSON,"
            " valid_from TIMESTAMP, recorded_at TIMESTAMP)"
        ),
        (
            f"CREATE TABLE contact (contact_id BIGINT, {own}, tags VARCHAR[], labels VARCHAR[]"
            f"{', ' if attributes else ''}{attributes})"
        ),
        'CREATE TABLE consent (contact_id BIGINT, purpose VARCHAR, granted BOOLEAN, proven BOOLEAN, "at" TIMESTAMP)',
        (
            "CREATE TABLE event (event_id BIGINT, contact_id BIGINT, name VARCHAR, occurred_at TIMESTAMP,"
            f" recorded_at TIMESTAMP{', ' if properties else ''}{properties})"
        ),
        "CREATE TABLE zone_offset (zone VARCHAR, from_utc TIMESTAMP, minutes INTEGER)",
        "CREATE TABLE erased (contact_id BIGINT)",
    ]


def insert_events(catalogue: Catalogue, source: str) -> str:
    """Return the statement that turns staged event rows (JSON properties) into typed columns.

    `source` has the columns event_id, contact_id, name, properties, occurred_us, recorded_us.
    """
    kinds = catalogue.event_properties()
    columns = "".join(
        f", {column}" for name, kind in kinds.items() for column, _ in _columns(f"p_{name}", kind)
    )
    shape = ", ".join(f'"{name}": "{COLUMN_TYPES[kind]}"' for name, kind in kinds.items())
    values = "".join(f", {value}" for name, kind in kinds.items() for value in _values(f"typed.{name}", kind))
    typed = f", json_transform(properties, '{{{shape}}}') AS typed" if kinds else ""
    return (
        f"INSERT INTO event (event_id, contact_id, name, occurred_at, recorded_at{columns}) "  # noqa: S608 - see the module
        f"SELECT event_id, contact_id, name, make_timestamp(occurred_us), make_timestamp(recorded_us){values} "
        f"FROM (SELECT *{typed} FROM {source})"
    )


def derive_contacts(catalogue: Catalogue, *, changes: str, events: str) -> str:
    """Return a query of the wide contact table, one row per contact, from a relation of changes and one of events.

    The newest value by valid time wins, the order of recording breaks ties.
    """
    entries = _attributes(catalogue)
    columns = "".join(f', {_newest(entry)} AS "{entry.name}"' for entry in entries)
    values = "".join(
        f', {value} AS "{column}"'
        for entry in entries
        for (column, _), value in zip(
            _columns(entry.name, entry.type), _parts(f'valued."{entry.name}"', entry.type), strict=True
        )
    )
    shape = ", ".join(f'"{entry.name}": "{COLUMN_TYPES[entry.type]}"' for entry in entries)
    names = "".join(
        f', people."{column}"' for entry in entries for column, _ in _columns(entry.name, entry.type)
    )
    return f"""
        WITH known AS (
            SELECT contact_id, min(valid_from) AS first_seen_at
            FROM {changes} WHERE kind = 'contact' GROUP BY contact_id
        ), said AS (
            SELECT contact_id, json_keys(payload) AS names, json_transform(payload, '{{{shape}}}') AS typed,
                epoch_us(valid_from)::HUGEINT * {CHANGE_IDS_MAX} + change_id AS place
            FROM {changes} WHERE kind = 'attributes'
        ), valued AS (
            SELECT contact_id{columns} FROM said GROUP BY contact_id
        ), people AS (
            SELECT known.contact_id, known.first_seen_at{values} FROM known LEFT JOIN valued USING (contact_id)
        ), {_words(changes)}, inbound AS (
            SELECT contact_id, max(occurred_at) AS last_inbound_at
            FROM {events} WHERE name = 'message_received' GROUP BY contact_id
        )
        SELECT people.contact_id, people.first_seen_at, inbound.last_inbound_at,
            coalesce(tagged.tags, []) AS tags, coalesce(labelled.labels, []) AS labels{names}
        FROM people LEFT JOIN tagged USING (contact_id) LEFT JOIN labelled USING (contact_id)
            LEFT JOIN inbound USING (contact_id)
    """  # noqa: S608 - see the module


def _words(changes: str) -> str:
    """Return the relations of today's tags and labels: the newest word on each wins."""
    return f"""
        tagging AS (
            SELECT contact_id, kind, payload ->> '$.tag' AS tag,
                row_number() OVER (PARTITION BY contact_id, payload ->> '$.tag'
                    ORDER BY valid_from DESC, change_id DESC) AS place
            FROM {changes} WHERE kind IN ('tag_added', 'tag_removed')
        ), tagged AS (
            SELECT contact_id, list(tag ORDER BY tag) AS tags
            FROM tagging WHERE place = 1 AND kind = 'tag_added' GROUP BY contact_id
        ), labelling AS (
            SELECT contact_id, payload ->> '$.label' AS label, payload ->> '$.value' AS word,
                row_number() OVER (PARTITION BY contact_id, payload ->> '$.label'
                    ORDER BY valid_from DESC, change_id DESC) AS place
            FROM {changes} WHERE kind = 'label'
        ), labelled AS (
            SELECT contact_id, list(label ORDER BY label)
                    || coalesce(list(label || '=' || word ORDER BY label) FILTER (WHERE word <> ''), []) AS labels
            FROM labelling WHERE place = 1 AND word IS NOT NULL GROUP BY contact_id
        )
    """  # noqa: S608 - see the module


def derive_consents(*, changes: str) -> str:
    """Return a query of the current consent per contact and purpose; the newest word wins, a tie is a stop."""
    return f"""
        SELECT contact_id, purpose, granted, proven, "at" FROM (
            SELECT contact_id, payload ->> '$.purpose' AS purpose, (payload ->> '$.status') = 'granted' AS granted,
                coalesce((payload ->> '$.proven')::BOOLEAN, false) AS proven, valid_from AS "at",
                row_number() OVER (
                    PARTITION BY contact_id, payload ->> '$.purpose'
                    ORDER BY valid_from DESC, ((payload ->> '$.status') = 'granted'),
                        coalesce((payload ->> '$.proven')::BOOLEAN, false) DESC, change_id DESC) AS place
            FROM {changes} WHERE kind = 'consent'
        ) WHERE place = 1
    """  # noqa: S608 - see the module


def _attributes(catalogue: Catalogue) -> Iterable[Attribute]:
    return [entry for entry in catalogue.stored_attributes() if entry.name not in _OWN_SOURCE]


def _columns(name: str, kind: AttributeType) -> list[tuple[str, str]]:
    """Return the columns in which a value stands, with their types."""
    if kind is AttributeType.PLACE:
        return [(f"{name}__{part}", "DOUBLE") for part in PLACE_PARTS]
    return [(name, COLUMN_TYPES[kind])]


def _parts(value: str, kind: AttributeType) -> list[str]:
    return [f"{value}.{part}" for part in PLACE_PARTS] if kind is AttributeType.PLACE else [value]


def _values(value: str, kind: AttributeType) -> list[str]:
    """Return the parts of an event's value; an empty text is missing."""
    return [f"nullif({value}, '')"] if kind is AttributeType.TEXT else _parts(value, kind)


def _newest(entry: Attribute) -> str:
    """Return the newest value that was said of an attribute; what was said to be missing is missing."""
    value = f'typed."{entry.name}"'
    if entry.type is AttributeType.TEXT:
        value = f"nullif({value}, '')"
    return (
        f"(arg_max(struct_pack(v := {value}), place) FILTER (WHERE list_contains(names, '{entry.name}'))).v"
    )
