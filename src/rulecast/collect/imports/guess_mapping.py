"""Guess a contact mapping from column names and samples; a person sees and confirms it before anything is stored."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

from rulecast.collect.imports.limits import SAMPLE_ROWS
from rulecast.collect.imports.mapping import (
    ConsentRules,
    IdentityRules,
    ImportMapping,
    TagRules,
    ValueRule,
)
from rulecast.collect.imports.read_phone import read_phone
from rulecast.collect.imports.read_value import read_day, read_instant, read_spelled
from rulecast.collect.imports.refusals import RowRefusedError
from rulecast.collect.imports.source import Source
from rulecast.values.catalogue import AttributeType, Catalogue, fold_text

# Share of the sample that must read as phone numbers for a column without a telling name.
PHONE_SHARE = 0.6

_WORDS: Mapping[str, str] = {
    "phone": "phone mobile telephone tel gsm whatsapp msisdn phone_number mobile_number telephone_mobile portable "
    "numero numero_de_telephone telephone_portable phone_no cell celular telefono telefone هاتف رقم_الهاتف جوال الجوال",
    "bsuid": "bsuid user_id_whatsapp",
    "external": "external_id customer_id client_id customer customerid contact_id household_id crm_id id_client "
    "numero_client code_client reference_client",
    "first_name": "first_name firstname given_name prenom vorname nombre الاسم_الشخصي الاسم",
    "last_name": "last_name lastname surname family_name nom nom_de_famille nachname apellido النسب اسم_العائلة",
    "address": "address adresse direccion العنوان",
    "city": "city ville town ciudad cidade stadt المدينة مدينة",
    "region": "region province state الجهة",
    "country": "country country_code pays pais land البلد الدولة",
    "language": "language lang langue locale idioma sprache اللغة",
    "zone": "zone timezone time_zone fuseau_horaire tz",
    "quiet_from": "quiet_from quiet_start do_not_disturb_from ne_pas_deranger_de",
    "quiet_until": "quiet_until quiet_end do_not_disturb_until ne_pas_deranger_jusqu_a",
    "gender": "gender sex sexe genre الجنس",
    "birth_date": "birth_date birthdate birthday date_of_birth dob date_de_naissance naissance geburtsdatum "
    "fecha_de_nacimiento تاريخ_الميلاد",
    "network_type": "network_type connection_type effective_type type_de_connexion reseau_mobile",
    "os_name": "os os_name operating_system systeme_d_exploitation sistema_operativo نظام_التشغيل",
    "os_version": "os_version operating_system_version version_os android_version ios_version",
    "device_model": "device_model phone_model modele_de_telephone",
    "app_version": "app_version version_app",
    "tags": "tags tag labels etiquettes segments",
    "first_seen_at": "first_seen_at known_since customer_since client_depuis created_at",
    "consent_status": "consent opt_in optin consent_status marketing_consent consentement whatsapp_consent "
    "marketing_opt_in whatsapp_opt_in الموافقة",
    "consent_when": "consent_date consent_at opt_in_date optin_date consented_at date_consentement "
    "date_de_consentement opt_in_at",
    "consent_how": "consent_method consent_source opt_in_source optin_source opt_in_method source_consentement",
    "consent_wording": "wording_version consent_version consent_wording wording version_texte consent_text_version",
    "consent_purpose": "consent_purpose purpose finalite",
    "consent_evidence": "evidence consent_evidence proof consent_proof preuve",
}
_ROLE_OF = {word: role for role, words in _WORDS.items() for word in words.split()}

_DAY_FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d")
_INSTANT_FORMATS = (
    tuple(
        f"{day} {clock}"
        for day in ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y")
        for clock in ("%H:%M:%S", "%H:%M")
    )
    + _DAY_FORMATS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A mapping, and what a person should know about it."""

    mapping: ImportMapping
    notes: tuple[str, ...]


def guess_contact_mapping(source: Source, catalogue: Catalogue, *, default_region: str | None) -> Guess:
    """Guess who, which attributes, tags and consent the columns hold.

    Dates whose day and month could be swapped are left out with a note: nothing is guessed in silence.
    """
    sample = _sample(source)
    roles = _roles(source.facts.columns, catalogue)
    notes: list[str] = []
    if "phone" not in roles:
        found = next(
            (
                one
                for one in source.facts.columns
                if one not in roles.values() and _holds_phones(sample[one], default_region)
            ),
            None,
        )
        if found is not None:
            roles["phone"] = found
            notes.append(f"The column {found!r} is taken for phone numbers by its content.")
    attributes = _attributes(roles, sample, catalogue, notes)
    known_since: ValueRule | None = None
    consents: tuple[ConsentRules, ...] = ()
    if "first_seen_at" in roles:
        known_since = _instant_rule(roles["first_seen_at"], sample, catalogue, notes)
    if "consent_status" in roles:
        consents = (_consent(roles, sample, catalogue, notes),)
    mapping = ImportMapping(
        kind="contacts",
        identity=IdentityRules(
            phone=roles.get("phone"),
            bsuid=roles.get("bsuid"),
            external=roles.get("external"),
            default_region=default_region,
        ),
        attributes=attributes,
        known_since=known_since,
        tags=TagRules(columns=(roles["tags"],), split=_split_of(sample[roles["tags"]]))
        if "tags" in roles
        else TagRules(),
        consents=consents,
    )
    return Guess(mapping=mapping, notes=tuple(notes))


def _attributes(
    roles: Mapping[str, str], sample: Mapping[str, list[object]], catalogue: Catalogue, notes: list[str]
) -> dict[str, ValueRule]:
    """Return the rules of those roles that are attributes; a date of two readings becomes a note instead."""
    attributes: dict[str, ValueRule] = {}
    for name, column in roles.items():
        entry = catalogue.attribute(name)
        if entry is None or entry.derived_from is not None or name == "first_seen_at":
            continue
        rule = _dated(ValueRule(column=column), entry.type, sample[column], catalogue.default_zone)
        if rule is None:
            notes.append(
                f"The dates of {column!r} can be read in two ways or none; name a format in a mapping file."
            )
        else:
            attributes[name] = rule
    return attributes


def name_of(column: str) -> str:
    """Return a column's name as it is compared: folded, without accents, words joined by underscores."""
    folded = fold_text(column)
    plain = folded.translate(str.maketrans("éèêëàâäîïôöûüùçñ", "eeeeaaaiioouuucn"))
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def _roles(columns: Sequence[str], catalogue: Catalogue) -> dict[str, str]:
    """Return the column of each role; the first of several wins."""
    roles: dict[str, str] = {}
    for column in columns:
        name = name_of(column)
        role = _ROLE_OF.get(name) or (name if catalogue.attribute(name) is not None else None)
        if role is not None:
            roles.setdefault(role, column)
    return roles


def _sample(source: Source) -> dict[str, list[object]]:
    columns = source.facts.columns
    with closing(source.rows()) as found:
        rows = [row.cells for row in islice(found, SAMPLE_ROWS) if len(row.cells) == len(columns)]
    return {
        column: [cells[place] for cells in rows if cells[place] not in {None, ""}]
        for place, column in enumerate(columns)
    }


def _holds_phones(values: Iterable[object], default_region: str | None) -> bool:
    values = list(values)
    return bool(values) and sum(_is_phone(one, default_region) for one in values) >= len(values) * PHONE_SHARE


def _is_phone(value: object, default_region: str | None) -> bool:
    try:
        read_phone(value, default_region)
    except RowRefusedError:
        return False
    return True


def _dated(rule: ValueRule, kind: AttributeType, values: Sequence[object], zone: str) -> ValueRule | None:
    """Return the rule with the one date format that fits the sample, or None."""
    if kind is AttributeType.DATE:
        fitting = [
            one for one in (None, *_DAY_FORMATS) if all(_reads(read_day, value, one) for value in values)
        ]
    elif kind is AttributeType.INSTANT:
        rule = replace(rule, zone=zone)
        fitting = [
            one
            for one in (None, *_INSTANT_FORMATS)
            if all(
                _reads(lambda cell, pattern: read_instant(cell, pattern, zone), value, one)
                for value in values
            )
        ]
    else:
        return rule
    if None in fitting:
        return rule
    return replace(rule, format=fitting[0]) if len(fitting) == 1 else None


def _reads(read: Callable[[object, str | None], object], value: object, pattern: str | None) -> bool:
    try:
        read(value, pattern)
    except RowRefusedError:
        return False
    return True


def _instant_rule(
    column: str, sample: Mapping[str, list[object]], catalogue: Catalogue, notes: list[str]
) -> ValueRule | None:
    rule = _dated(ValueRule(column=column), AttributeType.INSTANT, sample[column], catalogue.default_zone)
    if rule is None:
        notes.append(
            f"The dates of {column!r} can be read in two ways or none; name a format in a mapping file."
        )
    return rule


def _consent(
    roles: Mapping[str, str], sample: Mapping[str, list[object]], catalogue: Catalogue, notes: list[str]
) -> ConsentRules:
    def rule(role: str) -> ValueRule | None:
        return ValueRule(column=roles[role]) if role in roles else None

    when = _instant_rule(roles["consent_when"], sample, catalogue, notes) if "consent_when" in roles else None
    return ConsentRules(
        purpose=_purpose(roles, notes),
        status=ValueRule(column=roles["consent_status"]),
        when=when,
        how=rule("consent_how"),
        wording=rule("consent_wording"),
        evidence=rule("consent_evidence"),
    )


def _purpose(roles: Mapping[str, str], notes: list[str]) -> ValueRule:
    """Return what the file itself says the consents are for; that is never guessed."""
    if "consent_purpose" in roles:
        return ValueRule(column=roles["consent_purpose"])
    if "marketing" in roles["consent_status"].casefold():
        notes.append(f"The column {roles['consent_status']!r} names the purpose of its consents: marketing.")
        return ValueRule(constant="marketing")
    notes.append(
        "The consent columns name no purpose, so their grants are only counted. If the wording people saw speaks of "
        'marketing, write purpose = "marketing" into the mapping file and import with it.'
    )
    return ValueRule(constant="")


def _split_of(values: Iterable[object]) -> str:
    text = "".join(read_spelled(value) or "" for value in values)
    return max((",", ";", "|"), key=text.count)
