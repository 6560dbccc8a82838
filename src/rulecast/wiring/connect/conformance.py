"""Does Meta do what the simulator does? Each difference that a single request can show is tried with a test number.

The simulator is a stranger: its list is read as data, from its file or from what it serves.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rulecast.wiring.connect import store
from rulecast.wiring.connect.errors import (
    ConformanceRefusedError,
    DivergencesUnreadableError,
    GraphUnreachableError,
)
from rulecast.wiring.connect.graph import Answer, GraphDoor
from rulecast.wiring.connect.hello import find_recipient
from rulecast.wiring.workspace import Workspace

FILE_BYTES_MAX = 4 * 1024 * 1024
"""Some thousand rows; the list has some sixty."""
ROWS_MAX = 1000
METHODS = frozenset({"GET", "POST"})
"""Nothing of a comparison deletes."""
_CLIENT_ERRORS = range(400, 500)


class Verdict(StrEnum):
    """What a comparison found."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """One row of the list: what the simulator does, how a person would check it, and a request where one tells.

    `why_no_probe` says why none does.
    """

    name: str
    we_do: str
    check: str
    probe: Mapping[str, Any] | None
    why_no_probe: str = ""

    @property
    def sends(self) -> bool:
        """Return whether the request would make a message if Meta took it."""
        return self.probe is not None and str(self.probe.get("path", "")).endswith("/messages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One row after its request: what was expected and what came, in status and code."""

    name: str
    verdict: Verdict
    expected: str
    came: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestBed:
    """The test number the requests go through; the recipient never shows itself."""

    number_id: str
    waba_id: str
    business_id: str
    app_id: str
    phone: str = field(repr=False)

    def filled(self, value: Any) -> Any:
        """Return a probe's value with its places filled."""
        if isinstance(value, str):
            places = {
                "{pnid}": self.number_id,
                "{waba}": self.waba_id,
                "{business}": self.business_id,
                "{app}": self.app_id,
                "{to}": self.phone,
                "{digits}": self.phone.removeprefix("+"),
            }
            for place, text in places.items():
                value = value.replace(place, text)
            return value
        if isinstance(value, Mapping):
            return {key: self.filled(inner) for key, inner in value.items()}
        return [self.filled(inner) for inner in value] if isinstance(value, list) else value


def read_divergences(path: Path | None) -> list[Divergence]:
    """Return the rows of a list; without a path those of the simulator that is installed beside.

    Raises:
        DivergencesUnreadableError: there is no list, or it is none.
    """
    path = path or _shipped()
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(FILE_BYTES_MAX))
        rows = found["data"] if isinstance(found, dict) else found
        return [_row(one) for one in rows[:ROWS_MAX]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DivergencesUnreadableError(
            f"{path} is no list of divergences: {type(error).__name__}."
        ) from error


def _row(row: Mapping[str, Any]) -> Divergence:
    probe = row.get("probe")
    if probe is not None and (probe["method"] not in METHODS or not isinstance(probe["path"], str)):
        raise ValueError("a probe is a GET or POST of a path")
    return Divergence(
        name=str(row["id"]),
        we_do=str(row["we_do"]),
        check=str(row["check"]),
        probe=probe,
        why_no_probe=str(row.get("why_no_probe", "")),
    )


def _shipped() -> Path:
    # The specification names the folder without running a line of the simulator.
    specification = find_spec("cloud_api_simulator")
    if specification is None or specification.origin is None:
        raise DivergencesUnreadableError("The simulator is not installed here.")
    return Path(specification.origin).parent / "divergences.json"


async def find_test_bed(workspace: Workspace, number_id: str, phone: str) -> TestBed:
    """Return the declared test number with a declared recipient.

    Raises:
        ConformanceRefusedError: number or recipient were not declared for tests.
        ConnectNotPossibleError: the recipient is no number.
    """
    contact_id = await find_recipient(workspace, phone)
    async with workspace.database.connection() as connection:
        row = await store.find_connection(connection, number_id)
        person = None if contact_id is None else await store.find_recipient(connection, contact_id)
        owner = await store.find_portfolio(connection, number_id)
    if row is None or not row.is_test_number:
        raise ConformanceRefusedError("The number was not declared a test number.")
    if person is None or not person.is_seed:
        raise ConformanceRefusedError("The phone of --to was not declared a recipient of tests.")
    return TestBed(
        number_id=number_id, waba_id=row.waba_id, business_id=owner or "", app_id=row.app_id, phone=phone
    )


async def compare(
    workspace: Workspace, rows: Sequence[Divergence], bed: TestBed, *, show: Callable[[Compared], None]
) -> list[Compared]:
    """Make each row's request once and return what agrees, differs, or could not be checked."""
    compared: list[Compared] = []
    async with GraphDoor.open(workspace.settings) as door:
        for row in rows:
            one = await _compare(door, row, bed)
            compared.append(one)
            show(one)
    return compared


async def _compare(door: GraphDoor, row: Divergence, bed: TestBed) -> Compared:
    if row.probe is None:
        told = f"{row.why_no_probe} {row.check}".strip()
        return Compared(name=row.name, verdict=Verdict.UNCHECKED, expected="", came="", what_to_do=told)
    expected = row.probe.get("expect") or {}
    path, _, query_text = str(bed.filled(row.probe["path"])).lstrip("/").partition("?")
    query = dict(part.partition("=")[::2] for part in query_text.split("&") if part)
    version = row.probe.get("version")
    try:
        answer = await door.ask(
            row.probe["method"], path, query=query, body=bed.filled(row.probe.get("body")), version=version
        )
    except GraphUnreachableError as error:
        return Compared(
            name=row.name,
            verdict=Verdict.UNCHECKED,
            expected=_told(expected),
            came=error.what,
            what_to_do=error.hint,
        )
    agrees = is_as_expected(answer, expected)
    return Compared(
        name=row.name,
        verdict=Verdict.AGREES if agrees else Verdict.DIFFERS,
        expected=_told(expected),
        came=_came(answer),
        what_to_do="" if agrees else f"The simulator: {row.we_do}",
    )


def is_as_expected(answer: Answer, expected: Mapping[str, Any]) -> bool:
    """Return whether an answer is of the expected class: accepted or refused, with that code, or one of some words.

    Statuses of refusals change at Meta, which advises to look at codes; so 4xx is one class where a code is expected,
    unless `is_exact` asks for the very status.
    """
    status, code = expected.get("status"), expected.get("code")
    if code is not None:
        subcode = expected.get("subcode")
        is_same = subcode is None or (answer.error or {}).get("error_subcode") == subcode
        is_status = answer.status == status if expected.get("is_exact") else answer.status in _CLIENT_ERRORS
        return answer.code == code and is_same and is_status
    words = expected.get("one_of")
    if words is not None and not any(
        value in words for value in answer.body.values() if isinstance(value, str)
    ):
        return False
    return status is None or (answer.status == status and answer.error is None)


def _told(expected: Mapping[str, Any]) -> str:
    code = expected.get("code")
    if code is not None:
        return f"refused with {code}"
    words = expected.get("one_of")
    return f"one of {', '.join(words)}" if words else f"status {expected.get('status')}"


def _came(answer: Answer) -> str:
    # Numbers only: bodies may name the recipient.
    return (
        f"status {answer.status}"
        if answer.code is None
        else f"refused with {answer.code}, status {answer.status}"
    )
