"""The lease of a business number: one sender at a time, and a fence that keeps out whoever held it before."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rulecast.deliver import store
from rulecast.deliver.restore import Pulse
from rulecast.deliver.store import Connection
from rulecast.values.failpoints import INERT, Failpoint, Failpoints

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PROCESS_NAMESPACE = Path("/proc/self/ns/pid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A lease taken: the epoch is the fence every later write carries; a database behind the pulse takes none."""

    business_number_id: str
    epoch: int
    doubted: int
    returned: int
    pulse: Pulse = field(default_factory=Pulse)


HolderIsDead = Callable[[str], bool]


def this_holder(serial: int) -> str:
    """Name this process so that a later one on the same machine can tell whether it still lives.

    `serial` tells several senders of one process apart.
    """
    return f"{_machine()}/{os.getpid()}/{_start_ticks(os.getpid())}/{serial}"


def holder_is_dead(holder: str) -> bool:
    """Return whether the process behind a lease surely lives no more; a holder elsewhere is never called dead.

    Waiting for the lease to end would be as safe; knowing saves a restarted process that wait. The fence holds either
    way.
    """
    machine, _, rest = holder.partition("/")
    if not machine or machine != _machine():
        return False
    pid, _, rest = rest.partition("/")
    ticks = rest.partition("/")[0]
    return pid.isdigit() and _start_ticks(int(pid)) != ticks


def _machine() -> str:
    """Return boot and process namespace: only inside both does a process id mean anything."""
    try:
        return BOOT_ID.read_text().strip() + ":" + str(PROCESS_NAMESPACE.readlink())
    except OSError:
        return ""


def _start_ticks(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    # A zombie runs nothing any more; field 3 is the state, field 22 the start (proc(5)).
    return "" if fields[0] == "Z" else fields[19]


async def acquire_lease(  # noqa: PLR0913 - two of them only for drills
    connection: Connection,
    business_number_id: str,
    *,
    holder: str,
    lease_seconds: float,
    now: datetime,
    is_dead: HolderIsDead = holder_is_dead,
    failpoints: Failpoints = INERT,
) -> Lease | None:
    """Take the lease if nobody holds it, and in the same transaction settle what the last holder left.

    None means that another sender holds it.
    """
    standing = await store.lock_lease(connection, business_number_id)
    if standing is not None and standing[2] and not is_dead(standing[0]):
        return None
    epoch = await store.take_lease(
        connection,
        business_number_id,
        holder=holder,
        lease_seconds=lease_seconds,
        is_first=standing is None,
    )
    if epoch is None:
        return None
    await failpoints.reach(Failpoint.AFTER_LEASE_TAKE)
    doubted, returned = await store.recover(connection, business_number_id, epoch=epoch, now=now)
    await failpoints.reach(Failpoint.BEFORE_RECOVERY_COMMIT)
    return Lease(business_number_id=business_number_id, epoch=epoch, doubted=doubted, returned=returned)
