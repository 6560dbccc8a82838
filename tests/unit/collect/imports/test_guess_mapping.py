"""Columns are guessed by name and content; what could be read in two ways is left to a person."""

from pathlib import Path

from rulecast.collect.imports.guess_mapping import Guess, guess_contact_mapping
from rulecast.collect.imports.mapping import FileRules
from rulecast.collect.imports.open_source import open_source
from rulecast.values.catalogue import Catalogue


def guess(tmp_path: Path, text: str) -> Guess:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    return guess_contact_mapping(open_source(path, FileRules()), Catalogue.of(), default_region="MA")


def test_columns_are_known_in_several_languages(tmp_path: Path) -> None:
    for header in ("Phone,City,First name", "Téléphone,Ville,Prénom", "الهاتف الجوال,المدينة,الاسم"):
        found = guess(
            tmp_path, f"{header.replace('الهاتف الجوال', 'الجوال')}\n0612000001,Rabat,Asha\n"
        ).mapping
        assert found.identity.phone is not None
        assert set(found.attributes) == {"city", "first_name"}


def test_a_column_of_phone_numbers_is_found_by_its_content_and_said(tmp_path: Path) -> None:
    found = guess(tmp_path, "who,where\n0612000001,x\n+212612000002,y\n")

    assert found.mapping.identity.phone == "who"
    assert "who" in found.notes[0]


def test_a_date_that_could_be_swapped_is_left_out_and_said(tmp_path: Path) -> None:
    swapped = guess(tmp_path, "phone,birthday\n0612000001,02/04/1990\n0612000002,03/05/1991\n")
    told = guess(tmp_path, "phone,birthday\n0612000001,02/04/1990\n0612000002,23/05/1991\n")

    assert "birth_date" not in swapped.mapping.attributes
    assert "birthday" in swapped.notes[0]
    assert told.mapping.attributes["birth_date"].format == "%d/%m/%Y"


def test_columns_nobody_knows_are_not_taken(tmp_path: Path) -> None:
    assert guess(tmp_path, "phone,iban,religion\n0612000001,x,y\n").mapping.attributes == {}
