"""Turn an approved plan into a run with one planned message a person."""

from datetime import datetime

from rulecast.deliver import store
from rulecast.deliver.store import Connection
from rulecast.values.ids import PlanId, RunId


async def create_run(
    connection: Connection,
    *,
    plan_id: PlanId,
    rule_name: str,
    business_number_id: str,
    launched_by: str,
    is_test: bool,
    now: datetime,
) -> RunId:
    """Write the run and its messages in the caller's transaction; the same plan again is the same run."""
    run_id, _is_new = await store.insert_run(
        connection,
        plan_id=plan_id,
        rule_name=rule_name,
        business_number_id=business_number_id,
        launched_by=launched_by,
        is_test=is_test,
        now=now,
    )
    return RunId(run_id)
