"""What both sides of the import benchmark share: their workspace, and what they found there afterwards."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.cost import database_cpu_s, ended_children_cpu_s, own_cpu_s, peak_rss_mb
from rulecast.config import load_settings
from rulecast.wiring.workspace import Workspace, open_workspace

ROOT_KEY = "QkVOQ0hNQVJLQkVOQ0hNQVJLQkVOQ0hNQVJLQkVOQ0g="
WORKERS = 2
# Everything both sides must agree on, in no order: who is there with which values, and who said what when.
FOUND = """
SELECT (SELECT count(*) FROM profile.contact), (SELECT count(*) FROM profile.consent),
    (SELECT count(*) FROM profile.identity), (SELECT count(*) FROM profile.sending_guard),
    (SELECT md5(string_agg(person.line, '' ORDER BY person.line)) FROM (
        SELECT md5(i.lookup::text || c.attributes::text || c.is_reachable::text
            || (c.sealed_attributes IS NOT NULL)::text) AS line
        FROM profile.contact AS c JOIN profile.identity AS i USING (contact_id)) AS person),
    (SELECT md5(string_agg(said.line, '' ORDER BY said.line)) FROM (
        SELECT md5(concat_ws('/', i.lookup::text, c.purpose, c.status, c.effective_at::text, c.is_proven::text)) AS line
        FROM profile.consent AS c JOIN profile.identity AS i USING (contact_id)) AS said)
"""

Work = Callable[[Workspace, Path], Awaitable[int]]


def run_side(work: Work) -> int:
    """Open the workspace named on the command line, run and time the work, print one JSON object."""
    print(json.dumps(asyncio.run(_measured(Path(sys.argv[1]), Path(sys.argv[2]), work))))
    return 0


async def _measured(home: Path, file: Path, work: Work) -> dict[str, Any]:
    settings = load_settings({"RULECAST_HOME": str(home), "RULECAST_ROOT_KEY": ROOT_KEY})
    async with open_workspace(settings, actor="benchmark") as workspace:
        cpu_s, database_s = _cpu_s(), database_cpu_s(str(home))
        started = time.perf_counter()
        rejected = await work(workspace, file)
        seconds = time.perf_counter() - started
        cpu_s, database_s = _cpu_s() - cpu_s, database_cpu_s(str(home)) - database_s
        async with workspace.database.connection() as connection:
            found = await (await connection.execute(FOUND)).fetchone()
        async with workspace.keys_database.connection() as connection:
            keys = await (await connection.execute("SELECT count(*) FROM contact_key")).fetchone()
    assert found is not None
    assert keys is not None
    return {
        "seconds": seconds,
        "cpu_s": cpu_s,
        "database_cpu_s": database_s,
        "peak_rss_mb": peak_rss_mb(children=WORKERS),
        "found": {
            "contacts": found[0],
            "consents": found[1],
            "identities": found[2],
            "guards": found[3],
            "people_hash": found[4],
            "consent_hash": found[5],
            "keys": keys[0],
            "rejects": rejected,
        },
    }


def _cpu_s() -> float:
    # The workers have ended by then.
    return own_cpu_s() + ended_children_cpu_s()
