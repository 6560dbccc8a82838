"""A process that uses an embedded server until its standard input ends; run as a script by the tests."""

import sys
from pathlib import Path

from rulecast.database.embedded import DURABLE, EmbeddedServer

server = EmbeddedServer(Path(sys.argv[1]), tuning=DURABLE)
print(server.enter(), flush=True)
sys.stdin.read()
