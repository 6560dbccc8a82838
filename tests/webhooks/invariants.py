"""What holds of every body whatsoever, and how a body is changed at random into one nobody thought of."""

import copy
import dataclasses
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from rulecast.collect.count_facts import count_facts, count_unread, dated_facts
from rulecast.collect.parse_webhook import describe_unread, parse_webhook
from rulecast.collect.plain_statuses import PlainStatuses, parse_plain
from rulecast.collect.webhook_bodies import merge_bodies, split_body
from rulecast.collect.webhook_facts import ParsedWebhook

TEXT_LENGTH_MAX = 65_536
DESCRIPTION_LENGTH_MAX = 500
# A place where anything may stand in for anything else.
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, -0.0, 2**31, 2**63, 10**30, 1e308, "", "0", "-1", "1795000000", "1795000000000",
    "\0", "\ud83d", "é", "wamid.X", "US.1", "US.ENT.1", "text", "image", "system", "stop", "failed", "x" * 5_000, [],
    {}, [[]], [{}], [None], {"": ""}, {"type": "text"}, {"code": "131049"}, {"code": 10**10}, "TIER_1K",
    "TIER_" + "9" * 40, "April 17, 2025", "٣٣٣٣٣٣٣٣", "²³²³²³²³", 99999999999, "9" * 400,
)  # fmt: skip


def check_body(body: bytes) -> None:
    """Raise where a body breaks what must hold: nothing raised, all storable, the same facts in parts."""
    parsed = parse_webhook(body)
    for value in texts_and_instants(parsed):
        if isinstance(value, datetime):
            assert value.tzinfo is not None
        else:
            value.encode("utf-8")
            assert "\0" not in value
            assert len(value) <= TEXT_LENGTH_MAX
    check_plain(body, parsed)
    description = describe_unread(parsed)
    assert len(description) <= DESCRIPTION_LENGTH_MAX
    assert description.isprintable()
    assert sum(count_unread(parsed).values()) + sum(one.is_broken for one in parsed.unread) == len(
        parsed.unread
    )
    assert sum(count_facts(parsed).values()) == len(list(dated_facts(parsed)))
    once = told([body])
    assert told(split_body(body)) == once
    assert told(merge_bodies([body, body])) == Counter({fact: 2 * count for fact, count in once.items()})


def check_plain(body: bytes, parsed: ParsedWebhook) -> None:
    """Raise where the quick way through a body tells anything else than the thorough one."""
    plain = parse_plain(body)
    if plain is None:
        return
    assert parsed == ParsedWebhook(statuses=parsed.statuses)
    assert [one.error_code for one in parsed.statuses] == [0] * len(plain)
    assert not any(one.is_billable is False for one in parsed.statuses)
    assert plain == PlainStatuses(
        wamids=[one.wamid for one in parsed.statuses],
        words=[one.status for one in parsed.statuses],
        seconds=[int(one.occurred_at.timestamp()) for one in parsed.statuses],
        opaque_ids=[one.opaque_id for one in parsed.statuses],
        pricing_types=[one.pricing_type for one in parsed.statuses],
        pricing_categories=[one.pricing_category for one in parsed.statuses],
    )


def told(bodies: Iterable[bytes]) -> Counter[str]:
    """Return every fact of these bodies with all its values, as often as it is told."""
    return Counter(
        f"{kind} {dataclasses.asdict(fact)}"  # type: ignore[call-overload]  # every fact is a dataclass
        for body in bodies
        for kind, fact in dated_facts(parse_webhook(body))
    )


def texts_and_instants(parsed: ParsedWebhook) -> Iterator[str | datetime]:
    """Yield every text and every instant of the facts of a body, keys of details included."""
    waiting: list[object] = [dataclasses.asdict(parsed)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str | datetime):
            yield found
        elif isinstance(found, dict):
            waiting += [*found.keys(), *found.values()]
        elif isinstance(found, list | tuple):
            waiting += found


def mutate(body: bytes, chance: random.Random) -> bytes:
    """Return a body with one to four places of its JSON changed; bytes that are no JSON get one other byte."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        place = chance.randrange(len(body) + 1)
        return body[:place] + bytes([chance.randrange(256)]) + body[place + 1 :]
    for _ in range(chance.randrange(1, 5)):
        document = _changed(document, chance)
    separators = chance.choice([(",", ":"), (", ", ": ")])
    return json.dumps(document, separators=separators, ensure_ascii=chance.random() < 0.8).encode(
        "utf-8", "replace"
    )


def _changed(document: Any, chance: random.Random) -> Any:
    places = list(_places(document))
    if not places:
        return copy.deepcopy(chance.choice(ODD_VALUES))
    parent, key = chance.choice(places)
    match chance.randrange(4):
        case 0:
            parent[key] = copy.deepcopy(chance.choice(ODD_VALUES))
        case 1:
            del parent[key]
        case 2:
            other, other_key = chance.choice(places)
            # A deep copy: a value put inside itself would have no end.
            parent[key] = json.loads(json.dumps(other.get(other_key) if isinstance(other, dict) else None))
        case _:
            if isinstance(parent, list):
                parent.append(json.loads(json.dumps(parent[key])))
            else:
                parent[f"{key}_{chance.randrange(9)}"] = parent.pop(key)
    return document


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every list or object with each of its places; a place can be gone when it is used."""
    waiting = [document] if isinstance(document, dict | list) else []
    while waiting:
        found = waiting.pop()
        for key in list(found) if isinstance(found, dict) else range(len(found)):
            yield found, key
            if isinstance(found[key], dict | list):
                waiting.append(found[key])
