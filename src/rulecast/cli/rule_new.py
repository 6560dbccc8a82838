"""`rulecast rule new`: a rule to start from, written from a recipe."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from rulecast.cli.session import JsonOption, session_of
from rulecast.rule.book.errors import NewRuleExistsError
from rulecast.rule.book.recipe import find_recipe, list_recipes, rule_from_recipe

# As the database holds names of rules.
RULE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def register(rule: typer.Typer) -> None:
    """Add the command."""
    rule.command("new")(new)


def new(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Name of the new rule.")] = None,
    recipe: Annotated[
        str | None, typer.Option("--recipe", metavar="RECIPE", help="What to start from.")
    ] = None,
    number: Annotated[
        str | None, typer.Option("--from", metavar="NUMBER", help="The business number that sends.")
    ] = None,
    into: Annotated[
        Path,
        typer.Option("--into", metavar="DIRECTORY", file_okay=False, exists=True, help="Where to write."),
    ] = Path(),
    show_list: Annotated[bool, typer.Option("--list", help="Show the recipes.")] = False,
    json: JsonOption = False,
) -> None:
    """Write NAME.rule, and NAME.toml with what it needs in the workspace file, from a recipe."""
    terminal = session_of(context).terminal
    if show_list or name is None or recipe is None:
        recipes = list_recipes()
        if json:
            terminal.print_json({"recipes": {one.name: one.rule.about for one in recipes}})
            return
        table = Table("recipe", "what it does")
        for one in recipes:
            table.add_row(one.name, one.rule.about)
        terminal.print(table)
        return
    found = find_recipe(recipe)
    rule_file, workspace_file = _fresh(into, name)
    rule_file.write_text(rule_from_recipe(found, rule_name=name, number=number), encoding="utf-8")
    workspace_file.write_text(found.workspace_text, encoding="utf-8")
    if json:
        terminal.print_json({"rule_file": str(rule_file), "workspace_file": str(workspace_file)})
        return
    terminal.print(
        f"{rule_file} is the rule, {workspace_file} what it needs in the workspace file.",
        f"Next: change both to your taste, then `rulecast workspace apply {workspace_file}`, `rulecast template push` "
        f"for Meta's approval of the templates, and `rulecast rule check --workspace {rule_file}`.",
    )


def _fresh(folder: Path, name: str) -> tuple[Path, Path]:
    """Return the two files to write; neither exists, so that nobody's work is lost."""
    if not RULE_NAME.fullmatch(name):
        raise NewRuleExistsError(f"{name!r} is no name of a rule.")
    chosen = (folder / f"{name}.rule", folder / f"{name}.toml")
    for file in chosen:
        if file.exists():
            raise NewRuleExistsError(f"{file} exists.")
    return chosen
