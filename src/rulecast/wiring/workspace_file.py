"""Applying a workspace file: what it declares is compared with what is there, shown, and kept in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rulecast.account import BusinessNumber, Portfolio
from rulecast.account.facts import save_signup
from rulecast.account.facts.store import list_signups
from rulecast.account.store import list_numbers, list_portfolios, save_number, save_portfolio
from rulecast.database import Connection, execute, fetch_all, fetch_one, load_queries
from rulecast.database.rows import Jsonb
from rulecast.gate.coupons.store import save_pool
from rulecast.rule.language.check_segment import check_segment
from rulecast.template import MessageTemplate
from rulecast.template.refuse import refuse_bad_templates
from rulecast.template.store import list_declared_hashes, list_templates, save_template
from rulecast.values.catalogue import Catalogue
from rulecast.values.http_address import is_allowed_address
from rulecast.wiring.catalogue import DeclaredCatalogue, read_declared, save_declared
from rulecast.wiring.declared_names import DeclaredNames, merged
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_declaration import (
    WorkspaceDeclaration,
    WorkspaceFileError,
    read_workspace_file,
)

QUERIES = load_queries(__package__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing the file changes: what it is, by name, and whether it is new."""

    kind: str
    name: str
    is_new: bool
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRules:
    """The workspace's currency and sending policy as stored."""

    billing_currency: str
    sending_policy: dict[str, Any]


async def apply_workspace_file(workspace: Workspace, text: str, *, source: str) -> list[Difference]:
    """Bring the workspace to what the file declares and return the differences; an empty list changed nothing.

    Raises:
        WorkspaceFileError: the file cannot be used; nothing was changed.
        TemplateRefusedError: a template must not be used as it is; nothing was changed.
        CatalogueInvalidError: the catalogue contradicts itself; nothing was changed.
    """
    declaration = read_workspace_file(text, source=source, link_base=workspace.settings.public_base_url)
    _check_templates(declaration, workspace)
    _check_recipients(declaration, may_be_local=workspace.is_simulated)
    async with workspace.database.transaction() as connection:
        return [
            *await _apply_rules(connection, declaration),
            *await _apply_catalogue(connection, declaration, workspace.settings.default_timezone),
            *await _apply_recipients(connection, declaration, workspace),
            *await _apply_pools(connection, declaration, workspace),
            *await _apply_account(connection, declaration, source),
            *await _apply_templates(connection, declaration, workspace),
        ]


async def read_rules(connection: Connection) -> WorkspaceRules:
    """Return billing currency and sending policy of the workspace."""
    rules = await fetch_one(connection, QUERIES["find_workspace_rules"], record=WorkspaceRules)
    assert rules is not None, "an opened workspace has its row"
    return rules


def _check_templates(declaration: WorkspaceDeclaration, workspace: Workspace) -> None:
    refuse_bad_templates(
        declaration.templates, words_per_variable=workspace.settings.template_words_per_variable
    )
    for template in declaration.templates:
        if template.status != "pending" and not workspace.is_simulated:
            raise WorkspaceFileError(
                f"The template {template.name} declares a status; in a live workspace only Meta says that."
            )


def _check_recipients(declaration: WorkspaceDeclaration, *, may_be_local: bool) -> None:
    for name, address in declaration.names.webhooks.items():
        if not is_allowed_address(address, may_be_local=may_be_local):
            wanted = "https, or http on this machine," if may_be_local else "https"
            raise WorkspaceFileError(f'The webhook of the recipient "{name}" is no {wanted} address.')


async def _apply_recipients(
    connection: Connection, declaration: WorkspaceDeclaration, workspace: Workspace
) -> list[Difference]:
    """Keep where recipients are told; the difference says that an address is there, and not which."""
    kept = dict(await fetch_all(connection, QUERIES["list_recipients"]))
    found = []
    for name, webhook in declaration.names.webhooks.items():
        if kept.get(name, "") == webhook:
            continue
        parameters = {"name": name, "webhook": webhook, "now": workspace.clock.now()}
        await execute(connection, QUERIES["save_recipient"], parameters)
        found.append(Difference(kind="webhook", name=name, is_new=not kept.get(name)))
    return found


async def _apply_pools(
    connection: Connection, declaration: WorkspaceDeclaration, workspace: Workspace
) -> list[Difference]:
    """Make the declared pools; that they are new, or changed, is told with the other names."""
    for pool in declaration.names.coupon_pools:
        await save_pool(connection, pool, now=workspace.clock.now())
    return []


async def _apply_rules(connection: Connection, declaration: WorkspaceDeclaration) -> list[Difference]:
    before = await read_rules(connection)
    currency = declaration.billing_currency or before.billing_currency
    policy = before.sending_policy if declaration.sending_policy is None else dict(declaration.sending_policy)
    found = []
    if currency != before.billing_currency:
        found.append(Difference(kind="billing currency", name=currency, is_new=False))
    for name in sorted({*policy, *before.sending_policy}):
        if policy.get(name) != before.sending_policy.get(name):
            what = f"{before.sending_policy.get(name, 'default')} → {policy.get(name, 'default')}"
            found.append(Difference(kind="sending policy", name=name, is_new=False, what=what))
    if found:
        await execute(
            connection,
            QUERIES["save_workspace_rules"],
            {"billing_currency": currency, "sending_policy": Jsonb(policy)},
        )
    return found


async def _apply_catalogue(
    connection: Connection, declaration: WorkspaceDeclaration, default_zone: str
) -> list[Difference]:
    """Add and replace entries; those an import added stay."""
    before = await read_declared(connection)
    attributes = {one.name: one for one in before.attributes} | {
        one.name: one for one in declaration.attributes
    }
    events = {one.name: one for one in before.events} | {one.name: one for one in declaration.events}
    names = merged(before.names, declaration.names)
    after = DeclaredCatalogue(
        attributes=tuple(attributes.values()), events=tuple(events.values()), names=names
    )
    _check_segments(after.catalogue(default_zone=default_zone))
    found = [
        *_compare("attribute", {one.name: one for one in before.attributes}, attributes),
        *_compare("event", {one.name: one for one in before.events}, events),
        *_compare_names(before.names, names),
    ]
    if found:
        await save_declared(connection, after)
    return found


def _check_segments(catalogue: Catalogue) -> None:
    """Refuse a segment that no rule could name, with what is wrong at its place in its own text."""
    for name, text in catalogue.segments.items():
        refused = check_segment(name, catalogue)
        if refused is not None:
            raise WorkspaceFileError(f'The segment "{name}" cannot be used.\n{refused.render(text)}')


def _compare_names(before: DeclaredNames, after: DeclaredNames) -> Iterable[Difference]:
    known = {(kind, name): content for kind, name, content in before.entries()}
    for kind, name, content in after.entries():
        if known.get((kind, name)) != content:
            what = content if isinstance(content, str) and content != name else ""
            yield Difference(kind=kind, name=name, is_new=(kind, name) not in known, what=what)


async def _apply_account(
    connection: Connection, declaration: WorkspaceDeclaration, source: str
) -> list[Difference]:
    portfolios = {one.portfolio_id: one for one in await list_portfolios(connection)}
    declared = {one.portfolio_id: one for one in declaration.portfolios}
    for number in declaration.numbers:
        if number.portfolio_id not in portfolios and number.portfolio_id not in declared:
            raise WorkspaceFileError(f"{source}: the number {number.name} names a portfolio nobody declares.")
    kept = {one.business_number_id: one for one in await list_numbers(connection)}
    found: list[Difference] = []
    for portfolio in declaration.portfolios:
        if portfolios.get(portfolio.portfolio_id) != portfolio:
            found.append(_portfolio_difference(portfolio, portfolios.get(portfolio.portfolio_id)))
            await save_portfolio(connection, portfolio)
    for number in declaration.numbers:
        before = kept.get(number.business_number_id)
        if before is None or _declared_fields(before) != _declared_fields(number):
            found.append(Difference(kind="number", name=number.name, is_new=before is None))
            await save_number(connection, number)
    return [*found, *await _apply_signups(connection, declaration)]


async def _apply_signups(connection: Connection, declaration: WorkspaceDeclaration) -> list[Difference]:
    kept = await list_signups(connection) if declaration.signups else {}
    found: list[Difference] = []
    for signup in declaration.signups:
        before = kept.get(signup.signup_id)
        if before != signup:
            what = f"{signup.purpose}, wording {signup.wording_version}"
            found.append(Difference(kind="sign-up", name=signup.signup_id, is_new=before is None, what=what))
            await save_signup(connection, signup)
    return found


async def _apply_templates(
    connection: Connection, declaration: WorkspaceDeclaration, workspace: Workspace
) -> list[Difference]:
    kept = {(one.name, one.language): one for one in await list_templates(connection)}
    declared = await list_declared_hashes(connection)
    found: list[Difference] = []
    for template in declaration.templates:
        key = (template.name, template.language)
        before = kept.get(key)
        is_same = declared.get(key) == template.components_hash
        is_registered = before is not None and bool(before.meta_id)
        if (
            is_same
            and before is not None
            and (is_registered or template.status in {"pending", before.status})
        ):
            continue
        if is_registered:
            # Once Meta knows a template, only Meta says how it stands.
            template = replace(template, status="pending")  # noqa: PLW2901 - the declaration as it counts
        found.append(
            Difference(
                kind="template",
                name=f"{template.name} ({template.language})",
                is_new=before is None,
                what=_template_change(before, template, is_same=is_same),
            )
        )
        await save_template(connection, template, now=workspace.clock.now())
    return found


def _compare(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterable[Difference]:
    for name, entry in after.items():
        if before.get(name) != entry:
            yield Difference(kind=kind, name=name, is_new=name not in before)


def _portfolio_difference(portfolio: Portfolio, before: Portfolio | None) -> Difference:
    limit = portfolio.people_per_day_max
    return Difference(
        kind="portfolio",
        name=portfolio.portfolio_id,
        is_new=before is None,
        what=f"{limit if limit is not None else 'unlimited'} people a day",
    )


def _declared_fields(number: BusinessNumber) -> tuple[str, str, str, int, bool]:
    return (
        number.name,
        number.portfolio_id,
        number.waba_id,
        number.throughput_per_second,
        number.marketing_messages,
    )


def _template_change(before: MessageTemplate | None, template: MessageTemplate, *, is_same: bool) -> str:
    if before is None:
        return template.status
    if not is_same:
        how = "`rulecast template edit` brings it to Meta" if before.meta_id else "push it"
        return f"new content, {template.status}: {how} and have it approved again"
    return f"{before.status} → {template.status}"
