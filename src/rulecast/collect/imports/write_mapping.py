"""A mapping as the text of a mapping file."""

import json
from collections.abc import Mapping

from rulecast.collect.imports.mapping import (
    DENIED_WORDS,
    GRANTED_WORDS,
    WITHDRAWN_WORDS,
    ConsentRules,
    EventRules,
    ImportMapping,
    ValueRule,
)
from rulecast.collect.imports.mapping_file import FORMAT


def write_mapping(mapping: ImportMapping) -> str:
    """Return a mapping as the text of a file that reads back to the same mapping."""
    lines = [f"format = {FORMAT}", f'kind = "{mapping.kind}"']
    if mapping.known_since is not None:
        lines.append(f"known_since = {_inline(mapping.known_since)}")
    if mapping.valid_from is not None:
        lines.append(f"valid_from = {mapping.valid_from.isoformat()}")
    _table(lines, "file", _texts(mapping.file, "encoding", "delimiter", "sheet"))
    names = ("phone", "bsuid", "external", "bsuid_scope", "default_region")
    _table(lines, "identity", _texts(mapping.identity, *names))
    _table(lines, "attributes", {name: _inline(rule) for name, rule in mapping.attributes.items()})
    if mapping.tags.columns or mapping.tags.constant:
        _table(
            lines,
            "tags",
            {
                "columns": _quote_all(mapping.tags.columns),
                "split": _quote(mapping.tags.split),
                "constant": _quote_all(mapping.tags.constant),
            },
        )
    for consent in mapping.consents:
        _consent_table(lines, consent)
    if mapping.event is not None:
        _event_table(lines, mapping.event)
    if mapping.join is not None:
        entries = _texts(mapping.join, "file", "column", "key")
        _table(lines, "join", {**entries, "columns": _quote_all(mapping.join.columns)})
    return "\n".join(lines) + "\n"


def _table(lines: list[str], name: str, entries: Mapping[str, str]) -> None:
    if entries:
        lines += ["", f"[{name}]", *(f"{key} = {value}" for key, value in entries.items())]


def _consent_table(lines: list[str], consent: ConsentRules) -> None:
    lines += [
        "",
        "[[consent]]",
        f"purpose = {_inline(consent.purpose)}",
        f"status = {_inline(consent.status)}",
    ]
    defaults = {"granted": GRANTED_WORDS, "denied": DENIED_WORDS, "withdrawn": WITHDRAWN_WORDS}
    lines += [
        f"{name} = {_quote_all(words)}"
        for name, usual in defaults.items()
        if (words := getattr(consent, name)) != usual
    ]
    for name in ("when", "how", "wording", "evidence"):
        rule = getattr(consent, name)
        if rule is not None:
            lines.append(f"{name} = {_inline(rule)}")


def _event_table(lines: list[str], event: EventRules) -> None:
    lines += ["", "[event]", f"name = {_inline(event.name)}", f"occurred_at = {_inline(event.occurred_at)}"]
    if event.prefix_column is not None:
        pairs = ", ".join(f"{_quote(prefix)} = {_quote(name)}" for prefix, name in event.prefixes.items())
        lines += [f"prefix_column = {_quote(event.prefix_column)}", f"prefixes = {{ {pairs} }}"]
    if event.source_id:
        lines.append(f"source_id = {_quote_all(event.source_id)}")
    lines += [f'repeats = "{event.repeats}"', f"create_contacts = {str(event.create_contacts).lower()}"]
    _table(lines, "event.properties", {name: _inline(rule) for name, rule in event.properties.items()})


def _inline(rule: ValueRule) -> str:
    """Return a value rule as an inline table; what is at its default is left out."""
    parts: list[str] = []
    if rule.column is not None:
        parts.append(f"column = {_quote(rule.column)}")
    if rule.constant is not None:
        parts.append(f"constant = {json.dumps(rule.constant, ensure_ascii=False)}")
    if rule.multiply:
        parts.append(f"multiply = {_quote_all(rule.multiply)}")
    if rule.type is not None:
        parts.append(f"type = {_quote(rule.type.value)}")
    if rule.data_class is not None:
        parts.append(f"class = {_quote(rule.data_class.value)}")
    usual = ValueRule(constant="")
    for name in ("format", "decimal", "zone", "split", "otherwise"):
        value = getattr(rule, name)
        if value != getattr(usual, name):
            parts.append(f"{name} = {_quote(value)}")
    if rule.map:
        pairs = ", ".join(f"{_quote(text)} = {_quote(result)}" for text, result in rule.map.items())
        parts.append(f"map = {{ {pairs} }}")
    return f"{{ {', '.join(parts)} }}"


def _texts(record: object, *names: str) -> dict[str, str]:
    return {name: _quote(str(value)) for name in names if (value := getattr(record, name))}


def _quote(text: str) -> str:
    # JSON strings are TOML basic strings but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quote_all(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(_quote(text) for text in texts)}]"
