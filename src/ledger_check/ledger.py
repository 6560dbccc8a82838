"""Reads the simulator's ledger: every request, those accepted, known opt-outs, known receipts."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# `accepted` and these faults after acceptance are the only ways in which Meta took a message.
ACCEPTED = "accepted"
RECEIPTS = ("delivered", "read")
# Says that an inbound message was read; reaches nobody and counts for no limit.
NO_MESSAGE = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One request that was accepted: whom for, which template, when its first byte was read (simulator's clock)."""

    to: str
    template: str
    opaque: bytes
    at_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A request of a number, whatever became of it: whom for, and when its first byte was read (simulator's clock)."""

    number: str
    to: str
    opaque: bytes
    at_seconds: float
    is_accepted: bool


@dataclass(slots=True)
class Ledger:
    """What the checks need of a ledger."""

    arrivals: list[Arrival] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    # Phone digits -> the simulator's instants at which an opt-out of theirs was answered with 200.
    opt_outs: dict[str, list[float]] = field(default_factory=dict)
    # Phone digits -> instants at which a resumption was answered with 200.
    resumptions: dict[str, list[float]] = field(default_factory=dict)
    # Opaque ids for which a delivered or read receipt was answered with 200.
    received: set[bytes] = field(default_factory=set)


def read_ledger(path: Path) -> Ledger:
    """Read a ledger file.

    Raises:
        ValueError: a line is not JSON; the message names it.
    """
    ledger = Ledger()
    updates: dict[int, dict[str, Any]] = {}
    for row in _rows(path):
        kind = row["kind"]
        if kind == "request":
            _note_request(ledger, row)
        elif kind == "update":
            updates[int(row["id"])] = row
        elif kind == "acknowledged":
            for number in row["updates"]:
                _learn(ledger, updates[int(number)], float(row["virtual"]))
    return ledger


def opaque_bytes(text: str | None) -> bytes:
    """Return the bytes of a base64url opaque id; anything else stays as it is, so that it matches nothing."""
    if not text:
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return text.encode()


def digits(phone: str | None) -> str:
    """Return the digits of a phone number."""
    return "".join(character for character in phone or "" if character.isdigit())


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise ValueError(f"line {number} of the ledger is not JSON") from error


def _note_request(ledger: Ledger, row: dict[str, Any]) -> None:
    is_accepted = row.get("outcome") == ACCEPTED
    if is_accepted:
        ledger.accepted.append(_accepted(row))
    if row.get("type") == NO_MESSAGE:
        return
    ledger.arrivals.append(
        Arrival(
            number=str(row.get("number") or ""),
            to=_receiver(row),
            opaque=opaque_bytes(row.get("opaque")),
            at_seconds=float(row["virtual"]),
            is_accepted=is_accepted,
        )
    )


def _receiver(row: dict[str, Any]) -> str:
    return digits(row.get("to")) or str(row.get("recipient") or "")


def _accepted(row: dict[str, Any]) -> Accepted:
    return Accepted(
        to=_receiver(row),
        template=str(row.get("template") or ""),
        opaque=opaque_bytes(row.get("opaque")),
        at_seconds=float(row["virtual"]),
    )


def _learn(ledger: Ledger, update: dict[str, Any], at_seconds: float) -> None:
    phone = digits(update.get("phone"))
    if update.get("opt_out"):
        ledger.opt_outs.setdefault(phone, []).append(at_seconds)
    if update.get("update") == "preference_resume":
        ledger.resumptions.setdefault(phone, []).append(at_seconds)
    if update.get("update") in RECEIPTS:
        ledger.received.add(opaque_bytes(update.get("opaque")))
