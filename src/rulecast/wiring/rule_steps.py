"""The steps of a rule's life as a person asks for them: approve, activate, pause, resume, archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rulecast.database import Connection
from rulecast.observe.append_audit import append_audit
from rulecast.plan.errors import ApproverNameError, FourEyesError
from rulecast.plan.store import free_version
from rulecast.rule.book import Act, Envelope, KeptRule, RuleState, StandingApproval
from rulecast.rule.book import store as book
from rulecast.rule.book.envelope import check_envelope, end_of_approval, find_template_change
from rulecast.rule.book.errors import (
    EnvelopeInvalidError,
    RuleByHandError,
    RuleUnknownError,
    SensitiveFieldError,
    StepNotAllowedError,
)
from rulecast.rule.book.limits import WHY_LENGTH_MAX
from rulecast.rule.book.states import IN_FORCE, STEPS, next_state
from rulecast.rule.language import CheckedRule
from rulecast.values.catalogue import closest_name
from rulecast.values.ids import RuleVersionId, StandingApprovalId
from rulecast.values.money import money_of
from rulecast.wiring.approve import NAME_LENGTH_MAX, same_person
from rulecast.wiring.media_library import fetch_for_rules
from rulecast.wiring.plan_terms import check
from rulecast.wiring.rule_loops import refuse_loops
from rulecast.wiring.rule_terms import read_template_hashes, runs_by_itself, sensitive_fields_of
from rulecast.wiring.standing import SIGNING_PURPOSE
from rulecast.wiring.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The envelope somebody is about to sign; the cost in major units of the billing currency."""

    people_per_run: int
    people_per_day: int
    cost_per_run: Decimal
    until: date
    sensitive_fields: tuple[str, ...] = ()


async def approve_rule(
    workspace: Workspace, rule_name: str, offer: Offer, *, approved_by: str, is_of_running: bool = False
) -> StandingApproval:
    """Sign what a rule says now, with its templates and an envelope, and return what was signed.

    With `is_of_running` the version that is in force is signed anew, beside whatever is being written.

    Raises:
        RuleUnknownError, RuleByHandError, RuleRefusedError, RuleLoopError: the rule cannot be approved.
        EnvelopeInvalidError, SensitiveFieldError: the envelope cannot be signed.
        FourEyesError, ApproverNameError: this person cannot approve it.
        StepNotAllowedError: it is archived.
    """
    name = approved_by.strip()
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise ApproverNameError(f"A name of 1 to {NAME_LENGTH_MAX} characters is expected.")
    pick = in_force_or_head if is_of_running else _head
    async with workspace.database.connection() as connection:
        text = pick(await _versions(connection, rule_name)).text
    # What it shows is fetched now, and from now on stays what is signed.
    await fetch_for_rules(workspace, [text])
    async with workspace.database.transaction() as connection:
        await book.lock_rule(connection, rule_name)
        kept = pick(await _versions(connection, rule_name))
        next_state(kept.state, Act.APPROVE)
        _check_four_eyes(workspace, kept, name)
        checked = await _checked(connection, workspace, kept)
        approval = await _approval(connection, workspace, kept, checked, offer=offer, name=name)
        signature = workspace.vault.sign(SIGNING_PURPOSE, approval.signed_text)
        await book.insert_standing_approval(connection, approval, signature=signature)
        await _step(connection, workspace, kept, Act.APPROVE, actor=name)
    return approval


async def activate_rule(workspace: Workspace, rule_name: str) -> KeptRule:
    """Let what a rule says now run by itself; the version that was in force before is archived.

    Raises:
        RuleUnknownError, StepNotAllowedError: there is no approved version to activate.
        RuleRefusedError, RuleLoopError, EnvelopeInvalidError: what was approved does not hold any more.
    """
    async with workspace.database.transaction() as connection:
        await book.lock_rule(connection, rule_name)
        versions = await _versions(connection, rule_name)
        kept = _head(versions)
        next_state(kept.state, Act.ACTIVATE)
        await _refuse_weak_approval(connection, workspace, kept)
        for other in versions:
            if _is_in_force(other):
                why = f"version {kept.version} was activated"
                await _step(connection, workspace, other, Act.REPLACE, actor=workspace.actor, why=why)
        await _step(connection, workspace, kept, Act.ACTIVATE, actor=workspace.actor)
        return await book.find_kept(connection, kept.rule_version_id)


async def pause_rule(workspace: Workspace, rule_name: str, *, why: str = "") -> KeptRule:
    """Let a rule rest: no run starts and nothing of the runs before is sent until it is resumed.

    Raises:
        RuleUnknownError, StepNotAllowedError: no version of it is active.
    """
    async with workspace.database.transaction() as connection:
        await book.lock_rule(connection, rule_name)
        kept = in_force_or_head(await _versions(connection, rule_name))
        await _step(connection, workspace, kept, Act.PAUSE, actor=workspace.actor, why=why)
        return await book.find_kept(connection, kept.rule_version_id)


async def resume_rule(workspace: Workspace, rule_name: str, *, why: str = "") -> KeptRule:
    """End a pause or a hold; a rule that then runs by itself again needs an approval that still holds.

    Raises:
        RuleUnknownError, StepNotAllowedError: no version of it rests.
        RuleRefusedError, RuleLoopError, EnvelopeInvalidError: what was approved does not hold any more.
    """
    async with workspace.database.transaction() as connection:
        await book.lock_rule(connection, rule_name)
        kept = in_force_or_head(await _versions(connection, rule_name))
        if next_state(kept.state, Act.RESUME, held_from=kept.held_from) is RuleState.ACTIVE:
            await _refuse_weak_approval(connection, workspace, kept)
        await _step(connection, workspace, kept, Act.RESUME, actor=workspace.actor, why=why)
        return await book.find_kept(connection, kept.rule_version_id)


async def archive_rule(workspace: Workspace, rule_name: str, *, why: str = "") -> list[RuleVersionId]:
    """Archive every version of a rule, so that nothing of it is sent any more, and return which these were.

    Raises:
        RuleUnknownError: there is no such rule.
        StepNotAllowedError: all its versions are archived.
    """
    async with workspace.database.transaction() as connection:
        await book.lock_rule(connection, rule_name)
        found = [one for one in await _versions(connection, rule_name) if (one.state, Act.ARCHIVE) in STEPS]
        if not found:
            raise StepNotAllowedError(f"Every version of {rule_name} is archived.")
        for kept in found:
            await _step(connection, workspace, kept, Act.ARCHIVE, actor=workspace.actor, why=why)
        return [kept.rule_version_id for kept in found]


async def read_rule(workspace: Workspace, rule_name: str) -> list[KeptRule]:
    """Return every version of a rule with its state, the newest last.

    Raises:
        RuleUnknownError: there is no such rule.
    """
    async with workspace.database.connection() as connection:
        return await _versions(connection, rule_name)


async def _versions(connection: Connection, rule_name: str) -> list[KeptRule]:
    versions = await book.list_kept(connection, rule_name)
    if not versions:
        known = [one.rule_name for one in await book.list_rules(connection)]
        raise RuleUnknownError(f"There is no rule {rule_name}.", hint=_suggestion(rule_name, known))
    return versions


def _suggestion(rule_name: str, known: list[str]) -> str | None:
    closest = closest_name(rule_name, known)
    return None if closest is None else f"Did you mean {closest}?"


def _head(versions: Sequence[KeptRule]) -> KeptRule:
    return next((one for one in versions if one.is_head), versions[-1])


def in_force_or_head(versions: Sequence[KeptRule]) -> KeptRule:
    """Return the version in force, else one that is held, else what the rule says now."""
    for is_wanted in (_is_in_force, _is_held):
        found = [one for one in versions if is_wanted(one)]
        if found:
            return found[-1]
    return _head(versions)


def _is_in_force(kept: KeptRule) -> bool:
    return kept.state in IN_FORCE or (kept.state is RuleState.HELD and kept.held_from in IN_FORCE)


def _is_held(kept: KeptRule) -> bool:
    return kept.state is RuleState.HELD


async def _checked(connection: Connection, workspace: Workspace, kept: KeptRule) -> CheckedRule:
    checked = check(kept.text, await workspace.catalogue(connection))
    if not runs_by_itself(checked.rule):
        raise RuleByHandError(f"The rule {kept.rule_name} is launched by hand.")
    await refuse_loops(connection, workspace, checked)
    return checked


async def _approval(
    connection: Connection,
    workspace: Workspace,
    kept: KeptRule,
    checked: CheckedRule,
    *,
    offer: Offer,
    name: str,
) -> StandingApproval:
    now = workspace.clock.now()
    envelope = _envelope(workspace, offer, now=now)
    reads = sensitive_fields_of(checked, await workspace.catalogue(connection))
    unnamed = sorted(reads - set(offer.sensitive_fields))
    if unnamed:
        raise SensitiveFieldError(f"The rule {kept.rule_name} reads {', '.join(unnamed)}.")
    return StandingApproval(
        standing_approval_id=StandingApprovalId(0),
        rule_version_id=kept.rule_version_id,
        rule_hash=kept.content_hash,
        template_hashes=await read_template_hashes(connection, checked.rule),
        purpose=checked.rule.purpose,
        envelope=envelope,
        approved_by=name,
        approved_at=now,
        signature=b"",
    )


def _envelope(workspace: Workspace, offer: Offer, *, now: datetime) -> Envelope:
    currency = workspace.billing_currency
    try:
        cost = money_of(offer.cost_per_run, currency)
    except ValueError as error:
        raise EnvelopeInvalidError(str(error)) from error
    zone = workspace.settings.default_timezone
    envelope = Envelope(
        people_per_run=offer.people_per_run,
        people_per_day=offer.people_per_day,
        cost_per_run=cost.minor_units,
        currency=currency,
        sensitive_fields=tuple(sorted(set(offer.sensitive_fields))),
        valid_until=end_of_approval(offer.until, zone=zone, now=now),
    )
    check_envelope(envelope, now=now)
    return envelope


async def _refuse_weak_approval(connection: Connection, workspace: Workspace, kept: KeptRule) -> None:
    """Refuse to start what would be held at its first run."""
    checked = await _checked(connection, workspace, kept)
    approval = await book.find_standing_approval(connection, kept.rule_version_id)
    if approval is None:
        raise EnvelopeInvalidError(f"Version {kept.version} of {kept.rule_name} has no standing approval.")
    if workspace.clock.now() >= approval.envelope.valid_until:
        raise EnvelopeInvalidError(f"The standing approval of {kept.rule_name} has ended: approve it again.")
    current = await read_template_hashes(connection, checked.rule)
    changed = find_template_change(approval.template_hashes, current)
    if changed is not None:
        raise EnvelopeInvalidError(f"{changed}: approve {kept.rule_name} again.")


def _check_four_eyes(workspace: Workspace, kept: KeptRule, name: str) -> None:
    if workspace.is_simulated:
        return
    author = same_person(kept.author)
    if author in {same_person(name), same_person(workspace.actor)}:
        raise FourEyesError(f"{name} wrote version {kept.version} of {kept.rule_name}, or acts for who did.")


async def _step(
    connection: Connection,
    workspace: Workspace,
    kept: KeptRule,
    act: Act,
    *,
    actor: str,
    why: str = "",
) -> None:
    now, why = workspace.clock.now(), why.strip()[:WHY_LENGTH_MAX]
    state = await book.take_step(connection, kept, act, actor=actor, now=now, why=why)
    if state is RuleState.ARCHIVED:
        await free_version(connection, kept.rule_version_id)
    await append_audit(
        connection,
        actor=actor,
        action=f"rule {act.value}",
        subject=f"rule {kept.rule_name}",
        details={"version": kept.rule_version_id, "from": kept.state.value, "to": state.value, "why": why},
        now=now,
    )
