"""Audiences: the compiled rule against the hand-written DuckDB query and the same rule over PostgreSQL JSONB.

`--size` people (default ten million) with five attributes; the hand-written query reads the same table. PostgreSQL
is measured at one million at most, beside ours of that size, because loading more would take longer than the measure.
"""

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.result import Result
from rulecast.database.embedded import DISPOSABLE, EmbeddedServer
from rulecast.rule.engine import compile_audience
from rulecast.rule.engine.mart.definition import create_statements
from rulecast.rule.engine.mart.file import open_file
from rulecast.rule.language import CheckedRule, check_rule
from rulecast.values.catalogue import Attribute, AttributeType, Catalogue, EventDefinition, Template

NOW = datetime(2026, 11, 17, 18, 55, tzinfo=UTC)
# Each run takes a tenth of a second or some seconds: the shorter one is repeated until its median is steady.
RUNS = 15
BEHAVIOUR_RUNS = 5
PEER_SIZE_MAX = 1_000_000
EVENTS_PER_PERSON = 5
CITIES = 40
CATALOGUE = Catalogue.of(
    attributes=[
        Attribute(name="points", type=AttributeType.INTEGER),
        Attribute(name="tier", type=AttributeType.TEXT),
        Attribute(name="spent", type=AttributeType.DECIMAL),
    ],
    events=[
        EventDefinition(name="purchase", properties={"amount": AttributeType.DECIMAL}),
        EventDefinition(name="visit", properties={"page": AttributeType.TEXT}),
    ],
    templates=[Template(name="offer", languages=("fr",))],
    numbers=["main"],
    default_zone="Africa/Casablanca",
)
RULE = """rule bench
  version 1
  priority promotion/40
  purpose marketing
  when {condition}
  send template offer in fr from main
"""
ATTRIBUTE_CONDITION = (
    'city in ("city3", "city7", "city11") and language = "fr" and points >= 500'
    ' and tier != "gold" and spent between 10 and 400'
)
# A missing tier counts as "not gold": the language's two-valued truth, written by hand.
ATTRIBUTE_BY_HAND = """
    SELECT contact_id FROM contact
    WHERE city IN ('city3', 'city7', 'city11') AND language = 'fr' AND points >= 500
        AND tier IS DISTINCT FROM 'gold' AND spent BETWEEN 10 AND 400
"""
ATTRIBUTE_IN_JSONB = """
    SELECT contact_id FROM bench_contact
    WHERE attributes ->> 'city' IN ('city3', 'city7', 'city11') AND attributes ->> 'language' = 'fr'
        AND (attributes ->> 'points')::bigint >= 500 AND attributes ->> 'tier' IS DISTINCT FROM 'gold'
        AND (attributes ->> 'spent')::numeric BETWEEN 10 AND 400
"""
BEHAVIOUR_CONDITION = (
    'did visit where (page = "page1") at least 2 times in last 30 days and did not purchase in last 30 days'
)
BEHAVIOUR_BY_HAND = """
    SELECT contact_id FROM event
    WHERE occurred_at >= TIMESTAMP '2026-10-18 18:55:00' AND occurred_at < TIMESTAMP '2026-11-17 18:55:00'
    GROUP BY contact_id
    HAVING count(*) FILTER (WHERE name = 'visit' AND p_page = 'page1') >= 2
        AND count(*) FILTER (WHERE name = 'purchase') = 0
"""


def measure(arguments: argparse.Namespace) -> Result:
    """Measure an attribute rule of five conditions and, beside it, a rule of two windowed counts."""
    size = arguments.size or 10_000_000
    with tempfile.TemporaryDirectory() as home:
        duck = _mart(Path(home), size)
        started = time.process_time()
        ours, by_hand, is_same = _race(duck, ATTRIBUTE_CONDITION, ATTRIBUTE_BY_HAND)
        cpu_s = time.process_time() - started
        duck.close()
        peer_size = min(size, PEER_SIZE_MAX)
        beside, peer, is_peer_same = _against_postgresql(Path(home), peer_size)
    return Result(
        name="audience",
        params={"people": size, "conditions": 5, "peer_people": peer_size},
        unit="seconds (lower is better)",
        ours=ours,
        limit=by_hand,
        peers={"postgresql_jsonb": peer},
        ours_beside_peer={"postgresql_jsonb": beside},
        peak_rss_mb=_peak_rss_mb(),
        cpu_s=cpu_s,
        valid=is_same and is_peer_same,
        beside=(measure_behaviour(arguments),),
    )


def measure_behaviour(arguments: argparse.Namespace) -> Result:
    """Measure a rule of two windowed counts, with five events per person."""
    size = arguments.size or 10_000_000
    with tempfile.TemporaryDirectory() as home:
        duck = _mart(Path(home), size, events=size * EVENTS_PER_PERSON)
        started = time.process_time()
        ours, by_hand, is_same = _race(duck, BEHAVIOUR_CONDITION, BEHAVIOUR_BY_HAND, runs=BEHAVIOUR_RUNS)
        cpu_s = time.process_time() - started
        duck.close()
    return Result(
        name="audience-behaviour",
        params={"people": size, "events": size * EVENTS_PER_PERSON},
        unit="seconds (lower is better)",
        ours=ours,
        limit=by_hand,
        peak_rss_mb=_peak_rss_mb(),
        cpu_s=cpu_s,
        valid=is_same,
    )


def _mart(home: Path, size: int, events: int = 0) -> duckdb.DuckDBPyConnection:
    duck = open_file(home / f"bench-{size}.duckdb", bytes(range(32)))
    for statement in create_statements(CATALOGUE):
        duck.execute(statement)
    duck.execute(
        f"""
        INSERT INTO contact (contact_id, first_seen_at, tags, country, city, language, points, tier, spent)
        SELECT i, TIMESTAMP '2025-01-01', [], 'ma', 'city' || (hash(i) % {CITIES}),
            CASE hash(i, 1) % 3 WHEN 0 THEN 'fr' WHEN 1 THEN 'ar' ELSE 'en' END, hash(i, 2) % 1000,
            CASE hash(i, 3) % 4 WHEN 0 THEN 'gold' WHEN 1 THEN 'silver' ELSE NULL END, (hash(i, 4) % 60000) / 100
        FROM range({size}) AS people (i)
        """
    )
    if events:
        duck.execute(
            f"""
            INSERT INTO event (event_id, contact_id, name, occurred_at, recorded_at, p_page, p_amount)
            SELECT i, hash(i) % {size}, CASE hash(i, 1) % 5 WHEN 0 THEN 'purchase' ELSE 'visit' END,
                TIMESTAMP '2026-11-17 18:55:00' - to_seconds((hash(i, 2) % 7776000)::BIGINT),
                TIMESTAMP '2026-11-17', 'page' || (hash(i, 3) % 4), 10
            FROM range({events}) AS happened (i)
            """
        )
    duck.execute("CHECKPOINT")
    return duck


def _race(
    duck: duckdb.DuckDBPyConnection, condition: str, by_hand: str, *, runs: int = RUNS
) -> tuple[float, float, bool]:
    """Time both in turn after one warm-up each; medians, and whether they find the same people."""
    checked = check_rule(RULE.format(condition=condition), CATALOGUE)
    assert isinstance(checked, CheckedRule), checked
    compiled = compile_audience(checked.condition, "duckdb", now=NOW).sql
    summary = "SELECT count(*), sum(contact_id), bit_xor(contact_id) FROM ({query})"
    ours_query, hand_query = summary.format(query=compiled), summary.format(query=by_hand)
    is_same = duck.execute(ours_query).fetchone() == duck.execute(hand_query).fetchone()
    pairs = [
        (
            _seconds(lambda: duck.execute(ours_query).fetchall()),
            _seconds(lambda: duck.execute(hand_query).fetchall()),
        )
        for _ in range(runs)
    ]
    return statistics.median(one for one, _ in pairs), statistics.median(one for _, one in pairs), is_same


def _against_postgresql(home: Path, size: int) -> tuple[float, float, bool]:
    duck = _mart(home / "peer", size)
    ours, _, _ = _race(duck, ATTRIBUTE_CONDITION, ATTRIBUTE_BY_HAND)
    found = sorted(row[0] for row in duck.execute(ATTRIBUTE_BY_HAND).fetchall())
    server = EmbeddedServer(home / "postgresql-home", tuning=DISPOSABLE)
    conninfo = make_conninfo(server.enter(), dbname="postgres")
    try:
        with psycopg.connect(conninfo) as connection:
            _load_jsonb(connection, duck)
            peer_found = sorted(row[0] for row in connection.execute(ATTRIBUTE_IN_JSONB))
            times = [_seconds(lambda: connection.execute(ATTRIBUTE_IN_JSONB).fetchall()) for _ in range(RUNS)]
    finally:
        server.leave()
        duck.close()
    return ours, statistics.median(times), peer_found == found


def _load_jsonb(connection: psycopg.Connection[tuple[int]], duck: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "CREATE TABLE bench_contact (contact_id bigint PRIMARY KEY, attributes jsonb NOT NULL)"
    )
    rows = duck.execute(
        "SELECT contact_id, to_json({city: city, language: language, points: points, tier: tier, spent: spent})"
        " FROM contact"
    )
    with connection.cursor().copy("COPY bench_contact FROM STDIN") as copy:
        while batch := rows.fetchmany(10_000):
            for row in batch:
                copy.write_row(row)
    connection.commit()
    connection.execute("ANALYZE bench_contact")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
