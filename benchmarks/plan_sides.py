"""The processes of the plan benchmark: `python -m benchmarks.plan_sides prepare|ours|by_hand HOME SIZE SEED`."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import duckdb
from tests.planning import WORKSPACE_FILE, rule_text

from benchmarks.cost import database_cpu_s, own_cpu_s, peak_rss_mb
from benchmarks.plan_people import RULE_NAME, START, fill_people
from rulecast.account import shipped_rate_card
from rulecast.config import load_settings
from rulecast.template.store import list_templates
from rulecast.values.clock import ManualClock
from rulecast.values.reason import NUMBERS
from rulecast.wiring.catch_up import catch_up
from rulecast.wiring.engine import open_engine
from rulecast.wiring.plan_draft import PlanRequest
from rulecast.wiring.plan_making import make_plans
from rulecast.wiring.workspace import Workspace, open_workspace
from rulecast.wiring.workspace_file import apply_workspace_file

RULE = rule_text(RULE_NAME, clauses="limit this rule to 1 per person per 14 days")
CHUNK_BYTES = 1 << 18
COUNT = "SELECT reason_number, count(*) FROM {table} {where} GROUP BY reason_number ORDER BY reason_number"
# What the hand-made side keeps beside PostgreSQL; it is filled before its clock starts.
KEPT = {
    "person": (
        "SELECT contact_id, attributes ->> 'city' AS city, country, language, attributes ->> 'birth_date' AS born,"
        " is_restricted, is_reachable FROM profile.contact"
    ),
    "consent": "SELECT contact_id, status, is_proven, effective_at, consent_id FROM profile.consent",
    "suppression": (
        "SELECT contact_id, scope, action, cause, occurred_at, suppression_id FROM profile.suppression"
    ),
    "permit": "SELECT contact_id, rule_name, granted_at FROM gate.permit",
}
DECISIONS = """
COPY (
    WITH said AS (
        SELECT contact_id, arg_max(status, (effective_at, status <> 'granted', is_proven, consent_id)) AS status,
            arg_max(is_proven, (effective_at, status <> 'granted', is_proven, consent_id)) AS is_proven
        FROM consent GROUP BY contact_id
    ), stopped AS (
        SELECT contact_id, bool_or(cause = 'import') AS is_listed FROM (
            SELECT contact_id, scope, arg_max(action, (occurred_at, action <> 'resume', suppression_id)) AS action,
                arg_max(cause, (occurred_at, action <> 'resume', suppression_id)) AS cause
            FROM suppression GROUP BY contact_id, scope)
        WHERE action = 'stop' GROUP BY contact_id
    ), used AS (
        SELECT contact_id,
            count(*) FILTER (WHERE rule_name = '{rule}' AND granted_at > {now} - INTERVAL 14 DAY) >= 1 AS has_limit,
            count(*) FILTER (WHERE granted_at > {now} - INTERVAL 24 HOUR) >= 2
                OR count(*) FILTER (WHERE granted_at > {now} - INTERVAL 7 DAY) >= 5 AS is_capped
        FROM permit GROUP BY contact_id
    ), decided AS (
        SELECT contact_id, country, language, CASE
            WHEN said.status IS NULL THEN {no_consent}
            WHEN said.status <> 'granted' THEN {consent_withdrawn}
            WHEN NOT said.is_proven THEN {unproven_consent}
            WHEN stopped.is_listed THEN {suppressed}
            WHEN stopped.contact_id IS NOT NULL THEN {opted_out}
            WHEN born > '2008-11-17' THEN {under_age}
            WHEN is_restricted THEN {restricted}
            WHEN NOT is_reachable THEN {unreachable}
            WHEN has_limit THEN {limit}
            WHEN is_capped THEN {capped}
            ELSE 0 END AS reason
        FROM person LEFT JOIN said USING (contact_id) LEFT JOIN stopped USING (contact_id)
            LEFT JOIN used USING (contact_id)
        WHERE city IN ('casablanca', 'rabat', 'lyon', 'tunis')
    )
    SELECT 0, contact_id, reason, if(reason = 0, template_id, 0), 0,
        if(reason = 0, '2026-11-17 18:55:00+00', '-infinity'), if(reason = 0, '2026-11-20 18:55:00+00', 'infinity'),
        0, 0, false, if(reason = 0, price_e4, 0), '2026-11-17'
    FROM decided JOIN offer USING (language) JOIN price USING (country) ORDER BY contact_id
) TO '{file}' (FORMAT csv, HEADER false)
"""
COPY_BY_HAND = """
COPY public.by_hand (
    plan_id, contact_id, reason_number, template_id, batch, send_from, send_until, lost_to_plan_id, margin,
    in_holdout, price_e4, decision_day) FROM STDIN (FORMAT csv)
"""
DIFFERENT = """
SELECT count(*) FROM plan.member AS m FULL JOIN public.by_hand AS h USING (contact_id)
WHERE (m.reason_number, m.template_id, m.send_from, m.send_until, m.price_e4, m.decision_day) IS DISTINCT FROM
    (h.reason_number, h.template_id, h.send_from, h.send_until, h.price_e4, h.decision_day)
"""


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Workspace]:
    """Open the benchmark's workspace; its clock stands still."""
    settings = load_settings({"RULECAST_HOME": str(home)})
    async with open_workspace(settings, actor="benchmark", clock=ManualClock(START)) as workspace:
        yield workspace


async def prepare(home: Path, size: int, seed: int) -> dict[str, Any]:
    """Fill the workspace and let the mart read it, as the engine does all day."""
    async with opened(home) as workspace:
        await apply_workspace_file(workspace, WORKSPACE_FILE, source="workspace.toml")
        started = time.perf_counter()
        async with workspace.database.transaction() as connection:
            await fill_people(connection, size=size, seed=seed)
        filled = time.perf_counter()
        async with open_engine(workspace) as engine, workspace.database.connection() as connection:
            await catch_up(connection, engine.mart, await workspace.catalogue(connection))
        return {"fill_seconds": filled - started, "sync_seconds": time.perf_counter() - filled}


async def ours(home: Path, _size: int, _seed: int) -> dict[str, Any]:
    """Make the plan with the real verb."""
    async with opened(home) as workspace, open_engine(workspace) as engine:
        with measured(home) as cost:
            (plan_id,) = await make_plans(
                workspace, engine.mart, PlanRequest(texts=(RULE,), created_by="benchmark")
            )
        async with workspace.database.connection() as connection:
            count = COUNT.format(table="plan.member", where="WHERE plan_id = %s")
            rows = await (await connection.execute(count.encode(), (plan_id,))).fetchall()
    return {**cost, "reasons": {str(reason): people for reason, people in rows}}


async def by_hand(home: Path, _size: int, _seed: int) -> dict[str, Any]:
    """Decide the same in one DuckDB statement over plain tables, and COPY it into a table like the real one."""
    file, number = home / "decisions.csv", {reason.value: str(one) for reason, one in NUMBERS.items()}
    decisions = DECISIONS.format(
        **number, rule=RULE_NAME, now=f"TIMESTAMPTZ '{START.isoformat()}'", file=file
    )
    async with opened(home) as workspace:
        duck = duckdb.connect(config={"threads": 2})
        await keep(workspace, duck, home)
        async with workspace.database.connection() as connection:
            await connection.execute("CREATE TABLE public.by_hand (LIKE plan.member INCLUDING ALL)")
        with measured(home) as cost:
            duck.execute(decisions)
            async with workspace.database.transaction() as connection:
                async with connection.cursor().copy(COPY_BY_HAND) as copy:
                    with file.open("rb") as stream:
                        while chunk := stream.read(CHUNK_BYTES):
                            await copy.write(chunk)
                count = COUNT.format(table="public.by_hand", where="")
                rows = await (await connection.execute(count.encode())).fetchall()
        async with workspace.database.connection() as connection:
            different = await (await connection.execute(DIFFERENT)).fetchone()
    assert different is not None
    return {
        **cost,
        "reasons": {str(reason): people for reason, people in rows},
        "people_decided_differently": different[0],
    }


async def keep(workspace: Workspace, duck: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Copy what the decisions need into DuckDB, with the templates and the prices."""
    async with workspace.database.connection() as connection:
        for name, query in KEPT.items():
            file = home / f"{name}.csv"
            with file.open("wb") as stream:
                copying = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER true)".encode()
                async with connection.cursor().copy(copying) as copy:
                    async for chunk in copy:
                        stream.write(chunk)
            duck.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{file}', all_varchar = false)")
            file.unlink()
        templates = await list_templates(connection)
    duck.execute("ALTER TABLE person ALTER born TYPE VARCHAR")
    duck.execute("CREATE TABLE offer (language VARCHAR, template_id BIGINT)")
    duck.executemany(
        "INSERT INTO offer VALUES (?, ?)", [(one.language, one.template_id) for one in templates]
    )
    duck.execute("CREATE TABLE price (country VARCHAR, price_e4 BIGINT)")
    card = shipped_rate_card()
    prices = [
        (one, card.find(one, "marketing", currency="USD", on=START.date()).price_e4)
        for one in ("MA", "FR", "TN")
    ]
    duck.executemany("INSERT INTO price VALUES (?, ?)", prices)


class measured:  # noqa: N801 - reads as a word after `with`
    """Fill a dictionary with what the body of a `with` cost: seconds, CPU, and the peak memory of this process."""

    def __init__(self, home: Path) -> None:
        """Keep where the server is."""
        self._home = str(home)
        self._cost: dict[str, Any] = {}

    def __enter__(self) -> dict[str, Any]:
        """Start the clocks."""
        self._cpu_s, self._database_s = own_cpu_s(), database_cpu_s(self._home)
        self._started = time.perf_counter()
        return self._cost

    def __exit__(self, *_error: object) -> None:
        """Stop them."""
        self._cost["seconds"] = time.perf_counter() - self._started
        self._cost["cpu_s"] = own_cpu_s() - self._cpu_s
        self._cost["database_cpu_s"] = database_cpu_s(self._home) - self._database_s
        self._cost["peak_rss_mb"] = peak_rss_mb()


Side = Callable[[Path, int, int], Coroutine[Any, Any, dict[str, Any]]]
SIDES: Mapping[str, Side] = {"prepare": prepare, "ours": ours, "by_hand": by_hand}


if __name__ == "__main__":
    side, folder, people, drawn_by = sys.argv[1:]
    print(json.dumps(asyncio.run(SIDES[side](Path(folder), int(people), int(drawn_by)))))
