"""The canonical text of a free-form reply."""

from rulecast.rule.language import document as d
from rulecast.rule.language.format_values import format_amount, quoted


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
    if words.point is not None:
        return _place(words.point)
    if words.medium is None:
        return f"{quoted(words.text)}{_tail(words.tail)}"
    shown = f"media {words.medium}{_tail(words.tail)}"
    return f"{quoted(words.text)} {shown}" if words.text or words.tail is not None else shown


def _place(place: d.ReplyPlace) -> str:
    names = [quoted(place.name)] if place.name or place.address else []
    if place.address:
        names.append(quoted(place.address))
    point = f"location {format_amount(place.latitude)}, {format_amount(place.longitude)}"
    return f"{point} {', '.join(names)}" if names else point


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
