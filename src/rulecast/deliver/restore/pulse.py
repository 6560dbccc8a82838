"""What a process that sends knows of its database: which life of it, and the last beat it saw committed."""

from dataclasses import dataclass

NEVER_BEATEN = -1


@dataclass(slots=True, kw_only=True)
class Pulse:
    """The life a process sends from and its last committed beat; a database that is behind it is an older state."""

    life: str = ""
    beat: int = NEVER_BEATEN
