"""What the supervisor of `rulecast serve` does with roles that end; the roles are processes that stand in for ours."""

import asyncio
import os
from pathlib import Path

import pytest

from rulecast.wiring.errors import RoleFailedError
from rulecast.wiring.serve import Group, supervise

# Leaves with the next code of the file `codes` at each start; when none is left it stays until it is told to end.
PROGRAM = """
import pathlib, signal, sys
codes = pathlib.Path(__file__).with_name("codes")
left = codes.read_text().split()
if left:
    codes.write_text(" ".join(left[1:]))
    sys.exit(int(left[0]))
codes.with_name("steady").touch()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
signal.pause()
"""


def group(folder: Path, codes: str) -> Group:
    package = folder / "rulecast"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(PROGRAM)
    (package / "codes").write_text(codes)
    return Group(options=(), environ={**os.environ, "PYTHONPATH": str(folder)}, listeners={})


async def wait_until_steady(folder: Path) -> None:
    async with asyncio.timeout(60):
        while not (folder / "rulecast" / "steady").exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.05)


async def test_a_role_that_ran_before_outlives_a_database_that_restarts(tmp_path: Path) -> None:
    stop = asyncio.Event()
    supervising = asyncio.create_task(supervise(group(tmp_path, "70 2"), ["engine"], stop))
    steady = asyncio.create_task(wait_until_steady(tmp_path))
    await asyncio.wait({supervising, steady}, return_when=asyncio.FIRST_COMPLETED)
    assert steady.done()
    stop.set()
    await asyncio.gather(supervising, steady)


async def test_a_role_that_needs_a_person_at_its_first_start_ends_the_group(tmp_path: Path) -> None:
    with pytest.raises(RoleFailedError):
        await supervise(group(tmp_path, "2"), ["engine"], asyncio.Event())
