"""Accepts or refuses one message request: Meta's synchronous checks in their order, then faults."""

import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from cloud_api_simulator.access import MESSAGING
from cloud_api_simulator.chats import Line
from cloud_api_simulator.course import start_course
from cloud_api_simulator.emit import emit_status
from cloud_api_simulator.envelope import Asked, check_envelope, read_body
from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.faults import Fault
from cloud_api_simulator.http_server import Request, Response, json_response
from cloud_api_simulator.identity_hash import check_identity
from cloud_api_simulator.kept_bodies import keep_body
from cloud_api_simulator.media import check_references
from cloud_api_simulator.message_route import check_marketing_form, check_route
from cloud_api_simulator.message_schema import CheckedMessage
from cloud_api_simulator.parameters import NO_PARAMETERS, check_parameters
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.people import Person
from cloud_api_simulator.spoil import accepted_body, error_body, spoiled_answer
from cloud_api_simulator.templates import Template
from cloud_api_simulator.world import Number, World

OLDEST_VERSION = 21
"""v20.0 was removed on 2026-09-24 (Cloud API docs: Graph API versions)."""
_VERSION = re.compile(r"v(\d{1,2})\.\d{1,2}")


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """One request while it is being judged; `row` becomes its ledger row."""

    world: World
    request: Request
    number_id: str
    virtual: float
    row: dict[str, Any]
    asked: Asked = field(default_factory=Asked)

    def close(self, outcome: str, **more: object) -> None:
        """Write the ledger row."""
        asked = self.asked
        self.row.update(
            number=self.number_id,
            to=asked.to,
            recipient=asked.user_id,
            type=asked.kind,
            template=asked.template_name,
            language=asked.language,
            opaque=asked.opaque,
            outcome=outcome,
        )
        self.row.update((key, value) for key, value in more.items() if value is not None)
        code = f":{self.row['code']}" if "code" in self.row else ""
        self.world.ledger.write("request", self.row, count_as=f"request:{outcome}{code}")


def handle_message(
    world: World, request: Request, version: str, number_id: str, *, lite: bool = False
) -> Response | Awaitable[Response | None]:
    """Answer `POST /{version}/{phone_number_id}/messages`, writing one ledger row whatever happens."""
    keep_body(request.body)
    virtual = round(world.clock.at(request.first_byte_real), 6)
    row: dict[str, Any] = {"real": round(request.first_byte_real, 6), "virtual": virtual}
    attempt = _Attempt(world=world, request=request, number_id=number_id, virtual=virtual, row=row)
    try:
        message = _judge(attempt, version, lite=lite)
    except ApiError as error:
        attempt.close("refused", code=error.code)
        return json_response(error_body(world, error), status=error.http_status)
    if message is None:
        attempt.close("receipt")
        return json_response({"success": True})
    return _take(attempt, message)


def _judge(attempt: _Attempt, version: str, *, lite: bool) -> Message | None:
    """Return the message to accept, None for a read receipt; raises ApiError at the first failed check.

    The order is Meta's (platform reference 10): token, version and number, form, account, throughput, pair,
    template.
    """
    world = attempt.world
    check_token(world, attempt.request, attempt.number_id)
    number = check_number(world, version, attempt.number_id)
    attempt.asked = asked = read_body(attempt.request.body)
    checked = check_envelope(asked)
    if lite:
        check_marketing_form(asked.raw)
    if checked.files:
        check_references(world.graph.media, checked.files, attempt.virtual)
    check_account(world, attempt.number_id)
    if checked.read_id is not None:
        return None
    person = _recipient(world, checked)
    if person.wa_id == number.settings.display_phone_number:
        raise ApiError(131021)
    check_identity(world, attempt.number_id, person, checked)
    _check_standing(world, number, asked, person, now=attempt.virtual)
    if not number.window.admits(attempt.virtual):
        raise ApiError(130429)
    if not world.pairs.admits((attempt.number_id, person.wa_id), attempt.virtual):
        raise ApiError(131056)
    template, parameters = _check_template(world, asked, lite=lite)
    content = asked.raw.get(checked.kind)
    return Message(
        wamid=world.next_wamid(person.wa_id),
        number=number.settings,
        person=person,
        accepted_at=attempt.virtual,
        to=asked.to or asked.user_id or "",
        opaque=asked.opaque,
        template=template,
        parameters=parameters,
        kind=checked.kind,
        text=checked.text,
        content=content if isinstance(content, dict) else {},
        files=checked.files,
        quoted_id=checked.quoted_id,
        addressed_by_user_id=asked.to is None,
        lite=lite,
    )


def _take(attempt: _Attempt, message: Message) -> Response | Awaitable[Response | None]:
    """Accept a message that passed every check, unless a fault refuses it, and answer as the fault wants."""
    world = attempt.world
    fault = world.faults.choose(message.person.wa_id, message.template_name)
    if fault is not None and not fault.accepted:
        if fault.kind == "error":
            attempt.close("refused", code=fault.code, fault=fault.name)
        else:
            attempt.close("fault", fault=fault.name)
        return spoiled_answer(world, attempt.request, message, fault)
    _count(attempt, message)
    attempt.close(
        "accepted",
        wamid=message.wamid,
        wa_id=message.person.wa_id,
        fault=fault.name if fault is not None else None,
    )
    world.faults.count_accepted()
    if fault is None:
        return json_response(accepted_body(message, start_course(world, message)))
    _start_faulty(world, message, fault)
    return spoiled_answer(world, attempt.request, message, fault)


def _start_faulty(world: World, message: Message, fault: Fault) -> None:
    if fault.silent:
        return
    if fault.kind == "status_before_response":
        update_id = emit_status(world, message, "sent", at_once=True)
        world.sender.watched.add(update_id)
        message.watched_update_id = update_id
    assessed = "drop" if fault.dropped else "release"
    start_course(
        world,
        message,
        held=assessed if fault.kind == "held" else None,
        fails_with=fault.code if fault.kind == "fail" else None,
    )


def _count(attempt: _Attempt, message: Message) -> None:
    """Count an accepted message for the limits, the chat, and what Meta remembers of the pair."""
    world, person, at = attempt.world, message.person, attempt.virtual
    world.numbers[attempt.number_id].window.count(at)
    world.pairs.count((attempt.number_id, person.wa_id), at)
    world.chats.add(person.wa_id, Line(at=at, message=message))
    if person.referred_at:
        person.answer_referral(attempt.number_id, at)
    if person.username is not None and not message.addressed_by_user_id:
        # Platform reference 1.4: a contact by phone keeps the phone in webhooks, and fills the contact book.
        person.last_by_phone[attempt.number_id] = at
        person.in_contact_book = person.in_contact_book or world.behaviour.contact_book
        world.people.keep(person)


def check_token(world: World, request: Request, number_id: str) -> None:
    """Check the token and its permission; raises ApiError 190, 0 or 10 (Cloud API docs: error codes)."""
    world.graph.tokens.check(request, MESSAGING, world.clock.now())
    for code in (world.account_error, world.number_errors.get(number_id)):
        if code in (0, 3, 10, 190, 200):
            raise ApiError(code)


def check_number(world: World, version: str, number_id: str) -> Number:
    """Return the number of a path; raises ApiError 100 or 33 (Cloud API docs: error codes)."""
    match = _VERSION.fullmatch(version)
    if match is None or int(match[1]) < OLDEST_VERSION:
        raise ApiError(100, f"Unknown or retired version {version[:12]!r}", subcode=33)
    number = world.numbers.get(number_id)
    if number is None:
        raise ApiError(
            100,
            "Object does not exist or cannot be loaded due to missing permissions",
            subcode=33,
            message="Unsupported post request. Object does not exist",
        )
    if world.number_errors.get(number_id) == 33:  # noqa: PLR2004 - Meta's code of a deleted number
        raise ApiError(33)
    return number


def check_account(world: World, number_id: str) -> None:
    """Raise the error that the account or the number is in: 368, 131031, 131042 or any other set one."""
    for code in (world.account_error, world.number_errors.get(number_id)):
        if code is not None:
            raise ApiError(code)


def _check_standing(world: World, number: Number, asked: Asked, person: Person, *, now: float) -> None:
    """Raise what a restriction, a ban or an upgrade of the number gives (platform reference 3.8, 4.1)."""
    if now < number.upgrading_until:
        raise ApiError(131057)
    if world.account.is_untouched:
        return
    category: str | None = None
    if asked.kind == "template":
        template = world.templates.find(asked.template_name or "", asked.language or "")
        category = template.category if template is not None else "MARKETING"
    world.account.check(
        category=category,
        window_is_open=person.window_is_open(number.settings.phone_number_id, now),
        country=person.country,
        now=now,
    )


def _recipient(world: World, checked: CheckedMessage) -> Person:
    if checked.digits is not None:
        return world.people.find(world.people.resolve(checked.digits))
    person = world.people.find_user(checked.user_id or "")
    if person is None:
        # A BSUID of another portfolio fails (Cloud API docs: business-scoped user ids).
        raise ApiError(131009, "Parameter recipient does not belong to this business portfolio")
    return person


def _check_template(world: World, asked: Asked, *, lite: bool) -> tuple[Template | None, Any]:
    if asked.kind != "template":
        if lite:
            raise ApiError(131055)
        return None, NO_PARAMETERS
    name, language = asked.template_name or "", asked.language or ""
    template = world.templates.find(name, language)
    if template is None or template.status not in ("APPROVED", "PAUSED", "DISABLED"):
        raise ApiError(132001, f"template name ({name[:80]}) does not exist in {language[:20]}")
    if template.status == "PAUSED" and not world.pacing.batch_of(template.template_id).is_paused:
        # Paused by pacing is answered with 200 and `paused` (platform reference 2.2, success response).
        raise ApiError(132015)
    if template.status == "DISABLED":
        raise ApiError(132016)
    check_route(world.graph, template, asked.raw, lite=lite, now=world.clock.now())
    return template, check_parameters(template, asked.components, lite=lite)
