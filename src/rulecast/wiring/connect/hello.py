"""The hello: one approved utility template to a phone of the operator's own, and its statuses.

It goes through plan, gate and sender like every message. It is asked for by whoever connects the number, so it needs no
consent to marketing; a marketing template is refused for the same reason.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import phonenumbers

from rulecast.observe.append_audit import append_audit
from rulecast.profile import NewContact, create_contacts, find_contacts
from rulecast.profile.identity import Identity, lookups_of
from rulecast.template import MessageTemplate
from rulecast.template.store import list_templates
from rulecast.values.ids import ContactId, RunId
from rulecast.values.reason import DESCRIPTIONS, Reason
from rulecast.wiring.connect import store
from rulecast.wiring.connect.errors import ConnectNotPossibleError
from rulecast.wiring.connect.explain import explain_code
from rulecast.wiring.connect.records import Outcome, Step
from rulecast.wiring.connect.subscribe import until
from rulecast.wiring.seeds import mark_seed
from rulecast.wiring.sender import SenderDrill, run_sender
from rulecast.wiring.try_message import write_listed_run
from rulecast.wiring.workspace import Workspace

HELLO = "hello"
TEMPLATE_DEFAULT = "hello_world"
"""Every new account has it, approved, as utility."""
LANGUAGE_DEFAULT = "en_US"
RULE = """rule connect_hello
  version 1
  priority transactional/90
  purpose transactional
  when everybody
  send template {template} in {language} from {number}
"""
ENDED = frozenset({"refused", "cancelled", "expired", "unresolved"})
SENDER_END_SECONDS = 30.0


async def declare_recipient(workspace: Workspace, phone: str) -> ContactId:
    """Declare a phone as one that gets test messages, creating the contact where nobody has it.

    Raises:
        ConnectNotPossibleError: the number is none.
    """
    contact_id = await find_recipient(workspace, phone)
    if contact_id is None:
        number = _parsed(phone)
        now = workspace.clock.now()
        region = phonenumbers.region_code_for_number(number) or "ZZ"
        newcomer = NewContact(
            identities=(Identity(kind="phone", value=_e164(number)),),
            source="agent",
            first_seen_at=now,
            attributes={"country": region.lower(), "zone": workspace.settings.default_timezone},
        )
        async with workspace.database.transaction() as connection:
            (contact_id,) = await create_contacts(connection, workspace.vault, [newcomer], now)
    await mark_seed(workspace, f"#{contact_id}", is_seed=True)
    return contact_id


async def find_recipient(workspace: Workspace, phone: str) -> ContactId | None:
    """Return the contact of a phone, or nothing where nobody has it.

    Raises:
        ConnectNotPossibleError: the number is none.
    """
    lookups = lookups_of(workspace.vault, _e164(_parsed(phone)))
    async with workspace.database.connection() as connection:
        found = await find_contacts(connection, lookups)
    return next(iter(found.values()), None)


async def say_hello(
    workspace: Workspace,
    number_id: str,
    number_name: str,
    *,
    phone: str,
    template: str | None,
    wait_seconds: float,
) -> Step:
    """Send the hello, or go on waiting for one that is under way, and return how it ended.

    Raises:
        ConnectNotPossibleError: the number is none.
    """
    async with workspace.database.connection() as connection:
        row = await store.find_connection(connection, number_id)
    run_id = None if row is None or row.hello_run_id is None else RunId(row.hello_run_id)
    if run_id is None or not await _is_for(workspace, run_id, phone=phone):
        started = await _write(workspace, number_id, number_name, phone=phone, template=template)
        if isinstance(started, Step):
            return started
        run_id = started
    async with _sending(workspace, number_id, run_id):
        await until(lambda: _has_ended(workspace, run_id), seconds=wait_seconds)
    async with workspace.database.connection() as connection:
        hello = await store.find_hello(connection, run_id)
    return judge_hello(hello)


def judge_hello(hello: store.HelloRow | None) -> Step:
    """Return what the newest word about the message means."""
    if hello is None:
        return _step(Outcome.REFUSED, "The gate wrote no message.", "`rulecast why` tells for the recipient.")
    code = hello.failed_code or hello.error_code
    if code and (hello.failed_code or hello.state in ENDED):
        what, what_to_do = explain_code(code)
        return _step(Outcome.REFUSED, f"{what} ({code})", what_to_do)
    if hello.is_delivered or hello.is_read:
        return _step(Outcome.DONE, "read" if hello.is_read else "delivered")
    if hello.is_sent:
        return _step(Outcome.NOTE, "sent, not yet delivered", "Is the phone on? Nothing else is missing.")
    if hello.state == "accepted":
        return _step(
            Outcome.WAITING,
            "Meta accepted the message, and no status came.",
            "Statuses are webhooks: keep `rulecast serve` running and run the command again.",
        )
    return _unsent(hello)


def _unsent(hello: store.HelloRow) -> Step:
    """Return what keeps a message from Meta, where rulecast itself says so."""
    if hello.reason:
        told = (
            DESCRIPTIONS.get(Reason(hello.reason), hello.reason)
            if hello.reason in set(Reason)
            else hello.reason
        )
        ended = Outcome.REFUSED if hello.state in ENDED else Outcome.WAITING
        return _step(ended, f"{hello.state}: {told}", "`rulecast contact show` tells what stands against it.")
    return _step(
        Outcome.WAITING, f"The message is {hello.state}.", "Run the command again; it goes on waiting."
    )


async def _write(
    workspace: Workspace, number_id: str, number_name: str, *, phone: str, template: str | None
) -> RunId | Step:
    contact_id = await find_recipient(workspace, phone)
    async with workspace.database.transaction() as connection:
        person = None if contact_id is None else await store.find_recipient(connection, contact_id)
        if contact_id is None or person is None or not (person.is_seed or person.has_consent):
            return _step(
                Outcome.REFUSED,
                "The phone of --to belongs to nobody who consented or was declared for tests.",
                "If it is your own, add --declare-recipient: it is then recorded as a recipient of test messages.",
            )
        chosen = choose_template(await list_templates(connection), template, person.language)
        if isinstance(chosen, Step):
            return chosen
        text = RULE.format(template=chosen.name, language=chosen.language, number=number_name)
        listed = [(int(contact_id), person.country, person.language, person.zone)]
        trial = await write_listed_run(connection, workspace, text, listed, is_asked_for=True)
        now = workspace.clock.now()
        await store.set_hello(connection, number_id, trial.run_id, now)
        await append_audit(
            connection,
            actor=workspace.actor,
            action="hello sent",
            subject=f"contact {contact_id}",
            details={"run": trial.run_id, "template": chosen.name, "category": chosen.category},
            now=now,
        )
    return trial.run_id


def choose_template(
    offered: Sequence[MessageTemplate], name: str | None, language: str
) -> MessageTemplate | Step:
    """Return the template of the hello in the best language, or why there is none."""
    wanted = name or TEMPLATE_DEFAULT
    named = [one for one in offered if one.name == wanted]
    usable = [one for one in named if one.is_sendable and one.category != "marketing" and not _asks(one)]
    if usable:
        order = (language, LANGUAGE_DEFAULT)
        return min(
            usable, key=lambda one: (order.index(one.language) if one.language in order else 2, one.language)
        )
    if named and all(one.category == "marketing" for one in named):
        why = f"The template {wanted} is marketing, which needs consent."
    elif named:
        why = f"The template {wanted} cannot be sent as it is: not approved, held back, or with variables."
    else:
        why = f"The account has no template {wanted}."
    return _step(Outcome.REFUSED, why, "Name an approved utility template without variables with --template.")


def _asks(template: MessageTemplate) -> bool:
    has_file = template.parts.header_format in {"IMAGE", "VIDEO", "DOCUMENT", "GIF"}
    return bool(template.parameters or template.link_names or has_file)


async def _is_for(workspace: Workspace, run_id: RunId, *, phone: str) -> bool:
    """Return whether a run is a hello to this phone that has not failed."""
    contact_id = await find_recipient(workspace, phone)
    async with workspace.database.connection() as connection:
        hello = await store.find_hello(connection, run_id)
    if hello is None or hello.contact_id != contact_id:
        return False
    return judge_hello(hello).outcome is not Outcome.REFUSED


async def _has_ended(workspace: Workspace, run_id: RunId) -> bool:
    async with workspace.database.connection() as connection:
        hello = await store.find_hello(connection, run_id)
    return judge_hello(hello).outcome in {Outcome.DONE, Outcome.REFUSED}


@asynccontextmanager
async def _sending(workspace: Workspace, number_id: str, run_id: RunId) -> AsyncIterator[None]:
    """Send from the number meanwhile; where other messages wait for it, that is left to whoever sends them."""
    async with workspace.database.connection() as connection:
        others = await store.count_others(connection, number_id, run_id)
    if others:
        yield
        return
    stop = asyncio.Event()
    drill = SenderDrill(numbers=frozenset({number_id}))
    task = asyncio.create_task(run_sender(workspace, stop_event=stop, drill=drill))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, SENDER_END_SECONDS)


def _parsed(phone: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        # The number itself is not repeated: it may be somebody's.
        raise ConnectNotPossibleError(
            "--to is no phone number.", hint="Write it with its country code: --to +212…"
        )
    return number


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _step(outcome: Outcome, what: str, what_to_do: str = "") -> Step:
    return Step(name=HELLO, outcome=outcome, what=what, what_to_do=what_to_do)
