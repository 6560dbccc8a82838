"""What a person sees of an import: the mapping before, the outcome after."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rulecast.collect.imports.mapping import ConsentRules, ImportMapping, ValueRule
from rulecast.collect.imports.proposal import Proposal, property_type_name
from rulecast.wiring.import_run import ImportReport


def proposal_tables(proposal: Proposal) -> list[RenderableType]:
    """Return the mapping as a table, and what a person should know before saying yes."""
    facts = proposal.source.facts
    rows = "" if facts.rows is None else f", {facts.rows:,} rows"
    table = Table(title=f"{facts.description}{rows}", title_justify="left")
    for heading in ("column", "becomes", "read as"):
        table.add_column(heading)
    for line in _mapping_lines(proposal):
        table.add_row(*line)
    remarks = [Text(note, style="yellow") for note in proposal.notes]
    if proposal.dropped:
        remarks.append(
            Text(f"Dropped, as nothing asks for them: {', '.join(proposal.dropped)}.", style="dim")
        )
    new = [one.name for one in proposal.new_attributes] + [one.name for one in proposal.new_events]
    if new:
        remarks.append(Text(f"New in the catalogue: {', '.join(new)}."))
    if proposal.mapping.kind == "contacts":
        remarks.append(_consent_remark(proposal.mapping))
    return [table, *remarks]


def _consent_remark(mapping: ImportMapping) -> Text:
    if not mapping.consents:
        return Text(
            "NO CONSENT COLUMN: these people are stored without consent. Nothing that needs consent will ever be "
            "sent to them.",
            style="bold red",
        )
    if not all(one.can_be_proven for one in mapping.consents):
        return Text(
            "UNPROVEN CONSENT: date, method or wording version is not mapped. Grants are stored and counted, and "
            "nothing is sent on them.",
            style="bold red",
        )
    return Text("Consent is mapped with date, method and wording version.", style="green")


def _mapping_lines(proposal: Proposal) -> Iterator[tuple[str, str, str]]:
    mapping = proposal.mapping
    region = mapping.identity.default_region
    phone_by = f"E.164, default country {region}" if region else "E.164, only with country code"
    for column, becomes, read_as in (
        (mapping.identity.phone, "phone", phone_by),
        (mapping.identity.bsuid, "BSUID", "text"),
        (mapping.identity.external, "customer id", "text"),
    ):
        if column is not None:
            yield column, becomes, read_as
    for name, rule in mapping.attributes.items():
        entry = proposal.attributes[name]
        sealed = ", sealed" if entry.is_sealed else ""
        yield _origin(rule), name, f"{entry.type.value}{_manner(rule)}{sealed}"
    if mapping.known_since is not None:
        yield _origin(mapping.known_since), "known since", f"instant{_manner(mapping.known_since)}"
    for column in mapping.tags.columns:
        yield column, "tags", f"split at {mapping.tags.split!r}"
    for tag in mapping.tags.constant:
        yield "(constant)", "tags", tag
    for consent in mapping.consents:
        yield from _consent_lines(consent)
    if mapping.event is not None:
        yield _origin(mapping.event.name), "event name", ", ".join(mapping.event.prefixes.values())
        yield (
            _origin(mapping.event.occurred_at),
            "occurred at",
            f"instant{_manner(mapping.event.occurred_at)}",
        )
        for name, rule in mapping.event.properties.items():
            yield _origin(rule), f"property {name}", f"{property_type_name(rule)}{_manner(rule)}"


def _consent_lines(consent: ConsentRules) -> Iterator[tuple[str, str, str]]:
    for part in ("purpose", "status", "when", "how", "wording", "evidence"):
        rule: ValueRule | None = getattr(consent, part)
        if rule is not None:
            yield _origin(rule), f"consent: {part}", _manner(rule).removeprefix(", ")


def _origin(rule: ValueRule) -> str:
    if rule.column is not None:
        return rule.column
    return " x ".join(rule.multiply) if rule.multiply else f"(constant) {rule.constant}"


def _manner(rule: ValueRule) -> str:
    parts = [rule.format or "", f"zone {rule.zone}" if rule.zone else ""]
    parts += ["decimal comma"] if rule.decimal == "," else []
    parts += [f"{len(rule.map)} translations"] if rule.map else []
    return "".join(f", {part}" for part in parts if part)


def outcome_lines(report: ImportReport) -> list[RenderableType]:
    """Return what an import did, loudest what must not be overlooked."""
    counts = report.counts
    lines: list[RenderableType] = []
    if report.was_finished:
        lines.append(
            Text("This file was imported before with this mapping; nothing changed. --again reads it again.")
        )
    if report.resumed_after:
        lines.append(Text(f"Went on after row {report.resumed_after:,}, where it had been interrupted."))
    title = f"Import {report.import_id}" + (", what it did then" if report.was_finished else "")
    table = Table(title=title, title_justify="left", show_header=False)
    for name, count in (
        ("rows", counts.rows_done),
        ("stored something new", counts.rows_stored),
        ("changed nothing", counts.rows_unchanged),
        ("refused", counts.rows_rejected),
        ("spoke of a person named before", counts.rows_repeated),
        ("contradicted an earlier row (the later one won)", counts.rows_conflicting),
        ("people created", counts.people_created),
        ("consents granted with proof", counts.consents_proven),
        ("consents granted without proof (never sendable)", counts.consents_unproven),
        ("consents denied or withdrawn", counts.consents_refusing),
        ("grants without a purpose (counted only)", report.purposeless_grants),
    ):
        if count or name in {"rows", "refused"}:
            table.add_row(name, f"{count:,}")
    lines.append(table)
    if not report.speaks_of_consent and report.kind == "contacts":
        lines.append(
            Text(
                "NO CONSENT was imported: these people can be stored, and nothing that needs consent is sent to them.",
                style="bold red",
            )
        )
    elif counts.consents_unproven:
        lines.append(
            Text(
                f"{counts.consents_unproven:,} UNPROVEN CONSENTS: without date, method and wording version nothing is "
                "sent on them.",
                style="bold red",
            )
        )
    for code, count in report.reject_codes.items():
        lines.append(Text(f"{count:>10,}  {code}", style="yellow"))
    if report.rejects_path is not None:
        lines.append(Text(f"Refused rows are listed in {report.rejects_path}"))
    return lines
