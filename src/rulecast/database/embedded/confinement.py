"""How PostgreSQL is made to run when the caller is a user it refuses: root, or one without a name."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rulecast.database.errors import EmbeddedConfinementError

# Names tried, in this order, where root cannot make a user namespace (many containers forbid it).
UNPRIVILEGED_NAMES = ("rulecast", "postgres", "nobody")
UNPRIVILEGED_BASE = Path("/var/lib/rulecast")
OVERFLOW_UID = Path("/proc/sys/kernel/overflowuid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """The command prefix and the owner under which the server's programs run."""

    command_prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None
    base: Path = UNPRIVILEGED_BASE
    """Where the data and a copy of the programs go when they belong to another user."""

    @property
    def changes_owner(self) -> bool:
        """Tell whether the server's files belong to another user than the caller."""
        return self.uid is not None


def choose_confinement() -> Confinement:
    """Choose the mildest way in which PostgreSQL agrees to run for this user.

    An ordinary user runs it directly. Root, and a user without a name, runs it in a user namespace:
    the files stay the caller's, mode 0700, and the program sees no root. Where namespaces are
    forbidden, root hands the data to an unprivileged user.

    Raises:
        EmbeddedConfinementError: none of the three is possible.
    """
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return Confinement()
    if namespace := _namespace_prefix():
        return Confinement(command_prefix=namespace)
    if os.geteuid() == 0:
        return unprivileged_confinement()
    raise EmbeddedConfinementError(
        "This user has no name in the system's user list, and user namespaces are forbidden."
    )


def unprivileged_confinement() -> Confinement:
    """Return the confinement that hands data to an unprivileged user; root only.

    Raises:
        EmbeddedConfinementError: the system knows none of the usual names.
    """
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Confinement(uid=entry.pw_uid, gid=entry.pw_gid)
    raise EmbeddedConfinementError(f"The system has no user named {', '.join(UNPRIVILEGED_NAMES)}.")


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _namespace_prefix() -> tuple[str, ...]:
    """Return the command that enters a user namespace, empty where that does not work."""
    program = shutil.which("unshare")
    if program is None or not OVERFLOW_UID.exists():
        return ()
    # initdb wants a name for the user it sees, and unmapped users are seen as the overflow user.
    if not _has_name(int(OVERFLOW_UID.read_text(encoding="ascii"))):
        return ()
    prefix = (program, "--user", "--")
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True, timeout=10)  # noqa: S603 - fixed
    return prefix if tried.returncode == 0 else ()
