"""Every recipe is a rule that checks clean against what its own part of a workspace file declares."""

from pathlib import Path

import pytest

from rulecast.cli.app import run_command
from rulecast.config import load_settings
from rulecast.rule.book.errors import RecipeUnknownError
from rulecast.rule.book.recipe import Recipe, find_recipe, list_recipes, rule_from_recipe
from rulecast.rule.language import CheckedRule, check_rule, format_rule, parse_rule
from rulecast.template import check_template
from rulecast.wiring.file_catalogue import read_file_catalogue
from rulecast.wiring.workspace_declaration import read_workspace_file

NUMBER = """
[[portfolios]]
id = "880000000000001"

[[numbers]]
name = "main"
id = "106540352242922"
waba_id = "102290129340398"
portfolio = "880000000000001"
"""
LANGUAGES = {"fr", "ar", "en", "zh_CN"}
LINK_BASE = "https://links.example"


def test_there_are_at_least_twenty_five_recipes() -> None:
    assert len(list_recipes()) >= 25


@pytest.mark.parametrize("recipe", list_recipes(), ids=lambda recipe: recipe.name)
def test_a_recipe_checks_clean_against_its_own_workspace_file(recipe: Recipe) -> None:
    catalogue = read_file_catalogue(
        recipe.workspace_text + NUMBER, source=recipe.name, settings=load_settings({})
    )
    found = check_rule(recipe.rule_text, catalogue)
    assert isinstance(found, CheckedRule), [problem.render(recipe.rule_text) for problem in found.problems]
    assert recipe.rule_text == format_rule(found.rule)
    assert recipe.rule.about


@pytest.mark.parametrize("recipe", list_recipes(), ids=lambda recipe: recipe.name)
def test_a_recipe_brings_its_template_in_four_languages(recipe: Recipe) -> None:
    declared = read_workspace_file(recipe.workspace_text, source=recipe.name, link_base=LINK_BASE)
    assert {template.language for template in declared.templates} == LANGUAGES
    for template in declared.templates:
        check_template(template)


def test_a_new_rule_bears_its_own_name_and_number() -> None:
    recipe = find_recipe("welcome_series")
    rule = parse_rule(rule_from_recipe(recipe, rule_name="hello_again", number="casablanca_main"))
    assert rule.name == "hello_again"
    assert rule.send.number == rule.follow_ups[0].send.number == "casablanca_main"
    assert rule.condition == recipe.rule.condition


def test_an_unknown_recipe_is_refused_with_the_nearest() -> None:
    with pytest.raises(RecipeUnknownError, match="birthday"):
        find_recipe("birtday")


def test_the_command_writes_two_files_and_never_over_another(tmp_path: Path) -> None:
    words = ["rule", "new", "spring", "--recipe", "win_back", "--from", "main", "--into", str(tmp_path)]
    assert run_command(words, {}) == 0
    written = (tmp_path / "spring.rule").read_text()
    assert written.startswith("rule spring\n")
    assert (tmp_path / "spring.toml").read_text() == find_recipe("win_back").workspace_text
    assert run_command(words, {}) != 0
    assert (tmp_path / "spring.rule").read_text() == written
