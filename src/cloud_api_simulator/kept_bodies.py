"""Keeps the bodies of message requests, one a line, for whoever checks them against another description of the API.

Only where the variable CLOUD_API_SIMULATOR_KEEP_BODIES names a file; several processes may append to one.
"""

import os

VARIABLE = "CLOUD_API_SIMULATOR_KEEP_BODIES"


def keep_body(body: bytes) -> None:
    """Append a body as it came; line breaks, which mean nothing between JSON values, become spaces."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, body.replace(b"\n", b" ") + b"\n")
    finally:
        os.close(file)
