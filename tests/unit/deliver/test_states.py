"""The drawing, the enum and the database's CHECK show the same states; every arrow is drawn."""

import re
from importlib.resources import files

from rulecast.database import Database
from rulecast.deliver.state import OPEN_STATES, TRANSITIONS, AttemptState, MessageState

README = files("rulecast.deliver").joinpath("README.md").read_text(encoding="utf-8")


def test_the_drawing_shows_exactly_the_arrows_that_may_be_drawn() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+)$", README, re.MULTILINE))
    assert drawn == {(before.value, after.value) for before, after in TRANSITIONS}


def test_every_state_is_explained() -> None:
    explained = re.findall(r"^\| (\w+) \|", README, re.MULTILINE)
    assert set(explained) - {"state"} == {state.value for state in MessageState}


def test_every_state_can_be_reached_and_open_states_can_be_left() -> None:
    reached = {after for _, after in TRANSITIONS} | {MessageState.PLANNED}
    assert reached == set(MessageState)
    assert {before for before, _ in TRANSITIONS} >= OPEN_STATES


async def test_the_database_knows_the_same_states(database: Database) -> None:
    async with database.connection() as connection:
        for table, states in (("message", MessageState), ("attempt", AttemptState)):
            cursor = await connection.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = %s::regclass AND conname = %s",
                (f"deliver.{table}", f"{table}_state_check"),
            )
            row = await cursor.fetchone()
            assert row is not None
            assert set(re.findall(r"'(\w+)'", row[0])) == {state.value for state in states}
