"""Redeemed codes as a shop tells them: matched to the people they were given to, and recorded as events."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO

from rulecast.collect import NewEvent, record_events
from rulecast.database import Connection
from rulecast.gate.coupons.codes import CODE, CODES_MAX, told
from rulecast.gate.coupons.errors import CouponFileError
from rulecast.gate.coupons.open_code import index_of
from rulecast.gate.coupons.redeem import Redeemed, Redemption, redeem
from rulecast.observe.append_audit import append_audit
from rulecast.profile import find_contacts
from rulecast.values.ids import ContactId
from rulecast.values.phone import PhoneNumber
from rulecast.wiring.workspace import Workspace

COLUMNS = ("code", "at", "phone", "value")
REDEMPTIONS_A_TRANSACTION = 1_000
"""Two statements of 40 bytes a row and one event each: far below the limits of one transaction."""
VALUE_MAX = Decimal(1_000_000_000)
"""More than any basket; larger numbers are mistakes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a file of redemptions."""

    line: int
    code: str = field(repr=False)
    at: datetime
    phone: str = field(repr=False)
    value: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a file of redemptions came to: `by_others` of those that counted; lines of codes that nobody imported.

    `second_lines` tell of codes that were redeemed at another instant before: a till took a code twice.
    """

    redeemed: int
    by_others: int
    again: int
    unknown_lines: tuple[int, ...]
    second_lines: tuple[int, ...] = ()


async def import_redemptions(workspace: Workspace, *, source: str, text: str) -> Told:
    """Count the redemptions of a file; the same file again changes nothing.

    Raises:
        CouponFileError: a line cannot be used; nothing was counted.
    """
    lines = list(_lines(source, text, now=workspace.clock.now()))
    counts: Counter[str] = Counter()
    unknown: list[int] = []
    second: list[int] = []
    for first in range(0, len(lines), REDEMPTIONS_A_TRANSACTION):
        part = lines[first : first + REDEMPTIONS_A_TRANSACTION]
        async with workspace.database.transaction() as connection:
            results = await _count(connection, workspace, part)
        counts["redeemed"] += sum(one.is_new for one in results)
        counts["others"] += sum(one.is_new and one.holder == "other" for one in results)
        counts["again"] += sum(one.given is not None and not one.is_new for one in results)
        unknown += [one.redemption.line for one in results if one.given is None]
        second += [one.redemption.line for one in results if one.is_second]
    async with workspace.database.transaction() as connection:
        await append_audit(
            connection,
            actor=workspace.actor,
            action="coupon redeem",
            subject=source[:200],
            details={"redeemed": counts["redeemed"], "unknown": len(unknown), "second": len(second)},
            now=workspace.clock.now(),
        )
    return Told(
        redeemed=counts["redeemed"],
        by_others=counts["others"],
        again=counts["again"],
        unknown_lines=tuple(sorted(unknown)),
        second_lines=tuple(sorted(second)),
    )


async def _count(connection: Connection, workspace: Workspace, lines: Sequence[Line]) -> list[Redeemed]:
    vault = workspace.vault
    people = await _people(connection, workspace, lines)
    results = await redeem(
        connection,
        [
            Redemption(
                line=one.line,
                code_index=index_of(vault, one.code),
                redeemed_at=one.at,
                contact_id=people.get(one.phone),
            )
            for one in lines
        ],
    )
    values = {one.line: one.value for one in lines}
    events = [
        _event(one, contact_id, values[one.redemption.line], key=_key(workspace, one))
        for one in results
        if one.is_new and (contact_id := one.contact_id) is not None
    ]
    await record_events(connection, events, workspace.clock.now())
    return results


async def _people(
    connection: Connection, workspace: Workspace, lines: Sequence[Line]
) -> Mapping[str, ContactId]:
    phones = sorted({one.phone for one in lines if one.phone})
    lookups = workspace.vault.lookup_indexes("phone", phones)
    found = await find_contacts(connection, lookups)
    return {phone: found[lookup] for phone, lookup in zip(phones, lookups, strict=True) if lookup in found}


def _key(workspace: Workspace, redeemed: Redeemed) -> bytes:
    given = redeemed.given
    assert given is not None, "an unknown code is no event"
    return workspace.vault.lookup_index("event", f"code_redeemed {given.coupon_id}")


def _event(redeemed: Redeemed, contact_id: int, value: Decimal | None, *, key: bytes) -> NewEvent:
    given = redeemed.given
    assert given is not None, "an unknown code is no event"
    properties = {
        "pool": given.pool,
        "rule": given.rule_name,
        "run": given.run_id,
        "holder": redeemed.holder,
        "value": value,
    }
    return NewEvent(
        contact_id=ContactId(contact_id),
        name="code_redeemed",
        occurred_at=redeemed.redemption.redeemed_at,
        properties={name: one for name, one in properties.items() if one is not None},
        event_key=key,
        source="import",
    )


# ---- the file
def _lines(source: str, text: str, *, now: datetime) -> Iterator[Line]:
    """Yield the redemptions of a CSV with the columns code and at, and, where known, phone and value."""
    problems: list[str] = []
    found: list[Line] = []
    try:
        reader = csv.DictReader(StringIO(text, newline=""), strict=True)
        names = {name.strip().casefold(): name for name in reader.fieldnames or ()}
        if not {"code", "at"} <= names.keys() <= set(COLUMNS):
            raise CouponFileError(
                f"{source}: the columns are code, at, and, where known, phone and value.",
                hint="Name them in line 1; at is an instant such as 2026-11-22T10:00:00+01:00.",
            )
        for row in reader:
            if len(found) >= CODES_MAX:
                raise CouponFileError(f"{source} has more than {CODES_MAX:,} lines.", hint="Split it.")
            try:
                cells = {one: (row[names[one]] or "").strip() if one in names else "" for one in COLUMNS}
                found.append(_line(reader.line_num, cells, now=now))
            except _LineInvalidError as error:
                problems.append(f"line {reader.line_num}: {error}")
    except csv.Error:
        raise CouponFileError(f"{source} is no CSV file.") from None
    if problems:
        raise CouponFileError(f"{source}: {told(problems)}.")
    return iter(found)


class _LineInvalidError(Exception):
    """What is wrong with a line, without its values."""


def _line(number: int, cells: Mapping[str, str], *, now: datetime) -> Line:
    if CODE.fullmatch(cells["code"]) is None:
        raise _LineInvalidError("not 3 to 15 letters, digits, hyphens and underscores")
    try:
        at = datetime.fromisoformat(cells["at"])
    except ValueError:
        raise _LineInvalidError("at is no instant such as 2026-11-22T10:00:00+01:00") from None
    if at.tzinfo is None or at > now:
        raise _LineInvalidError("at lies in the future or has no offset from UTC")
    return Line(
        line=number,
        code=cells["code"],
        at=at.astimezone(UTC),
        phone=_phone(cells["phone"]),
        value=_value(cells["value"]),
    )


def _phone(cell: str) -> str:
    try:
        return PhoneNumber(cell.replace(" ", "")).e164 if cell else ""
    except ValueError:
        raise _LineInvalidError("phone is no number with its country code") from None


def _value(cell: str) -> Decimal | None:
    try:
        value = Decimal(cell) if cell else None
    except InvalidOperation:
        raise _LineInvalidError("value is no number") from None
    if value is not None and not (value.is_finite() and 0 <= value <= VALUE_MAX):
        raise _LineInvalidError("value is no amount of money")
    return None if value is None else value.quantize(Decimal("0.0001"))
