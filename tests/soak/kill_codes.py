"""What kills may do to codes: nothing."""

import psycopg

from ledger_check.promises import broken_promises
from tests.soak.kill_world import World


def codes_astray(world: World) -> int:
    """Return how many codes two people have, and how many accepted messages of the rule with codes have none."""
    assert world.settings.database_url is not None
    with psycopg.connect(world.settings.database_url) as connection:
        shared = broken_promises(connection).get("code of two people", 0)
    rows = world.query(
        "SELECT count(*) FROM deliver.message AS m JOIN deliver.run AS r USING (run_id)"
        " WHERE r.rule_name = 'winback_0' AND m.state = 'accepted' AND 1 <> (SELECT count(*)"
        " FROM gate.coupon_use AS u JOIN gate.permit AS p USING (permit_id)"
        " WHERE p.message_id = m.message_id AND p.released_at IS NULL AND u.released_at IS NULL)"
    )
    return shared + int(rows[0][0])
