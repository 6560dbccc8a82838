"""A rule's canonical text with Chinese keywords: the same text, word for word, texts, names and numbers untouched."""

from lark import Token, Tree

from rulecast.rule.language.grammar import grammar
from rulecast.rule.language.keywords import CLOSED_WORD, chinese_of

# A negation right after these is of an event, not of a thought.
DONE = frozenset({"DID", "_THEN", "_IF"})
NOT_DONE = "未"
# The word between the ends of a range; between thoughts it is another.
RANGE_AND = "与"


def in_chinese(text: str, start: str = "rule") -> str:
    """Return an English text that can be read with its keywords in Chinese.

    `start` is the grammar's production that the text is: a rule or a condition.
    """
    reader = grammar().parse_interactive(text, start=start)
    tokens = list(reader.iter_parse())
    tree: Tree[Token] = reader.feed_eof()  # type: ignore[no-untyped-call]  # lark does not type this method
    words = (node.children[0] for node in tree.find_data("word"))
    closed = {word.start_pos for word in words if isinstance(word, Token)}
    parts: list[str] = []
    position = 0
    before, joins_range = "", False
    for token in tokens:
        word = _word(token, before, is_closed=token.start_pos in closed)
        if token.type == "_AND" and joins_range:
            word = RANGE_AND
        joins_range = token.type == "_BETWEEN" or (joins_range and token.type != "_AND")
        parts.extend((text[position : token.start_pos], word))
        position, before = token.end_pos or 0, token.type
    return "".join((*parts, text[position:]))


def _word(token: Token, before: str, *, is_closed: bool) -> str:
    if token.type == "NOT" and before in DONE:
        return NOT_DONE
    terminal = CLOSED_WORD if is_closed else token.type
    return chinese_of(terminal, str(token)) or str(token)
