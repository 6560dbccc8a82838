"""A mapping file says exactly what happens; whatever it does not know is refused by name."""

from pathlib import Path

import pytest

from rulecast.collect.imports.errors import MappingInvalidError
from rulecast.collect.imports.mapping_file import read_mapping, read_mapping_file
from rulecast.collect.imports.write_mapping import write_mapping

ROOT = Path(__file__).parents[4]
# The declaration of a workspace is TOML too, but no mapping.
EXAMPLES = sorted(one for one in (ROOT / "examples").glob("*/*.toml") if one.name != "workspace.toml")

FULL = """
format = 1
kind = "contacts"
known_since = { column = "since", format = "%d/%m/%Y", zone = "Africa/Casablanca" }
valid_from = 2026-01-01

[file]
encoding = "cp1252"
delimiter = "tab"
sheet = "People"

[identity]
phone = "tel \\"mobile\\""
external = "id"
bsuid = "bsuid"
bsuid_scope = "1234567890"
default_region = "ma"

[attributes]
city = "Ville"
spend = { column = "CA", type = "decimal", decimal = "," }
tier = { constant = "gold" }
country = { column = "Pays", map = { "Maroc" = "MA" }, otherwise = "" }
nickname = { column = "Surnom", class = "personal" }
interests = { column = "Intérêts", type = "list of text", split = "|" }

[tags]
columns = ["Tags"]
split = ";"
constant = ["imported"]

[[consent]]
purpose = "marketing"
status = { column = "optin" }
granted = ["ja"]
when = { column = "le", zone = "UTC" }
how = { constant = "web form" }
wording = "version"
evidence = "preuve"

[[consent]]
purpose = { column = "purpose" }
status = "status"
"""


def test_a_full_mapping_reads_back_as_it_was_written() -> None:
    mapping = read_mapping(FULL)

    assert read_mapping(write_mapping(mapping)) == mapping
    assert mapping.file.delimiter == "\t"
    assert mapping.identity.default_region == "MA"
    assert mapping.consents[0].can_be_proven
    assert not mapping.consents[1].can_be_proven


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_read_back_as_they_were_written(path: Path) -> None:
    mapping = read_mapping_file(path)

    assert read_mapping(write_mapping(mapping)) == mapping


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("format = 2\nkind = 'contacts'", "format"),
        ("format = 1\nkind = 'people'", "kind"),
        ("format = 1\nkind = 'contacts'\n[identity]\nfone = 'x'", "fone"),
        ("format = 1\nkind = 'contacts'\n[identity]\ndefault_region = 'Morocco'", "Morocco"),
        ("format = 1\nkind = 'contacts'\n[attributes]\nCity = 'x'", "City"),
        ("format = 1\nkind = 'contacts'\n[attributes.city]\ncolumn = 'x'\nconstant = 'y'", "attributes.city"),
        (
            "format = 1\nkind = 'contacts'\n[attributes.city]\ncolumn = 'x'\ntype = 'word'",
            "attributes.city.type",
        ),
        (
            "format = 1\nkind = 'contacts'\n[attributes.at]\ncolumn = 'x'\nzone = 'Mars/Base'",
            "attributes.at.zone",
        ),
        ("format = 1\nkind = 'contacts'\n[[consent]]\nstatus = 'x'", "consent[1]"),
        ("format = 1\nkind = 'contacts'\n[file]\ndelimiter = 'ab'", "delimiter"),
        ("format = 1\nkind = 'events'\n[event]\nname = 'x'", "event"),
        ("format = 1\nkind = 'contacts'\nvalid_from = 'soon'", "valid_from"),
        ("format = ", "TOML"),
    ],
)
def test_what_a_mapping_cannot_mean_is_refused_by_name(text: str, place: str) -> None:
    with pytest.raises(MappingInvalidError) as refused:
        read_mapping(text)
    assert place in refused.value.what
