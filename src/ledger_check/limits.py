"""Reads what limits how fast a sender may be, and when it says that it was, by SQL; counts what breaks a limit (P8)."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from ledger_check.windows import Limit, Start, pairs_too_close, people_over, starts_too_fast

# The throughput of each number, and how many people its portfolio may write to.
NUMBERS = """
    SELECT n.business_number_id, n.portfolio_id, n.throughput_per_second, n.told_throughput_per_second,
        coalesce(extract(epoch FROM n.throughput_told_at), 0)::float8, p.people_per_day_max, p.told_people_per_day_max,
        coalesce(extract(epoch FROM p.people_told_at), 0)::float8
    FROM account.business_number AS n JOIN account.portfolio AS p USING (portfolio_id)
"""

# What left, as far as the sender knows: between the intent and the answer. A doubt may never have left.
LEFT = """
    SELECT m.business_number_id, a.contact_id, extract(epoch FROM a.intent_at)::float8,
        extract(epoch FROM a.finished_at)::float8, m.template_id = 0, a.state
    FROM deliver.attempt AS a JOIN deliver.message AS m USING (message_id)
    WHERE a.finished_at IS NOT NULL AND (a.state IN ('accepted', 'held') OR a.state = 'refused' AND a.error_code > 0)
"""

# Whom a portfolio wrote to first, as Meta counts: answers in an open window reach nobody new.
REACHED = """
    SELECT p.business_number_id, p.contact_id, extract(epoch FROM p.granted_at)::float8 FROM gate.permit AS p
    WHERE p.released_at IS NULL AND NOT p.is_in_window
"""

POLICY = "SELECT sending_policy::text FROM public.workspace"
# Of what Meta told, the share that is used; what the workspace says goes before.
USUAL_PERCENT = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number's portfolio, its messages a second, and the people its portfolio may write to in 24 hours."""

    portfolio_id: str
    throughput: Limit
    people: Limit

    def start(self, earliest: float, latest: float, *, is_answer: bool) -> Start:
        """Return a start of this number."""
        limit = self.throughput.at(earliest)
        assert limit is not None, "every number has a throughput"
        return Start(earliest=earliest, latest=latest, limit=limit, is_answer=is_answer)


def read_numbers(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, Number]:
    """Return the numbers with their limits."""
    row = connection.execute(POLICY).fetchone()
    policy: Mapping[str, Any] = (json.loads(row[0]) if row else None) or {}
    percent = policy.get("portfolio_percent", USUAL_PERCENT)
    return {
        number: Number(
            portfolio_id=portfolio_id,
            throughput=Limit(declared=per_second, told=told_per_second, told_at=throughput_told_at),
            people=Limit(
                declared=people,
                told=None if told_people is None else told_people * percent // 100,
                told_at=people_told_at,
            ),
        )
        for number, portfolio_id, per_second, told_per_second, throughput_told_at, people, told_people, people_told_at
        in connection.execute(NUMBERS.encode())
    }  # fmt: skip


def limits_exceeded(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, int]:
    """Return how often each limit was exceeded, by a short name, from what the sender wrote down alone."""
    numbers = read_numbers(connection)
    starts: dict[str, list[Start]] = defaultdict(list)
    pairs: dict[tuple[str, int], list[Start]] = defaultdict(list)
    for number, contact_id, earliest, latest, is_answer, state in connection.execute(LEFT.encode()):
        start = numbers[number].start(earliest, latest, is_answer=is_answer)
        starts[number].append(start)
        if state != "refused":
            pairs[number, contact_id].append(start)
    reached: dict[str, list[tuple[float, object, Limit]]] = defaultdict(list)
    for number, contact_id, at in connection.execute(REACHED.encode()):
        reached[numbers[number].portfolio_id].append((at, contact_id, numbers[number].people))
    return {
        "P8 more in a second than a number may": sum(map(starts_too_fast, starts.values())),
        "P8 a pair without its rest": sum(map(pairs_too_close, pairs.values())),
        "P8 more people in a day than a portfolio may": sum(map(people_over, reached.values())),
    }
