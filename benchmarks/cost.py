"""What a measured side cost: CPU of this process, of the children that have ended, and of an embedded PostgreSQL."""

import os
import resource
from contextlib import suppress
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def own_cpu_s() -> float:
    """Return the CPU seconds of this process."""
    return _cpu_s(resource.RUSAGE_SELF)


def ended_children_cpu_s() -> float:
    """Return the CPU seconds of the children that have ended."""
    return _cpu_s(resource.RUSAGE_CHILDREN)


def peak_rss_mb(*, children: int = 0) -> float:
    """Return the peak memory of this process, and so many times that of the largest child that has ended."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + children * child) / 1024


def database_cpu_s(home: str) -> float:
    """Return the CPU seconds of the embedded server's living processes."""
    pid_files = list(Path(home).rglob("postmaster.pid"))
    if not pid_files:
        return 0.0
    postmaster = pid_files[0].read_text().split()[0]
    ticks = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            text = entry.read_text()
            fields = text.rpartition(")")[2].split()
            if fields[1] == postmaster or entry.parent.name == postmaster:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_SECOND


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
