"""The canonical text of a free-form reply."""

from rulecast.rule.language import document as d
from rulecast.rule.language.format_values import quoted


def format_reply(action: d.ReplyAction) -> str:
    """Return a reply as it is written in a rule, without its moment."""
    if any(one.language for one in action.words):
        parts = [f"{one.language}: {_words(one)}" for one in action.words]
        parts.append(f"else {action.fallback_language or 'skip'}")
        said = f"({'; '.join(parts)})"
    else:
        said = _words(action.words[0])
    return f"reply {said}" + (f" as {action.purpose}" if action.purpose is not None else "")


def _words(words: d.ReplyWords) -> str:
    return f"{quoted(words.text)}{_tail(words.tail)}"


def _tail(tail: d.ReplyTail | None) -> str:
    match tail:
        case None:
            return ""
        case d.ReplyButtons():
            return f" buttons {', '.join(map(quoted, tail.titles))}"
        case d.ReplyList():
            return f" list {quoted(tail.button)} ({', '.join(map(_row, tail.rows))})"
        case d.ReplyLink():
            return f" link {tail.name} {quoted(tail.title)} to {quoted(tail.url)}"


def _row(row: d.ReplyRow) -> str:
    return quoted(row.title) + (f" about {quoted(row.description)}" if row.description else "")
