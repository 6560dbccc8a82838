"""Every request rulecast sends while the tests run, whatever process sends it, held against Meta's published schema."""

import atexit
import json
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.message_schema import faults_of, load_schema

# Names the file to the simulator. Its package is not imported here: every test would wait for it.
VARIABLE = "CLOUD_API_SIMULATOR_KEEP_BODIES"
# Rulecast's own mark: sixteen bytes in base64url. The requests that tests write by hand carry others.
MARK = re.compile(r"[A-Za-z0-9_-]{22}")


class SentBodies:
    """The bodies that simulators and stand-ins of this test process were sent; each is checked once."""

    def __init__(self) -> None:
        self._schema = load_schema()
        self._passed: set[str] = set()
        self._read_bytes = 0
        self.checked = 0
        self.path: Path | None = None

    def collect(self) -> None:
        """Let simulators keep what they are sent, from now on and in every process started from here."""
        folder = Path(tempfile.mkdtemp(prefix="sent-bodies-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self.path = folder / "bodies.jsonl"
        os.environ[VARIABLE] = str(self.path)

    def new_faults(self) -> list[str]:
        """Return what is wrong with the requests that came since the last time."""
        if self._schema is None or self.path is None or not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._read_bytes)
            lines = file.read()
        # A line that is being written waits for the next time.
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        return [fault for line in whole.splitlines() for fault in self._faults(line)]

    def _faults(self, line: bytes) -> list[str]:
        assert self._schema is not None
        try:
            message: Any = json.loads(line)
        except ValueError:
            return []
        if not isinstance(message, dict) or not MARK.fullmatch(
            str(message.get("biz_opaque_callback_data", ""))
        ):
            return []
        if ("to" in message) == ("recipient" in message):
            return ["message: `to` or `recipient`, and one of them only"]
        if "to" in message and not message["to"].startswith("+"):
            return ["message.to: without its plus sign"]
        # Messages that differ in address and mark alone need no second look.
        shape = json.dumps(
            {**message, "to": "", "recipient": "", "biz_opaque_callback_data": ""}, sort_keys=True
        )
        if shape in self._passed:
            return []
        self.checked += 1
        faults = faults_of(self._schema, message)
        if not faults:
            self._passed.add(shape)
        return faults


class BodiesOfTest:
    """What was sent since a test began; it stays in the file of all, so that it is checked as well."""

    def __init__(self, bodies: SentBodies) -> None:
        self._path = bodies.path
        self._from_bytes = self._path.stat().st_size if self._path is not None and self._path.exists() else 0

    def read(self) -> list[dict[str, Any]]:
        """Return every body, in its order."""
        if self._path is None or not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._from_bytes)
            return [json.loads(line) for line in file.read().splitlines()]


def note_body(body: bytes) -> None:
    """Keep a body that a stand-in of this process was sent."""
    if VARIABLE in os.environ:
        with Path(os.environ[VARIABLE]).open("ab") as file:
            file.write(body.replace(b"\n", b" ") + b"\n")
