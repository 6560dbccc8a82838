"""A plan gives every person of its audience one decision, with one reason."""

import pytest
from tests.planning import Person, create_people, exclusions, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.template.errors import TemplateInUseError
from rulecast.values.clock import ManualClock
from rulecast.values.purpose import ConsentStatus
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.template_acts import delete_template


async def test_the_waterfall_balances_and_names_each_reason(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        await create_people(
            workspace,
            [
                Person(phone="+212612000001"),
                Person(phone="+212612000002", status=ConsentStatus.WITHDRAWN),
                Person(phone="+33612000003", city="lyon", country="fr", zone="Europe/Paris", status=None),
                Person(
                    phone="+21620000004",
                    city="tunis",
                    country="tn",
                    language="en",
                    zone="africa/tunis",
                    birth_date="2012-06-15",
                ),
                Person(phone="+212612000005", wording=""),
                Person(phone="+212612000006", city="rabat", language="ar"),
                Person(phone="+212612000007", city="agadir"),
            ],
        )
        (plan,) = await plan_rules(workspace, [rule_text()])
        with pytest.raises(TemplateInUseError, match=rf"open plans: {plan.plan_id} \(winback, draft\)"):
            await delete_template(workspace, "winback")
    document = plan.document
    assert document["audience"] == 6
    assert document["planned"] == 2
    assert exclusions(plan) == {
        "no_consent": 1,
        "consent_withdrawn": 1,
        "unproven_consent": 1,
        "under_age": 1,
    }
    assert document["planned"] + sum(exclusions(plan).values()) == document["audience"]
    assert document["cost_e4"] == 2 * 41_400
    assert {sample["language"] for sample in document["samples"]} == {"fr", "ar"}
    assert "Asha" not in str(document["samples"])
