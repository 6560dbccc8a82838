"""Recipes: rules that work, to start from, each with what it needs in the workspace file."""

from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from rulecast.rule.book.errors import RecipeUnknownError
from rulecast.rule.language import Rule, RuleProblems, format_rule, parse_rule
from rulecast.values.catalogue import closest_name

FOLDER = "recipes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A rule and the part of a workspace file with its templates, events and attributes, as texts."""

    name: str
    rule: Rule
    rule_text: str
    workspace_text: str


@cache
def list_recipes() -> tuple[Recipe, ...]:
    """Return every recipe by name."""
    folder = files(__package__).joinpath(FOLDER)
    names = sorted(
        entry.name.removesuffix(".rule") for entry in folder.iterdir() if entry.name.endswith(".rule")
    )
    return tuple(
        _recipe(
            name,
            folder.joinpath(f"{name}.rule").read_text(encoding="utf-8"),
            folder.joinpath(f"{name}.toml").read_text(encoding="utf-8"),
        )
        for name in names
    )


def _recipe(name: str, rule_text: str, workspace_text: str) -> Recipe:
    rule = parse_rule(rule_text)
    assert not isinstance(rule, RuleProblems), f"the recipe {name} cannot be read"
    return Recipe(name=name, rule=rule, rule_text=rule_text, workspace_text=workspace_text)


def find_recipe(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises:
        RecipeUnknownError: there is none; the nearest name is given.
    """
    known = {recipe.name: recipe for recipe in list_recipes()}
    if name not in known:
        near = closest_name(name, known)
        raise RecipeUnknownError(
            f"There is no recipe {name!r}." + (f" Did you mean {near}?" if near is not None else "")
        )
    return known[name]


def rule_from_recipe(recipe: Recipe, *, rule_name: str, number: str | None = None) -> str:
    """Return the canonical text of the recipe's rule under another name, sent from another number where given."""

    def sent(rule: Rule) -> Rule:
        if number is None:
            return rule
        return replace(
            rule,
            send=replace(rule.send, number=number),
            follow_ups=tuple(
                replace(step, send=replace(step.send, number=number)) for step in rule.follow_ups
            ),
            variant_sends=tuple(
                replace(arm, send=replace(arm.send, number=number)) for arm in rule.variant_sends
            ),
        )

    return format_rule(sent(replace(recipe.rule, name=rule_name)))
