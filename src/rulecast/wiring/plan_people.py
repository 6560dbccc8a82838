"""Plans for given people: for triggers and follow-up steps, without waiting for the mart."""

from collections.abc import Sequence

from rulecast.values.ids import ContactId, PlanId
from rulecast.wiring.plan_draft import AfterStore, PlanRequest
from rulecast.wiring.plan_making import make_plans
from rulecast.wiring.standing import ITSELF
from rulecast.wiring.workspace import Workspace


async def plan_for_people(
    workspace: Workspace,
    texts: Sequence[str],
    *,
    contacts: Sequence[frozenset[ContactId]],
    after_store: AfterStore | None = None,
) -> list[PlanId]:
    """Plan rules together, each for those among its given people who fulfil its condition now.

    Facts come from PostgreSQL as it is at this moment; exclusions, contention, caps, variants, cost and waterfall
    are those of any plan. `after_store` runs in the transaction that stores the plans.

    Raises:
        RulecastError: a rule does not check, or cannot be planned as asked; see `make_plans`.
    """
    request = PlanRequest(
        texts=tuple(texts), created_by=ITSELF, contacts=tuple(contacts), after_store=after_store
    )
    return await make_plans(workspace, None, request)
