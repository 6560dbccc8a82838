"""Before anything starts, the message of everybody is known to be possible; who has no such message is left out."""

import pytest
from tests.planning import Person, create_people, planning_workspace, rule_text

from rulecast.config import Settings
from rulecast.database import fetch_all
from rulecast.plan import Plan
from rulecast.plan.rendering import Rendering
from rulecast.rule.language.document import Parameter
from rulecast.template import MessageTemplate, read_parts
from rulecast.values.clock import ManualClock
from rulecast.values.ids import TemplateId
from rulecast.values.reason import NUMBERS, Reason
from rulecast.wiring.plan import plan_rules
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_file import apply_workspace_file

FILLING = "voici une offre " * 6 + "xxxx"
LONG = f"""
[[attributes]]
name = "nickname"
type = "text"
letter_case = "exact"

[[templates]]
name = "long"
category = "marketing"

[[templates.languages]]
language = "fr"
status = "approved"
body = "Bonjour {{{{name}}}}, {FILLING * 9}."
footer = "Répondez STOP pour arrêter"
"""


async def left_out(workspace: Workspace, plan: Plan) -> list[int]:
    """Return the people without a message, by their place among those created."""
    async with workspace.database.connection() as connection:
        rows = await fetch_all(
            connection,
            "SELECT contact_id FROM plan.member WHERE plan_id = %(plan_id)s AND reason_number = %(reason)s"
            " ORDER BY contact_id",
            {"plan_id": plan.plan_id, "reason": NUMBERS[Reason.MISSING_PARAMETER]},
        )
    return [row[0] for row in rows]


async def test_whoever_has_a_value_of_which_no_message_can_be_made_is_left_out_before_the_start(
    settings: Settings, clock: ManualClock
) -> None:
    names = ("Asha", "null", "", "Win at evil.com", "x" * 201, "Nguyễn", "O'Neill-Ölaf", "a {{1}}")
    nicknames = (None, "null", "Ash", "evil.com", "y" * 113, "y" * 114, "z\u0301" * 108, "  ")
    people = [
        Person(
            phone=f"+21261200000{number}",
            first_name=name,
            extra={} if nickname is None else {"nickname": nickname},
        )
        for number, (name, nickname) in enumerate(zip(names, nicknames, strict=True))
    ]
    async with planning_workspace(settings, clock) as workspace:
        await apply_workspace_file(workspace, LONG, source="workspace.toml")
        ids = await create_people(workspace, people)
        text = rule_text("winback", name_value="first_name")
        (personal,) = await plan_rules(workspace, [text])
        open_text = rule_text("longer", name_value='nickname or "client"').replace(
            "winback in the contact's language (fr, ar, en; else fr)", "long in fr"
        )
        (lengthy,) = await plan_rules(workspace, [open_text])
        (lacking,) = await plan_rules(
            workspace, [open_text.replace(' or "client"', "").replace("longer", "own")]
        )
        assert await left_out(workspace, personal) == [ids[place] for place in (1, 2, 3, 4, 7)]
        # With a default only the length can fail: 911 characters are fixed.
        assert await left_out(workspace, lengthy) == [ids[place] for place in (5,)]
        assert await left_out(workspace, lacking) == [ids[place] for place in (0, 1, 3, 5, 7)]


def rendering(body: str, *parameters: Parameter) -> Rendering:
    components = [{"type": "BODY", "text": body}]
    template = MessageTemplate(
        template_id=TemplateId(1),
        name="t",
        language="fr",
        category="marketing",
        status="approved",
        components=tuple(components),
        links={},
        parts=read_parts(components),
    )
    return Rendering.of(template, parameters)


@pytest.mark.parametrize(
    ("fixed", "expected"), [(100, 200), (820, 200), (830, 150), (1000, 15), (1016, 0), (1030, 0)]
)
def test_ordinary_words_are_judged_by_the_length_that_the_text_leaves_them(fixed: int, expected: int) -> None:
    name = Parameter(name="name", attribute="first_name", default=None)
    assert rendering("x" * fixed + "{{name}}.", name).length_max() == expected
