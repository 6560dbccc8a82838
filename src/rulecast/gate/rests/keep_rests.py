"""Keep what failures say about people, in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rulecast.gate.rests import store
from rulecast.gate.rests.rest import KEPT_MAX, RestRule, rest_until
from rulecast.gate.rests.store import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A message to a person that Meta did not deliver."""

    contact_id: int
    code: int
    failed_at: datetime


async def keep_rests(
    connection: Connection, failures: Sequence[Failure], *, rules: Mapping[int, RestRule]
) -> None:
    """Count the failures, by the rule of each code, and let people rest; repeats and any order come to the same.

    Rows are locked in the order of people and codes.
    """
    new: dict[tuple[int, int], set[datetime]] = {}
    for one in failures:
        new.setdefault((one.contact_id, one.code), set()).add(one.failed_at)
    if not new:
        return
    keys = sorted(new)
    known = await store.lock_rests(connection, keys)
    delivered = await store.find_last_deliveries(connection, sorted({contact_id for contact_id, _ in keys}))
    rows = []
    for key in keys:
        failed_at = sorted(new[key] | set(known.get(key, ())))[-KEPT_MAX:]
        until = rest_until(rules[key[1]], failed_at, last_delivered_at=delivered.get(key[0]))
        rows.append(
            store.RestRow(
                contact_id=key[0],
                code=key[1],
                kind=rules[key[1]].kind,
                failed_at=failed_at,
                rests_until=until,
            )
        )
    await store.save_rests(connection, rows)
