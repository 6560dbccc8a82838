"""Migrations keep to what senders can live with: no table is held for long, none loses what the release before reads.

The rules hold for what comes after the first release; nobody has sent beside an earlier migration (P20, F104).
"""

import re

import pytest
from tests.database import SOURCE

from rulecast.database.migrate import MAIN_DIRECTORY, migration_names

# The last migration of the first release: none before it ever met a sender of another release.
FIRST_RELEASE = "0179"
LATER = [name for name in migration_names(MAIN_DIRECTORY) if name > FIRST_RELEASE]
COMMENT = re.compile(r"(?m)--.*$|/\*[\s\S]*?\*/")
LITERAL = re.compile(r"\$\w*\$[\s\S]*?\$\w*\$|'(?:[^']|'')*'")
CREATED = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?([a-z_.0-9]+)")
# What holds a table of any size for as long as it is read or written whole, and how to do it instead.
LONG: tuple[tuple[str, str], ...] = (
    (r"ALTER COLUMN \w+ (?:SET DATA )?TYPE\b", "add a column, fill it in steps, read it in the next release"),
    (r"ALTER COLUMN \w+ SET NOT NULL", "use CHECK (... IS NOT NULL) NOT VALID, then validate it"),
    (r"ADD (?:CONSTRAINT \w+ )?(?:CHECK|FOREIGN KEY)(?!.*NOT VALID)", "say NOT VALID, validate it later"),
    (r"ADD (?:CONSTRAINT \w+ )?(?:PRIMARY KEY|UNIQUE|EXCLUDE)(?! USING INDEX)", "make the index first"),
    (r"ADD COLUMN (?:IF NOT EXISTS )?\w+ [^,;]*\bGENERATED\b[^,;]*\bSTORED\b", "fill a plain column in steps"),
    (r"ADD COLUMN (?:IF NOT EXISTS )?\w+ [^,;]*\bDEFAULT [^,;]*(?:random|stamp\(|nextval|uuid)", "fill it later"),
    (r"^(?:CREATE (?:UNIQUE )?INDEX|REINDEX)\b(?! CONCURRENTLY)", "say CONCURRENTLY, under `-- transactional: false`"),
    (r"^(?:VACUUM FULL|CLUSTER|TRUNCATE|LOCK|REFRESH MATERIALIZED)\b", "nobody can write meanwhile"),
    (r"^UPDATE (?!.*\bWHERE\b)", "rows are locked and written all at once; fill them in steps"),
)  # fmt: skip
# What the release before still reads or writes.
LOSES: tuple[str, ...] = (
    r"\bDROP (?:COLUMN|TABLE|SCHEMA|VIEW|FUNCTION|TYPE|SEQUENCE)\b",
    r"\bRENAME\b",
    r"\bADD COLUMN (?:IF NOT EXISTS )?\w+ (?=[^,;]*\bNOT NULL\b)(?![^,;]*\bDEFAULT\b)",
    r"\bALTER COLUMN \w+ DROP DEFAULT\b",
)
FITTING = re.compile(r"INSERT INTO public\.fitting_migration \(migration_id\) VALUES \('([^']+)'\)")


def faults(name: str, text: str) -> list[str]:
    """Return what is wrong with a migration, rule by rule."""
    fits = FITTING.findall(text)
    found = [f"it says {one} of itself" for one in fits if one != name]
    plain = LITERAL.sub("''", COMMENT.sub("", text))
    new = set(CREATED.findall(plain))
    for statement in (" ".join(one.split()) for one in plain.split(";")):
        target = re.search(r"(?:ALTER TABLE(?: ONLY)?|\bON(?: ONLY)?|^UPDATE) ([a-z_.0-9]+)", statement)
        if target and target[1] in new:
            continue
        found += [f"{advice}: {statement[:80]}" for shape, advice in LONG if re.search(shape, statement)]
        found += [
            f"the release before still uses it, and the migration says that it fits: {statement[:80]}"
            for shape in LOSES
            if fits and re.search(shape, statement)
        ]
    return found


@pytest.mark.parametrize("name", LATER or ["none yet"])
def test_a_migration_holds_no_table_for_long_and_says_rightly_whom_it_fits_f104(name: str) -> None:
    if name != "none yet":
        text = (SOURCE / MAIN_DIRECTORY / f"{name}.sql").read_text(encoding="utf-8")
        assert faults(name, text) == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE a.b ALTER COLUMN c TYPE bigint",
        "ALTER TABLE a.b ALTER COLUMN c SET DATA TYPE bigint",
        "ALTER TABLE a.b ALTER COLUMN c SET NOT NULL",
        "ALTER TABLE a.b ADD CONSTRAINT d CHECK (c > 0)",
        "ALTER TABLE a.b ADD CONSTRAINT d FOREIGN KEY (c) REFERENCES e (c)",
        "ALTER TABLE a.b ADD UNIQUE (c)",
        "ALTER TABLE a.b ADD COLUMN c timestamptz DEFAULT clock_timestamp()",
        "ALTER TABLE a.b ADD COLUMN c integer GENERATED ALWAYS AS (d * 2) STORED",
        "CREATE INDEX ON a.b (c)",
        "CREATE UNIQUE INDEX d ON a.b (c)",
        "UPDATE a.b SET c = 1",
        "TRUNCATE a.b",
        "LOCK TABLE a.b",
    ],
)
def test_what_holds_a_table_for_long_is_found(statement: str) -> None:
    assert len(faults("9000.next", f"-- A remark;\n{statement};\n")) == 1
    # A table that the migration makes has no rows and no readers.
    assert faults("9000.next", f"CREATE TABLE a.b (c integer);\n{statement};\n".replace("TRUNCATE a.b", "")
                  .replace("LOCK TABLE a.b", "")) == []  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE a.b DROP COLUMN c",
        "DROP TABLE a.b",
        "ALTER TABLE a.b RENAME COLUMN c TO d",
        "ALTER TABLE a.b ADD COLUMN c integer NOT NULL",
        "ALTER TABLE a.b ALTER COLUMN c DROP DEFAULT",
    ],
)
def test_what_the_release_before_needs_is_not_taken_while_it_is_said_to_fit(statement: str) -> None:
    says = "INSERT INTO public.fitting_migration (migration_id) VALUES ('9000.next');\n"
    assert faults("9000.next", f"{statement};\n") == []
    assert len(faults("9000.next", f"{statement};\n{says}")) == 1
    assert faults("9001.other", says) == ["it says 9000.next of itself"]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE a.b ADD COLUMN c integer",
        "ALTER TABLE a.b ADD COLUMN c text NOT NULL DEFAULT 'x, or y; DROP TABLE z'",
        "ALTER TABLE a.b ADD CONSTRAINT d CHECK (c > 0) NOT VALID",
        "ALTER TABLE a.b VALIDATE CONSTRAINT d",
        "UPDATE a.b SET c = 1 WHERE d = 2",
        "CREATE TABLE a.d (c integer UNIQUE)",
        "CREATE INDEX CONCURRENTLY ON a.b (c)",
    ],
)
def test_what_senders_can_live_with_is_allowed(statement: str) -> None:
    says = "INSERT INTO public.fitting_migration (migration_id) VALUES ('9000.next');\n"
    assert faults("9000.next", f"{statement};\n{says}") == []
