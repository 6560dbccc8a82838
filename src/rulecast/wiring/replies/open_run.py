"""A run for replies: a plan without template, launched under the approval of what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rulecast.database import Connection
from rulecast.deliver import create_run
from rulecast.observe.append_audit import append_audit
from rulecast.plan import content_hash
from rulecast.plan import store as plan_store
from rulecast.plan.document import instant
from rulecast.values.ids import RuleVersionId, RunId
from rulecast.values.purpose import Purpose
from rulecast.wiring.replies.records import ReplyRun
from rulecast.wiring.workspace import Workspace

KEPT_DAYS = 3_650
"""People answer old messages; whether the window is open decides, not the age of the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReplyRun:
    """What a run of replies is opened with; `answered_run_id` is None where somebody types, or rulecast itself speaks.

    `fixed` are the words of rulecast itself, as the gate reads them; `typed` is the form of what somebody typed, and
    `files` are those of its messages by the name under which the words ask for them, as a plan signs files.
    """

    rule_name: str
    rule_version_id: RuleVersionId
    business_number_id: str
    purpose: Purpose
    step: int
    answered_run_id: RunId | None
    launched_by: str
    links: dict[str, str]
    fixed: Mapping[str, object] | None = None
    typed: str = ""
    files: Mapping[str, object] = field(default_factory=dict)


async def open_reply_run(connection: Connection, workspace: Workspace, new: NewReplyRun) -> ReplyRun:
    """Write plan and run, both without people yet, in the caller's transaction."""
    now = workspace.clock.now()
    plan_id = await plan_store.next_plan_id(connection)
    await plan_store.insert_plan(
        connection,
        {
            "plan_id": plan_id,
            "rule_version_id": new.rule_version_id,
            "rule_name": new.rule_name,
            "purpose": new.purpose.value,
            "evaluated_at": now,
            "as_of": None,
            "known_at": None,
            "created_at": now,
            "created_by": new.launched_by,
            "expires_at": now + timedelta(days=KEPT_DAYS),
            "tzdata_version": workspace.tzdata_version,
            "business_number_id": new.business_number_id,
            "previous_plan_id": None,
            "is_test": False,
            "step": new.step,
            "first_run_id": new.answered_run_id,
        },
    )
    document = _document(workspace, new, now)
    members_hash = await plan_store.hash_members(connection, plan_id)
    await plan_store.finish_plan(
        connection, plan_id, document=document, content_hash=content_hash(document, members_hash)
    )
    await plan_store.set_state(connection, plan_id, "launched")
    run_id = await create_run(
        connection,
        plan_id=plan_id,
        rule_name=new.rule_name,
        business_number_id=new.business_number_id,
        launched_by=new.launched_by,
        is_test=False,
        now=now,
    )
    await append_audit(
        connection,
        actor=new.launched_by,
        action="replies opened",
        subject=f"plan {plan_id}",
        details={"run": run_id, "rule": new.rule_name, "answers": new.answered_run_id},
        now=now,
    )
    return ReplyRun(run_id=run_id, plan_id=plan_id)


def _document(workspace: Workspace, new: NewReplyRun, now: datetime) -> dict[str, Any]:
    """Return what the plan shows; without a band it takes nobody from another rule."""
    return {
        "format": 1,
        "rule": new.rule_name,
        "template": "",
        "evaluated_at": instant(now),
        "currency": workspace.billing_currency,
        "audience": 0,
        "planned": 0,
        "exclusions": [],
        "budget_e4": None,
        "reply": {
            "link_base": workspace.settings.public_base_url,
            **({} if new.fixed is None else {"fixed": dict(new.fixed)}),
            **({"typed": new.typed} if new.typed else {}),
        },
        **({"reply_files": dict(new.files)} if new.files else {}),
        "link_targets": {"": new.links} if new.links else {},
        "template_hashes": {},
    }
