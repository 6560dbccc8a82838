"""Signing a plan: what was planned must still be what would be sent, and four eyes must see it."""

import unicodedata
from datetime import datetime

from rulecast.database import Connection
from rulecast.observe.append_audit import append_audit
from rulecast.plan import Plan, content_hash, store
from rulecast.plan.errors import (
    ApproverNameError,
    FourEyesError,
    PlanChangedError,
    PlanEmptyError,
    PlanExpiredError,
    PlanOfPastError,
    RuleNotValidError,
)
from rulecast.values.ids import PlanId
from rulecast.wiring.media_library import find_changed_medium
from rulecast.wiring.workspace import Workspace

NAME_LENGTH_MAX = 100
SIGNING_PURPOSE = "plan"


async def approve(workspace: Workspace, plan_id: PlanId, *, approved_by: str) -> Plan:
    """Sign the content hash of a plan and record who did; approving an approved plan changes nothing.

    Raises:
        PlanUnknownError, PlanOfPastError, PlanEmptyError, PlanExpiredError: the plan cannot be approved.
        PlanChangedError: it is not what was planned any more; the plan is void from now on.
        FourEyesError: the approver wrote the rule or made the plan.
        ApproverNameError: the approver has no name.
    """
    name = approved_by.strip()
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise ApproverNameError(f"A name of 1 to {NAME_LENGTH_MAX} characters is expected.")
    async with workspace.database.transaction() as connection:
        plan = await store.lock_plan(connection, plan_id)
        if plan.state in {"approved", "launched"}:
            return plan
        _check_four_eyes(workspace, plan, name)
        change = await find_change(connection, plan)
        if change is None:
            refuse_if_stale(workspace, plan)
            await sign(connection, workspace, plan, name)
            return await store.find_plan(connection, plan_id)
        await void(connection, workspace, plan, change)
    raise PlanChangedError(f"Plan {plan_id}: {change}")


async def find_change(connection: Connection, plan: Plan, *, is_standing: bool = False) -> str | None:
    """Return what differs from what was planned: a decision, the document, the rule, a template; None: nothing.

    With `is_standing` the version counts that is in force, which the caller compares, not the one saved last.
    """
    if plan.state == "void":
        return "it was voided before."
    members_hash = await store.hash_members(connection, plan.plan_id)
    if content_hash(plan.document, members_hash) != plan.content_hash:
        return "its content is not what was planned."
    newest = await store.find_newest_rule_version(connection, plan.rule_name)
    if newest != plan.rule_version_id and not plan.is_test and not is_standing:
        return f"the rule {plan.rule_name} has a newer version."
    medium = await find_changed_medium(connection, plan.document)
    if medium is not None:
        return f"the file {medium} was fetched again since and is another one."
    planned = plan.document["template_hashes"]
    now = await store.find_template_hashes(connection, [int(template_id) for template_id in planned])
    for template_id, digest in now.items():
        if digest.hex() != planned[str(template_id)]:
            return f"the template {plan.document['template']} was changed."
    return None if len(now) == len(planned) else "a template is gone."


def refuse_if_stale(workspace: Workspace, plan: Plan) -> None:
    """Refuse a plan that may not be approved or launched, whatever it says.

    Raises:
        PlanOfPastError, PlanEmptyError, PlanExpiredError, RuleNotValidError: which of these it is.
    """
    if plan.is_of_past:
        raise PlanOfPastError
    if not plan.document["planned"]:
        raise PlanEmptyError
    if workspace.clock.now() >= plan.expires_at:
        raise PlanExpiredError(f"Plan {plan.plan_id} expired at {plan.expires_at.isoformat()}.")
    valid_until = plan.document.get("valid_until")
    if valid_until is not None and workspace.clock.now() >= datetime.fromisoformat(valid_until):
        raise RuleNotValidError(f"The rule {plan.rule_name} held until {valid_until}.")


async def void(connection: Connection, workspace: Workspace, plan: Plan, why: str) -> None:
    """Void a plan that has changed; it is never approved or launched again."""
    await store.set_state(connection, plan.plan_id, "void")
    await append_audit(
        connection,
        actor=workspace.actor,
        action="plan voided",
        subject=f"plan {plan.plan_id}",
        details={"why": why},
        now=workspace.clock.now(),
    )


def signed_text(plan: Plan, approved_by: str) -> bytes:
    """Return what an approval signs: the content hash, the plan and who approves."""
    return plan.content_hash + str(plan.plan_id).encode() + b"\n" + approved_by.encode()


def _check_four_eyes(workspace: Workspace, plan: Plan, name: str) -> None:
    if workspace.is_simulated:
        return
    authors = {same_person(plan.author), same_person(plan.created_by)}
    if same_person(name) in authors or same_person(workspace.actor) in authors:
        raise FourEyesError(f"{name} wrote the rule or made plan {plan.plan_id}, or acts for who did.")


async def sign(connection: Connection, workspace: Workspace, plan: Plan, name: str) -> None:
    """Store the approval of a plan under a name and set its state."""
    now = workspace.clock.now()
    await store.insert_approval(
        connection,
        {
            "plan_id": plan.plan_id,
            "content_hash": plan.content_hash,
            "approved_by": name,
            "approved_at": now,
            "signature": workspace.vault.sign(SIGNING_PURPOSE, signed_text(plan, name)),
        },
    )
    await store.set_state(connection, plan.plan_id, "approved")
    await append_audit(
        connection,
        actor=name,
        action="plan approved",
        subject=f"plan {plan.plan_id}",
        details={"content_hash": plan.content_hash.hex(), "rule": plan.rule_name},
        now=now,
    )


def same_person(name: str) -> str:
    """Return what two spellings of one name share: full-width letters, case, blanks and invisible marks apart."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
