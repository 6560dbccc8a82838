"""Makes a new cluster and writes its configuration."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from rulecast.database.embedded.confinement import Confinement
from rulecast.database.embedded.layout import SECRET_MODE, Layout
from rulecast.database.embedded.tuning import render
from rulecast.database.errors import EmbeddedStartError

ROLE = "rulecast"
CREATE_LIMIT_SECONDS = 120


def create_cluster(layout: Layout, confinement: Confinement, *, password: str) -> None:
    """Run initdb beside the final place and rename, so that a killed attempt leaves nothing half-made."""
    unfinished = layout.data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    password_copy = layout.data.with_name("password.unfinished")
    password_copy.unlink(missing_ok=True)
    descriptor = os.open(password_copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_MODE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(password + "\n")
    _give(password_copy, confinement)
    command = [
        *confinement.command_prefix,
        str(layout.programs / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={ROLE}",
        f"--pwfile={password_copy}",
        "--auth=scram-sha-256",
        # The password is 256 random bits: repeating the hash would slow connections and protect nothing.
        "--set=scram_iterations=1",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--data-checksums",
        "--no-instructions",
    ]
    try:
        made = subprocess.run(  # noqa: S603 - a fixed program of ours, no input of a user
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=CREATE_LIMIT_SECONDS,
            user=confinement.uid,
            group=confinement.gid,
            extra_groups=[] if confinement.changes_owner else None,
            cwd="/",
        )
    finally:
        password_copy.unlink(missing_ok=True)
    if made.returncode != 0:
        raise EmbeddedStartError(f"initdb ended with {made.returncode}: {made.stderr.strip()[-500:]}")
    unfinished.rename(layout.data)


def write_configuration(layout: Layout, confinement: Confinement, tuning: Mapping[str, str]) -> None:
    """Write the settings of this start; they reach disk whole or not at all."""
    ours = layout.data / "rulecast.conf"
    fresh = ours.with_suffix(".unfinished")
    fresh.write_text(render(tuning), encoding="utf-8")
    fresh.chmod(SECRET_MODE)
    _give(fresh, confinement)
    fresh.rename(ours)
    main = layout.data / "postgresql.conf"
    include = "include_if_exists = 'rulecast.conf'\n"
    if include not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write(include)


def _give(file: Path, confinement: Confinement) -> None:
    if confinement.uid is not None and confinement.gid is not None:
        os.chown(file, confinement.uid, confinement.gid)
