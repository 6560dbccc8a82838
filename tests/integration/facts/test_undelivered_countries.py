"""What Meta does not deliver to a country is not sent there: by area code, not by +1 (whatsapp-platform 4.5)."""

from tests.integration.facts.conftest import Door
from tests.integration.facts.test_accounts import verdict
from tests.integration.facts.test_people import known
from tests.sending import launch


async def test_marketing_to_an_american_area_code_is_denied_and_a_canadian_one_gets_it(door: Door) -> None:
    workspace = door.workspace
    found = {}
    for place, number in (
        ("new york", "+12125550123"),
        ("toronto", "+14165550123"),
        ("casablanca", "+212612345678"),
    ):
        person = await known(door, number)
        async with workspace.database.transaction() as connection:
            run = await launch(workspace, connection, [person], name=place.replace(" ", "_"))
        found[place] = await verdict(door, run)
    assert found == {
        "new york": ("denied", "not_delivered_there"),
        "toronto": ("allowed", ""),
        "casablanca": ("allowed", ""),
    }
