"""Turn an approved plan into a run with one planned message a person."""

from datetime import datetime

from rulecast.deliver import store
from rulecast.deliver.store import Connection
from rulecast.values.ids import PlanId, RunId


async def create_run(  # noqa: PLR0913 - the seven facts of a launch, each said once by its only caller
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
    run = store.NewRun(
        plan_id=plan_id,
        rule_name=rule_name,
        business_number_id=business_number_id,
        launched_by=launched_by,
        is_test=is_test,
    )
    return RunId(await store.insert_run(connection, run, now))
