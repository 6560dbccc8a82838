"""The compiled grammar."""

from functools import cache
from importlib.resources import files

from lark import Lark

from rulecast.rule.language.keywords import lexer_callbacks, with_chinese


@cache
def grammar() -> Lark:
    """Return the compiled grammar; building it takes about 0.2 s, once per process."""
    text = files(__package__).joinpath("rule.lark").read_text(encoding="utf-8")
    return Lark(
        with_chinese(text),
        parser="lalr",
        start=["rule", "condition"],
        propagate_positions=True,
        maybe_placeholders=True,
        lexer_callbacks=lexer_callbacks(),
    )
