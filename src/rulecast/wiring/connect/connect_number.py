"""Connecting a number: the steps in their order, each kept and shown as soon as it has ended."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from rulecast.account import BusinessNumber, Portfolio
from rulecast.account.store import (
    list_numbers,
    list_portfolios,
    save_account_zone,
    save_number,
    save_portfolio,
)
from rulecast.config import Settings
from rulecast.config.kept_secrets import keep_secrets
from rulecast.database import Connection
from rulecast.observe.append_audit import append_audit
from rulecast.template.errors import TemplatePushError
from rulecast.template.store import list_templates
from rulecast.values.ids import BusinessNumberId, PortfolioId
from rulecast.wiring.connect import hello, judge, store, subscribe
from rulecast.wiring.connect.errors import ConnectNotPossibleError, GraphUnreachableError
from rulecast.wiring.connect.explain import explain
from rulecast.wiring.connect.graph import Answer, GraphDoor
from rulecast.wiring.connect.records import Outcome, Show, Step
from rulecast.wiring.template_sync import sync_templates
from rulecast.wiring.workspace import Workspace

ID_SHAPE, NAME_SHAPE = "[0-9]{1,40}", "[a-z][a-z0-9_]{0,62}"
GRAPH, WORKSPACE, TEMPLATES = "graph", "workspace", "templates"
SECRETS = {
    "access_token": "--token-file",
    "app_secret": "--app-secret-file",
    "verify_token": "--verify-token-file",
}
"""Each secret and the option that names the file it is in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOrder:
    """What a person gives; the secrets stand in the settings the workspace was opened with."""

    number_id: str
    number_name: str
    callback_url: str
    wait_seconds: float
    waba_id: str | None = None
    phone: str | None = field(default=None, repr=False)
    template: str | None = None
    is_recipient_declared: bool = False
    is_test_number: bool = False


@dataclass(slots=True)
class _Found:
    """What the first steps find out for the later ones."""

    app_id: str = ""
    waba_id: str = ""
    accounts: tuple[str, ...] = ()
    number: Mapping[str, Any] = field(default_factory=dict)
    account: Mapping[str, Any] = field(default_factory=dict)


async def connect_number(workspace: Workspace, order: ConnectOrder, *, show: Show) -> list[Step]:
    """Go through the steps until all are done or one cannot be, and return them; a later call goes on.

    Raises:
        ConnectNotPossibleError: a secret is missing, or the recipient is no number.
    """
    _require(workspace.settings, order)
    steps: list[Step] = []
    async with GraphDoor.open(workspace.settings) as door, aclosing(_steps(workspace, door, order)) as coming:
        try:
            async for step in coming:
                await _keep(workspace, order, step)
                steps.append(step)
                show(step)
                if step.is_end:
                    break
        except GraphUnreachableError as error:
            step = Step(name=GRAPH, outcome=Outcome.REFUSED, what=error.what, what_to_do=error.hint)
            steps.append(step)
            show(step)
    return steps


async def _steps(workspace: Workspace, door: GraphDoor, order: ConnectOrder) -> AsyncGenerator[Step, None]:
    found = _Found()
    yield await _token(workspace, door, found)
    # A wrong secret would be kept, and every webhook refused: it is tried before anything is.
    yield await subscribe.check_secret(
        door, callback_of(workspace.settings, order.callback_url, found.app_id, found.waba_id)
    )
    yield await _number(door, order, found)
    yield await _account(door, found)
    yield await _save(workspace, order, found)
    if order.phone is not None and order.is_recipient_declared:
        await hello.declare_recipient(workspace, order.phone)
    yield await _templates(workspace, found)
    callback = callback_of(workspace.settings, order.callback_url, found.app_id, found.waba_id)
    # Where the Cloud API itself is reached over an open line, it is a simulator on this machine.
    is_open = urlsplit(workspace.settings.graph_base_url).scheme != "https"
    step = await subscribe.subscribe(door, callback, is_open_line_allowed=is_open)
    if step.outcome is Outcome.DONE:
        async with workspace.database.transaction() as connection:
            await store.set_subscribed(
                connection, order.number_id, callback_url=callback.url, now=workspace.clock.now()
            )
    yield step
    yield await subscribe.await_webhook(workspace, order.number_id, wait_seconds=order.wait_seconds)
    if order.phone is not None:
        yield await hello.say_hello(
            workspace,
            order.number_id,
            order.number_name,
            phone=order.phone,
            template=order.template,
            wait_seconds=order.wait_seconds,
        )


async def _token(workspace: Workspace, door: GraphDoor, found: _Found) -> Step:
    answer = await inspect_token(door, workspace.settings)
    if answer.error is not None:
        return _refused(judge.TOKEN, answer.error)
    token = judge.read_token(answer.body)
    found.app_id, found.accounts = token.app_id, token.accounts
    return judge.judge_token(token, workspace.clock.now())


async def _number(door: GraphDoor, order: ConnectOrder, found: _Found) -> Step:
    answer = await door.ask("GET", order.number_id, query={"fields": judge.NUMBER_FIELDS})
    if answer.error is not None:
        return _refused(judge.NUMBER, answer.error)
    found.number = answer.body
    for waba_id in (order.waba_id,) if order.waba_id else found.accounts:
        listed = await door.ask("GET", f"{waba_id}/phone_numbers", query={"fields": "id", "limit": "100"})
        if listed.error is not None:
            return _refused(judge.NUMBER, listed.error)
        if any(row.get("id") == order.number_id for row in listed.rows()):
            found.waba_id = str(waba_id)
            return judge.judge_number(answer.body)
    return Step(
        name=judge.NUMBER,
        outcome=Outcome.REFUSED,
        what="The number belongs to none of the accounts the token names.",
        what_to_do="Give the id of its WhatsApp account with --waba-id, and assign that account to the system user.",
    )


async def _account(door: GraphDoor, found: _Found) -> Step:
    answer = await door.ask("GET", found.waba_id, query={"fields": judge.ACCOUNT_FIELDS})
    if answer.error is not None:
        return _refused(judge.ACCOUNT, answer.error)
    found.account = answer.body
    return judge.judge_account(answer.body)


async def _save(workspace: Workspace, order: ConnectOrder, found: _Found) -> Step:
    """Keep the secrets in the home's file, and number and portfolio in the workspace; what is declared stays."""
    settings = workspace.settings
    secrets = {name: value for name in SECRETS if (value := getattr(settings, name))}
    path = await asyncio.to_thread(keep_secrets, settings.home, secrets)
    owner = found.account.get("owner_business_info")
    portfolio_id = (
        str((owner or {}).get("id") or found.waba_id) if isinstance(owner, Mapping) else found.waba_id
    )
    async with workspace.database.transaction() as connection:
        refusal = await _save_number(connection, order, found, portfolio_id)
        if refusal is not None:
            return refusal
        if found.account.get("timezone_id"):
            told, now = found.account["timezone_id"], workspace.clock.now()
            await save_account_zone(connection, found.waba_id, told, now)
        await _note_connection(connection, workspace, order, found)
    what = f"number {order.number_name} is in the workspace, secrets are in {path}"
    return Step(name=WORKSPACE, outcome=Outcome.DONE, what=what)


async def _save_number(
    connection: Connection, order: ConnectOrder, found: _Found, portfolio_id: str
) -> Step | None:
    """Save number and portfolio, or return why not; what a workspace file declared about them stays."""
    numbers = {str(one.business_number_id): one for one in await list_numbers(connection)}
    taken = next((one for one in numbers.values() if one.name == order.number_name), None)
    if taken is not None and str(taken.business_number_id) != order.number_id:
        return Step(
            name=WORKSPACE,
            outcome=Outcome.REFUSED,
            what=f"Another number is called {order.number_name} here.",
            what_to_do="Give this one another name with --name; rules choose a number by it.",
        )
    portfolios = {str(one.portfolio_id) for one in await list_portfolios(connection)}
    known = numbers.get(order.number_id)
    if known is None:
        if portfolio_id not in portfolios:
            people = judge.people_per_day_of(found.number)
            await save_portfolio(
                connection, Portfolio(portfolio_id=PortfolioId(portfolio_id), people_per_day_max=people)
            )
        known = _new_number(order, found, portfolio_id)
    await save_number(connection, replace(known, name=order.number_name, waba_id=found.waba_id))
    return None


async def _note_connection(
    connection: Connection, workspace: Workspace, order: ConnectOrder, found: _Found
) -> None:
    now = workspace.clock.now()
    row = store.ConnectionRow(
        business_number_id=order.number_id,
        waba_id=found.waba_id,
        app_id=found.app_id,
        is_test_number=order.is_test_number,
    )
    await store.save_connection(connection, row, now)
    await append_audit(
        connection,
        actor=workspace.actor,
        action="number connected",
        subject=f"number {order.number_id}",
        details={"waba_id": found.waba_id, "app_id": found.app_id, "is_test_number": order.is_test_number},
        now=now,
    )


def _new_number(order: ConnectOrder, found: _Found, portfolio_id: str) -> BusinessNumber:
    return BusinessNumber(
        business_number_id=BusinessNumberId(order.number_id),
        portfolio_id=PortfolioId(portfolio_id),
        name=order.number_name,
        waba_id=found.waba_id,
        throughput_per_second=judge.throughput_of(found.number),
    )


async def _templates(workspace: Workspace, found: _Found) -> Step:
    try:
        await sync_templates(workspace, waba_id=found.waba_id)
    except TemplatePushError as error:
        return Step(name=TEMPLATES, outcome=Outcome.REFUSED, what=error.what, what_to_do=error.hint)
    async with workspace.database.connection() as connection:
        statuses = [one.status for one in await list_templates(connection) if one.waba_id == found.waba_id]
    counted = ", ".join(f"{statuses.count(one)} {one}" for one in sorted(set(statuses)))
    if "approved" in statuses:
        return Step(name=TEMPLATES, outcome=Outcome.DONE, what=counted)
    return Step(
        name=TEMPLATES,
        outcome=Outcome.NOTE,
        what=counted or "the account has none",
        what_to_do="Only approved ones can be sent: write one, then `rulecast template push`.",
    )


async def inspect_token(door: GraphDoor, settings: Settings) -> Answer:
    """Return what Meta knows of the token of the settings.

    Raises:
        GraphUnreachableError: the Cloud API did not answer.
    """
    return await door.ask("GET", "debug_token", query={"input_token": settings.access_token or ""})


def callback_of(settings: Settings, url: str, app_id: str, waba_id: str) -> subscribe.Callback:
    """Return where the webhooks of an account go, with the secrets of the settings."""
    return subscribe.Callback(
        app_id=app_id,
        waba_id=waba_id,
        url=url,
        app_secret=settings.app_secret or "",
        verify_token=settings.verify_token or "",
    )


async def _keep(workspace: Workspace, order: ConnectOrder, step: Step) -> None:
    async with workspace.database.transaction() as connection:
        await store.save_step(
            connection, order.number_id, step, actor=workspace.actor, now=workspace.clock.now()
        )


def _require(settings: Settings, order: ConnectOrder) -> None:
    # Ids become parts of addresses and the name a word of rules.
    for what, text, shape in (
        ("--number-id", order.number_id, ID_SHAPE),
        ("--waba-id", order.waba_id or "0", ID_SHAPE),
        ("--name", order.number_name, NAME_SHAPE),
    ):
        if re.fullmatch(shape, text) is None:
            raise ConnectNotPossibleError(f"{what} has another shape than {shape}.")
    missing = [name for name in SECRETS if not getattr(settings, name)]
    if missing:
        given = " ".join(f"{SECRETS[name]} FILE" for name in missing)
        raise ConnectNotPossibleError(
            f"Not given: {', '.join(missing)}.", hint=f"Write each to a file of its own and add {given}."
        )


def _refused(name: str, error: Mapping[str, Any]) -> Step:
    what, what_to_do = explain(error)
    return Step(name=name, outcome=Outcome.REFUSED, what=what, what_to_do=what_to_do)
