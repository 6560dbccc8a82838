"""A workspace file is applied whole or not at all, twice like once, and names the line of every mistake."""

from pathlib import Path

import pytest
from tests.planning import WORKSPACE_FILE, planning_workspace

from rulecast.account.store import list_numbers, list_portfolios
from rulecast.config import Settings
from rulecast.rule.language.check import check_condition
from rulecast.rule.language.problem import RuleProblems
from rulecast.template import TemplateRefusedError
from rulecast.template.store import list_templates
from rulecast.values.catalogue import CatalogueInvalidError
from rulecast.values.clock import ManualClock
from rulecast.wiring.workspace_declaration import FILE_BYTES_MAX, WorkspaceFileError, read_workspace_file
from rulecast.wiring.workspace_file import apply_workspace_file, read_rules


def line_with(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


async def test_the_same_file_twice_changes_nothing(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        again = await apply_workspace_file(workspace, WORKSPACE_FILE, source="workspace.toml")
        async with workspace.database.connection() as connection:
            templates = await list_templates(connection)
            numbers = await list_numbers(connection)
            portfolios = await list_portfolios(connection)
            catalogue = await workspace.catalogue(connection)
            rules = await read_rules(connection)
    assert again == []
    assert [(one.name, one.language, one.status) for one in templates] == [
        ("winback", "ar", "approved"),
        ("winback", "en", "approved"),
        ("winback", "fr", "approved"),
    ]
    assert templates[2].parts.buttons[1].url.endswith("/l/{{1}}")
    assert [one.name for one in numbers] == ["casablanca_main"]
    assert portfolios[0].people_per_day_max is None
    assert catalogue.attribute("points") is not None
    assert catalogue.event("purchase") is not None
    assert rules.sending_policy["quiet_hours"] == {"start": "21:00", "end": "09:00"}


async def test_a_change_is_shown_and_new_content_waits_for_approval(
    settings: Settings, clock: ManualClock
) -> None:
    changed = (
        WORKSPACE_FILE.replace('start = "21:00"', 'start = "22:00"')
        .replace("throughput_per_second = 80", "throughput_per_second = 1000")
        .replace('status = "approved"\nbody = "Hello', 'body = "Welcome')
        .replace("[sending_policy]", '[workspace]\nbilling_currency = "EUR"\n\n[sending_policy]', 1)
    )
    async with planning_workspace(settings, clock) as workspace:
        found = await apply_workspace_file(workspace, changed, source="workspace.toml")
        async with workspace.database.connection() as connection:
            statuses = {one.language: one.status for one in await list_templates(connection)}
    assert [(one.kind, one.name) for one in found] == [
        ("billing currency", "EUR"),
        ("sending policy", "quiet_hours"),
        ("number", "casablanca_main"),
        ("template", "winback (en)"),
    ]
    assert statuses == {"fr": "approved", "ar": "approved", "en": "pending"}


MISTAKES = [
    ('type = "integer"', 'type = "number"', "attributes[1].type", 'type = "number"'),
    ("throughput_per_second = 80", "throughput_per_second = 5000", "throughput_per_second", "5000"),
    (
        "throughput_per_second = 80",
        "throughput = 80",
        "did you mean throughput_per_second",
        "throughput = 80",
    ),
    ('language = "ar"\n', 'language = "ar"\ncolour = "red"\n', "templates[1].languages[2].colour", "colour"),
    (
        'properties = { amount = "decimal" }',
        'properties = { amount = "money" }',
        "events[1].properties.amount",
        'name = "purchase"',
    ),
    (
        'quiet_hours = { start = "21:00"',
        'quiet_hours = { start = "9pm"',
        "sending_policy.quiet_hours.start",
        None,
    ),
    ('category = "marketing"', 'category = "promo"', "templates[1].category", 'category = "promo"'),
    ('name = "winback"', 'name = "Win Back"', "templates[1].name", 'name = "Win Back"'),
    (
        '"QUICK_REPLY", text = "Stop"',
        '"REPLY", text = "Stop"',
        "templates[1].languages[1].buttons[1].type",
        "buttons = [",
    ),
    (
        'body = "Bonjour {{name}}, 20 % sur tout cette semaine."\n',
        'components = [{ type = "BODY", text = "Bonjour" }, { type = "FOOTER" }]\n#',
        "templates[1].languages[1].components[2].text",
        "components = [",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "line"), MISTAKES)
def test_a_mistake_is_named_with_file_line_and_field(
    old: str, new: str, place: str, line: str | None
) -> None:
    text = WORKSPACE_FILE.replace(old, new, 1)
    with pytest.raises(WorkspaceFileError) as refused:
        read_workspace_file(text, source="workspace.toml", link_base="https://go.example")
    assert place in refused.value.what
    if line is not None:
        expected = line_with(text, line)
        told = int(refused.value.what.split("line ")[1].split(":")[0])
        assert expected - 1 <= told <= expected + 4


def test_a_button_that_names_a_link_leads_to_our_redirect_however_it_is_written() -> None:
    button = '{ type = "URL", text = "Voir", link = "promo" }'
    card = f'{{ components = [{{ type = "BODY", text = "Une" }}, {{ type = "BUTTONS", buttons = [{button}] }}] }}'
    written = (
        f'components = [{{ type = "BODY", text = "Bonjour" }}, {{ type = "BUTTONS", buttons = [{button}] }}, '
        f'{{ type = "CAROUSEL", cards = [{card}, {card}] }}]'
    )
    text = (
        '[[templates]]\nname = "promo"\ncategory = "marketing"\nlinks = { promo = "https://shop.example" }\n'
        f'[[templates.languages]]\nlanguage = "fr"\n{written}\n'
    )
    declared = read_workspace_file(text, source="workspace.toml", link_base="https://go.example")
    (template,) = declared.templates
    assert {one.url for one in template.parts.all_buttons} == {"https://go.example/l/{{1}}"}
    assert template.link_names == ("promo", "promo", "promo")


def test_what_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(WorkspaceFileError, match="line 2"):
        read_workspace_file("[workspace]\nbilling_currency = \n", source="workspace.toml", link_base="")
    with pytest.raises(WorkspaceFileError, match="longer"):
        read_workspace_file("#" * (FILE_BYTES_MAX + 1), source="workspace.toml", link_base="")


async def test_a_refused_file_changes_nothing(settings: Settings, clock: ManualClock) -> None:
    without_way_out = WORKSPACE_FILE.replace('footer = "Reply STOP to unsubscribe"\n', "")
    stray_portfolio = WORKSPACE_FILE.replace('portfolio = "900"', 'portfolio = "901"')
    reserved = WORKSPACE_FILE.replace('name = "points"', 'name = "where"')
    async with planning_workspace(settings, clock) as workspace:
        with pytest.raises(TemplateRefusedError, match="stop button"):
            await apply_workspace_file(workspace, without_way_out, source="workspace.toml")
        with pytest.raises(WorkspaceFileError, match="portfolio"):
            await apply_workspace_file(
                workspace, stray_portfolio.replace("80", "70"), source="workspace.toml"
            )
        with pytest.raises(CatalogueInvalidError):
            await apply_workspace_file(workspace, reserved, source="workspace.toml")
        async with workspace.database.connection() as connection:
            numbers = await list_numbers(connection)
            templates = await list_templates(connection)
    assert numbers[0].throughput_per_second == 80
    assert all(one.has_opt_out for one in templates)


def test_the_example_of_the_manual_can_be_applied() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/workspace-file.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    declared = read_workspace_file(example, source="workspace-file.md", link_base="https://go.example")
    assert declared.templates[0].link_names == ("promo",)
    assert declared.policy().consent_valid_days == 730


NAMES = """
[[attributes]]
name = "location"
type = "place"

[[attributes]]
name = "sku"
type = "text"
letter_case = "exact"

[segments]
regulars = 'sku = "A1" and in segment "near"'
near = 'location within 10 km of place "maarif"'

[places.maarif]
latitude = 33.5867
longitude = -7.6323

[labels]
churn_risk = ["low", "high"]

[[teams]]
name = "support"

[[recipients]]
name = "ops"
"""


async def test_names_that_rules_use_are_kept_and_checked(settings: Settings, clock: ManualClock) -> None:
    async with planning_workspace(settings, clock) as workspace:
        found = await apply_workspace_file(workspace, NAMES, source="workspace.toml")
        again = await apply_workspace_file(workspace, NAMES, source="workspace.toml")
        async with workspace.database.connection() as connection:
            catalogue = await workspace.catalogue(connection)
    assert again == []
    assert [(one.kind, one.name) for one in found] == [
        ("attribute", "location"),
        ("attribute", "sku"),
        ("place", "maarif"),
        ("segment", "regulars"),
        ("segment", "near"),
        ("label", "churn_risk"),
        ("recipient", "ops"),
        ("team", "support"),
    ]
    sku = catalogue.attribute("sku")
    assert sku is not None
    assert sku.stored_text("A1") == "A1"
    assert str(catalogue.places["maarif"].longitude) == "-7.6323"
    assert catalogue.labels == {"churn_risk": ("low", "high")}
    assert (catalogue.teams, catalogue.recipients) == (("support",), ("ops",))
    for text in (
        'location within 5 km of place "maarif" and in segment "regulars"',
        'label "churn_risk" is "high"',
    ):
        assert not isinstance(check_condition(text, catalogue), RuleProblems)


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        ('cty = "Rabat"', "RL-010"),
        ("city =", "RL-001"),
        ('in segment "regulars"', "RL-061"),
    ],
)
async def test_a_segment_no_rule_could_name_refuses_the_file(
    settings: Settings, clock: ManualClock, segment: str, said: str
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        with pytest.raises(WorkspaceFileError, match=said):
            await apply_workspace_file(
                workspace, f"[segments]\nregulars = '{segment}'\n", source="workspace.toml"
            )
