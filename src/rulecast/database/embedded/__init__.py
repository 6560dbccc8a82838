"""PostgreSQL as a part of the program: started by the first process, stopped by the last.

A home directory comes in; the connection text of a running, private server goes out. No port is
opened: the only door is a socket in a directory of mode 0700, with a password from a 0600 file.
"""

from rulecast.database.embedded.server import EmbeddedServer
from rulecast.database.embedded.tuning import DISPOSABLE, DURABLE
from rulecast.database.embedded.watch import keep_running

__all__ = ["DISPOSABLE", "DURABLE", "EmbeddedServer", "keep_running"]
