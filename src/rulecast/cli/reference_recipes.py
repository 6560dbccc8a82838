"""The manual's page of recipes, generated from the recipes themselves."""

from collections.abc import Iterator

from rulecast.rule.book.recipe import Recipe, list_recipes
from rulecast.rule.language.document import EventTrigger


def render_recipes_page(generated: str) -> str:
    """Return the page of every recipe: what it does, what begins it, and its rule; `generated` stands on top."""
    recipes = list_recipes()
    lines = [
        "# Recipes",
        "",
        generated,
        "",
        f"{len(recipes)} rules to start from. `rulecast rule new NAME --recipe RECIPE --from NUMBER` writes the rule",
        "as `NAME.rule` and what it needs as `NAME.toml`, part of a workspace file: events, attributes, places and a",
        "template in French, Arabic, English and Chinese. Nothing that exists is overwritten. Change both, then",
        "`rulecast workspace apply NAME.toml` and `rulecast rule check NAME.rule`.",
        "",
        "| Recipe | What it does | Begins |",
        "| --- | --- | --- |",
        *(f"| [{one.name}](#{one.name}) | {one.rule.about} | {_beginning(one)} |" for one in recipes),
        "",
    ]
    for recipe in recipes:
        lines += _section(recipe)
    return "\n".join(lines)


def _beginning(recipe: Recipe) -> str:
    rule = recipe.rule
    if rule.trigger is not None:
        return "by an event" if isinstance(rule.trigger, EventTrigger) else "by entering"
    if rule.schedule is not None and rule.schedule.recurrence == "every":
        return "by itself on its days"
    return "when it is launched"


def _section(recipe: Recipe) -> Iterator[str]:
    yield f"## {recipe.name}"
    yield ""
    yield "```text"
    yield recipe.rule_text.rstrip()
    yield "```"
    yield ""
