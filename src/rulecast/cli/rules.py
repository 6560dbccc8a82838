"""`rulecast rule`: the group of commands about rules."""

import typer

from rulecast.cli import rule_analyse, rule_book, rule_diff, rule_examples, rule_files, rule_new, rule_steps
from rulecast.cli.rule_texts import check, explain, fmt


def register(app: typer.Typer) -> None:
    """Add the group `rule`."""
    rule = typer.Typer(no_args_is_help=True, help="Rules: who gets which message, when.")
    rule.command("check")(check)
    rule.command("fmt")(fmt)
    rule.command("explain")(explain)
    rule_examples.register(rule)
    rule_analyse.register(rule)
    rule_diff.register(rule)
    rule_book.register(rule)
    rule_steps.register(rule)
    rule_files.register(rule)
    rule_new.register(rule)
    app.add_typer(rule, name="rule")
